"""What an answer of the server means: the error that it stands for, or success.

Status codes alone mislead: a wrong password is 500, a missing record is 500, a taken license seat is 429, 500 or a
redirect, a refused record is 422 or 500. So the text decides first (`exceptionType`, `exceptionMessage`), the status
second. Only texts of errors count: a 422 echoes the record, and a record may speak of licenses and locked users.
Evidence: recorded bodies of builds 2021 to 2026 R1 in public clients, the Integration Development Guide 2026 R1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qs, urlsplit

from acumatica_client import errors
from acumatica_client.rest.error_bodies import ErrorEnvelope, field_errors, parse_envelope
from acumatica_client.rest.web_pages import intermediary_refused


@dataclass(frozen=True)
class Answer:
    """One HTTP answer: `headers` with lower-case names, `body` decoded from any content encoding."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def is_html(self) -> bool:
        return "html" in self.headers.get("content-type", "").lower() or self.body[:64].lstrip()[:1] == b"<"

    @property
    def is_page(self) -> bool:
        """Whether a web page, and no error of Acumatica, is in the body."""
        return self.is_html and bool(self.body.strip()) and not envelope_of(self).words()

    def date(self) -> datetime | None:
        """The server's own clock, from the Date header (UTC), or None."""
        return _http_date(self.headers.get("date", ""))

    def excerpt(self) -> str:
        """The beginning of a body that is plain text, in one line; empty for JSON and pages."""
        text = "" if self.is_html else self.body[:_EXCERPT].decode("utf-8", "replace")
        return "" if text.lstrip()[:1] in ("{", "[") else " ".join(text.split())


LOGIN_LIMIT = re.compile(r"api login limit|number of concurrent (web services )?api logins|CheckApiUsersLimits", re.I)
# UNVERIFIED: the second and third wording; they are Acumatica's for two people at one record, seen in no REST answer.
_PASSING = re.compile(r"a long operation is running|another process has (updated|added|deleted) the", re.I)
_OPTIMIZER_FIELD = re.compile(r"^\s*(?:.*cause the error:)?\s*(\S[^:\r\n]*): View \S+ has BQL delegate", re.M)
_CLOSING = {b"[": b"]", b"{": b"}"}
# Sent by IIS and by servers in front of it with pages of their own in place of Acumatica's words, and clear without.
_CLEAR_STATUSES = frozenset({401, 408, 409, 412, 422, 429, 502, 503, 504})
_EXCERPT = 300
_MESSAGES_SHOWN = 10

_LIMIT_ADVICE = (
    "Free a seat (sessions close by themselves after about 10 minutes), raise the user's limit of concurrent API "
    "logins on the Users form (SM201010), or lower the concurrency level."
)
_LIST_ADVICE = (
    "Acumatica cannot list the entity by these fields: choose full refresh where one of them is the modification date, "
    "else leave the entity out."
)


def error_of(answer: Answer) -> errors.AcumaticaError | None:
    """The error that an answer to a signed-in call stands for, or None when it is a success."""
    if answer.status < 300:
        return _false_success(answer)
    if is_login_limit(answer):
        return login_limit()
    if answer.status < 400:
        return _redirected(answer)
    if answer.status not in _CLEAR_STATUSES and answer.is_page:
        return intermediary_refused(answer.status, answer.headers, answer.body)
    kind = envelope_of(answer).exception_type.rpartition(".")[2]
    decide = _BY_EXCEPTION.get(kind) or _BY_STATUS.get(answer.status) or _server_fault
    return decide(answer)


def envelope_of(answer: Answer) -> ErrorEnvelope:
    """The error envelope in the body, empty where the body is something else."""
    return parse_envelope(answer.body)


def is_login_limit(answer: Answer) -> bool:
    """Whether an error says that no API seat is left. The status does not show it: 429, 500 and 302 are all
    recorded."""
    if answer.status == 422:
        return False
    fault = envelope_of(answer)
    texts = (fault.words(), fault.stack(), answer.excerpt(), redirect_message(answer))
    return any(map(LOGIN_LIMIT.search, texts))


def login_limit(words: str = "") -> errors.LoginLimit:
    taken = "Every API session that the Acumatica license or the user allows is taken."
    return errors.LoginLimit(taken, advice=_LIMIT_ADVICE, detail=words)


def redirect_message(answer: Answer) -> str:
    """What a redirect to `/Frames/Error.aspx?...&message=...` says to the user, decoded; empty without a message."""
    try:
        query = parse_qs(urlsplit(answer.headers.get("location", "")).query)
    except ValueError:  # it is no address
        return ""
    found = [text for name, texts in query.items() if name.lower() == "message" for text in texts]
    return " ".join(" ".join(found).split())


def _http_date(text: str) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(text)
        # A date without a zone is UTC by the standard; Python would take it for the zone of this machine.
        return parsed.replace(tzinfo=parsed.tzinfo or timezone.utc).astimezone(timezone.utc)
    except (TypeError, ValueError, OverflowError):
        return None


def _false_success(answer: Answer) -> errors.AcumaticaError | None:
    """The cases in which 200 is not a success. Where there is nothing to say the API answers 204, never 200."""
    body = answer.body[:64].strip() + answer.body[-64:].strip()
    if answer.is_html and body:
        return _page_instead_of_answer(answer)
    if answer.status == 200 and not body:
        return errors.EmptyAnswer("Acumatica answered with nothing, where data or an error must be.", status=200)
    # A body that ends with the connection, without a length, can lose its end without notice.
    if body and _CLOSING.get(body[:1], body[-1:]) != body[-1:]:
        return errors.Unreachable("The connection broke in the middle of an answer of Acumatica.", sent=True)
    return None


