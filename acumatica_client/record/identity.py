"""What identifies a payload record: its business key, else its id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from acumatica_client.schema.system_members import ID

NEW_NUMBER = "<new>"  # what Acumatica shows, in capitals, as the number of a document that has none yet


def record_identity(record: Mapping[str, object], keys: Sequence[str]) -> dict[str, object]:
    """The key fields of a payload record with their plain values, as the record shows them; where one is missing,
    empty or not given yet, `{"id": ..}`; empty where it shows neither.

    Of a drop-down of contract 5, its id. `keys`: the names of the key fields in URL order.
    """
    key = {name: plain_value(record.get(name)) for name in keys}
    if key and all(map(is_key_part, key.values())):
        return key
    return {ID: record[ID]} if record.get(ID) else {}


def is_key_part(value: object) -> bool:
    """Whether a plain value is a part of a key: not empty, and not `<NEW>`."""
    return value is not None and str(value).strip().casefold() not in ("", NEW_NUMBER)


def plain_value(wrapped: object) -> object:
    """The value in `{"value": x}`, None where there is none; of a drop-down of contract 5, its id."""
    value = wrapped.get("value") if isinstance(wrapped, Mapping) else None
    return value.get("id") if isinstance(value, Mapping) else value
