"""$select, $expand, $top and $skip over records against a model of nested dicts."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unit_tests.emulator.conformance.conftest import BARE, insert, plain

SMALL = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
FIELDS = ["CustomerID", "CustomerName", "Status", "Terms", "CreditLimit", "PrintInvoices", "LeadTimedays"]
CONTACT = ["Email", "LastName", "Phone1", "ContactID"]
ADDRESS = ["City", "Country"]
ATTRIBUTE = ["AttributeID", "Value"]
COUNT = 9


def customer(at):
    return {
        "CustomerID": f"C{at}",
        "CustomerName": f"Name {at}",
        "Status": "Active",
        "PrintInvoices": at % 2 == 0,
        "MainContact": {"Email": f"{at}@example.com", "Address": {"City": "Rome"}},
        "Attributes": [{"AttributeID": f"A{number}", "Value": str(number)} for number in range(at % 3)],
    }


@pytest.fixture
def whole(blank_client):
    """Every customer with everything: what any request may show of it."""
    insert(blank_client, "Customer", *map(customer, range(COUNT)))
    everything = "MainContact,MainContact/Address,Attributes,BillingContact"
    return blank_client, [plain(row) for row in blank_client.get("Customer", expand=everything)]


def some(names):
    return st.sets(st.sampled_from(names), max_size=len(names)).map(sorted)


selections = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {
            "fields": some(FIELDS),
            "contact": st.one_of(st.none(), st.just("whole"), some(CONTACT).filter(bool)),
            "address": st.one_of(st.none(), some(ADDRESS).filter(bool)),
            "attributes": st.one_of(st.none(), st.just("whole"), some(ATTRIBUTE).filter(bool)),
        }
    ).filter(lambda chosen: any(chosen.values())),
)
expansions = st.sets(st.sampled_from(["MainContact", "MainContact/Address", "Attributes", "BillingContact"]))


def select_text(chosen):
    """The text of $select; a part is named whole, or by the paths of some of its fields."""
    names = list(chosen["fields"])
    for part, prefix in (("contact", "MainContact"), ("address", "MainContact/Address"), ("attributes", "Attributes")):
        inner = chosen[part]
        if inner == "whole":
            names.append(prefix)
        elif inner:
            names += [f"{prefix}/{name}" for name in inner]
    return ",".join(names)


def shown(row, chosen, expanded):
    """What the model shows of one customer."""
    parts = {path.split("/")[0] for path in expanded}
    full = {name: value for name, value in row.items() if not isinstance(value, (dict, list)) or name in parts}
    if chosen is not None:
        full = {name: value for name, value in full.items() if name in selected_names(chosen)}
    if "MainContact" in full:
        full["MainContact"] = contact(full["MainContact"], chosen, "MainContact/Address" in expanded)
    if "Attributes" in full and chosen is not None and chosen["attributes"] != "whole":
        full["Attributes"] = [
            {name: line[name] for name in line if name in chosen["attributes"]} for line in full["Attributes"]
        ]
    return full


def selected_names(chosen):
    names = set(chosen["fields"])
    names |= {"MainContact"} if chosen["contact"] or chosen["address"] else set()
    return names | ({"Attributes"} if chosen["attributes"] else set())


def contact(row, chosen, with_address):
    inner = {name: value for name, value in row.items() if name != "Address" or with_address}
    if chosen is None:
        return inner
    named = chosen["contact"] if chosen["contact"] not in (None, "whole") else []
    if named or chosen["address"]:
        inner = {
            name: value for name, value in inner.items() if name in named or (name == "Address" and chosen["address"])
        }
    if "Address" in inner and chosen["address"]:
        inner["Address"] = {name: value for name, value in inner["Address"].items() if name in chosen["address"]}
    return inner


@SMALL
@given(chosen=selections, expanded=expansions, top=st.none() | st.integers(0, 5), skip=st.integers(0, COUNT + 2))
def test_a_list_shows_what_the_model_shows(whole, chosen, expanded, top, skip):
    client, rows = whole
    query = {"skip": skip, **({} if top is None else {"top": top}), "expand": ",".join(sorted(expanded))}
    if chosen is not None:
        query["select"] = select_text(chosen)
    expected = [shown(row, chosen, expanded) for row in rows[skip : None if top is None else skip + top]]
    assert [plain(row) for row in client.get("Customer", **query)] == expected


@SMALL
@given(chosen=selections, expanded=expansions, at=st.integers(0, COUNT - 1))
def test_a_record_by_its_key_shows_the_same_as_the_list(whole, chosen, expanded, at):
    client, _ = whole
    query = {"expand": ",".join(sorted(expanded)), **({} if chosen is None else {"select": select_text(chosen)})}
    listed = client.get("Customer", **query)[at]
    assert client.get(f"Customer/C{at}", **query) == {**listed, "rowNumber": 1}


@SMALL
@given(chosen=selections, expanded=expansions)
def test_members_stand_in_the_order_of_their_names_between_the_bare_ones(whole, chosen, expanded):
    client, _ = whole
    query = {"expand": ",".join(sorted(expanded)), **({} if chosen is None else {"select": select_text(chosen)})}
    for row in client.get("Customer", top=2, **query):
        names = list(row)
        assert names[:3] == ["id", "rowNumber", "note"]
        assert names[-2:] == ["custom", "_links"]
        business = [name for name in names if name not in BARE]
        assert business == sorted(business, key=str.upper)
        assert names[3:-2] == business


@SMALL
@given(cuts=st.lists(st.integers(0, COUNT), max_size=4))
def test_pages_put_together_are_the_list_wherever_it_is_cut(whole, cuts):
    client, rows = whole
    edges = [0, *sorted(cuts), COUNT]
    seen = []
    for start, end in itertools.pairwise(edges):
        seen += client.keys("Customer", "CustomerID", skip=start, top=end - start)
    assert seen == [row["CustomerID"] for row in rows]
