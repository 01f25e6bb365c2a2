"""$select, $expand and $custom as text."""

from __future__ import annotations

import pytest

from acumatica_emulator.api.options import BadOption, parse, whole_number


def tree(wanted):
    """A tree of what is requested as nested dicts, to compare."""
    select = None if wanted.select is None else {name: tree(inner)[0] for name, inner in wanted.select.items()}
    return select, {name: tree(inner)[1] for name, inner in wanted.expand.items()}


def test_nothing_asked_is_every_field_and_no_part():
    assert tree(parse({}, 4)) == (None, {})


def test_paths_of_contract_4_nest():
    wanted = parse({"$expand": "Details, Details/Allocations,MainContact/Address", "$select": "A,MainContact/Email"}, 4)
    assert tree(wanted) == (
        {"A": None, "MainContact": {"Email": None}},
        {"Details": {"Allocations": {}}, "MainContact": {"Address": {}}},
    )


@pytest.mark.parametrize("name", ["files", "Files", "FILES"])
def test_files_are_asked_for_in_any_case(name):
    assert parse({"$expand": name}, 4).files
    assert parse({"$expand": f"Details/{name}"}, 4).expand["Details"].files


def test_members_that_are_always_there_may_be_selected_without_harm():
    assert tree(parse({"$select": "id,note,custom,rowNumber,files,A"}, 4)) == ({"A": None}, {})


def test_custom_fields_name_a_view_and_may_stand_in_a_detail():
    wanted = parse({"$custom": "Document.AttributeX,Details/Transactions.UsrY"}, 4)
    assert wanted.custom == {("Document", "AttributeX")}
    assert wanted.expand["Details"].custom == {("Transactions", "UsrY")}


def test_a_custom_field_without_a_view_is_refused():
    with pytest.raises(BadOption, match="has no view"):
        parse({"$custom": "AttributeX"}, 4)


def test_options_of_contract_5_stand_in_brackets():
    wanted = parse({"$expand": "MainContact($select=Email;$expand=Address($select=City)),Details", "$select": "A"}, 5)
    assert wanted.expand["MainContact"].select.keys() == {"Email", "Address"}
    assert wanted.expand["MainContact"].expand["Address"].select.keys() == {"City"}
    assert wanted.expand["Details"].select is None
    assert wanted.select.keys() == {"A", "MainContact", "Details"}


def test_contract_5_selects_custom_fields_beside_a_star():
    wanted = parse({"$select": "*,Document.AttributeX"}, 5)
    assert wanted.select is None
    assert wanted.custom == {("Document", "AttributeX")}


def test_a_bracket_that_does_not_close_is_refused():
    with pytest.raises(BadOption, match="Syntax error"):
        parse({"$expand": "MainContact($select=Email"}, 5)


@pytest.mark.parametrize(("text", "number"), [(None, None), ("", None), ("0", 0), ("25", 25)])
def test_a_count_is_a_whole_number(text, number):
    assert whole_number(text, "$top") == number


@pytest.mark.parametrize("text", ["-1", "ten", "1.5"])
def test_a_count_that_is_none_is_refused(text):
    with pytest.raises(BadOption, match=r"not valid for \$top"):
        whole_number(text, "$top")
