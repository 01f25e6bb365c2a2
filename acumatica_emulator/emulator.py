"""`Emulator`: an instance behind a socket, as tests use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any

from acumatica_emulator.server.application import Application
from acumatica_emulator.server.connections import Connections
from acumatica_emulator.server.instance import Instance
from acumatica_emulator.server.running import Server
from acumatica_emulator.site import login, oauth
from acumatica_emulator.site.behavior import Behavior
from acumatica_emulator.site.clock import Clock
from acumatica_emulator.site.faults import Faults
from acumatica_emulator.site.http import Call
from acumatica_emulator.site.report import Report
from acumatica_emulator.site.store import Store, records


class Emulator:
    """An instance on a free port of 127.0.0.1, while the `with` block lasts.

    `now` makes the instance's clock stand still at that time until `tick` moves it; without it the clock runs beside
    the host's. Every other keyword is a switch.
    """

    def __init__(
        self,
        tenants: Sequence[str] = ("Company",),
        *,
        empty_tenants: Sequence[str] = (),
        users: Mapping[str, str] | None = None,
        seed: int = 1,
        scale: int = 0,
        port: int = 0,
        now: datetime | None = None,
        **switches: object,
    ) -> None:
        chosen = Behavior()
        chosen.update(switches)
        self.instance = Instance(
            tenants=tenants,
            empty_tenants=empty_tenants,
            users=users,
            seed=seed,
            scale=scale,
            clock=Clock(start=now),
            behavior=chosen,
        )
        self._port = port
        self._server: Server | None = None

    def start(self) -> Emulator:
        connections = Connections()
        self._server = Server(Application(self.instance, connections), connections, self._port)
        self._server.start()
        return self

    def stop(self) -> Report:
        """Stop the server and return the report of the run."""
        if self._server is not None:
            self._server.stop()
            self._server = None
        return self.instance.report()

    def __enter__(self) -> Emulator:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def host_url(self) -> str:
        port = self._server.port if self._server is not None else self._port
        return f"http://127.0.0.1:{port}"

    @property
    def url(self) -> str:
        return f"{self.host_url}{self.instance.behavior.site}"

    @property
    def behavior(self) -> Behavior:
        return self.instance.behavior

    @property
    def switches(self) -> Behavior:
        """The older name of `behavior`."""
        return self.instance.behavior

    @property
    def faults(self) -> Faults:
        return self.instance.faults

    @property
    def calls(self) -> list[Call]:
        return self.instance.calls

    @property
    def sessions_open(self) -> int:
        return len(self.instance.seats.open)

    @property
    def sessions_peak(self) -> int:
        return self.instance.seats.peak

    @property
    def logins(self) -> int:
        return self.instance.seats.logins

    @property
    def secrets_issued(self) -> dict[str, set[str]]:
        """Every secret of this instance, by kind: configured ones, and those issued since it started."""
        tokens, sessions = self.instance.tokens.issued, self.instance.seats.issued
        return {
            "password": set(self.instance.seats.users.values()),
            "client secret": {oauth.SECRET},
            "session cookie": sessions | {login.ticket_of(session) for session in sessions},
            "authorization code": set(tokens["code"]),
            "access token": set(tokens["access"]),
            "refresh token": set(tokens["refresh"]),
        }

    @property
    def now(self) -> datetime:
        """The instance's time, naive UTC."""
        return self.instance.clock.now()

    def tick(self, seconds: float) -> None:
        self.instance.clock.tick(seconds)

    def report(self) -> Report:
        return self.instance.report()

    def store(self, tenant: str = "Company") -> Store:
        return Store(self.instance.tenants[tenant])

    def records(self, entity: str, tenant: str = "Company", endpoint: str = "Default") -> list[dict[str, Any]]:
        return records(self.instance.tenants[tenant], entity, endpoint)
