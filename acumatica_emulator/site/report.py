"""The counts of a run, and what of it is a client's defect."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from acumatica_emulator.site.faults import Faults
from acumatica_emulator.site.sessions import Seats


@dataclass(frozen=True)
class Report:
    """The counts of a run. `defects` are sentences; a run without any ends with exit code 0."""

    sessions_open: int
    sessions_peak: int
    logins: int
    requests: int
    sessions_abandoned: int
    requests_after_logout: int
    requests_without_login: int
    faults: list[dict[str, Any]]
    defects: list[str]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def report(seats: Seats, faults: Faults, requests: int) -> Report:
    open_now = seats.open
    defects = [f"session {session.token} of {session.user} is still open: a seat is leaked" for session in open_now]
    defects.extend(
        f"session {session.token} of {session.user} was never logged out: it ended of idleness"
        for session in seats.abandoned
    )
    if seats.without_login:
        defects.append(f"{seats.without_login} request(s) came without ever having signed in")
    if seats.late_requests:
        defects.append(f"{seats.late_requests} request(s) came with a cookie that was logged out")
    defects.extend(
        f"the fault {fault.effect} for {fault.method} {fault.entity} was ordered and did not come up"
        for fault in faults.unused
    )
    return Report(
        len(open_now),
        seats.peak,
        seats.logins,
        requests,
        len(seats.abandoned),
        seats.late_requests,
        seats.without_login,
        [fault.as_dict() for fault in faults.ordered],
        defects,
    )
