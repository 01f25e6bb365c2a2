"""Where a document has lines that a PUT would append. Pure; which of them are there already is said by `merging`."""

from __future__ import annotations

from collections.abc import Mapping


def holds_rows(value: object) -> bool:
    """Whether there is a row anywhere in a nested value."""
    if isinstance(value, Mapping):
        return any(holds_rows(member) for name, member in value.items() if name != "custom")
    return isinstance(value, list) and bool(value)
