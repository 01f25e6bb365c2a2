"""The place of a value in an entity, by the name that a column or the form gives it. Pure.

name                          place
--------------------------    ----------------------------------------------------------------------
CustomerName                  the field (a detail, a linked entity) of that name
MainContact.Email             the field of the linked entity; a slash does as well as a dot
Details.OrderQty              the field of every row: only with rows to go through, see `mapping`
custom_Document_UsrShop       the custom field UsrShop of the view Document, as the source names its column
Attributes.COLOR              the attribute COLOR: a row of its own in the detail of attributes
Status_id                     the id beside a drop-down, as the source names its column (contract 5)
id, note, custom              what every record has
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import Enum

from acumatica_client.schema.model import EntityShape, ValueType

CUSTOM_COLUMN = "custom_"
_CUSTOM = re.compile(rf"{CUSTOM_COLUMN}([A-Za-z0-9]+)_(\w+)")
_STEP = re.compile(r"[./]")
_SELECTS = frozenset({ValueType.STRING_SELECT, ValueType.INT_SELECT, ValueType.STRING_MULTI_SELECT})
# What every record of the API may have beside its own; `payload_builder` says which of it a PUT takes. `delete` is not
# among them: it would delete a line of a document, which no record may do.
SYSTEM = frozenset({"id", "note", "custom", "rowNumber", "files", "error", "_links", "_workflowActions"})
_ATTRIBUTE_FIELDS = frozenset({"AttributeID", "Value"})


class PlaceKind(Enum):
    """What stands at a place."""

    FIELD = "field"
    LINKED = "linked entity"
    ROWS = "detail"
    CUSTOM = "custom field"
    ATTRIBUTE = "attribute"
    SYSTEM = "member of every record"


@dataclass(frozen=True)
class Place:
    """`steps` lead to the member; of a custom field or an attribute, to the entity that has it.

    `name` is the attribute's, or the custom field's with its view before a dot. `through` is the detail whose rows the
    path goes through, `rest` what follows it.
    """

    kind: PlaceKind
    steps: tuple[str, ...]
    type: ValueType | None = None
    shape: str = ""
    name: str = ""
    through: str = ""
    rest: str = ""

    def __str__(self) -> str:
        return "/".join((*self.steps, self.name) if self.name else self.steps)


def find_place(path: str, shape: EntityShape, shapes: Mapping[str, EntityShape]) -> Place | str:
    """The place of this name, or a clause that says why there is none."""
    return _find(path, (), shape, shapes)


def resolve_custom(place: Place, known: Collection[str], above: str = "") -> Place:
    """The place of a custom field under the name that the entity's `$adHocSchema` gives it.

    A column is named `custom_<view>_<field>`, and both may have underscores: `custom_Base_Approval_UsrX` is read as
    `Base.Approval_UsrX` first. `known` are the paths of all custom fields, `above` that of the level before the place.
    """
    column, prefix = _column(place.name), f"{above}{'/'.join((*place.steps, ''))}"
    for path in known:
        level, slash, name = path.rpartition("/")
        if _column(name) == column and f"{level}{slash}" in (prefix, ""):
            return replace(place, name=name)
    return place


def _column(name: str) -> str:
    return re.sub(r"\W", "_", name)


def comparable(path: str, shape: EntityShape, shapes: Mapping[str, EntityShape]) -> ValueType | None:
    """The type of a field that a condition can name: one of the entity itself or of linked entities, since fields of
    rows give results that cannot be predicted (guide)."""
    place = find_place(path, shape, shapes)
    if isinstance(place, str) or place.kind is not PlaceKind.FIELD or place.through:
        return None
    return place.type


def wire_path(path: str) -> str:
    """The path as a query names it."""
    return path.replace(".", "/")


def suggestion(name: str, known: frozenset[str]) -> str:
    """` (did you mean X, Y?)`, or nothing where no name is close."""
    by_fold = {candidate.casefold(): candidate for candidate in sorted(known)}
    close = get_close_matches(name.casefold(), by_fold, n=3, cutoff=0.6)
    parts = [fold for fold in by_fold if name.casefold() in fold and fold not in close]
    likely = [by_fold[fold] for fold in [*close, *parts][:3]]
    return f" (did you mean {', '.join(likely)}?)" if likely else ""


def holds_attributes(shape: EntityShape) -> bool:
    """Whether the rows of a detail are attributes, found by the name of the attribute."""
    return shape.fields.keys() >= _ATTRIBUTE_FIELDS


def is_read_only(name: str, shape: EntityShape) -> bool:
    """The stamps that a server sets for itself, and the label beside an attribute's value (guide, attributes)."""
    stamp = name in _STAMPS and shape.fields.get(name) is ValueType.DATETIME
    return stamp or (name == "ValueDescription" and holds_attributes(shape))


_STAMPS = frozenset({"LastModifiedDateTime", "LastModified", "LastModifiedDate", "CreatedDateTime", "CreatedDate"})


def _find(path: str, before: tuple[str, ...], shape: EntityShape, shapes: Mapping[str, EntityShape]) -> Place | str:
    whole = _member(path, before, shape)
    if whole is not None:
        return whole
    first, *rest = _STEP.split(path, maxsplit=1)
    if not rest or not rest[0]:
        return f"it has no member {'/'.join((*before, path))}{suggestion(path, shape.members())}"
    if first in shape.linked:
        return _find(rest[0], (*before, first), shapes[shape.linked[first]], shapes)
    if first in shape.details:
        return _in_rows(first, rest[0], before, shapes[shape.details[first]], shapes)
    return f"it has no member {'/'.join((*before, first))}{suggestion(first, shape.members())}"


def _in_rows(
    detail: str, rest: str, before: tuple[str, ...], rows: EntityShape, shapes: Mapping[str, EntityShape]
) -> Place | str:
    if holds_attributes(rows) and rest not in rows.fields:
        return Place(PlaceKind.ATTRIBUTE, (*before, detail), ValueType.STRING, name=rest)
    inner = _find(rest, (*before, detail), rows, shapes)
    if isinstance(inner, str):
        return inner
    return replace(inner, through="/".join((*before, detail)), rest=rest)


def _member(name: str, before: tuple[str, ...], shape: EntityShape) -> Place | None:
    steps = (*before, name)
    if name in shape.fields:
        return Place(PlaceKind.FIELD, steps, shape.fields[name])
    if name in shape.linked:
        return Place(PlaceKind.LINKED, steps, shape=shape.linked[name])
    if name in shape.details:
        return Place(PlaceKind.ROWS, steps, shape=shape.details[name])
    if name in SYSTEM:
        return Place(PlaceKind.SYSTEM, steps)
    if name.endswith("_id") and shape.fields.get(name[:-3]) in _SELECTS:
        return Place(PlaceKind.FIELD, steps, shape.fields[name[:-3]])
    custom = _CUSTOM.fullmatch(name)
    return Place(PlaceKind.CUSTOM, before, name=f"{custom[1]}.{custom[2]}") if custom else None
