"""Builders for tests of the emulator without a socket: a client of an instance in the same process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from acumatica_emulator.server.instance import Instance
from acumatica_emulator.site.behavior import Behavior
from acumatica_emulator.site.clock import Clock
from acumatica_emulator.site.http import Request, Response

OF_THE_INSTANCE = ("tenants", "empty_tenants", "users", "scale", "sizes")
NOON = datetime(2026, 3, 2, 12, 0, 0)
SHARED = Path(__file__).resolve().parents[3] / "shared" / "acumatica"


@dataclass
class Client:
    """A client in the same process: keeps cookies, wraps bodies, reads JSON with every digit."""

    instance: Instance
    endpoint: str = "Default/24.200.001"
    cookies: dict[str, str] = field(default_factory=dict)

    def send(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **query: Any
    ) -> Response:
        """Sends to a path below the site; query names are written without their dollar."""
        given = {name.lower(): value for name, value in (headers or {}).items()}
        if self.cookies and "authorization" not in given:
            given["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body, default=str).encode()
        given.setdefault("content-length", str(len(content)))
        if given["content-length"] == "none":
            del given["content-length"]
        text = urlencode({f"${name}": value for name, value in query.items()})
        request = Request(method, f"{self.instance.behavior.site}{path}", text, given, content)
        response = self.instance.answer(request).response
        for name, value in response.headers:
            if name == "Set-Cookie":
                cookie, _, rest = value.partition("=")
                self.cookies[cookie] = rest.partition(";")[0]
        return response

    def log_in(self, **given: str) -> Response:
        credentials = {"name": "admin", "password": "secret", "tenant": "Company", **given}
        return self.send("POST", "/entity/auth/login", credentials)

    def log_out(self) -> Response:
        return self.send("POST", "/entity/auth/logout")

    def entity(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **query: Any
    ) -> Response:
        return self.send(method, f"/entity/{self.endpoint}/{path}", body, headers, **query)

    def get(self, path: str, headers: dict[str, str] | None = None, **query: Any) -> Any:
        """The JSON of a GET that must succeed."""
        return read(self.entity("GET", path, None, headers, **query))

    def put(self, path: str, fields: dict[str, Any], headers: dict[str, str] | None = None, **query: Any) -> Any:
        """The JSON of a PUT of plain values that must succeed."""
        return read(self.entity("PUT", path, wrap(fields), headers, **query))

    def refused(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **query: Any
    ) -> tuple[int, Any]:
        response = self.entity(method, path, body, headers, **query)
        assert response.status >= 400, response.body[:300]
        return response.status, json.loads(response.body, parse_float=Decimal)

    def keys(self, entity: str, key: str, **query: Any) -> list[Any]:
        """The values of one field over a list."""
        return [row[key].get("value") for row in self.get(entity, **query)]


def read(response: Response) -> Any:
    assert response.status == 200, (response.status, response.body[:500])
    return json.loads(response.body, parse_float=Decimal)


def wrap(fields: dict[str, Any]) -> dict[str, Any]:
    """Plain values as the wire has them: scalars wrapped, dicts as linked parts, lists as details; `id` stays bare."""
    wrapped: dict[str, Any] = {}
    for name, value in fields.items():
        if name in ("id", "delete", "custom"):
            wrapped[name] = value
        elif isinstance(value, dict):
            wrapped[name] = wrap(value)
        elif isinstance(value, list):
            wrapped[name] = [wrap(line) for line in value]
        else:
            wrapped[name] = {"value": float(value) if isinstance(value, Decimal) else value}
    return wrapped


@pytest.fixture
def open_client() -> Callable[..., Client]:
    """A signed-in client of a fresh instance; keywords are switches, besides a few of the instance's own."""

    def build(*, signed_in: bool = True, endpoint: str = "Default/24.200.001", **given: Any) -> Client:
        own = {name: given.pop(name) for name in OF_THE_INSTANCE if name in given}
        behavior = Behavior()
        behavior.update(given)
        client = Client(Instance(seed=7, clock=Clock(start=NOON), behavior=behavior, **own), endpoint)
        if signed_in:
            assert client.log_in().status == 204
        return client

    return build


@pytest.fixture
def client(open_client: Callable[..., Client]) -> Client:
    return open_client()


@pytest.fixture
def shared() -> Path:
    """Recorded answers and real documents, where they are."""
    if not SHARED.is_dir():
        pytest.skip("the reference folder is not here")
    return SHARED
