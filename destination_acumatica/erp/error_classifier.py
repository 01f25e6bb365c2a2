"""What an error in writing a record means for the record and for the sync. A table of decisions; sends nothing.

the error                                   the request could be repeated    it could not: no key
-----------------------------------------   -----------------------------    --------------------
Acumatica's no (422, 400, a business rule)  rejected                         rejected
a page of a server in front (403, 404, 501) rejected: Acumatica did not      rejected
                                            get it
a page in the place of an answer (200, 500) rejected: may or may not be      rejected: may or may not be saved
                                            saved
an error that hides its cause (500)         rejected                         rejected: may or may not be saved
a conflict that was rolled back             again, some times                again, some times
no answer, or none from Acumatica itself    the sync ends, transient         rejected: may or may not be saved
not sent, declined, session or seat lost    the sync ends, transient         the sync ends, transient
no rights, no such entity                   the sync ends                    the sync ends
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum, auto

from acumatica_client.errors import (
    AcumaticaError,
    BusyRecord,
    IntermediaryRefused,
    Overloaded,
    ServerFault,
    SessionLost,
    Unexpected,
    Unreachable,
)
from acumatica_client.errors import Rejected as RejectedByAcumatica
from destination_acumatica.erp.outcome import Failed, Outcome, Rejected, rejected

# UNVERIFIED: the words are general knowledge of Acumatica and SQL Server, no answer of this kind was recorded. Both
# mean that the transaction was rolled back, so nothing was saved and the same request may be sent again.
_ROLLED_BACK = re.compile(r"another process has (updated|added|deleted)|was deadlocked|deadlock victim", re.I)
_GAVE_UP = re.compile(r"time-?out|timed out|operation was cancell?ed|thread was being aborted|OutOfMemory", re.I)
_CLIENT_MISTAKES = range(400, 500)
_NOT_PASSED_ON = (501, 505)  # a method or a protocol that a server in front does not know
_UNCLEAR = "Whether Acumatica saved the record is unclear; sent once more, it is not made twice."
_BUSINESS_RULE = re.compile(r"\bPX(SetProperty|RowPersisting|Setup\w*)?Exception$|OutcomeEntityHasErrorsException$")


class ErrorClass(Enum):
    """What an error says about the request that met it. `DECLINED`: nothing was done, and the trouble passes."""

    UNCLEAR = auto()
    PAGE_FOR_AN_ANSWER = auto()
    NOT_THE_API = auto()
    ROLLED_BACK = auto()
    DECLINED = auto()
    CRASH = auto()
    REFUSED = auto()
    FATAL = auto()


def error_class(error: AcumaticaError) -> ErrorClass:
    """The first row of the table that fits."""
    return next(kind for kind, fits in _CLASSES if fits(error))


def is_unclear(error: AcumaticaError) -> bool:
    """Whether the record may have been saved in spite of the error."""
    if isinstance(error, Unreachable):
        return error.sent
    if isinstance(error, Overloaded):
        return not error.declined
    if isinstance(error, Unexpected):  # such a status of a web server is that of a request which it did not let through
        return error.status not in _CLIENT_MISTAKES and error.status not in _NOT_PASSED_ON
    return _gave_up(error)


def is_lost(error: AcumaticaError) -> bool:
    """Whether the request may still be on its way, and be carried out later. A page in the place of an answer is an
    answer: whatever was to happen has happened."""
    return is_unclear(error) and not isinstance(error, IntermediaryRefused)


def was_rolled_back(error: AcumaticaError) -> bool:
    """Whether the record met another writer, and Acumatica undid what it had begun."""
    if not isinstance(error, ServerFault):
        return False
    return bool(_ROLLED_BACK.search(f"{error.message} {error.exception_type}"))


def is_crash(error: AcumaticaError) -> bool:
    """An exception of .NET, not of Acumatica, or one without a type (swagger: only the message of an error is sure to
    be there): it may have come after the record was saved."""
    if type(error) is not ServerFault or error.status in _CLIENT_MISTAKES:
        return False
    return not error.exception_type or error.exception_type.startswith("System.")


def was_declined(error: AcumaticaError) -> bool:
    """Whether the answer says that nothing was done, and the trouble passes."""
    return isinstance(error, (SessionLost, BusyRecord)) or (isinstance(error, Overloaded) and error.declined)


def was_not_sent(error: AcumaticaError) -> bool:
    """Whether the request certainly did not reach Acumatica: the connection was refused, or broke off before it."""
    return isinstance(error, Unreachable) and not error.sent


def classify(error: AcumaticaError, *, repeatable: bool, where: str) -> Outcome:
    """The outcome. `where` says how to find the record in Acumatica when it is unclear whether it was saved."""
    return _OUTCOMES[error_class(error)](error, repeatable, where)


def refused(error: AcumaticaError) -> Rejected:
    """Acumatica's own words, field by field where it gave them so."""
    if isinstance(error, RejectedByAcumatica) and error.errors:
        return Rejected(error.errors)
    return rejected(error.message)


def transient(error: AcumaticaError) -> AcumaticaError:
    """The same error as one that passes by itself."""
    if error.failure_type == "transient":
        return error
    return Overloaded(error.message, advice=error.advice or "The next attempt may work.", detail=error.detail)


def _gave_up(error: AcumaticaError) -> bool:
    if not isinstance(error, ServerFault) or error.status in _CLIENT_MISTAKES:
        return False
    if _BUSINESS_RULE.search(error.exception_type):  # its words may speak of a timeout and mean something else
        return False
    return bool(_GAVE_UP.search(f"{error.message} {error.exception_type}"))


def _may_be_saved(error: AcumaticaError, where: str) -> Rejected:
    return rejected(
        f"{error.message.rstrip('.')}: the record may or may not have been saved. It was not sent again, since that "
        f"could make a second one. Look for {where} in Acumatica before you send it once more."
    )


_CLASSES: tuple[tuple[ErrorClass, Callable[[AcumaticaError], bool]], ...] = (
    (ErrorClass.PAGE_FOR_AN_ANSWER, lambda error: isinstance(error, IntermediaryRefused) and is_unclear(error)),
    (ErrorClass.UNCLEAR, is_unclear),
    (ErrorClass.NOT_THE_API, lambda error: isinstance(error, Unexpected)),
    (ErrorClass.DECLINED, was_declined),
    (ErrorClass.ROLLED_BACK, was_rolled_back),
    (ErrorClass.CRASH, is_crash),
    (ErrorClass.REFUSED, lambda error: isinstance(error, ServerFault)),
    (ErrorClass.FATAL, lambda error: True),
)

_OUTCOMES: dict[ErrorClass, Callable[[AcumaticaError, bool, str], Outcome]] = {
    ErrorClass.UNCLEAR: lambda error, repeatable, where: (
        Failed(transient(error)) if repeatable else _may_be_saved(error, where)
    ),
    ErrorClass.PAGE_FOR_AN_ANSWER: lambda error, repeatable, where: (
        rejected(f"{error.sentence()} {_UNCLEAR}") if repeatable else _may_be_saved(error, where)
    ),
    ErrorClass.NOT_THE_API: lambda error, repeatable, where: rejected(error.sentence()),
    ErrorClass.ROLLED_BACK: lambda error, repeatable, where: Failed(transient(error)),
    ErrorClass.DECLINED: lambda error, repeatable, where: Failed(error),
    ErrorClass.CRASH: lambda error, repeatable, where: refused(error) if repeatable else _may_be_saved(error, where),
    ErrorClass.REFUSED: lambda error, repeatable, where: refused(error),
    ErrorClass.FATAL: lambda error, repeatable, where: Failed(error),
}
