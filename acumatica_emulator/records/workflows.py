"""The workflow actions that a form has beside those of its contract.

They show in `$adHocSchema` under `_workflowActions` with the fields of their dialog, and are invoked by their name like
any other, with the dialog's fields in `parameters.custom`. The one of opportunities is the guide's own example.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from acumatica_emulator.records.rows import Row
from acumatica_emulator.records.values import Scalar

Dialog = Mapping[str, Mapping[str, str]]  # view -> field -> type of the custom field


@dataclass(frozen=True)
class Workflow:
    """What a workflow action changes, and its dialog; a dialog's field that the form has too is copied to it."""

    effect: Mapping[str, Scalar]
    dialog: Dialog = field(default_factory=dict)


def _holds(status: str) -> dict[str, Workflow]:
    """The two actions of a document that can be held; `status` is that of one that is not."""
    return {
        "PutOnHold": Workflow({"Status": "On Hold", "Hold": True}),
        "ReleaseFromHold": Workflow({"Status": status, "Hold": False}),
    }


WORKFLOWS: Mapping[str, Mapping[str, Workflow]] = {
    "Opportunity": {
        "Open": Workflow(
            {"Status": "Open"}, {"FilterPreview": {"Reason": "CustomStringField", "Stage": "CustomStringField"}}
        )
    },
    "Bill": {"Approve": Workflow({}), **_holds("Balanced")},
    "Invoice": _holds("Balanced"),
    "SalesInvoice": _holds("Balanced"),
    "Case": {"Close": Workflow({"Status": "Closed"}), "Open": Workflow({"Status": "Open"})},
    "Payment": {"Release": Workflow({"Status": "Open", "Hold": False}), **_holds("Balanced")},
    "ProjectTask": {"Activate": Workflow({"Status": "Active"}), "Complete": Workflow({"Status": "Completed"})},
    "SalesOrder": {
        **_holds("Open"),
    },
}


def workflow_of(entity: str, action: str) -> Workflow | None:
    return WORKFLOWS.get(entity, {}).get(action)


def workflow_schema(entity: str) -> str:
    """The `_workflowActions` of an entity's schema."""
    return json.dumps(
        [{name: {"parameters": {"custom": _blank(known.dialog)}}} for name, known in WORKFLOWS.get(entity, {}).items()],
        separators=(",", ":"),
    )


def _blank(dialog: Dialog) -> dict[str, Any]:
    return {
        view: {name: {"type": kind, "value": None} for name, kind in names.items()} for view, names in dialog.items()
    }


def answers(workflow: Workflow, parameters: Mapping[str, Any], row: Row) -> dict[str, Scalar]:
    """The fields of the row that the caller filled in, in the dialog."""
    custom = parameters.get("custom") or {}
    found = {
        name: (custom.get(view) or {}).get(name, {}).get("value")
        for view, names in workflow.dialog.items()
        for name in names
    }
    return {name: value for name, value in found.items() if value is not None and name in row.values}
