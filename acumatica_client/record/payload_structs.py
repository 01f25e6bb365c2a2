"""The structs that payload rows decode into: one for each level of a layout, every value a slice of the answer.

No value becomes a Python number or text on the way, so digits, escapes and offsets stay as Acumatica sent them.
Members stand in the order of the wire, sorted without regard to case: such a struct decodes fastest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import GenericAlias, UnionType

import msgspec

from acumatica_client.record.layout import Layout
from acumatica_client.schema.custom_fields import CustomField
from acumatica_client.schema.model import ValueType
from acumatica_client.schema.system_members import FILES, LINKS, ROW_NUMBER, WORKFLOW_ACTIONS

NULL = msgspec.Raw(b"null")
NOTHING = msgspec.Raw(b"{}")

# Members that a record does not repeat: `rowNumber` counts the rows of one answer (an array keeps their order);
# links and workflow actions belong to the answer. Recorded answers have the first two, the guide names the third.
DROPPED: Mapping[str, str] = {ROW_NUMBER: "row_number", LINKS: "links", WORKFLOW_ACTIONS: "workflow_actions"}


class Wrapped(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """`{"value": x}`; `{}` is null (recorded answers never say `{"value": null}`)."""

    value: msgspec.Raw = NULL


class Choice(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A value of a drop-down of contract 5: `{"id": "CL", "description": "Completed"}`."""

    id: msgspec.Raw = NULL
    description: msgspec.Raw = NULL


_NO_CHOICE = Choice()


class WrappedChoice(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The value of a field with a drop-down list."""

    value: Choice = _NO_CHOICE


class WrappedChoices(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The value of a field with several choices."""

    value: list[Choice] | None = None


class CustomValue(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """`{"type": "CustomStringField", "value": x}`."""

    type: msgspec.Raw = NULL
    value: msgspec.Raw = NULL


_NO_CUSTOM = CustomValue()
_WRAPPERS: Mapping[ValueType, type[msgspec.Struct]] = {
    ValueType.STRING_SELECT: WrappedChoice,
    ValueType.INT_SELECT: WrappedChoice,
    ValueType.STRING_MULTI_SELECT: WrappedChoices,
}
_EMPTY: Mapping[type[msgspec.Struct], msgspec.Struct] = {
    kind: kind() for kind in (Wrapped, WrappedChoice, WrappedChoices)
}
_Member = tuple[str, type | UnionType | GenericAlias, object]


def wrapper_of(kind: ValueType) -> type[msgspec.Struct]:
    """The struct of a field of this kind."""
    return _WRAPPERS.get(kind, Wrapped)


def attributes_of(layout: Layout) -> dict[str, str]:
    """Member -> attribute of the struct: names of members are no names of Python."""
    return {name: f"m{number}" for number, name in enumerate((*layout.fields, *layout.nested))}


def row_struct(layout: Layout, inner: Mapping[str, type[msgspec.Struct]]) -> type[msgspec.Struct]:
    """The struct of a level; `inner` are those of its nested members."""
    at = attributes_of(layout)
    middle: dict[str, _Member] = {}
    for name, kind in layout.fields.items():
        wrapper = wrapper_of(kind)
        middle[name] = (at[name], wrapper, _EMPTY[wrapper])
    middle |= {name: (at[name], inner[name] | None, None) for name in layout.linked}
    middle |= {name: (at[name], GenericAlias(list, (inner[name],)) | None, None) for name in layout.details}
    middle |= {name: (f"u{number}", msgspec.Raw, NULL) for number, name in enumerate(layout.unwanted)}
    head: list[_Member] = [("id", msgspec.Raw, NULL), ("row_number", msgspec.Raw, NULL)]
    head += [("note", Wrapped | None, None)]
    tail: list[_Member] = [_custom_member(layout), ("links", msgspec.Raw, NULL)]
    tail += [("workflow_actions", msgspec.Raw, NULL)] + [(FILES, msgspec.Raw, NULL)] * layout.files
    names = {member[0]: name for name, member in middle.items()} | {own: name for name, own in DROPPED.items()}
    members = [*head, *(middle[name] for name in sorted(middle, key=str.casefold)), *tail]
    return msgspec.defstruct("Row", members, rename=names, gc=False, forbid_unknown_fields=True)


def custom_paths(fields: Iterable[CustomField]) -> dict[CustomField, str]:
    """Custom field -> where its value is in the struct of a level."""
    return {
        field: f"custom.v{at}.f{number}.value"
        for at, view in enumerate(_views(fields).values())
        for number, field in enumerate(view)
    }


def _custom_member(layout: Layout) -> _Member:
    """`custom` as a slice; where some of it becomes columns, a struct of exactly these.

    `rest` is what a record shows under `custom` then; a view without a name does not come.
    """
    if not layout.custom:
        return ("custom", msgspec.Raw, NOTHING)
    members: list[_Member] = []
    names = {"rest": ""}
    for at, (view, fields) in enumerate(_views(layout.custom).items()):
        struct = _struct(
            "View",
            [(f"f{n}", CustomValue, _NO_CUSTOM) for n in range(len(fields))],
            {f"f{n}": field.name for n, field in enumerate(fields)},
        )
        names[f"v{at}"] = view
        members.append((f"v{at}", struct, struct()))
    struct = _struct("Custom", [*members, ("rest", msgspec.Raw, NOTHING)], names)
    return ("custom", struct, struct())


def _views(fields: Iterable[CustomField]) -> dict[str, list[CustomField]]:
    views: dict[str, list[CustomField]] = {}
    for field in dict.fromkeys(fields):
        views.setdefault(field.view, []).append(field)
    return views


def _struct(name: str, members: list[_Member], names: Mapping[str, str]) -> type[msgspec.Struct]:
    return msgspec.defstruct(name, members, rename=names, frozen=True, gc=False, forbid_unknown_fields=True)
