"""Custom fields: what they are called on the wire and in records.

    $adHocSchema  {"custom": {"Document": {"AttributeCOLOR": {"type": "CustomStringField", "value": null}}},
                   "Details": [{"custom": {"Transactions": {...}}}], "MainContact": {"custom": {...}}, ...}
    on the wire   {"custom": {"Document": {"AttributeCOLOR": {"type": "CustomStringField", "value": "Red"}}}}
    in a record   {"custom_Document_AttributeCOLOR": "Red"}

Evidence: Integration Development Guide 2026 R1 on custom fields and on $adHocSchema, with a fragment of an answer; the
schemas `Custom...Field` of the swagger documents. Only members that the contract has are looked into: a query can name
no others. What has another form is skipped: an instance has hundreds of custom fields, and an
unusual one must not hide the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec

from acumatica_client.errors import Unexpected
from acumatica_client.schema.model import EndpointSchema, EntityShape, ValueType

# `CustomStringField` has the value of a `StringValue`, and so on: the swagger documents declare them in pairs.
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
        """`String`, `DateTime`, ...: the word of its type, which conditions name. `String` for an unknown one."""
        found = _TYPE.fullmatch(self.type)
        return found[1] if found else "String"

    @property
    def value_type(self) -> ValueType:
        """The type of its value; text for an unknown type."""
        return _KINDS.get(self.type, ValueType.STRING)


AD_HOC_SCHEMA = "$adHocSchema"


def parse_ad_hoc_schema(answer: bytes, schema: EndpointSchema, entity: str) -> tuple[CustomField, ...]:
    """The custom fields of an entity, its own first, then those of its nested members, as deep as the answer goes.

    Raises `Unexpected` for an answer that is no JSON object.
    """
    try:
        skeleton = msgspec.json.decode(answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _no_skeleton(entity, str(error)) from error
    if not isinstance(skeleton, Mapping):
        raise _no_skeleton(entity, type(skeleton).__name__)
    return tuple(dict.fromkeys(_fields(skeleton, schema, schema.entities[entity].shape, "")))


def _fields(
    skeleton: Mapping[str, object], schema: EndpointSchema, shape: EntityShape, place: str
) -> Iterator[CustomField]:
    for view, fields in _objects(skeleton.get("custom")):
        for name, described in _objects(fields):
            kind = described.get("type")
            yield CustomField(view, name, kind if isinstance(kind, str) else CustomField.type, place)
    for member, target in {**shape.linked, **shape.details}.items():
        below = skeleton.get(member)
        for row in below if isinstance(below, list) else [below]:
            if isinstance(row, Mapping):
                yield from _fields(row, schema, schema.shapes[target], f"{place}/{member}".removeprefix("/"))


def _objects(named: object) -> Iterator[tuple[str, Mapping[str, object]]]:
    """The members that are objects themselves."""
    if isinstance(named, Mapping):
        yield from ((name, value) for name, value in named.items() if name and isinstance(value, Mapping))


def _no_skeleton(entity: str, found: str) -> Unexpected:
    return Unexpected(f"Acumatica's answer about the custom fields of {entity} is not a JSON object.", detail=found)
