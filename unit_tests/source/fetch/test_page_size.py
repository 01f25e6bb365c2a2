"""How many rows to ask for: fewer when it was too much, more again when it goes well, ever more slowly."""

from __future__ import annotations

import pytest

from source_acumatica.fetch.page_size import PageSize


def good_pages_until_it_grows(size: PageSize) -> int:
    before, pages = size.now, 0
    while size.now == before:
        size.went_well()
        pages += 1
    return pages


def test_it_halves_down_to_an_eighth_and_no_further():
    size, seen = PageSize(500), []
    while size.can_shrink:
        size.went_badly(size.now)
        seen.append(size.now)
    assert seen == [250, 125, 62]
    size.went_badly(62)
    assert size.now == 62


@pytest.mark.parametrize(("wanted", "least"), [(5, 5), (10, 10), (40, 10), (1000, 125)])
def test_it_stays_at_ten_rows_or_at_what_the_user_has_set(wanted, least):
    size = PageSize(wanted)
    for _ in range(20):
        size.went_badly(size.now)
    assert size.now == least


def test_workers_that_met_the_same_trouble_halve_it_once():
    size = PageSize(500)
    for _ in range(4):
        size.went_badly(500)
    assert size.now == 250


def test_it_doubles_after_some_good_pages_up_to_what_was_wanted():
    size = PageSize(500)
    size.went_badly(500), size.went_badly(250)
    good_pages_until_it_grows(size)
    assert size.now == 250
    good_pages_until_it_grows(size)
    for _ in range(100):
        size.went_well()
    assert size.now == 500


def test_growing_in_vain_makes_it_wait_longer_each_time():
    """A page that is too large may cost a timeout of ten minutes."""
    size, waits = PageSize(500), []
    size.went_badly(500)
    for _ in range(4):
        waits.append(good_pages_until_it_grows(size))
        size.went_badly(500)
    assert waits == sorted(set(waits))
