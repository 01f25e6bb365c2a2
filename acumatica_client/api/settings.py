"""The settings of a connection: one endpoint of one tenant, and how it is used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from acumatica_client.auth.oauth import Rotation
from acumatica_client.auth.sign_in import SignIn
from acumatica_client.rest.backoff import Backoff
from acumatica_client.session.lease_settings import SharedPool
from acumatica_client.session.session import Timeouts
from acumatica_client.transport import TransportSettings
from acumatica_client.transport.instance_address import InstanceAddress

_TEST_READ_TIMEOUT = 120.0  # seconds


@dataclass(frozen=True)
class ConnectionSettings:
    """Everything needed to reach one endpoint of one tenant. `endpoint_version` None means the newest supported.

    `login_wait` in seconds. `on_secret` gets every cookie and token, to mask it; `on_rotation`, each refresh token that
    is to be saved: it returns when the token has left this process.
    """

    address: InstanceAddress
    sign_in: SignIn
    endpoint_name: str = "Default"
    endpoint_version: str | None = None
    sessions: int = 1
    login_wait: float = 600.0
    timeouts: Timeouts = field(default_factory=Timeouts)
    retry: Backoff = field(default_factory=Backoff)
    user_agent: str = "airbyte-acumatica"
    requests_per_minute: int = 0
    business_date: str = ""
    shared_pool: SharedPool | None = None
    transport: TransportSettings = field(default_factory=TransportSettings)
    on_secret: Callable[[str], object] = lambda secret: None
    on_rotation: Callable[[Rotation], object] = lambda rotation: None

    def impatient(self) -> ConnectionSettings:
        """The same for a connection test, which a person waits for: one seat, no waiting for a free one."""
        timeouts = Timeouts(read=_TEST_READ_TIMEOUT)
        return replace(self, sessions=1, login_wait=0.0, timeouts=timeouts, retry=Backoff(attempts=2))

    def headers(self) -> dict[str, str]:
        """What every request carries: with bearer tokens, branch and locale have no other place.

        UNVERIFIED: the guide describes the locale header for reports only; elsewhere it may have no effect.
        """
        wanted = {
            "PX-CbApiBranch": self.sign_in.branch,
            "PX-CbApiBusinessDate": self.business_date,
            "Accept-Language": self.sign_in.locale,
        }
        return {name: value for name, value in wanted.items() if value}
