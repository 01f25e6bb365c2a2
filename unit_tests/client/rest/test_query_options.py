"""One choice of members, as each contract wants it written."""

from __future__ import annotations

import pytest

from acumatica_client.rest.dialect import dialect_of
from acumatica_client.rest.query import Query


def rendered(contract: int, **choice: tuple[str, ...]) -> tuple[str, str, str]:
    params = Query(**choice).params(dialect_of(contract))
    return params.get("$select", ""), params.get("$expand", ""), params.get("$custom", "")


@pytest.mark.parametrize(
    ("select", "expand", "four", "five"),
    [
        ("", "", ("", ""), ("", "")),
        ("A,B", "", ("A,B", ""), ("A,B", "")),
        ("", "Details,files", ("", "Details,files"), ("", "Details,files")),
        ("", "MainContact,MainContact/Address", ("", "MainContact,MainContact/Address"), ("", "MainContact($expand=Address)")),  # noqa: E501
        ("A,MainContact/Email", "MainContact", ("A,MainContact/Email", "MainContact"), ("A,MainContact", "MainContact($select=Email)")),  # noqa: E501
        ("A", "D,D/files", ("A,D", "D,D/files"), ("A,D", "D($expand=files)")),
        (
            "A,MainContact/Email",
            "MainContact,MainContact/Address",
            ("A,MainContact/Email,MainContact/Address", "MainContact,MainContact/Address"),
            ("A,MainContact", "MainContact($select=Email,Address;$expand=Address)"),
        ),
        (
            "A,D/Qty,D/Lots/Nbr",
            "D,D/Lots,files",
            ("A,D/Qty,D/Lots/Nbr,files", "D,D/Lots,files"),
            ("A,D,files", "D($select=Qty,Lots;$expand=Lots($select=Nbr)),files"),
        ),
    ],
)  # fmt: skip
def test_paths_of_contract_4_are_brackets_in_contract_5(
    select: str, expand: str, four: tuple[str, str], five: tuple[str, str]
) -> None:
    choice = {"select": tuple(filter(None, select.split(","))), "expand": tuple(filter(None, expand.split(",")))}

    assert rendered(4, **choice) == (*four, "")
    assert rendered(5, **choice) == (*five, "")


def test_custom_fields_have_an_option_of_their_own_in_contract_4_and_are_selected_in_contract_5() -> None:
    custom = ("Document.AttributeX", "Details/Transactions.UsrY")

    assert rendered(4, custom=custom) == ("", "Details", "Document.AttributeX,Details/Transactions.UsrY")
    assert rendered(5, custom=custom) == ("*,Document.AttributeX", "Details($select=*,Transactions.UsrY)", "")


def test_custom_fields_join_the_chosen_ones() -> None:
    custom = ("Document.AttributeX", "Details/Transactions.UsrY")

    assert rendered(4, select=("A", "Details/B"), custom=custom)[0] == "A,Details/B"
    assert rendered(5, select=("A", "Details/B"), custom=custom) == (
        "A,Details,Document.AttributeX",
        "Details($select=B,Transactions.UsrY)",
        "",
    )


def test_a_path_expands_what_it_passes_through() -> None:
    assert rendered(4, select=("MainContact/Address/City",)) == (
        "MainContact/Address/City",
        "MainContact,MainContact/Address",
        "",
    )
    assert rendered(5, select=("MainContact/Address/City",)) == (
        "MainContact",
        "MainContact($select=Address;$expand=Address($select=City))",
        "",
    )
