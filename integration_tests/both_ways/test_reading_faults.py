"""Every failure that can be ordered, at many places of a read: the sync is whole, or ends in one sentence and is
whole after the next one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle

import pytest

from integration_tests.both_ways.conftest import read_before_and_after_changes
from integration_tests.both_ways.truth import assert_clear, assert_same, assert_well_formed, rows, union

# Where the failure comes: its method, the entity, or the path of a request before the first list.
PLACES = {
    "the sign-in": {"method": "POST", "path": "/entity/auth/login"},
    "the list of endpoints": {"method": "GET", "path": "/entity"},
    "the swagger document": {"method": "GET", "path": "*/swagger.json"},
    "the first list": {"method": "GET", "entity": "Customer"},
    "a later list": {"method": "GET", "entity": "Customer", "nth": 6},
}
PASSING = [429, 502, 503, 504, 408]
LASTING = 10  # three times for fewer rows each time, then as many attempts as the client has
DECLINED = 7  # where fewer rows do not help: as many attempts as the client has
ATTEMPTS = {429: DECLINED}


def place(name: str, *more: object) -> pytest.param:
    return pytest.param(PLACES[name], *more, id=" ".join(map(str, (name, *more))))


def spread(values: Sequence[object]) -> list[pytest.param]:
    """Every value at the lists, and one after the other at the places before them."""
    before = cycle(name for name in PLACES if "list" not in name or "endpoints" in name if "sign" not in name)
    lists = cycle(("the first list", "a later list"))
    return [place(next(places), value) for places in (before, lists) for value in values]


@pytest.mark.parametrize(("where", "status"), spread([*PASSING, 401]))
def test_a_status_that_passes_costs_nothing(instance, source, where, status):
    instance.faults.add("status", **where, times=2, status=status)
    read_before_and_after_changes(instance, source, "Customer")


@pytest.mark.parametrize("status", [502, 503, 504, 429])
def test_a_sign_in_that_is_answered_by_a_busy_server_is_tried_again(instance, source, status):
    """The 429 of a sign-in means that no seat is left."""
    instance.faults.add("status", **PLACES["the sign-in"], times=2, status=status)
    read_before_and_after_changes(instance, source, "Customer")


@pytest.mark.parametrize("where", [place("a later list")])
@pytest.mark.parametrize("status", PASSING)
def test_a_status_that_stays_ends_its_stream_until_the_next_sync(instance, source, where, status):
    instance.faults.add("status", **where, times=ATTEMPTS.get(status, LASTING), status=status)
    broken_then_whole(instance, source, "transient_error")


@pytest.mark.parametrize("where", [place("a later list")])
def test_sessions_that_are_lost_one_after_another_end_the_sync_and_lose_nothing(instance, source, where):
    """A handful of sign-ins at most, for all streams together; then the user is asked."""
    instance.faults.add("status", **where, times=6, status=401)
    broken = source.read("Customer:incremental")
    assert (broken.code, broken.statuses("Customer")[-1]) == (1, "INCOMPLETE")
    assert {error["failure_type"] for error in broken.errors} == {"config_error"}
    after = source.read("Customer:incremental", state=broken.state() or None)
    assert after.code == 0
    assert_same(rows(instance, "Customer"), union([broken, after], "Customer"))


@pytest.mark.parametrize("where", [place("a later list")])
@pytest.mark.parametrize(
    ("status", "kind", "times"), [(500, "system_error", 4), (400, "system_error", 4), (403, "config_error", 1)]
)
def test_an_error_of_the_server_itself_ends_its_stream(instance, source, where, status, kind, times):
    """A fault is asked about again, for one row, and without the filter, which may be what is refused."""
    instance.faults.add("status", **where, status=status, times=times)
    broken_then_whole(instance, source, kind)


@pytest.mark.parametrize("where", [place("a later list")])
def test_a_firewall_that_refuses_a_list_ends_its_stream_and_is_not_taken_for_missing_rights(instance, source, where):
    instance.faults.add("html", **where, status=403)
    broken = broken_then_whole(instance, source, "config_error")
    assert all("firewall" in error["message"] for error in broken.errors)
    assert not any("role" in error["message"].split(". ")[0] for error in broken.errors)


@pytest.mark.parametrize("where", [place("a later list")])
@pytest.mark.parametrize("times", [1, 2, 3])
def test_an_error_of_the_server_that_passes_costs_nothing(instance, source, where, times):
    instance.faults.add("status", **where, status=500, times=times)
    read_before_and_after_changes(instance, source, "Customer")


def broken_then_whole(instance, source, kind):
    broken = source.read("Customer:incremental", "ShipVia")
    assert_well_formed(broken, "Customer", "ShipVia")
    assert (broken.code, broken.statuses("Customer")[-1]) == (1, "INCOMPLETE")
    assert broken.statuses("ShipVia")[-1] == "COMPLETE"
    assert {error["failure_type"] for error in broken.errors} == {kind}
    after = source.read("Customer:incremental", state=[one for one in broken.state() if "Ship" not in str(one)])
    assert_well_formed(after, "Customer")
    assert_same(rows(instance, "Customer"), union([broken, after], "Customer"))
    return broken


@pytest.mark.parametrize(("where", "after"), spread([0, 1, 57, 900]))
@pytest.mark.parametrize("effect", ["hang_up", "truncate"])
def test_an_answer_cut_off_anywhere_is_asked_for_again(instance, source, where, after, effect):
    """Some answers are shorter than that, and one that is cut to nothing is refused: it may be a refusal's."""
    instance.faults.add(effect, **where, after=after)
    result = source.read("Customer:incremental", "ShipVia")
    if result.code:
        for error in result.errors:
            assert_clear(error)
        assert (effect, after) == ("truncate", 0)
    again = source.read("Customer:incremental", "ShipVia", state=result.state() or None)
    assert again.code == 0
    assert_same(rows(instance, "Customer"), union([result, again], "Customer"))


