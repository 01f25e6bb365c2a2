"""What is done when a list, or a record, is refused: one step down at a time, with a warning, and no column lost."""

from __future__ import annotations

import pytest

from acumatica_client.errors import (
    BusyRecord,
    CannotOptimize,
    EmptyAnswer,
    NoSuchRecord,
    Overloaded,
    ServerFault,
    Unexpected,
    UnknownField,
    Unreachable,
)
from source_acumatica.fetch.adaptive_plan import FilterRefused
from source_acumatica.fetch.entity_pages import EntityPages
from source_acumatica.fetch.entity_requests import RowFilter
from source_acumatica.windows.windows import Window
from unit_tests.source.builders import CURSOR, customers, selection
from unit_tests.source.refusing import Refusing, blames, nothing, read, reader, warnings, whole_customer

NO_RECORD = NoSuchRecord("No entity satisfies the condition.")
BOTH = ("MainContact", "Attributes")
NEWEST = Window("2026-11-21T00:00:00+00:00")


def server(count: int = 4, **refusals: object) -> Refusing:
    return Refusing({"Customer": [whole_customer(f"C{number}") for number in range(count)]}, **refusals)


def undisturbed(*expand: str, **more: object) -> list[dict[str, object]]:
    return read(reader(server(), *expand, **more))


class TestMembersThatStandInEachOthersWay:
    def test_are_asked_for_by_lists_of_their_own_and_nothing_is_missing(self):
        client = server(together=(frozenset(BOTH), blames("MainContact")))
        with warnings() as logged:
            assert read(reader(client, *BOTH)) == undisturbed(*BOTH)
        assert client.keyed == []
        assert any("MainContact by a list of its own" in sentence for sentence in logged)

    def test_are_found_by_trying_where_none_is_named(self):
        client = server(together=(frozenset(BOTH), blames()))
        assert read(reader(client, *BOTH)) == undisturbed(*BOTH)
        assert client.keyed == []

    def test_are_remembered_for_the_other_windows(self):
        client = server(together=(frozenset(BOTH), blames("MainContact")))
        source = reader(client, *BOTH)
        with warnings() as logged:
            read(source)
            asked, said = len(client.lists), len(logged)
            read(source)
        assert len(logged) == said
        assert not any(set(BOTH) <= set(query.expand) for _, query in client.lists[asked:])


class TestAMemberThatNoListGives:
    @pytest.mark.parametrize("named", [("Attributes",), ("AttributeID",), (), ("Unheard",)])
    def test_is_read_by_the_key_of_each_record_and_the_rest_by_the_list(self, named):
        client = server(in_lists={"Attributes": blames(*named)})
        with warnings() as logged:
            assert read(reader(client, *BOTH)) == undisturbed(*BOTH)
        assert client.keyed == [(f"C{number}",) for number in range(4)]
        assert any("Reading Attributes one by one" in sentence for sentence in logged)

    def test_that_also_no_record_gives_stays_empty_and_is_named(self):
        client = server(in_lists={"Attributes": blames("Attributes")}, by_key={"Attributes": blames("Attributes")})
        with warnings() as logged:
            found = read(reader(client, *BOTH))
        assert [(row["Attributes"], row["MainContact"]["Email"]) for row in found] == [
            (None, f"C{number}@b.c") for number in range(4)
        ]
        assert any("stay empty: Attributes" in sentence for sentence in logged)

    @pytest.mark.parametrize("count", [1, 4])
    def test_of_records_that_no_key_finds_is_not_taken_for_deleted_records(self, count):
        client = server(count, in_lists={"Attributes": blames("Attributes")}, by_key={"Attributes": NO_RECORD})
        with pytest.raises(NoSuchRecord):
            read(reader(client, *BOTH))

    def test_of_a_record_that_comes_as_something_else_stops_the_stream(self):
        client = server(2, in_lists={"Attributes": blames("Attributes")})
        client.fetch_one = lambda *_: b"[]"
        with pytest.raises(Unexpected, match="not a JSON object"):
            read(reader(client, *BOTH))

    def test_of_a_record_that_went_meanwhile_is_not_missed(self):
        client = server(2, in_lists={"Attributes": blames("Attributes")})
        client.on_key = lambda keys: _raise(NO_RECORD) if "C1" in keys[0] else None
        assert [row["CustomerID"] for row in read(reader(client, *BOTH, page_size=1))] == ["C0"]


