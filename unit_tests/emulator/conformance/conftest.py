"""Builders of the conformance tests: explicit rows, unwrapped answers, raw requests, tokens, published documents."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest

from acumatica_emulator import Behavior, Store
from acumatica_emulator.seed.world import Sizes
from acumatica_emulator.server.instance import Instance
from acumatica_emulator.site.clock import Clock
from acumatica_emulator.site.http import Request, Response
from unit_tests.emulator.conftest import NOON, Client

SITE = "/AcumaticaERP"
SMALL = Sizes(customers=20, vendors=10, contacts=25, orders=40, stock=15)  # for tests that touch one or two rows
CLIENT = "4b6d9a34-7e21-4c5f-9a10-2f1c8d7e6b50"
SECRET = "emulator-secret"
BARE = frozenset({"id", "rowNumber", "note", "error", "custom", "_links", "files"})
ENVELOPE = "An error has occurred."
NO_ENTITY = "PX.Api.ContractBased.NoEntitySatisfiesTheConditionException"
NO_KEY = "System.Collections.Generic.KeyNotFoundException"
CANNOT_OPTIMIZE = "PX.Api.ContractBased.OptimizedExport.CannotOptimizeException"
ORDER = {"CustomerID": "ALPIN0000", "Details": [{"InventoryID": "BRACKE0000", "OrderQty": 2, "UnitPrice": 10}]}


def read_json(response: Response) -> Any:
    """The JSON of an answer, numbers with every digit."""
    return json.loads(response.body, parse_float=Decimal)


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """The business members of a record without their wrappers; `{}` is None, parts are dicts, details lists."""
    return {name: _plain(member) for name, member in row.items() if name not in BARE}


def _plain(member: Any) -> Any:
    if isinstance(member, list):
        return [plain(line) for line in member]
    return plain(member) if "id" in member else member.get("value")


def members(row: dict[str, Any]) -> set[str]:
    """The names of the business members."""
    return set(row) - BARE


def insert(client: Client, entity: str, *rows: dict[str, Any], stamp: Any = True) -> list[str]:
    """Puts rows into the tenant behind the API's back, and returns their ids."""
    store = Store(client.instance.tenants["Company"])
    return [store.insert(entity, row, stamp=stamp) for row in rows]


def wrapped(**values: Any) -> dict[str, Any]:
    """Fields as the wire has them."""
    return {name: {"value": value} for name, value in values.items()}


def raw(
    client: Client, method: str, path: str, query: str = "", headers: dict[str, str] | None = None, body: bytes = b""
) -> Response:
    """A request whose path below the site and query text go out as they are written here."""
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    given = {"content-length": str(len(body)), **({"cookie": cookie} if cookie else {}), **(headers or {})}
    request = Request(method, f"{client.instance.behavior.site}{path}", query, given, body)
    return client.instance.answer(request).response


def listed(client: Client, entity: str, query: str) -> Response:
    """A list asked for with a query text of one's own."""
    return raw(client, "GET", f"/entity/{client.endpoint}/{entity}", query)


def below_site(client: Client, path: str) -> str:
    """A path that the instance gave out, without the site; every such path must begin with the site."""
    site = client.instance.behavior.site
    assert path.startswith(f"{site}/entity/"), path
    return path.removeprefix(site)


def assert_failed(answer: tuple[int, Any], exception: str, message: str, status: int = 500) -> None:
    """The envelope of an exception that reached the top, as recorded: its three texts, and where it happened."""
    got, body = answer
    assert (got, body["message"], body["exceptionType"]) == (status, ENVELOPE, exception)
    assert message in body["exceptionMessage"]
    assert "   at " in body["stackTrace"]


def grant(client: Client, **given: Any) -> tuple[int, Any]:
    """What the token endpoint answers to a password grant with these changes; None leaves a field out."""
    form = {"grant_type": "password", "client_id": f"{CLIENT}@Company", "client_secret": SECRET, "scope": "api"}
    form.update({"username": "admin", "password": "secret", **given})
    body = urlencode({name: value for name, value in form.items() if value is not None})
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    response = client.send("POST", "/identity/connect/token", body.encode(), kind)
    return response.status, read_json(response)


def by_bearer(client: Client, token: str, path: str = "Ledger", method: str = "GET", **headers: str) -> Response:
    """A request that brings a token in place of its cookies."""
    given = {"authorization": f"Bearer {token}", "content-length": "0", **headers}
    request = Request(method, f"{client.instance.behavior.site}/entity/{client.endpoint}/{path}", "", given)
    return client.instance.answer(request).response


def reading_client() -> Client:
    """A signed-in client for a module that only reads, so that its tables are seeded once."""
    client = Client(Instance(seed=7, clock=Clock(start=NOON), behavior=Behavior()))
    assert client.log_in().status == 204
    return client


@pytest.fixture
def open_small_client(open_client) -> Callable[..., Client]:
    """A client of a small company; keywords are those of `open_client`."""
    return lambda **given: open_client(sizes=SMALL, **given)


@pytest.fixture
def blank_client(open_client) -> Client:
    """A signed-in client of a tenant that has its setup and items, and no business yet."""
    return open_client(tenants=("Elsewhere",), empty_tenants=("Company",))


@pytest.fixture
def catalog_of(shared):
    """Reads a published catalog: the entities of an endpoint version as its document declares them."""

    def read(name: str) -> dict[str, Any]:
        path = shared / "catalog" / f"{name}.json"
        if not path.is_file():
            pytest.skip("the published catalog is not here")
        return json.loads(path.read_text())

    return read


@pytest.fixture
def recorded(shared):
    """Reads a recorded answer with every digit of its numbers."""

    def read(name: str) -> Any:
        path = shared / "samples" / name
        if not path.is_file():
            pytest.skip("the recorded answer is not here")
        return json.loads(path.read_text(), parse_float=Decimal)

    return read
