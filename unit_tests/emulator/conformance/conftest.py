"""Builders of the conformance tests: rows by hand, unwrapped answers, raw requests, tokens, published documents."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest

from acumatica_emulator import Store, Switches
from acumatica_emulator.api.http import Request, Response
from acumatica_emulator.site.clock import Clock
from acumatica_emulator.site.instance import Instance
from unit_tests.emulator.conftest import NOON, Door

SITE = "/AcumaticaERP"
CLIENT = "4b6d9a34-7e21-4c5f-9a10-2f1c8d7e6b50"
SECRET = "emulator-secret"
BARE = frozenset({"id", "rowNumber", "note", "error", "custom", "_links", "files"})
ENVELOPE = "An error has occurred."
NO_ENTITY = "PX.Api.ContractBased.NoEntitySatisfiesTheConditionException"
NO_KEY = "System.Collections.Generic.KeyNotFoundException"
CANNOT_OPTIMIZE = "PX.Api.ContractBased.OptimizedExport.CannotOptimizeException"
ORDER = {"CustomerID": "ALPIN0000", "Details": [{"InventoryID": "BRACKE0000", "OrderQty": 2, "UnitPrice": 10}]}


def told(response: Response) -> Any:
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


def insert(door: Door, entity: str, *rows: dict[str, Any], stamp: Any = True) -> list[str]:
    """Puts rows into the tenant behind the API's back, and returns their ids."""
    store = Store(door.instance.tenants["Company"])
    return [store.insert(entity, row, stamp=stamp) for row in rows]


def wrapped(**values: Any) -> dict[str, Any]:
    """Fields as the wire has them."""
    return {name: {"value": value} for name, value in values.items()}


def raw(
    door: Door, method: str, path: str, query: str = "", headers: dict[str, str] | None = None, body: bytes = b""
) -> Response:
    """A request whose path below the site and query text go out as they are written here."""
    cookie = "; ".join(f"{name}={value}" for name, value in door.cookies.items())
    given = {"content-length": str(len(body)), **({"cookie": cookie} if cookie else {}), **(headers or {})}
    request = Request(method, f"{door.instance.switches.site}{path}", query, given, body)
    return door.instance.answer(request).response


def listed(door: Door, entity: str, query: str) -> Response:
    """A list asked for with a query text of one's own."""
    return raw(door, "GET", f"/entity/{door.endpoint}/{entity}", query)


def below_site(door: Door, path: str) -> str:
    """A path that the instance gave out, without the site; every such path must begin with the site."""
    site = door.instance.switches.site
    assert path.startswith(f"{site}/entity/"), path
    return path.removeprefix(site)


def assert_failed(answer: tuple[int, Any], exception: str, message: str, status: int = 500) -> None:
    """The envelope of an exception that reached the top, as recorded: its three texts, and where it happened."""
    got, body = answer
    assert (got, body["message"], body["exceptionType"]) == (status, ENVELOPE, exception)
    assert message in body["exceptionMessage"]
    assert "   at " in body["stackTrace"]


def grant(door: Door, **given: Any) -> tuple[int, Any]:
    """What the token endpoint answers to a password grant with these changes; None leaves a field out."""
    form = {"grant_type": "password", "client_id": f"{CLIENT}@Company", "client_secret": SECRET, "scope": "api"}
    form.update({"username": "admin", "password": "secret", **given})
    body = urlencode({name: value for name, value in form.items() if value is not None})
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    response = door.send("POST", "/identity/connect/token", body.encode(), kind)
    return response.status, told(response)


def by_bearer(door: Door, token: str, path: str = "Ledger", method: str = "GET", **headers: str) -> Response:
    """A request that brings a token in place of the door's cookies."""
    given = {"authorization": f"Bearer {token}", "content-length": "0", **headers}
    request = Request(method, f"{door.instance.switches.site}/entity/{door.endpoint}/{path}", "", given)
    return door.instance.answer(request).response


def reading_door() -> Door:
    """A signed-in door for a module that only reads, so that its tables are seeded once."""
    door = Door(Instance(seed=7, clock=Clock(start=NOON), switches=Switches()))
    assert door.log_in().status == 204
    return door


def shrunk(door: Door) -> Door:
    """The same instance as a small company: a tenth of the people and orders, for tests that touch one or two rows."""
    for tenant in door.instance.tenants.values():
        few = replace(tenant.world.sizes, customers=20, vendors=10, contacts=25, orders=40, stock=15)
        tenant.world = replace(tenant.world, sizes=few)
    return door


@pytest.fixture
def open_small_door(open_door) -> Callable[..., Door]:
    """A door to a small company; keywords are those of `open_door`."""
    return lambda **given: shrunk(open_door(**given))


@pytest.fixture
def blank_door(open_door) -> Door:
    """A signed-in door to a tenant that has its setup and items, and no business yet."""
    return open_door(tenants=("Elsewhere",), empty_tenants=("Company",))


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
