"""Everything that an instance may do in answering a list, in each position: no row is lost, none comes twice as two."""

from __future__ import annotations

import pytest

from integration_tests.both_ways.conftest import change_some, read_before_and_after_changes
from integration_tests.both_ways.truth import assert_clear, assert_same, assert_well_formed, rows, union

# One position of one switch, and what else the connection is set to. Every default is in the first row.
HARMLESS = [
    ("row_number", "response", {"page_size": 3}),
    ("row_number", "list", {"page_size": 3}),
    ("max_page", 1, {}),
    ("max_page", 2, {}),
    ("max_page", 7, {"page_size": 5}),
    ("links", False, {}),
    ("file_comment", False, {}),
    ("root_shape", "array", {}),
    ("href", "absolute", {}),
    ("openapi", "2.0", {}),
    ("anonymous_swagger", False, {}),
    ("type_mismatch_status", 400, {}),
    ("view_crossing_empty", ["Customer"], {}),
    ("patch", False, {}),
    ("conflict_409", False, {}),
    ("contract5", True, {}),
    ("site", "", {}),
    ("site", "/isv", {}),
    ("oem_build", "23.1.2", {}),
    ("login_page", False, {}),
    ("slash_keys", "keep", {}),
    ("relogin", "same", {"concurrency_level": 2}),
    ("orderby", "honor", {}),
    ("languages", ["fr", "en"], {}),
    ("lockout_after", 1, {}),
    ("select_ignored", ["Customer"], {}),
    ("select_fails", {"Customer": ["CustomerName"]}, {}),
]


@pytest.mark.parametrize(("switch", "position", "settings"), HARMLESS)
def test_every_row_arrives_as_it_stands(instance, source, switch, position, settings):
    instance.switches.set(switch, position)
    source.url = instance.url
    read_before_and_after_changes(instance, source, "Customer", **settings)


# What a list may not touch.
DELEGATES = [
    {"Customer": {"MainContact": "Contacts"}},
    {"Customer": {"Contacts": "Contacts", "Attributes": "Answers"}},
    {"Customer": {"CreditLimit": "CurrentCustomer"}},
    {"Customer": {"CustomerName": "BAccount", "MainContact/Email": "DefContact"}},
    {"Customer": {"MainContact+Contacts": "Contacts"}},
]


@pytest.mark.parametrize("blamed", DELEGATES)
@pytest.mark.parametrize("settings", [{}, {"page_size": 2, "concurrency_level": 2}])
def test_a_list_that_cannot_be_optimized_is_asked_for_in_parts_or_record_by_record(instance, source, blamed, settings):
    instance.switches.delegates = blamed
    results = read_before_and_after_changes(instance, source, "Customer", "ShipVia", **settings)
    way = "list of its own" if "+" in str(blamed) else "one by one"
    assert all(any(way in warning for warning in result.warnings) for result in results)


def test_records_whose_key_cannot_be_in_an_address_are_read_by_their_id(instance, source):
    instance.switches.delegates = {"Customer": {"CreditLimit": "CurrentCustomer"}}
    for key in ("A+B", "INC.", "CON", "com1.x", "50%", "A&B", "A/B", "A:B", "<A>"):
        instance.store().insert("Customer", {"CustomerID": key, "CustomerName": f"Customer {key}"})
    results = read_before_and_after_changes(instance, source, "Customer")
    assert all(any("one by one" in warning for warning in result.warnings) for result in results)


@pytest.mark.parametrize("blamed", [{}, {"Customer": {"CreditLimit": "CurrentCustomer"}}])
def test_a_value_that_is_no_text_costs_that_value_alone(instance, source, blamed):
    """Half of a surrogate pair: .NET keeps it, and JSON shows it as an escape that names no character."""
    instance.switches.delegates = blamed
    key = next(instance.store().rows("Customer")).values["CustomerID"]
    instance.store().update("Customer", [key], {"CustomerName": "before \ud83d behind"})
    result = source.read("Customer:incremental")
    assert_well_formed(result, "Customer")
    assert len(result.records("Customer")) == len(rows(instance, "Customer"))
    marked = [line["record"] for line in result.lines if line["type"] == "RECORD" and "meta" in line["record"]]
    assert [record["data"]["CustomerName"] for record in marked] == ["before \N{REPLACEMENT CHARACTER} behind"]
    assert [record["meta"]["changes"][0]["field"] for record in marked] == ["CustomerName"]


