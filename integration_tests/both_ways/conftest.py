"""A small emulated instance, both connectors in this process, and time that passes only when somebody waits.

Whoever waits moves the instance's clock instead: the client between its attempts, the emulator's server before an
answer. So nothing sleeps, and a minute of the license lasts as long as it is waited for.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from acumatica_client.api.client import AcumaticaClient, ConnectionSettings
from acumatica_emulator import Emulator
from acumatica_emulator.seed import Sizes, World
from acumatica_emulator.server import application
from acumatica_emulator.server.instance import seeded_tenant
from acumatica_emulator.site.http import Reply, Request
from integration_tests.both_ways.truth import assert_same, assert_well_formed, exactly, rows, union
from integration_tests.destination.conftest import Destination, overheard
from integration_tests.source.conftest import File, Result, Source
from integration_tests.transcript import TRANSCRIPT
from source_acumatica.run import run
from unit_tests.destination.builders import Result as Written
from unit_tests.destination.builders import run_write

SMALL = Sizes(customers=12, vendors=7, stock=6, services=2, orders=9, contacts=5, production=5)
CURSORS = {"Customer": "LastModifiedDateTime", "SalesOrder": "LastModified", "Vendor": "LastModifiedDateTime"}
# What discovery offers does not depend on a test: it is asked once a run.
CATALOGS: dict[str, dict] = {}


@dataclass
class Waiting:
    """Every pause that the client made, in seconds, and those of the server; `meanwhile` is called with the client's.

    A burst is what comes while the server's pauses move no clock.
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
        """A client with all its patience."""
        return AcumaticaClient(settings, sleep=self, jitter=lambda: 0.0, **more)


class ExactSource(Source):
    """The source with its numbers kept as they were written. It offers details both ways."""

    def config(self, **settings: object) -> dict[str, object]:
        return {**super().config(**settings), "details": settings.get("details", "both")}

    def call(self, command: str, **files: File) -> Result:
        out = io.BytesIO()
        code = run([command, *self.arguments(**files)], out)
        told = TRANSCRIPT.ran(out.getvalue(), files.get("config"))
        return Result(code, [exactly(line) for line in told.splitlines()])


@dataclass
class PatientDestination(Destination):
    """The destination whose waiting goes through `waiting`."""

    waiting: Waiting | None = None

    def write(self, lines: Sequence[bytes], *streams: Mapping[str, object], **settings: object) -> Written:
        assert self.waiting is not None
        return overheard(
            run_write, self.folder, lines, *streams, erp=self.waiting.client, config=self.config(**settings)
        )


@pytest.fixture(scope="session")
def server() -> Iterator[Emulator]:
    """The one socket of a run; each test puts an instance of its own behind it."""
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def instance(server: Emulator) -> Iterator[Emulator]:
    """Two tenants, two seats, few rows; one customer has no stamp. However a test ends, no session is left behind, and
    every fault has come."""
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
    """Pauses of the client and of the server take no time of ours, and as much of the instance's as they say."""
    waits = Waiting(instance)
    at_once = asyncio.sleep

    async def served(seconds: float) -> None:
        waits.of_the_server.append(seconds)
        instance.tick(0 if waits.burst else seconds)
        await at_once(0)

    class Loop:
        """The server's asyncio, with a sleep of its own."""

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
    """The catalogs of an instance as it is by default, details as streams and in the columns of their records.

    What is read follows the columns, so that tests compare whole records by them.
    """
    with Emulator() as plain:
        asker = ExactSource(plain.url, folder)
        asker.catalog()
    return asker.catalogs


@pytest.fixture
def destination(instance: Emulator, tmp_path: Path, waiting: Waiting) -> PatientDestination:
    return PatientDestination(instance, tmp_path, waiting=waiting)


def at_request(
    instance: Emulator, action: Callable[[], object], *, entity: str = "", method: str = "GET", nth: int = 1
) -> None:
    """`action` happens right before the nth request for the entity is answered."""
    answer, seen = instance.instance.answer, []

    def watching(request: Request) -> Reply:
        if request.method == method and request.path.rstrip("/").endswith(f"/{entity}"):
            seen.append(request)
            if len(seen) == nth:
                action()
        return answer(request)

    vars(instance.instance)["answer"] = watching


def neighbour(instance: Emulator) -> Callable[[], None]:
    """Somebody else takes a seat; call what comes back and it is free again."""
    seats = instance.instance.seats
    session = seats.log_in("admin", "secret", "Company")
    return lambda: seats.log_out(session.token)


def change_some(instance: Emulator, entity: str = "Customer", name: str = "CustomerName") -> None:
    """What happens in a tenant between two syncs: a row is changed, one comes, and one loses its stamp."""
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
    """Two syncs with changes between them; together they must have brought every row as it stands."""
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
