"""Actions of records, such as a release: the request, and waiting for a long operation.

    POST /E/Action --> 204                    done, or nothing to do; a Location on it leads nowhere (live note)
                   '-> 202 + Location         a long operation; GET the Location in the same session:
                                              202 while it runs, 204 when it is done, an error when it failed

Hazard: an action has no key, so a second request may do it twice. It is sent once; where its result is unknown, that is
an error of its own (`Unfinished`), and the caller reads the record.
Evidence: Integration Development Guide (actions), live notes on 26.1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from acumatica_client.errors import AcumaticaError, BusyRecord, ServerFault, Unexpected, Unfinished
from acumatica_client.rest.answers import Answer
from acumatica_client.rest.backoff import Backoff
from acumatica_client.rest.query import Request

# Pauses between two requests for the state of a long operation. A release of a large batch takes minutes; the guide
# names no limit.
OPERATION_WAIT = Backoff(attempts=None, first=0.25, longest=10.0, jitter=0.0, elapsed=3600.0)
_encode = msgspec.json.Encoder(decimal_format="number").encode
_ADVICE = "Look at the record in Acumatica before you run the action once more."


def action_body(entity: Mapping[str, object], parameters: Mapping[str, object] | None = None) -> bytes:
    """The body of an action's request. `entity`: the key fields or the id of the record, `parameters`: plain values.

    A member `custom` of the parameters goes as it is: dialogs of workflow actions are filled in so.
    """
    return _encode({"entity": _wrapped(entity), "parameters": _wrapped(parameters or {})})


def run_action(
    action: Request,
    send: Callable[[Request], Answer],
    *,
    below: Callable[[str], str],
    pause: Callable[[float], object],
    wait: Backoff,
) -> None:
    """Run an action to its end. `send` keeps to one session; `below` is the path, under the base URL, of a link.

    Raises what `send` raises for the action itself, Acumatica's own error when the operation failed, Unfinished when
    it began and its end is not known.
    """
    answer = send(action)
    if answer.status != 202:
        return
    # The license does not count requests for the state of an operation (guide), so neither does our budget.
    look = Request("GET", _place(answer, below), counted=False)
    if not _ended(look, send, pause, wait):
        raise _unfinished(f"It was still running after {wait.elapsed or 0:.0f} seconds.")


def _place(answer: Answer, below: Callable[[str], str]) -> str:
    place = answer.headers.get("location", "")
    if not place:
        raise _unfinished("Acumatica does not say where the state of the operation can be read.")
    try:
        return below(place)
    except Unexpected as error:
        raise _unfinished(error.message) from error


def _ended(look: Request, send: Callable[[Request], Answer], pause: Callable[[float], object], wait: Backoff) -> bool:
    for seconds in wait.pauses():
        pause(seconds)
        if _look(look, send).status != 202:
            return True
    return False


def _look(request: Request, send: Callable[[Request], Answer]) -> Answer:
    try:
        return send(request)
    except BusyRecord as error:
        raise _unfinished(error.message) from error
    except ServerFault:
        raise  # the operation failed, and these are its words
    except AcumaticaError as error:  # also 401 and 404: another session cannot see the operation
        raise _unfinished(error.message) from error


def _unfinished(why: str) -> Unfinished:
    return Unfinished(f"The action was started, and its result is unknown. {why}", advice=_ADVICE)


def _wrapped(values: Mapping[str, object]) -> dict[str, object]:
    bare = ("id", "custom")
    return {name: value if name in bare else {"value": value} for name, value in values.items()}
