"""Ids that are valid for one session: those of lines and parts whose table keeps no NoteID.

    answer      the ids of what is inside a record are replaced by others, which the session remembers
    request     those that the session remembers become the ids they stand for; any other names nothing

So a line that is sent with the id of another session is a line without an id, and is appended (guide, detail lines).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

from acumatica_emulator.records.rows import guid
from acumatica_emulator.site.http import ENCODER
from acumatica_emulator.site.sessions import Session


def with_session_ids(body: bytes, session: Session) -> bytes:
    """An answer as this session sees it."""

    def shown_id(id: str) -> str:
        shown = guid("passing", session.token, id)
        session.session_ids[shown] = id
        return shown

    return _changed(body, shown_id)


def with_lasting_ids(body: bytes, session: Session) -> bytes:
    """A request by the ids that are kept; the id of the record itself is one of them already."""
    return _changed(body, lambda id: session.session_ids.get(id.lower(), guid("stranger", id)))


def _changed(body: bytes, change: Callable[[str], str]) -> bytes:
    try:
        tree = json.loads(body, parse_float=Decimal)
    except ValueError:
        return body
    for record in tree if isinstance(tree, list) else [tree]:
        for member in record.values() if isinstance(record, dict) else ():
            _walk(member, change)
    return ENCODER.encode(tree)


def _walk(node: object, change: Callable[[str], str]) -> None:
    if isinstance(node, list):
        for row in node:
            _walk(row, change)
    elif isinstance(node, dict) and "href" not in node:  # a file has an id that lasts
        for name, member in node.items():
            if name == "id" and isinstance(member, str):
                node[name] = change(member)
            else:
                _walk(member, change)
