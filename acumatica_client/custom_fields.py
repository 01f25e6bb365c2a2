"""Custom fields: what they are called on the wire and in records. Knows no HTTP.

    on the wire   {"custom": {"Document": {"AttributeCOLOR": {"type": "CustomStringField", "value": "Red"}}}}
    in a record   {"custom_Document_AttributeCOLOR": "Red"}

Evidence: Integration Development Guide 2026 R1 on custom fields; the schemas `Custom...Field` of the swagger documents.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from acumatica_client.schema import ValueType

# `CustomStringField` holds what a `StringValue` holds, and so on: the swagger documents declare them in pairs.
_TYPE = re.compile(r"Custom(\w+)Field")
_NO_NAME = re.compile(r"\W")
_KINDS = {f"Custom{kind.value.removesuffix('Value')}Field": kind for kind in ValueType}


@dataclass(frozen=True)
class CustomField:
    """A field that the contract does not show: `name` of a `view` of the form, in the rows of `place`.

    `place` is empty for the entity itself, else the path of a linked entity or a detail, such as `Details`.
    """

    view: str
    name: str
    type: str = "CustomStringField"
    place: str = ""

    @property
    def path(self) -> str:
        """As a query names it: `Document.AttributeCOLOR`, `Details/Transactions.UsrColor`."""
        return f"{self.place}/{self.view}.{self.name}" if self.place else f"{self.view}.{self.name}"

    @property
    def column(self) -> str:
        """The name of its column in a record: letters, digits and underscores only."""
        return _NO_NAME.sub("_", f"custom_{self.view}_{self.name}")

    @property
    def kind(self) -> str:
        """`String`, `DateTime`, ...: the word of its type, which conditions name. `String` for a strange one."""
        found = _TYPE.fullmatch(self.type)
        return found[1] if found else "String"

    @property
    def value_type(self) -> ValueType:
        """What it holds; text for a type that nobody knows."""
        return _KINDS.get(self.type, ValueType.STRING)
