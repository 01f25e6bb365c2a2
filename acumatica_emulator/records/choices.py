"""The drop-downs of contract 5: the id of each label.

A row keeps the label, which is what contract 4 shows. Contract 5 shows `{"id": "CL", "description": "Completed"}` and
is filtered and written by the id. One id is documented (CL); the others are invented, one for each label.
"""

from __future__ import annotations

from collections.abc import Mapping

IDS: Mapping[str, str] = {
    "Completed": "CL",
    "Active": "AC",
    "Inactive": "IN",
    "Back Order": "BO",
    "Balanced": "BA",
    "Canceled": "CA",
    "Closed": "CD",
    "Confirmed": "CF",
    "Credit Hold": "CH",
    "In Planning": "PL",
    "In Process": "IP",
    "Lost": "LO",
    "Marked for Deletion": "DE",
    "New": "NE",
    "No Purchases": "NP",
    "No Sales": "NS",
    "On Hold": "HO",
    "One-Time": "OT",
    "Open": "OP",
    "Pending Approval": "PA",
    "Planned": "PN",
    "Posted": "PO",
    "Rejected": "RJ",
    "Released": "RE",
    "Shipping": "SH",
    "Suspended": "SU",
    "Unreleased": "UN",
    "Voided": "VO",
    "Won": "WO",
}
_LABELS = {id: label for label, id in IDS.items()}


def id_of(label: str) -> str:
    """The id of a label; a label without one is its own."""
    return IDS.get(label, label)


def label_of(id: str) -> str:
    return _LABELS.get(id, id)
