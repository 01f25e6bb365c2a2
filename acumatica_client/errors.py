"""The errors of the client, as one tree.

    AcumaticaError              .message for the user, .advice what to do, .failure_type config | transient | system
    +-- SettingsError           config     a setting that cannot work: address, endpoint, version, entity
    |   +-- UnknownEndpoint     config     the instance does not offer this endpoint or version
    +-- SignInRefused           config     wrong password or client, unknown tenant, locked, dead refresh token
    |   +-- UnknownTenant       config     the instance has several tenants, and none of this name
    +-- LoginLimit              transient  every API seat of the license (or of the user) is taken
    +-- Unreachable             transient  no answer: name, refused connection, timeout, connection lost
    +-- Overloaded              transient  429, 502, 503, 504, a redirect to an error page: try again later
    +-- Unexpected              system     an answer that is not the API's (HTML, no JSON)
    |   +-- EmptyAnswer         system     200 with zero bytes: a refusal without an explanation, never "no data"
    |   +-- IntermediaryRefused transient  a page of the web server, firewall or proxy in front; config for 4xx
    +-- SessionLost             transient  401 or a redirect to the login page: the session is gone
    |   +-- SeatLost            transient  the session is gone because its seat, or its lease of a shared pool, is
    +-- AccessDenied            config     403: the user may not use this form
    +-- NotFound                config     404: this endpoint has no such entity
    +-- Unfinished              system     an action was started, and its result is unknown
    +-- ServerFault             system     the API answered with an error of its own (500 and the like)
        +-- NoSuchRecord        system     a keyed GET that matched nothing
        +-- CannotOptimize      system     a list that reads a delegate-backed view
        +-- UnknownField        system     $select, $filter or $expand named a field that the entity lacks
        +-- BusyRecord          transient  409: a long operation runs for this form, or another process was quicker
        +-- PreconditionFailed  system     412: exists already (insert only), or does not exist (update only)
        +-- Rejected            system     422, or 500 of the same kind: the record has errors, field by field

Catch the branch you can act on; let the rest pass. No error contains a password, cookie or token.
Fields are set when an error is built. `error.replace(...)` gives a copy with other fields; no error is changed after it
was raised.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

FailureType = Literal["config", "transient", "system"]


class _Common(TypedDict, total=False):
    """What every error takes, see AcumaticaError."""

    advice: str
    detail: str
    failure_type: FailureType | None
    went_out: bool


class AcumaticaError(Exception):
    """Base of all errors of the client.

    `went_out`: the request itself left, signed in; False where the sign-in before it failed. `failure_type`: only where
    it differs from that of the class.
    """

    failure_type: FailureType = "system"

    def __init__(
        self,
        message: str,
        *,
        advice: str = "",
        detail: str = "",
        failure_type: FailureType | None = None,
        went_out: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.detail = detail
        self.went_out = went_out
        if failure_type is not None:
            self.failure_type = failure_type

    @property
    def was_sent(self) -> bool:
        """Whether the request may have reached Acumatica. False is certain: it was not sent, or not as a whole, or the
        sign-in before it failed, so a write may be repeated."""
        return self.went_out and not isinstance(self, (SettingsError, SignInRefused, LoginLimit))

    def sentence(self) -> str:
        """The text for the user: what happened, then what to do."""
        ended = not self.advice or self.message.endswith((".", "!", "?", ":"))
        return f"{self.message}{'' if ended else '.'} {self.advice}".strip()

    def replace(self, **changes: object) -> Self:
        """A copy with other fields. Raises TypeError for a field that the error does not have."""
        unknown = [name for name in changes if not hasattr(self, name)]
        if unknown:
            raise TypeError(f"{type(self).__name__} has no field {', '.join(unknown)}")
        copied = copy.copy(self)
        vars(copied).update(changes)
        return copied


class SettingsError(AcumaticaError):
    """A setting cannot work."""

    failure_type: FailureType = "config"


class UnknownEndpoint(SettingsError):
    """The instance does not offer this endpoint or version."""


class SignInRefused(AcumaticaError):
    """Acumatica refused the sign-in."""

    failure_type: FailureType = "config"


class UnknownTenant(SignInRefused):
    """The instance has several tenants, and none of the name that was given."""


class LoginLimit(AcumaticaError):
    """Every API session that the license or the user allows is taken."""

    failure_type: FailureType = "transient"


class Unreachable(AcumaticaError):
    """The instance gave no answer.

    `sent`: whether the request may have reached it. False where no connection came about, where it broke before the
    request was written as a whole, and where the sign-in before it got no answer.
    """

    failure_type: FailureType = "transient"

    def __init__(self, message: str, *, sent: bool = False, **common: Unpack[_Common]) -> None:
        super().__init__(message, **common)
        self.sent = sent

    @property
    def was_sent(self) -> bool:
        """See AcumaticaError."""
        return self.sent


class Overloaded(AcumaticaError):
    """The instance asks to come back later.

    `retry_after` in seconds, where it said so. `declined`: it certainly did not act on the request (429, or any such
    answer to the sign-in before it).
    """

    failure_type: FailureType = "transient"

    def __init__(
        self, message: str, *, retry_after: float | None = None, declined: bool = False, **common: Unpack[_Common]
    ) -> None:
        super().__init__(message, **common)
        self.retry_after = retry_after
        self.declined = declined


class Unexpected(AcumaticaError):
    """The answer is not one of the API's. `status` is its HTTP code, 0 where the status was not what was wrong."""

    def __init__(self, message: str, *, status: int = 0, **common: Unpack[_Common]) -> None:
        super().__init__(message, **common)
        self.status = status


