"""The payload of a mapped record: fields wrapped, nulls and ids left out or kept by the stream's rules. Pure.

    tree                                       payload
    a field                                    {"value": x}
    a field that is null                       left out, or {"value": null} where the stream clears by nulls
    a drop-down of contract 5                  {"value": {"id": x}}, x from `<Field>_id`, else from `<Field>`
    a linked entity, the rows of a detail      wrapped likewise; left out where they have no value: sent without one, a
                                               linked entity or a line would be made empty
    id of a row                                left out, unless `with_ids`
    custom                                     as it is: {"View": {"Field": {"type": "CustomStringField", "value": x}}}

Drop-downs are written by their id (guide, 2026 R2). Where a record gives only one value, it is sent as the id.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from acumatica_client.errors import FieldError
from acumatica_client.record import Column, dropdown_columns
from acumatica_client.record.dropdown_ids import choice, is_dropdown
from acumatica_client.schema.model import EntityShape
from destination_acumatica.config.modes import Nulls
from destination_acumatica.fields.json_values import NULL, decoded, kind_of
from destination_acumatica.payload.payload import Payload, UnmappableRecord
from destination_acumatica.payload.record_mapper import NEVER_SENT
from destination_acumatica.payload.record_tree import Node, Tree
from destination_acumatica.plan.lookups import PendingLookup

_ABSENT = object()
_FALSE = msgspec.Raw(b"false")
_NO_MEMBER = "the entity has no such member"
_TO_BE_LOOKED_UP = "is still to be looked up"
_DELETES_LINE = "asks for its deletion, and no record may delete a line by itself"


class PayloadBuilder:
    """Builds the payloads of one entity."""

    def __init__(self, shape: EntityShape, shapes: Mapping[str, EntityShape], nulls: Nulls) -> None:
        self._shape, self._shapes, self._nulls = shape, shapes, nulls
        self._dropdown_columns: dict[str, Mapping[str, Column]] = {}

    def build(self, tree: Tree, *, with_ids: bool = False) -> Payload:
        """The payload; `with_ids`: the ids of rows go along. Raises UnmappableRecord with an error for each member
        that the entity lacks or that is of the wrong kind."""
        wrapping = _Wrapping(self._shapes, self._nulls, with_ids, self._dropdown_columns)
        members = wrapping.members({name: node for name, node in tree.items() if name != "id"}, self._shape, "")
        if wrapping.errors:
            raise UnmappableRecord(*wrapping.errors)
        return Payload(members)


class _Wrapping:
    """One record being wrapped; `errors` collects what does not fit, so that one rejection can name it all."""

    def __init__(
        self,
        shapes: Mapping[str, EntityShape],
        nulls: Nulls,
        with_ids: bool,
        dropdown_columns_of: dict[str, Mapping[str, Column]],
    ) -> None:
        """`dropdown_columns_of` keeps those of each shape, from record to record."""
        self._shapes, self._nulls, self._with_ids = shapes, nulls, with_ids
        self._dropdown_columns = dropdown_columns_of
        self.errors: list[FieldError] = []

    def members(self, tree: Tree, shape: EntityShape, place: str) -> dict[str, object]:
        if shape.name not in self._dropdown_columns:
            self._dropdown_columns[shape.name] = dropdown_columns(shape)
        beside = self._dropdown_columns[shape.name]
        found: dict[str, object] = {}
        for name, node in tree.items():
            field = beside[name].field if name in beside else name
            if name in NEVER_SENT or field in found:
                continue
            if is_dropdown(shape.fields.get(field)):
                value = self._choice(field, tree, shape, place + field)
            else:
                value = self._member(name, node, shape, place + name)
            if value is not _ABSENT:
                found[field] = value
        return found

    def _member(self, name: str, node: Node, shape: EntityShape, path: str) -> object:
        """The value of one member, or `_ABSENT` to leave it out."""
        if isinstance(node, PendingLookup):
            return self._refuse(path, _TO_BE_LOOKED_UP)
        if name in shape.fields or name == "note":
            return self._field(node, path)
        if name == "id":
            return _plain(node) if self._with_ids and node != NULL else _ABSENT
        if name == "custom":
            return self._custom(node, path)
        if name in shape.linked:
            return self._linked(node, self._shapes[shape.linked[name]], path)
        if name in shape.details:
            return self._rows(node, self._shapes[shape.details[name]], path)
        return _ABSENT if node == NULL and self._nulls == "skip" else self._refuse(path, _NO_MEMBER)

    def _field(self, node: Node, path: str) -> object:
        if node == NULL:
            return self._null()
        if not isinstance(node, msgspec.Raw) or kind_of(node) in "{[":
            return self._refuse(path, "is a single value")
        return {"value": decoded(node)}

    def _null(self) -> object:
        return {"value": None} if self._nulls == "clear" else _ABSENT

    def _choice(self, field: str, tree: Tree, shape: EntityShape, path: str) -> object:
        """A drop-down, from its own column and those beside it."""
        parts = {name: node for name, node in tree.items() if isinstance(node, msgspec.Raw)}
        if isinstance(tree.get(field), PendingLookup):
            return self._refuse(path, _TO_BE_LOOKED_UP)
        try:
            value = choice(field, shape.fields[field], parts, self._dropdown_columns[shape.name], whole=False)
        except ValueError as error:
            return self._refuse(path, str(error))
        return self._null() if value is None else {"value": decoded(value)}

    def _linked(self, node: Node, shape: EntityShape, path: str) -> object:
        if node == NULL:
            return _ABSENT
        return self._object(node, shape, path) if isinstance(node, dict) else self._refuse(path, "is an object")

    def _rows(self, node: Node, shape: EntityShape, path: str) -> object:
        if node == NULL:
            return _ABSENT
        rows = node if isinstance(node, list) else [None]
        if any(not isinstance(row, dict) and row != NULL for row in rows):
            return self._refuse(path, "is an array of objects")
        wrapped = [self._object(row, shape, f"{path}[{at}]") for at, row in enumerate(rows) if isinstance(row, dict)]
        return [row for row in wrapped if row is not _ABSENT] or _ABSENT

    def _object(self, tree: Tree, shape: EntityShape, path: str) -> object:
        if tree.get("delete", _FALSE) not in (_FALSE, NULL):
            return self._refuse(path, _DELETES_LINE)
        kept = {name: node for name, node in tree.items() if name != "delete"}
        members = self.members(kept, shape, f"{path}/")
        return members if members else _ABSENT

    def _custom(self, node: Node, path: str) -> object:
        """Custom fields as `{view: {field: {"type": ..., "value": ...}}}`."""
        if node == NULL:
            return _ABSENT
        if not isinstance(node, dict):
            return self._refuse(path, "is an object of views and fields")
        views = {view: self._view(fields, path) for view, fields in node.items() if isinstance(fields, dict)}
        return {view: fields for view, fields in views.items() if fields} or _ABSENT

    def _view(self, fields: Tree, path: str) -> dict[str, object]:
        values = {name: self._custom_field(node, f"{path}/{name}") for name, node in fields.items()}
        return {name: value for name, value in values.items() if value is not _ABSENT}

    def _custom_field(self, node: Node, path: str) -> object:
        if isinstance(node, dict) and any(isinstance(part, PendingLookup) for part in node.values()):
            return self._refuse(path, _TO_BE_LOOKED_UP)
        value = _plain(node)
        says_null = isinstance(value, Mapping) and value.get("value", "") is None
        return _ABSENT if self._nulls == "skip" and (says_null or value is None) else value

    def _refuse(self, path: str, reason: str) -> object:
        error = FieldError(path, reason)
        if error not in self.errors:
            self.errors.append(error)
        return _ABSENT


def _plain(node: Node) -> object:
    """A part of the tree as Python objects with exact numbers."""
    if isinstance(node, dict):
        return {name: _plain(inner) for name, inner in node.items()}
    if isinstance(node, list):
        return [_plain(row) for row in node]
    return decoded(node) if isinstance(node, msgspec.Raw) else None