@pytest.mark.parametrize("after", [0, 20])
def test_a_sign_in_whose_answer_is_lost_is_tried_again(instance, source, after):
    """Its seat may be held until it expires; there is another one."""
    instance.faults.add("hang_up", **PLACES["the sign-in"], after=after)
    result = source.read("Customer:incremental")
    assert_well_formed(result, "Customer")
    assert_same(rows(instance, "Customer"), union([result], "Customer"))
    instance.tick(11 * 60)


@pytest.mark.parametrize(("where", "status"), spread([200, 503, 302]))
def test_a_page_where_data_should_be_is_asked_for_again(instance, source, where, status):
    instance.faults.add("html", **where, status=status, times=1 if status == 302 else 2)
    result = source.read("Customer:incremental", "ShipVia")
    if result.code:
        assert status == 302, result.errors
        for error in result.errors:
            assert_clear(error)
    again = source.read("Customer:incremental", "ShipVia", state=result.state() or None)
    assert again.code == 0
    assert_same(rows(instance, "Customer"), union([result, again], "Customer"))


@pytest.mark.parametrize("where", [place(name) for name in PLACES])
def test_a_slow_answer_is_waited_for(instance, source, where):
    instance.faults.add("slow", **where, seconds=300)
    read_before_and_after_changes(instance, source, "Customer")


@pytest.mark.parametrize("effect", ["row_leaves", "row_arrives", "row_moves"])
@pytest.mark.parametrize(("nth", "pages"), [(1, 3), (2, 3), (5, -2), (3, -1)])
def test_rows_that_move_between_pages_hide_none_that_stays(instance, source, effect, nth, pages):
    """A negative number of rows a page is a cap of the server's."""
    settings = {"page_size": max(pages, 0) or 500}
    instance.switches.max_page = max(-pages, 0)
    before = set(rows(instance, "Customer"))
    instance.faults.add(effect, method="GET", entity="Customer", nth=nth)
    result = source.read("Customer", **settings)
    assert_well_formed(result, "Customer")
    there, came = rows(instance, "Customer"), union([result], "Customer")
    stayed = before & set(there)
    assert stayed <= set(came)
    assert_same({id: there[id] for id in stayed}, {id: came[id] for id in stayed})


@pytest.mark.parametrize("effect", ["row_leaves", "row_arrives", "row_moves"])
@pytest.mark.parametrize("times", [3, 30])
def test_rows_that_move_all_the_time_are_read_in_the_end_or_reported(instance, source, effect, times):
    """What moved is stamped as it was before, so that the next sync may not look for it; it reads in whole here."""
    fault = instance.faults.add(effect, method="GET", entity="Customer", nth=2, times=times)
    result = source.read("Customer", page_size=3)
    for error in result.errors:
        assert error["failure_type"] == "transient_error"
        assert_clear(error)
    fault.times = fault.happened
    again = source.read("Customer", page_size=3)
    assert_well_formed(again, "Customer")
    assert_same(rows(instance, "Customer"), union([again], "Customer"))