class TestAListThatBlames:
    """Nothing is left to list the records by: the stream says so, and the others finish."""

    @pytest.mark.parametrize("mode", ["", ":incremental"])
    def test_its_key_stops_its_stream_alone(self, instance, source, mode):
        instance.switches.delegates = {"Vendor": {"VendorID": "BAccount"}}
        refused_alone(instance, source, f"Vendor{mode}")

    def test_its_cursor_stops_the_incremental_stream_alone(self, instance, source):
        instance.switches.delegates = {"Vendor": {"LastModifiedDateTime": "BAccount"}}
        refused_alone(instance, source, "Vendor:incremental")

    def test_its_cursor_is_read_by_a_full_refresh(self, instance, source):
        instance.switches.delegates = {"Vendor": {"LastModifiedDateTime": "BAccount"}}
        result = source.read("Vendor")
        assert_well_formed(result, "Vendor")
        assert_same(rows(instance, "Vendor"), union([result], "Vendor"))


REFUSALS = [
    ("forbidden", ["Vendor"]),
    ("unconfigured", ["Vendor"]),
    ("gone", ["Vendor"]),
    ("blank_lists", ["Vendor"]),
    ("rights", {"admin": {"Vendor": "none"}}),
]


@pytest.mark.parametrize(("switch", "position"), REFUSALS)
@pytest.mark.parametrize("mode", ["", ":incremental"])
def test_a_refused_stream_fails_alone_and_loses_nothing_for_later(instance, source, switch, position, mode):
    before = source.read(f"Vendor{mode}", "ShipVia")
    instance.switches.set(switch, position)
    change_some(instance, "Vendor", "VendorName")
    refused = refused_alone(instance, source, f"Vendor{mode}", state=before.state())
    instance.switches.set(switch, type(position)())
    after = source.read(f"Vendor{mode}", state=[*before.state(), *refused.state()])
    assert_well_formed(after, "Vendor")
    assert_same(rows(instance, "Vendor"), union([before, refused, after], "Vendor"))


def refused_alone(instance, source, stream, **options):
    """Neither a record nor a position of the refused stream; every record of the others."""
    name = stream.partition(":")[0]
    result = source.read(stream, "Customer:incremental", "ShipVia", **options)
    assert_well_formed(result, name, "Customer", "ShipVia")
    assert (result.code, result.statuses(name)[-1], result.records(name)) == (1, "INCOMPLETE", [])
    for other in ("Customer", "ShipVia"):
        assert result.statuses(other)[-1] == "COMPLETE"
        assert_same(rows(instance, other), union([result], other))
    assert any(name in error["message"] for error in result.errors)
    for error in result.errors:
        assert_clear(error)
    return result


@pytest.mark.parametrize("every", [1, 2, 5])
@pytest.mark.parametrize("page_size", [2, 500])
def test_rows_hidden_from_the_user_are_the_only_ones_that_stay_away(instance, source, every, page_size):
    """An entity that is read whole: the stand-in hides every so many rows of an answer, whatever the filter is."""
    instance.switches.hidden = {"ShipVia": every}
    result = source.read("ShipVia", page_size=page_size)
    assert_well_formed(result, "ShipVia")
    there = rows(instance, "ShipVia")
    shown = list(there)[::every]
    assert_same({id: there[id] for id in shown}, union([result], "ShipVia"))


class TestFormsThatShowNothingWithoutABranch:
    @pytest.mark.parametrize("entities", [[], ["Vendor"]])
    def test_are_read_whole_when_the_branch_is_set(self, instance, source, entities):
        instance.switches.branch_scoped = entities
        read_before_and_after_changes(instance, source, "Vendor", branch="MAIN")

    def test_are_empty_when_it_is_not_and_the_log_says_what_may_hide_records(self, instance, source):
        """200 with an empty array cannot be distinguished from an empty table."""
        instance.switches.branch_scoped = ["Vendor"]
        result = source.read("Vendor")
        assert (result.code, result.records("Vendor")) == (0, [])
        assert any("branch" in log["message"] for log in result.of("LOG"))


class TestFormsThatAnswerFiltersWithNothing:
    @pytest.mark.parametrize("entities", [[], ["Vendor"]])
    def test_are_read_whole_by_a_full_refresh(self, instance, source, entities):
        instance.switches.silent_empty = entities
        result = source.read("Vendor")
        assert_well_formed(result, "Vendor")
        assert_same(rows(instance, "Vendor"), union([result], "Vendor"))

    def test_are_read_whole_by_an_incremental_read_too_which_chooses_by_itself(self, instance, source):
        instance.switches.silent_empty = ["Vendor"]
        results = read_before_and_after_changes(instance, source, "Vendor")
        assert all(any("choosing here" in warning for warning in result.warnings) for result in results)
