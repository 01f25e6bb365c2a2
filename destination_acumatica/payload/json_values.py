"""JSON values as slices of a line: what kind they are, and what they say as text. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

NULL = msgspec.Raw(b"null")
members_of = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
rows_of = msgspec.json.Decoder(list[msgspec.Raw]).decode


def kind_of(raw: bytes | msgspec.Raw) -> str:
    """The first character of a JSON value, which tells what it is."""
    return chr(memoryview(raw)[0])


def scalar_text(raw: msgspec.Raw) -> str:
    """A scalar as text: a string without its quotes, anything else as it is written; empty for null."""
    if raw == NULL:
        return ""
    return msgspec.json.decode(raw, type=str) if kind_of(raw) == '"' else bytes(raw).decode()


def is_blank(raw: msgspec.Raw | None) -> bool:
    """Whether there is nothing in it: absent, null, or text of blanks."""
    return raw is None or raw == NULL or (kind_of(raw) == '"' and not scalar_text(raw).strip())


def value_at(columns: Mapping[str, msgspec.Raw], path: str) -> msgspec.Raw | None:
    """A column by its name or, inside nested columns, by its path with dots; None where there is none."""
    if path in columns:
        return columns[path]
    head, _, rest = path.partition(".")
    inner = columns.get(head)
    if not rest or inner is None or kind_of(inner) != "{":
        return None
    return value_at(members_of(inner), rest)
