"""A small emulated instance, both connectors in this process, and a clock that moves only by waiting.

A wait moves the instance's clock instead of sleeping: the client's between its attempts, the emulator's server's before
an answer. So nothing sleeps, and a minute of the license lasts as long as the code waits for it.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from queue import SimpleQueue

import pytest

from acumatica_client.api.client import AcumaticaClient, ConnectionSettings
from acumatica_emulator import Emulator
from acumatica_emulator.seed import Sizes, World
from acumatica_emulator.server import application
from acumatica_emulator.server.instance import seeded_tenant
from acumatica_emulator.site.http import Reply, Request
from connector_runtime.signals import Interruption
from destination_acumatica import operations
from destination_acumatica.sync.sync import SyncOptions
from integration_tests.both_ways.truth import assert_same, assert_well_formed, exactly, rows, union
from integration_tests.destination.conftest import Destination, overheard
from integration_tests.source.conftest import File, Result, Source
from integration_tests.transcript import TRANSCRIPT
from source_acumatica.run import run
from unit_tests.destination.builders import Result as Written
from unit_tests.destination.builders import run_write
from unit_tests.destination.faulty_answers import FakeTime

SMALL = Sizes(customers=12, vendors=7, stock=6, services=2, orders=9, contacts=5, production=5)
CURSORS = {"Customer": "LastModifiedDateTime", "SalesOrder": "LastModified", "Vendor": "LastModifiedDateTime"}
# The discovered catalogs do not depend on a test: one discovery for each run.
CATALOGS: dict[str, dict] = {}


@dataclass
class Waiting:
    """The pauses of the client and of the server in seconds; `meanwhile` is called with each of the client's.

    During a burst the server's pauses do not move the clock.
    """

    instance: Emulator
    pauses: list[float] = field(default_factory=list)
    of_the_server: list[float] = field(default_factory=list)
    burst: bool = False
    meanwhile: Callable[[float], object] = lambda seconds: None

    def __call__(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.instance.tick(seconds)
        self.meanwhile(seconds)

    def client(self, settings: ConnectionSettings, **more: object) -> AcumaticaClient:
        """A client with its usual number of retries."""
        return AcumaticaClient(settings, sleep=self, jitter=lambda: 0.0, **more)


class ExactSource(Source):
    """The source with numbers as they were written, and details both as streams and as arrays."""

    def config(self, **settings: object) -> dict[str, object]:
        return {**super().config(**settings), "details": settings.get("details", "both")}

    def call(self, command: str, **files: File) -> Result:
        out = io.BytesIO()
        code = run([command, *self.arguments(**files)], out)
        printed = TRANSCRIPT.ran(out.getvalue(), files.get("config"))
        return Result(code, [exactly(line) for line in printed.splitlines()])


@dataclass
class ParkedTime(FakeTime):
    """The waits of parked records move the instance's clock, too."""

    waiting: Waiting

    def __post_init__(self) -> None:
        super().__init__()

    def wait(
        self, events: SimpleQueue[object], interruption: Interruption, seconds: float, *, expecting: bool
    ) -> object:
        event = super().wait(events, interruption, seconds, expecting=expecting)
        if event is None and not expecting:
            self.waiting(seconds)
        return event


@dataclass
class PatientDestination(Destination):
    """The destination whose pauses go through `waiting`."""

    waiting: Waiting | None = None

    def write(self, lines: Sequence[bytes], *streams: Mapping[str, object], **settings: object) -> Written:
        assert self.waiting is not None
        return overheard(
            run_write, self.folder, lines, *streams, erp=self.waiting.client, config=self.config(**settings)
        )


@pytest.fixture(scope="session")
def server() -> Iterator[Emulator]:
    """The one socket of a run; each test puts its own instance behind it."""
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def instance(server: Emulator) -> Iterator[Emulator]:
    """Two tenants, two seats, few rows; one customer has no stamp. After every test no session is open, and
    every ordered fault was used."""
    emulator = Emulator(tenants=("Company", "Other"), seats=2)
    tenants = emulator.instance.tenants
    tenants.update({name: seeded_tenant(World(11, name, SMALL), emulator.instance.clock) for name in tenants})
    first = next(emulator.store().rows("Customer"))
    emulator.store().update("Customer", [first.values["CustomerID"]], {}, stamp=None)
    emulator._server = server._server
    assert emulator._server is not None
    emulator._server._server.config.app.instance = emulator.instance
    yield emulator
    assert emulator.sessions_open == 0
    assert emulator.faults.all_used, emulator.faults.unused


