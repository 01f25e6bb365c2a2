"""Entities without a known key whose ids last for a session only: read whole, each row once, by several sessions."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import pytest

from acumatica_client.errors import CannotOptimize, NoSuchRecord
from acumatica_client.rest.query import Query
from source_acumatica.fetch.entity_reader import EntityReader
from source_acumatica.windows.windows import Window
from unit_tests.source.builders import CURSOR, FakeClient, payload, selection
from unit_tests.source.refusing import blames, warnings

Result = TypeVar("Result")


@dataclass
class ManySessions(FakeClient):
    """Another session answers each request, unless somebody holds one; each gives ids of its own."""

    session: int = 0
    held: bool = False
    in_lists: dict[str, CannotOptimize] = field(default_factory=dict)
    together: bool = True

    def in_one_session(self, work: Callable[[], Result]) -> Result:
        self._next()
        self.held = True
        try:
            return work()
        finally:
            self.held = False

    def fetch_list(self, entity: str, query: Query, *, patient: bool = True) -> bytes:
        self._next()
        for name, refusal in self.in_lists.items():
            if not query.select or name in query.select:
                self.lists.append((entity, query))
                raise refusal
        rows = json.loads(super().fetch_list(entity, query, patient=patient))
        return json.dumps([{**row, "id": f"{row['id']} of {self.session}"} for row in rows]).encode()

    def fetch_one(self, entity: str, keys: Sequence[str], query: Query) -> bytes:
        self._next()
        mine, _, session = keys[0].partition(" of ")
        if session != str(self.session):
            raise NoSuchRecord("No entity satisfies the condition.")
        return super().fetch_one(entity, [mine], query)

    def _next(self) -> None:
        if not self.held:
            self.session = (self.session + 1) % 3


def notes(count: int) -> list[dict[str, object]]:
    return [payload(f"id-{number:02d}", Text=f"{number:02d}", **{CURSOR: None}) for number in range(count)]


def read(client: FakeClient, *, page_size: int = 4) -> list[str]:
    source = EntityReader(client, selection("Note", page_size=page_size))
    return [json.loads(record.json)["Text"] for page in source.read(Window()) for record in page]


EVERY = [f"{number:02d}" for number in range(13)]


def test_each_row_comes_once_although_each_page_has_other_ids():
    client = ManySessions({"Note": notes(13)})
    assert read(client) == EVERY


def test_that_their_ids_are_no_key_is_reported_once():
    with warnings() as logged:
        read(ManySessions({"Note": notes(13)}))
    assert len(logged) == 1
    assert "do not deduplicate" in logged[0]


def test_rows_that_move_are_read_again_rather_than_lost():
    rows = notes(13)
    client = ManySessions({"Note": rows})

    def first_goes() -> None:
        if len(client.lists) == 3:
            del rows[0]

    client.on_request = first_goes
    assert set(read(client)) == set(EVERY)


def test_of_rows_that_are_alike_but_for_lasting_ids_none_is_lost_when_the_anchor_goes():
    rows = [payload(f"id-{number:02d}", Text="same", **{CURSOR: None}) for number in range(13)]
    client = FakeClient({"Note": rows})

    def anchor_goes() -> None:
        if len(client.lists) == 2:
            del rows[3]

    client.on_request = anchor_goes
    assert len(read(client)) >= 13


def test_what_no_list_gives_is_asked_for_in_the_session_that_gave_the_id():
    client = ManySessions({"Note": notes(9)}, in_lists={"Text": blames("Text")})
    assert read(client) == EVERY[:9]


def test_a_single_row_that_cannot_be_asked_for_by_key_is_not_taken_for_a_deleted_one():
    client = ManySessions({"Note": notes(1)}, in_lists={"Text": blames("Text")})
    assert read(client) == EVERY[:1]


def test_records_that_cannot_be_found_again_at_all_stop_the_stream():
    class Forgetful(ManySessions):
        def fetch_one(self, entity: str, keys: Sequence[str], query: Query) -> bytes:
            raise NoSuchRecord("No entity satisfies the condition.")

    with pytest.raises(NoSuchRecord):
        read(Forgetful({"Note": notes(9)}, in_lists={"Text": blames("Text")}))