class EmptyAnswer(Unexpected):
    """Acumatica answered 200 with nothing in it."""


class IntermediaryRefused(Unexpected):
    """A web server, firewall or proxy in front of Acumatica answered with a page of its own.

    Acumatica did not say it: it is no AccessDenied, NotFound or NoSuchRecord. `title` of the page and `server`, the
    header, say who it was; both may be empty. Where `status` is 4xx, Acumatica has not seen the request.
    """

    failure_type: FailureType = "transient"

    def __init__(
        self, message: str, *, title: str = "", server: str = "", status: int = 0, **common: Unpack[_Common]
    ) -> None:
        super().__init__(message, status=status, **common)
        self.title = title
        self.server = server


class SessionLost(AcumaticaError):
    """The session is no longer signed in."""

    failure_type: FailureType = "transient"


class SeatLost(SessionLost):
    """The session has no seat any more: the login limit is reached, or its lease of a shared pool has ended."""


class AccessDenied(AcumaticaError):
    """The user may not use this form."""

    failure_type: FailureType = "config"


class NotFound(AcumaticaError):
    """The endpoint has no such entity or action."""

    failure_type: FailureType = "config"


class Unfinished(AcumaticaError):
    """An action was started, and its result is unknown."""


class ServerFault(AcumaticaError):
    """Acumatica answered with an error. `exception_type` is the .NET name it gave, `status` the HTTP code."""

    def __init__(self, message: str, *, status: int = 0, exception_type: str = "", **common: Unpack[_Common]) -> None:
        super().__init__(message, **common)
        self.status = status
        self.exception_type = exception_type


class NoSuchRecord(ServerFault):
    """No record satisfies the condition."""


class CannotOptimize(ServerFault):
    """The list reads a view with a BQL delegate; `fields` are those that Acumatica named."""

    def __init__(
        self,
        message: str,
        *,
        fields: tuple[str, ...] = (),
        status: int = 0,
        exception_type: str = "",
        **common: Unpack[_Common],
    ) -> None:
        super().__init__(message, status=status, exception_type=exception_type, **common)
        self.fields = fields


class UnknownField(ServerFault):
    """The request named a field that the entity does not have."""


class BusyRecord(ServerFault):
    """A long operation is running for this form, or another process changed the record at the same time."""

    failure_type: FailureType = "transient"


class PreconditionFailed(ServerFault):
    """The record exists although it must not, or is missing although it must exist."""


@dataclass(frozen=True)
class FieldError:
    """One message of Acumatica about one place of a record; `path` like `Details[0].InventoryID`, `` for the whole."""

    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}" if self.path else self.text


class Rejected(ServerFault):
    """Acumatica refused the record; `errors` keeps its own words, field by field."""

    def __init__(
        self,
        message: str,
        *,
        errors: tuple[FieldError, ...] = (),
        status: int = 0,
        exception_type: str = "",
        **common: Unpack[_Common],
    ) -> None:
        super().__init__(message, status=status, exception_type=exception_type, **common)
        self.errors = errors
