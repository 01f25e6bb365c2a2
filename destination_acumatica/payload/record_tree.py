"""A record by the entity's names before it is wrapped: a tree whose leaves are JSON slices or pending lookups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias, Union

import msgspec

from destination_acumatica.fields.json_values import as_text, kind_of, rows_of, scalar_text, whole_number_text
from destination_acumatica.plan.lookups import PendingLookup

Node: TypeAlias = Union[msgspec.Raw, PendingLookup, "Tree", "list[Node]"]
Tree: TypeAlias = dict[str, Node]
Columns = Mapping[str, msgspec.Raw]

_FLAGS = {b"true": "1", b"false": "0"}  # how an attribute keeps a check mark (guide, attributes)


def branch(tree: Tree, steps: tuple[str, ...]) -> Tree:
    """The part of the tree at the end of these steps, made where there is none."""
    for step in steps:
        inner = tree.get(step)
        if not isinstance(inner, dict):
            inner = tree[step] = {}
        tree = inner
    return tree


def merge(tree: Tree, name: str, node: Node) -> None:
    """Two columns may fill one linked entity: an object of it, and a path into it."""
    known = tree.get(name)
    if isinstance(known, dict) and isinstance(node, dict):
        for inner, value in node.items():
            merge(known, inner, value)
    else:
        tree[name] = node


def attribute(name: str, node: Node) -> Tree:
    return {"AttributeID": as_text(name), "Value": _attribute_value(node)}


def _attribute_value(node: Node) -> Node:
    """Acumatica keeps every attribute as text: 0 and 1 for a check mark, ids with commas for several choices."""
    if not isinstance(node, msgspec.Raw) or kind_of(node) in '"{':
        return node
    if kind_of(node) == "[":
        return as_text(",".join(scalar_text(one) for one in rows_of(node)))
    return as_text(_FLAGS.get(bytes(node), whole_number_text(scalar_text(node))))