@pytest.fixture
def waiting(instance: Emulator, monkeypatch: pytest.MonkeyPatch) -> Waiting:
    """Pauses of the client and of the server take no real time, but move the instance's clock."""
    waits = Waiting(instance)
    monkeypatch.setattr(operations, "SyncOptions", partial(SyncOptions, **ParkedTime(waits).options()))
    at_once = asyncio.sleep

    async def served(seconds: float) -> None:
        waits.of_the_server.append(seconds)
        instance.tick(0 if waits.burst else seconds)
        await at_once(0)

    class Loop:
        """The server's asyncio, with another sleep."""

        sleep = staticmethod(served)

        def __getattr__(self, name: str) -> object:
            return getattr(asyncio, name)

    monkeypatch.setattr(application, "asyncio", Loop())
    monkeypatch.setattr("source_acumatica.source.AcumaticaClient", waits.client)
    return waits


@pytest.fixture
def source(instance: Emulator, tmp_path: Path, waiting: Waiting) -> ExactSource:
    if not CATALOGS:
        CATALOGS.update(_offered(tmp_path))
    return ExactSource(instance.url, tmp_path, CATALOGS)


def _offered(folder: Path) -> dict[str, dict]:
    """The catalogs of an instance with default settings, details as streams and as columns of their records.

    All columns are selected, so that tests compare whole records.
    """
    with Emulator() as plain:
        discovering = ExactSource(plain.url, folder)
        discovering.catalog()
    return discovering.catalogs


@pytest.fixture
def destination(instance: Emulator, tmp_path: Path, waiting: Waiting) -> PatientDestination:
    return PatientDestination(instance, tmp_path, waiting=waiting)


def at_request(
    instance: Emulator, action: Callable[[], object], *, entity: str = "", method: str = "GET", nth: int = 1
) -> None:
    """Call `action` right before the nth request for the entity is answered."""
    answer, seen = instance.instance.answer, []

    def watching(request: Request) -> Reply:
        if request.method == method and request.path.rstrip("/").endswith(f"/{entity}"):
            seen.append(request)
            if len(seen) == nth:
                action()
        return answer(request)

    vars(instance.instance)["answer"] = watching


def neighbour(instance: Emulator) -> Callable[[], None]:
    """Another user takes a seat; call the returned function to free it."""
    seats = instance.instance.seats
    session = seats.log_in("admin", "secret", "Company")
    return lambda: seats.log_out(session.token)


def change_some(instance: Emulator, entity: str = "Customer", name: str = "CustomerName") -> None:
    """Changes in a tenant between two syncs: a row is changed, one is inserted, and one loses its timestamp."""
    store, keys = instance.store(), instance.instance.tenants["Company"].table(entity).keys
    before = [[row.values[key] for key in keys] for row in store.rows(entity)]
    store.update(entity, before[2], {name: "Changed"})
    store.update(entity, before[-1], {name: "Changed by an import"}, stamp=None)
    store.insert(entity, {**dict(zip(keys, before[1], strict=True)), keys[-1]: "NEW0001", name: "Come"})


def read_before_and_after_changes(
    instance: Emulator,
    source: Source,
    *streams: str,
    between: Callable[[], object] = lambda: None,
    **settings: object,
) -> list[Result]:
    """Two syncs with changes between them; together they must have read every row in its last version."""
    modes = [f"{stream}:incremental" if stream in CURSORS else stream for stream in streams]
    first = source.read(*modes, **settings)
    instance.tick(60)
    if "Customer" in streams:
        change_some(instance)
    between()
    second = source.read(*modes, state=first.state(), **settings)
    for result in (first, second):
        assert_well_formed(result, *streams)
        assert result.code == 0, result.errors
    endpoint = str(settings.get("endpoint_name", "Default"))
    for stream in streams:
        assert_same(rows(instance, stream, endpoint=endpoint), union([first, second], stream))
    return [first, second]
