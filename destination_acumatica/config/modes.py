"""What is to happen to a record: the modes, how Airbyte's sync modes map onto them, and what a stream may say. Pure.

Airbyte's mode     ours, unless the stream's setting says another      the record is there      it is not there
---------------    ------------------------------------------------    ---------------------    ---------------
append             insert                                              `existing` decides       inserted
append_dedup       upsert                                              updated                  inserted
update             update                                              updated                  `missing` decides
soft_delete        soft_delete: a field set, or an action              set, or acted on         `missing` decides
(only by name)     delete                                              deleted                  `missing` decides
overwrite...       refused: it would delete what is in the ERP
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Literal

Existing = Literal["reject", "ignore", "update"]
Missing = Literal["reject", "ignore", "insert"]
Deletions = Literal["reject", "ignore", "soft_delete", "delete"]
Nulls = Literal["skip", "clear"]


class Mode(Enum):
    """What happens to a record, by the word of the setting."""

    INSERT = "insert"
    UPDATE = "update"
    UPSERT = "upsert"
    DELETE = "delete"
    SOFT_DELETE = "soft_delete"

    @property
    def inserts(self) -> bool:
        return self in (Mode.INSERT, Mode.UPSERT)

    @property
    def removes(self) -> bool:
        return self in (Mode.DELETE, Mode.SOFT_DELETE)


DEFAULT_MODES: Mapping[str, Mode] = {
    "append": Mode.INSERT,
    "append_dedup": Mode.UPSERT,
    "update": Mode.UPDATE,
    "soft_delete": Mode.SOFT_DELETE,
}
REFUSED_MODES: Mapping[str, str] = {
    "overwrite": "would delete what is in the ERP",
    "overwrite_dedup": "would delete what is in the ERP",
}


def effective(mode: Mode, existing: Existing, missing: Missing) -> Mode:
    """An insert that updates what exists, and an update that inserts what is missing, are both an upsert."""
    if (mode is Mode.INSERT and existing == "update") or (mode is Mode.UPDATE and missing == "insert"):
        return Mode.UPSERT
    return mode


def default_missing(mode: Mode) -> Missing:
    """A record that is to be gone and is not there leaves nothing to say; one that is to be changed does."""
    return "ignore" if mode is Mode.DELETE else "reject"