class TestAFieldThatNoListGives:
    def test_is_read_by_the_key_of_each_record(self):
        client = server(in_lists={"Balance": blames("Balance")})
        with warnings() as logged:
            assert read(reader(client, *BOTH)) == undisturbed(*BOTH)
        assert len(client.keyed) == 4
        assert any("Reading Balance one by one" in sentence for sentence in logged)

    def test_is_found_by_reading_whole_records_where_it_is_not_named(self):
        client = server(in_lists={"Balance": blames()})
        assert read(reader(client, *BOTH)) == undisturbed(*BOTH)

    def test_that_also_no_record_gives_stays_empty_and_is_named(self):
        client = server(in_lists={"Balance": blames()}, by_key={"Balance": blames()})
        with warnings() as logged:
            found = read(reader(client, *BOTH))
        assert [row["Balance"] for row in found] == [None] * 4
        assert [row["Attributes"] for row in found] == [row["Attributes"] for row in undisturbed(*BOTH)]
        assert any("stay empty: Balance" in sentence for sentence in logged)

    def test_and_is_the_key_stops_the_stream(self):
        client = server(in_lists={"CustomerID": blames("CustomerID")})
        with pytest.raises(CannotOptimize):
            read(reader(client, *BOTH))

    def test_and_is_the_cursor_is_reported_as_a_matter_of_the_filter(self):
        client = server(in_lists={CURSOR: blames(CURSOR)})
        with pytest.raises(FilterRefused):
            read(reader(client), NEWEST)
        assert read(reader(client)) == undisturbed()


class TestAnAnswerOfNothing:
    def test_to_a_list_with_members_is_never_no_data(self):
        client = server(in_lists={"Attributes": nothing()})
        assert read(reader(client, *BOTH)) == undisturbed(*BOTH)

    def test_to_every_list_stops_the_stream(self):
        client = server(in_lists={"CustomerID": nothing()})
        with pytest.raises(EmptyAnswer):
            read(reader(client, *BOTH))

    def test_to_a_record_leaves_only_what_is_to_blame_empty(self):
        client = server(in_lists={"Attributes": nothing()}, by_key={"Attributes": nothing()})
        with warnings() as logged:
            found = read(reader(client, *BOTH))
        assert [row["Attributes"] for row in found] == [None] * 4
        assert any("stay empty: Attributes" in sentence for sentence in logged)

    def test_that_comes_once_changes_nothing(self):
        once = [nothing()]
        client = server()
        client.on_request = lambda: _raise(once.pop()) if once else None
        with warnings() as logged:
            assert read(reader(client, *BOTH)) == undisturbed(*BOTH)
        assert logged == []


class TestASelectThatBreaks:
    @pytest.mark.parametrize("error", [ServerFault("Operation failed"), UnknownField("The given key was not present.")])
    def test_is_left_out_and_what_was_not_chosen_does_not_come_all_the_same(self, error):
        chosen = {"select": ("CustomerID", "MainContact/Email")}
        client = server(no_select=error)
        with warnings() as logged:
            assert read(reader(client, **chosen)) == undisturbed(**chosen)
        assert any("every field" in sentence for sentence in logged)
        assert "Balance" not in undisturbed(**chosen)[0]

    def test_that_is_not_the_cause_raises_what_the_server_said(self):
        client = server(in_lists={"CustomerID": ServerFault("Object reference not set.")})
        with pytest.raises(ServerFault, match="Object reference"):
            read(reader(client, select=("CustomerID", "Balance")))


