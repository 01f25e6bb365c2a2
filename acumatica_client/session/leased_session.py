"""A session with a lease of a shared pool, from before its sign-in until after its sign-out."""

from __future__ import annotations

from typing import cast

from acumatica_client.errors import SeatLost
from acumatica_client.rest.answers import Answer
from acumatica_client.rest.query import Request
from acumatica_client.session.pool_member import Lease, PoolMember
from acumatica_client.session.session import Session


def leased(session: Session, member: PoolMember) -> Session:
    """The session, which now asks the pool first. It has everything that a session has."""
    return cast("Session", LeasedSession(session, member))


class LeasedSession:
    """Stands in for the session. Not for two threads at once, except `log_out`."""

    def __init__(self, session: Session, member: PoolMember) -> None:
        self._session, self._member = session, member
        self._leases: list[Lease] = []  # one or none; a list because `pop` gives it to one thread only

    def __getattr__(self, name: str) -> object:
        return getattr(self._session, name)

    def log_in(self) -> None:
        """Raises what `Session.log_in` and `PoolMember.take` raise."""
        self.log_out()
        lease = self._member.take()
        lease.on_lost = self._leave
        self._leases.append(lease)
        try:
            self._session.log_in()
        except BaseException:
            self.log_out()
            raise
        lease.used()

    def log_out(self) -> None:
        """Never raises. The lease goes back after the sign-out: until then the server counts this session."""
        lease = self._pop()
        try:
            self._session.log_out()
        finally:
            if lease is not None:
                lease.release()

    def send(self, request: Request) -> Answer:
        """Raises SessionLost instead of using a session whose lease may be another member's by now."""
        lease = self._leases[0] if self._leases else None
        if lease is None:
            raise self._lost()
        lease.busy = True  # before `valid` is read: renewing reads them in the other order
        try:
            if not lease.valid:
                raise self._lost()
            return self._session.send(request)
        finally:
            lease.used()
            if not lease.valid:
                self.log_out()

    def _leave(self) -> None:
        """The lease is lost. In the middle of a request the answer is waited for: it may be that of a write."""
        if not any(lease.busy for lease in self._leases):
            self.log_out()

    def _lost(self) -> SeatLost:
        return SeatLost(f"The lease of a session of the pool {self._member.name} has ended.")

    def _pop(self) -> Lease | None:
        try:
            return self._leases.pop()
        except IndexError:
            return None
