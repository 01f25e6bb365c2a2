"""Lists are read to their end although rows move, and although the server gives fewer rows than it is asked for."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from source_acumatica.fetch.pagination import RESTARTS, ListKeepsMoving, read_list

Change = Callable[["LiveList"], object]


class LiveList:
    """A list in key order. `changes` happen before the request of their number (from 0); `cap` rows at most come."""

    def __init__(
        self, rows: Iterable[str], *, cap: int | None = None, changes: dict[int, Change] | None = None
    ) -> None:
        self.rows = sorted(rows)
        self.cap, self.changes = cap, changes or {}
        self.requests: list[tuple[int, int]] = []

    def fetch(self, skip: int, top: int) -> list[str]:
        self.changes.get(len(self.requests), lambda _: None)(self)
        self.requests.append((skip, top))
        return self.rows[skip : skip + min(top, self.cap or top)]

    def insert(self, row: str) -> None:
        self.rows = sorted({*self.rows, row})

    def delete(self, row: str) -> None:
        self.rows = [other for other in self.rows if other != row]


def read(source: LiveList, *, page_size: int = 4) -> tuple[list[str], int]:
    """All rows as they came, and how often the list was begun anew."""
    restarts: list[int] = []
    pages = read_list(source.fetch, lambda row: row, page_size=page_size, on_restart=restarts.append)
    return [row for page in pages for row in page], len(restarts)


def letters(count: int) -> list[str]:
    return [f"{number:03d}" for number in range(count)]


@pytest.mark.parametrize("count", range(14))
@pytest.mark.parametrize("cap", [None, 1, 2, 3, 4, 9])
def test_a_list_at_rest_comes_once_and_whole_whatever_the_server_gives_at_a_time(count, cap):
    assert read(LiveList(letters(count), cap=cap)) == (letters(count), 0)


def test_fauxpasonics_f3_advancing_by_what_was_asked_skips_what_a_capped_page_left_out():
    assert read(LiveList(letters(7), cap=2), page_size=3)[0] == letters(7)


def test_keboola_k1_a_page_shorter_than_asked_for_is_not_the_end():
    assert read(LiveList(letters(7), cap=2), page_size=500)[0] == letters(7)


def test_an_empty_list_costs_one_request_and_a_page_that_holds_it_all_two():
    empty, small = LiveList([]), LiveList(letters(3))
    read(empty), read(small, page_size=500)
    assert empty.requests == [(0, 500)] or len(empty.requests) == 1
    assert small.requests == [(0, 500), (2, 500)]


def test_pages_start_one_row_early_at_the_anchor():
    source = LiveList(letters(10))
    read(source)
    assert source.requests == [(0, 4), (3, 4), (6, 4), (9, 4)]


def test_a_row_inserted_before_the_anchor_shifts_the_reading_and_begins_nothing_anew():
    source = LiveList(letters(10), changes={1: lambda rows: rows.insert("000b")})
    assert read(source) == (letters(10), 0)


def test_several_rows_inserted_before_the_anchor_are_read_past():
    def several(rows: LiveList) -> None:
        for number in range(3):
            rows.insert(f"000{number}")

    assert read(LiveList(letters(10), changes={1: several})) == (letters(10), 0)


def test_more_rows_inserted_than_a_page_holds_mean_reading_again_from_the_start():
    def many(rows: LiveList) -> None:
        for number in range(9):
            rows.insert(f"000{number}")

    rows, restarts = read(LiveList(letters(10), changes={1: many}))
    assert (set(letters(10)) <= set(rows), restarts) == (True, 1)


def test_fauxpasonics_f4_a_deleted_row_does_not_hide_the_one_that_slips_forward():
    source = LiveList(letters(10), changes={1: lambda rows: rows.delete("001")})
    assert read(source) == (letters(10), 0)
    assert source.requests[1:3] == [(3, 4), (0, 4)]


def test_a_deleted_anchor_means_reading_again_from_the_start():
    source = LiveList(letters(10), changes={1: lambda rows: rows.delete("003")})
    rows, restarts = read(source)
    assert set(rows) == set(letters(10))
    assert restarts == 1


def test_an_anchor_that_is_the_last_row_on_a_capped_page_is_not_the_end():
    """Cap 2, one row inserted: the answer is [new, anchor], and more stands behind it."""
    source = LiveList(letters(9), cap=2, changes={1: lambda rows: rows.insert("000b")})
    assert read(source) == (letters(9), 0)


def test_a_server_of_single_rows_is_not_believed_when_the_first_row_goes():
    source = LiveList(["a", "b", "c", "d"], cap=1, changes={2: lambda rows: rows.delete("a")})
    assert set(read(source)[0]) == {"a", "b", "c", "d"}


@pytest.mark.parametrize("at", range(8))
@pytest.mark.parametrize("gone", "abcd")
def test_a_server_of_single_rows_hides_none_when_a_row_goes_at_any_time(at, gone):
    source = LiveList("abcd", cap=1, changes={at: lambda rows: rows.delete(gone)})
    assert set(read(source)[0]) >= set("abcd") - {gone}


def test_a_list_whose_anchors_always_go_is_given_up_as_passing_trouble():
    source = LiveList(letters(30))
    source.changes = {number: lambda rows: rows.delete(rows.rows[3]) for number in range(1, 100)}
    with pytest.raises(ListKeepsMoving) as raised:
        read(source)
    assert raised.value.failure_type == "transient"
    assert f"{RESTARTS + 1} attempts" in raised.value.sentence()
    assert len(source.requests) < 40


def test_restarts_are_reported_with_their_number():
    logged: list[int] = []
    source = LiveList(letters(10), changes={1: lambda rows: rows.delete("003"), 5: lambda rows: rows.delete("004")})
    list(read_list(source.fetch, lambda row: row, page_size=4, on_restart=logged.append))
    assert logged == list(range(1, len(logged) + 1))


def test_pages_are_read_only_as_they_are_asked_for():
    source = LiveList(letters(100))
    pages = read_list(source.fetch, lambda row: row, page_size=10, on_restart=lambda _: None)
    next(pages)
    assert len(source.requests) == 1


def restless(
    seed: int, *, cap: int, share: float, kinds: str, bursts: tuple[int, ...] = (1, 1, 1, 2, 5)
) -> tuple[LiveList, set[str]]:
    """A list that is changed between requests, and the rows that stand in it throughout."""
    chance = random.Random(seed)
    source = LiveList((f"{chance.randrange(10_000):04d}" for _ in range(chance.randrange(25))), cap=cap)
    lasting = set(source.rows)

    def change(rows: LiveList) -> None:
        for _ in range(chance.choice(bursts)):
            kind = chance.choice(kinds)
            if kind == "+":
                rows.insert(f"{chance.randrange(10_000):04d}")
            elif rows.rows:
                row = chance.choice(rows.rows)
                rows.delete(row)
                lasting.discard(row)
                if kind == "~":  # a row leaves the window and comes back, as a changed row does in the newest window
                    rows.insert(row)

    source.changes = {number: change for number in range(200) if chance.random() < share}
    return source, lasting


@hypothesis_settings(max_examples=400)
@given(st.integers(0, 2**32), st.integers(2, 7), st.integers(2, 6), st.sampled_from([0.1, 0.3, 0.7]))
def test_every_row_that_stood_there_throughout_is_read_and_the_reading_ends(seed, cap, page_size, share):
    source, lasting = restless(seed, cap=cap, share=share, kinds="+-~")
    try:
        rows, _ = read(source, page_size=page_size)
    except ListKeepsMoving:
        rows = sorted(lasting)  # it raised: nothing is claimed to be complete
    assert lasting <= set(rows)
    assert len(source.requests) <= 2000


@hypothesis_settings(max_examples=200)
@given(st.integers(0, 2**32), st.sampled_from(["+", "-"]))
def test_a_server_of_single_rows_hides_none_while_rows_only_come_or_only_go(seed, kinds):
    source, lasting = restless(seed, cap=1, share=0.2, kinds=kinds)
    try:
        rows, _ = read(source)
    except ListKeepsMoving:
        rows = sorted(lasting)
    assert lasting <= set(rows)


def test_rows_that_come_do_not_keep_a_list_from_ending():
    """What a busy ERP does to the newest window: changed records enter it, at any place of the key order."""
    finished = 0
    for seed in range(50):
        source, lasting = restless(seed, cap=10, share=0.5, kinds="+", bursts=(1, 2))
        rows, restarts = read(source, page_size=10)
        finished += restarts == 0 and lasting <= set(rows)
    assert finished == 50