def _page_instead_of_answer(answer: Answer) -> errors.AcumaticaError:
    if re.search(rb"login\.aspx", answer.body, re.I):
        return errors.SessionLost("The Acumatica session ended: the server shows its sign-in page.")
    return intermediary_refused(answer.status, answer.headers, answer.body)


def _redirected(answer: Answer) -> errors.AcumaticaError:
    location = answer.headers.get("location", "").split("?")[0]
    if re.search(r"login\.aspx", location, re.I):
        return errors.SessionLost("The Acumatica session ended: the server redirects to its sign-in page.")
    if re.search(r"maintenance|lockout|error\.aspx", location, re.I):
        words = redirect_message(answer) or "Acumatica redirects to an error or maintenance page."
        return errors.Overloaded(words, retry_after=_retry_after(answer), detail=location)
    return errors.SettingsError(
        f"The instance URI redirects elsewhere ({location or 'without saying where'}).",
        advice="Enter the address it redirects to as Instance URI.",
    )


def _retry_after(answer: Answer) -> float | None:
    """Seconds to wait, from either form of Retry-After (seconds, or a date read against the server's own clock)."""
    value = answer.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]*)?", value):
        return float(value)
    until, now = _http_date(value), answer.date()
    return max(0.0, (until - now).total_seconds()) if until and now else None


def _overloaded(answer: Answer) -> errors.AcumaticaError:
    return errors.Overloaded(
        f"Acumatica is overloaded or limits the request rate (HTTP {answer.status}).",
        advice="Lower the concurrency level, or run the sync at another time.",
        detail=envelope_of(answer).words() or answer.excerpt(),
        retry_after=_retry_after(answer),
        declined=answer.status == 429,
    )


def _session_lost(answer: Answer) -> errors.AcumaticaError:
    return errors.SessionLost(
        "The Acumatica session is no longer signed in (HTTP 401).", detail=envelope_of(answer).words()
    )


def _denied(answer: Answer) -> errors.AcumaticaError:
    return errors.AccessDenied(
        envelope_of(answer).words() or "Acumatica denies the access (HTTP 403).",
        advice="Grant the user's role access to the form, and check that the feature of the form is enabled.",
    )


def _not_found(answer: Answer) -> errors.AcumaticaError:
    return errors.NotFound(
        "The endpoint has no such entity or action (HTTP 404).",
        advice="Check the endpoint and its version; IIS answers so to an address that is too long, too.",
        detail=envelope_of(answer).words() or answer.excerpt(),
    )


def _rejected(answer: Answer) -> errors.Rejected:
    fault = envelope_of(answer)
    found = field_errors(answer.body)
    if not found:
        causes = fault.causes() or (answer.excerpt() or f"Acumatica refused the record (HTTP {answer.status}).",)
        found = tuple(errors.FieldError("", cause) for cause in causes)
    shown = "; ".join(map(str, found[:_MESSAGES_SHOWN]))
    more = f"; and {len(found) - _MESSAGES_SHOWN} more" if len(found) > _MESSAGES_SHOWN else ""
    return errors.Rejected(shown + more, errors=found, status=answer.status, exception_type=fault.exception_type)


def _cannot_optimize(answer: Answer) -> errors.AcumaticaError:
    fault = envelope_of(answer)
    return errors.CannotOptimize(
        fault.words(),
        fields=tuple(_OPTIMIZER_FIELD.findall(fault.exception_message)),
        advice=_LIST_ADVICE,
        status=answer.status,
        exception_type=fault.exception_type,
    )


def _setup_missing(answer: Answer) -> errors.AcumaticaError:
    advice = "Fill in that form in Acumatica, or leave this entity out."
    return _as(errors.ServerFault, advice)(answer).replace(failure_type="config")


def _server_fault(answer: Answer) -> errors.AcumaticaError:
    words = envelope_of(answer).words()
    if _PASSING.search(words):
        return _as(errors.BusyRecord)(answer)
    if words:
        return _as(errors.ServerFault)(answer)
    message = f"Acumatica, or a server in front of it, answered without data and without words (HTTP {answer.status})."
    return errors.Unexpected(message, detail=answer.excerpt(), status=answer.status)


def _as(kind: type[errors.ServerFault], advice: str = "") -> Callable[[Answer], errors.AcumaticaError]:
    """The error of that kind in Acumatica's words, or in the kind's own where the body has none."""

    def build(answer: Answer) -> errors.AcumaticaError:
        fault = envelope_of(answer)
        docstring = kind.__doc__ or "Acumatica answered with an error."
        words = fault.words() or f"{docstring.splitlines()[0]} (HTTP {answer.status})"
        return kind(words, advice=advice, status=answer.status, exception_type=fault.exception_type)

    return build


_BY_EXCEPTION: dict[str, Callable[[Answer], errors.AcumaticaError]] = {
    "NoEntitySatisfiesTheConditionException": _as(errors.NoSuchRecord),
    "CannotOptimizeException": _cannot_optimize,
    "KeyNotFoundException": _as(errors.UnknownField),
    "OutcomeEntityHasErrorsException": _rejected,
    "PXOuterException": _rejected,
    "PXSetupNotEnteredException": _setup_missing,
}

_BY_STATUS: dict[int, Callable[[Answer], errors.AcumaticaError]] = {
    401: _session_lost,
    403: _denied,
    404: _not_found,
    408: _overloaded,
    409: _as(errors.BusyRecord),
    412: _as(errors.PreconditionFailed),
    422: _rejected,
    429: _overloaded,
    502: _overloaded,
    503: _overloaded,
    504: _overloaded,
}
