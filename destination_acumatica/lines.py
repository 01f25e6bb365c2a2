"""Which lines of a document may go to a record that exists already, without adding any to it. Pure.

A PUT appends every detail row that carries no id of the record's own rows (guide, detail lines). So, member by member:

    every row carries the id of a row that is there     goes along, with its ids
    the rows are there already, as they were sent       left out: there is nothing to change
    anything else                                       unknown: the record must not be written
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from destination_acumatica.comparison import differences


@dataclass(frozen=True)
class Lines:
    """Names of members, by what is to become of them."""

    by_id: tuple[str, ...]
    there: tuple[str, ...]
    unknown: tuple[str, ...]


def sort_lines(lines: Mapping[str, object], sent: object, found: Mapping[str, object]) -> Lines:
    """`lines`: member -> its value in the record; `sent` the payload of the record; `found` the record in the ERP."""
    by_id = tuple(name for name, value in lines.items() if all_known(value, found.get(name)))
    rest = [name for name in lines if name not in by_id]
    there = tuple(name for name in rest if isinstance(sent, Mapping) and _same(sent.get(name), found.get(name)))
    return Lines(by_id, there, tuple(name for name in rest if name not in there))


def holds_rows(value: object) -> bool:
    """Whether there is a row anywhere in a nested value."""
    if isinstance(value, Mapping):
        return any(holds_rows(member) for name, member in value.items() if name != "custom")
    return isinstance(value, list) and bool(value)


def all_known(value: object, found: object) -> bool:
    """Whether every row in a nested value, at any depth, is one of those found, by its id."""
    if isinstance(value, list):
        rows = {row.get("id"): row for row in found if isinstance(row, Mapping)} if isinstance(found, list) else {}
        return all(isinstance(row, Mapping) and _known_row(row, rows) for row in value)
    if isinstance(value, Mapping):
        there = found if isinstance(found, Mapping) else {}
        own_id = value.get("id") in (None, there.get("id"))
        return own_id and all(all_known(member, there.get(name)) for name, member in value.items() if name != "custom")
    return True


def _known_row(row: Mapping[str, object], rows: Mapping[object, object]) -> bool:
    return row.get("id") is not None and row["id"] in rows and all_known(row, rows[row["id"]])


def _same(sent: object, found: object) -> bool:
    return not any(True for _ in differences(sent, found))
