"""Run the actions of records: what each changes, and how a long operation is waited for.

    POST /E/Action --> 204                      done, or nothing to do
                   '-> 202 + Location           a long operation; GET the Location in the same session:
                                                202 while it runs, 204 when it is done, an error when it failed

The changes are the visible ones only: a status, a hold mark, and the documents of `document_actions`. What a release
books is not here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from acumatica_emulator.api.document_actions import SPECIAL, apply, disabled
from acumatica_emulator.api.record_lookup import locate
from acumatica_emulator.api.request_body import Json, member, parse_body, parse_parameters
from acumatica_emulator.api.request_context import RequestContext
from acumatica_emulator.catalog import EntityType
from acumatica_emulator.records.rows import guid
from acumatica_emulator.records.values import Scalar
from acumatica_emulator.records.workflows import answers, workflow_of
from acumatica_emulator.site import refusals
from acumatica_emulator.site.http import Response
from acumatica_emulator.site.sessions import Operation

_LONG = re.compile(
    "Release|Confirm|Correct|Create|Prepare|Void|Reverse|Process|Run|Validate|Capture|CardOperation|Update|Roll|Archive"
)
_EFFECTS: Mapping[str, Mapping[str, Scalar]] = {
    "CancelSalesOrder": {"Status": "Canceled"},
    "ConfirmShipment": {"Status": "Confirmed"},
    "CorrectShipment": {"Status": "Open"},
    "ReleaseJournalTransaction": {"Status": "Posted"},
    "ReleaseFromCreditHoldSalesOrder": {"Status": "Open", "CreditHold": False},
    "ReleaseInventoryIssue": {"Status": "Released"},
    "ReleaseInventoryReceipt": {"Status": "Released"},
    "ReleaseKitAssembly": {"Status": "Released"},
    "ReleasePurchaseReceipt": {"Status": "Released"},
    "UpdateIN": {"Status": "Completed"},
}
_BY_WORD: Sequence[tuple[str, Mapping[str, Scalar]]] = (
    ("PutOnHold", {"Status": "On Hold", "Hold": True}),
    ("Hold", {"Status": "On Hold", "Hold": True}),
    ("ReleaseFromHold", {"Status": "Open", "Hold": False}),
    ("Release", {"Status": "Open", "Hold": False}),
    ("Void", {"Status": "Voided"}),
    ("Reopen", {"Status": "Open"}),
    ("Open", {"Status": "Open"}),
    ("Cancel", {"Status": "Canceled"}),
    ("Complete", {"Status": "Completed"}),
    ("Close", {"Status": "Closed"}),
    ("Activate", {"Status": "Active"}),
    ("Approve", {"Status": "Open", "Approved": True}),
    ("Suspend", {"Status": "Suspended"}),
    ("Reject", {"Status": "Rejected"}),
)


def invoke(context: RequestContext, rest: Sequence[str]) -> Response:
    action = rest[0]
    if action not in context.entity.actions and workflow_of(context.entity.name, action) is None:
        raise refusals.no_such_entity(context.request.path)
    body = parse_body(context.request.body)
    entity = member(body, "entity")
    if not isinstance(entity, dict):
        raise refusals.malformed("entity is missing")
    screen = context.entity.screen
    if context.session.busy(screen):
        raise refusals.long_operation(409 if context.behavior.conflict_409 else 500)
    change = _change(context, action, entity, parse_parameters(body))
    on = context.behavior
    at_once = on.action_polls <= 0 and not on.action_failure
    if at_once or workflow_of(context.entity.name, action) is not None or not _LONG.search(action):
        change()
        return _done(context)
    operation = Operation(
        guid("operation", context.session.token, len(context.session.operations), context.clock.now().isoformat()),
        screen,
        context.behavior.action_polls,
        context.behavior.action_failure,
        change,
    )
    context.session.operations[operation.id] = operation
    return Response(202, headers=[("Location", _place(context, action, operation))])


def poll(context: RequestContext, rest: Sequence[str]) -> Response:
    """The state of a long operation; another session does not see it."""
    action, _, id = rest
    operation = context.session.operations.get(id.lower())
    if operation is None:
        raise refusals.no_such_entity(context.request.path)
    if operation.polls > 0:
        operation.polls -= 1
        return Response(202, headers=[("Location", _place(context, action, operation))])
    del context.session.operations[operation.id]
    if operation.error:
        raise refusals.failed(operation.error, status=context.behavior.action_failure_status)
    if operation.change is not None:
        operation.change()
    return _done(context)


def _done(context: RequestContext) -> Response:
    """204; one operator saw a Location on it that leads nowhere, so it must not be followed."""
    nowhere = guid("done", context.session.token, context.clock.now().isoformat())
    place = ("Location", f"{context.frame.root}/{context.entity.name}/{nowhere}")
    return Response(204, headers=[place] if context.behavior.done_location else [])


def _place(context: RequestContext, action: str, operation: Operation) -> str:
    return f"{context.frame.root}/{context.entity.name}/{action}/status/{operation.id}"


def _change(context: RequestContext, action: str, entity: Json, parameters: Mapping[str, Any]) -> Callable[[], None]:
    """What the action will do when it is done; everything that can be refused is refused now."""
    if context.entity.role:
        return _nothing
    row = locate(context, entity)
    if row is None:
        raise refusals.no_entity_satisfies()
    special = SPECIAL.get(action)
    if special is not None:
        return special(context, row, parameters)
    workflow = workflow_of(context.entity.name, action)
    effect = _effect(action, context.entity)
    if workflow is not None:
        effect = {**workflow.effect, **answers(workflow, parameters, row)}
    if effect and all(row.values.get(name) == value for name, value in effect.items()):
        raise disabled(_button(action))
    return lambda: apply(context, row.id, effect)


def _nothing() -> None:
    return None


def _effect(action: str, entity: EntityType) -> dict[str, Scalar]:
    effect = _EFFECTS.get(action) or next((change for word, change in _BY_WORD if action.startswith(word)), {})
    return {name: value for name, value in effect.items() if name in entity.fields}


def _button(action: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", action).split(" ")[0]
