"""What of an arranged record is sent: no ids of another place, no nulls unless they are to clear, nothing empty. Pure.

An object without a value is not harmless: sent as a linked entity or a line, it would make an empty one.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from acumatica_client.errors import FieldError
from destination_acumatica.config.modes import Nulls
from destination_acumatica.payload.json_values import NULL
from destination_acumatica.payload.record_mapper import NEVER_SENT, Node, Tree
from destination_acumatica.payload.unfit import Unfit
from destination_acumatica.plan.lookups import Wanted

_FALSE = msgspec.Raw(b"false")


def prune(tree: Tree, *, nulls: Nulls, with_ids: Collection[str]) -> bytes:
    """The JSON of what is sent. Ids of rows go along only in the members `with_ids`. Raises Unfit."""
    kept = {
        name: _node(node, name, nulls, name in with_ids) for name, node in tree.items() if name not in ("id", "custom")
    }
    kept["custom"] = _custom(tree.get("custom", NULL), nulls)
    return encoded({name: value for name, value in kept.items() if value is not None}) or b"{}"


def _node(node: Node, place: str, nulls: Nulls, ids: bool) -> bytes | None:
    """None for what says nothing."""
    if isinstance(node, dict):
        return _members(node, place, nulls, ids)
    if isinstance(node, list):
        rows = [_node(row, f"{place}[{at}]", "skip" if row == NULL else nulls, ids) for at, row in enumerate(node)]
        told = [row for row in rows if row is not None]
        return b"[" + b",".join(told) + b"]" if told else None
    if isinstance(node, Wanted):
        raise Unfit(FieldError(place, "is still to be looked up"))
    return None if node == NULL and nulls == "skip" else bytes(node)


def _members(tree: Tree, place: str, nulls: Nulls, ids: bool) -> bytes | None:
    if tree.get("delete", _FALSE) not in (_FALSE, NULL):
        raise Unfit(FieldError(place, "asks for its deletion, and no record may delete a line by itself"))
    left_out = NEVER_SENT | {"delete", "custom"} | (set() if ids else {"id"})
    kept = {name: _node(node, f"{place}/{name}", nulls, ids) for name, node in tree.items() if name not in left_out}
    kept["custom"] = _custom(tree.get("custom", NULL), nulls)
    told = {name: value for name, value in kept.items() if value is not None}
    return encoded(told) if told.keys() - {"id"} or ids else None


def _custom(node: Node, nulls: Nulls) -> bytes | None:
    """{view: {field: {"type": ..., "value": ...}}}; what is of another shape is left for the codec to refuse."""
    if not isinstance(node, dict):
        return None if node == NULL else _node(node, "custom", nulls, True)
    views = {view: _view(fields, nulls) for view, fields in node.items()}
    return encoded({view: fields for view, fields in views.items() if fields is not None})


def _view(fields: Node, nulls: Nulls) -> bytes | None:
    if not isinstance(fields, dict):
        return _node(fields, "custom", nulls, True)
    told = {name: _custom_field(node, nulls) for name, node in fields.items()}
    return encoded({name: value for name, value in told.items() if value is not None})


def _custom_field(node: Node, nulls: Nulls) -> bytes | None:
    if isinstance(node, msgspec.Raw):
        return None if _says_null(node) and nulls == "skip" else bytes(node)
    if isinstance(node, dict):
        if node.get("value") == NULL and nulls == "skip":
            return None
        return encoded({name: _node(part, name, "clear", True) or b"null" for name, part in node.items()})
    return _node(node, "custom", nulls, True)


def _says_null(raw: msgspec.Raw) -> bool:
    value = msgspec.json.decode(raw)
    return isinstance(value, dict) and value.get("value", "") is None


def encoded(members: dict[str, bytes]) -> bytes | None:
    """A JSON object of finished values, None where there is none."""
    pairs = (msgspec.json.encode(name) + b":" + value for name, value in members.items())
    return b"{" + b",".join(pairs) + b"}" if members else None