class TestAFilterThatIsRefused:
    def test_is_reported_as_such_when_the_list_comes_without_it(self):
        client = server()
        client.on_request = lambda: _raise(ServerFault("No.")) if client.lists[-1][1].filter else None
        with pytest.raises(FilterRefused):
            read(reader(client), NEWEST)

    def test_only_for_a_moment_is_not(self):
        for failures in (1, 2, 3):
            client, answers = server(), [ServerFault("No.")] * failures
            client.on_request = lambda answers=answers: _raise(answers.pop()) if answers else None
            assert len(read(reader(client), NEWEST)) == 4

    def test_together_with_all_else_raises_what_the_server_said(self):
        client = server()
        client.on_request = lambda: _raise(ServerFault("No."))
        with pytest.raises(ServerFault, match="No"):
            read(reader(client), NEWEST)


class TestAPageThatIsTooMuch:
    @pytest.mark.parametrize(
        "error",
        [Unreachable("Timed out.", sent=True), Overloaded("503"), Unexpected("A page of HTML.", status=500)],
    )
    def test_is_asked_for_in_smaller_ones_and_not_waited_for_again_as_it_is(self, error):
        client = Refusing({"Customer": customers(300)}, most=30, too_much=error)
        with warnings() as logged:
            assert len(read(reader(client, page_size=200))) == 300
        assert client.impatient == len([sentence for sentence in logged if "fewer rows" in sentence])
        assert [query.top for _, query in client.lists][:4] == [200, 100, 50, 25]

    @pytest.mark.parametrize("error", [ServerFault("Out of memory."), nothing(), blames()])
    @pytest.mark.parametrize("window", [Window(), Window("2026-11-21T00:00:00+00:00")])
    def test_for_a_server_that_calls_it_an_error_of_its_own_is_found_out_by_one_row(self, error, window):
        client = Refusing({"Customer": customers(300)}, most=30, too_much=error)
        assert len(read(reader(client, page_size=200), window)) == 300

    def test_at_the_least_size_too_raises_what_the_server_said(self):
        client = Refusing({"Customer": customers(30)}, most=3, too_much=ServerFault("Out of memory."))
        with pytest.raises(ServerFault, match="Out of memory"):
            read(reader(client, page_size=20), NEWEST)

    def test_grows_again_when_it_goes_well(self):
        client = Refusing({"Customer": customers(2000)}, most=30, too_much=Overloaded("503"))
        source = reader(client, page_size=200)
        pages = source.read(Window())
        next(pages)
        client.too_much = None
        for _ in pages:
            pass
        assert max(query.top for _, query in client.lists[-4:]) == 200

    @pytest.mark.parametrize("error", [Overloaded("429", declined=True), Unreachable("No such host.", sent=False)])
    def test_is_none_where_fewer_rows_would_not_help(self, error):
        client = Refusing({"Customer": customers(3)}, most=1, too_much=error)
        with pytest.raises(type(error)):
            read(reader(client, page_size=200))
        assert len(client.lists) == 1


class TestWhatIsNoRefusal:
    @pytest.mark.parametrize("error", [BusyRecord("A long operation is running."), NoSuchRecord("No entity.")])
    def test_is_raised_as_it_came(self, error):
        client = server()
        client.on_request = lambda: _raise(error)
        with pytest.raises(type(error)):
            read(reader(client), NEWEST)
        assert len(client.lists) == 1


def test_the_sample_of_a_table_whose_lists_are_refused_comes_by_the_fallback():
    client = server(in_lists={"Balance": blames("Balance"), CURSOR: blames(CURSOR)})
    assert reader(client).sample() is not None
    assert EntityPages(client, selection()).peek(RowFilter()) is not None


def _raise(error: Exception | None) -> None:
    if error is not None:
        raise error
