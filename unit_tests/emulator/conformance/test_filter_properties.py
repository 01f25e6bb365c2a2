"""$filter against a simple evaluator: whatever the expression, the rows are those a patient reader would pick."""

from __future__ import annotations

import itertools
import operator
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unit_tests.emulator.conformance.conftest import insert

SMALL = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
BASE = datetime(2025, 3, 1, 6)
TEXTS = [None, "Oak", "oak", "Elm", "Elm Tree", "O'Hara", "100%", "a_b", "Ärger"]
ROWS = [
    {
        "CustomerID": f"C{at:02}",
        "CustomerName": TEXTS[at % 9] or "No name",
        "PriceClassID": TEXTS[at * 5 % 9],
        "PrintInvoices": at % 3 == 0,
        "CreditLimit": Decimal(at * 37 % 11 - 4).quantize(Decimal("0.0001")) / 2,
        "LeadTimedays": None if at % 5 == 0 else at % 4,
    }
    for at in range(27)
]
MOMENTS = [BASE + timedelta(hours=at * 7 % 27) for at in range(27)]
OPERATORS = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
FUNCTIONS = {
    "startswith({field},{text})": lambda value, text: value.startswith(text),
    "endswith({field},{text})": lambda value, text: value.endswith(text),
    "substringof({text},{field})": lambda value, text: text in value,
}


@pytest.fixture
def forest(blank_client):
    for row, at in zip(ROWS, MOMENTS, strict=True):
        insert(blank_client, "Customer", row, stamp=at)
    return blank_client


# --- an expression is a text and a judge of a row: True, False, or None where it cannot be decided


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def comparison(field, sign, literal, value, read=lambda found: found):
    def check_row(row):
        found = row[field]
        return None if found is None else OPERATORS[sign](read(found), value)

    return f"{field} {sign} {literal}", check_row


signs = st.sampled_from(sorted(OPERATORS))
texts = st.builds(
    lambda field, sign, text: comparison(field, sign, quoted(text), text.casefold(), str.casefold),
    st.sampled_from(["CustomerName", "PriceClassID"]),
    signs,
    st.sampled_from([text for text in TEXTS if text] + ["OAK", "z"]),
)
numbers = st.builds(
    lambda field, sign, halves: comparison(field, sign, f"{Decimal(halves) / 2}", Decimal(halves) / 2),
    st.sampled_from(["CreditLimit", "LeadTimedays"]),
    signs,
    st.integers(-6, 8),
)
booleans = st.builds(
    lambda sign, value: comparison("PrintInvoices", sign, str(value).lower(), value),
    st.sampled_from(["eq", "ne"]),
    st.booleans(),
)
moments = st.builds(
    lambda sign, hours, zone: comparison(
        "LastModifiedDateTime",
        sign,
        f"datetimeoffset'{(BASE + timedelta(hours=hours + zone)).isoformat()}+{zone:02}:00'",
        BASE + timedelta(hours=hours),
    ),
    signs,
    st.integers(-1, 28),
    st.integers(0, 12),
)
nulls = st.builds(
    lambda field, sign: (f"{field} {sign} null", lambda row: (row[field] is None) == (sign == "eq")),
    st.sampled_from(["PriceClassID", "LeadTimedays", "CustomerName"]),
    st.sampled_from(["eq", "ne"]),
)


def call(form, field, text):
    test = FUNCTIONS[form]

    def check_row(row):
        return None if row[field] is None else test(row[field].casefold(), text.casefold())

    return form.format(field=field, text=quoted(text)), check_row


calls = st.builds(
    call,
    st.sampled_from(sorted(FUNCTIONS)),
    st.sampled_from(["CustomerName", "PriceClassID"]),
    st.sampled_from(["o", "OAK", "m", "'", "%", "_", "Tree", "ä"]),
)
leaves = st.one_of(texts, numbers, booleans, moments, nulls)


def negated(part):
    text, check_row = part
    return f"not ({text})", lambda row: None if check_row(row) is None else not check_row(row)


def joined(word, first, second, brackets):
    """Two parts and a word; an `or` within an `and` needs its brackets, so every part has them if it is not plain."""
    stops = word == "or"

    def check_row(row):
        answers = [first[1](row), second[1](row)]
        return stops if stops in answers else None if None in answers else not stops

    left, right = (f"({part[0]})" if brackets or " or " in part[0] else part[0] for part in (first, second))
    return f"{left} {word} {right}", check_row


expressions = st.recursive(
    st.one_of(leaves, calls),
    lambda inner: st.one_of(
        st.builds(joined, st.sampled_from(["and", "or"]), inner, inner, st.booleans()),
        st.builds(
            negated, st.one_of(leaves, st.builds(joined, st.sampled_from(["and", "or"]), leaves, leaves, st.just(True)))
        ),
    ),
    max_leaves=5,
)


def picked(check_row):
    rows = [{**row, "LastModifiedDateTime": at} for row, at in zip(ROWS, MOMENTS, strict=True)]
    return [row["CustomerID"] for row in rows if check_row(row) is True]


@SMALL
@given(expression=expressions)
def test_a_list_has_the_rows_that_the_expression_holds_for_in_key_order(forest, expression):
    text, check_row = expression
    assert forest.keys("Customer", "CustomerID", filter=text, select="CustomerID") == picked(check_row), text


@SMALL
@given(expression=leaves)
def test_a_comparison_and_its_negation_never_share_a_row(forest, expression):
    text, _judge = expression
    mine = forest.keys("Customer", "CustomerID", filter=text, select="CustomerID")
    others = forest.keys("Customer", "CustomerID", filter=f"not ({text})", select="CustomerID")
    assert not set(mine) & set(others)
    known = [row for row in ROWS if row["CustomerID"] in mine or row["CustomerID"] in others]
    if " null" not in text and not any(name in text for name in ("PriceClassID", "LeadTimedays")):
        assert len(known) == len(ROWS)


@SMALL
@given(expression=expressions, top=st.integers(0, 12), skip=st.integers(0, 30))
def test_a_page_of_a_filtered_list_is_a_slice_of_the_whole(forest, expression, top, skip):
    text, check_row = expression
    page = forest.keys("Customer", "CustomerID", filter=text, select="CustomerID", top=top, skip=skip)
    assert page == picked(check_row)[skip : skip + top]


@SMALL
@given(edges=st.lists(st.integers(-2, 30), min_size=2, max_size=6, unique=True).map(sorted))
def test_windows_that_touch_read_every_row_once(forest, edges):
    """Start inclusive, end exclusive: nothing is read twice and nothing falls between two windows."""
    seen = []
    for start, end in itertools.pairwise(edges):
        low, high = (f"datetimeoffset'{(BASE + timedelta(hours=hour)).isoformat()}'" for hour in (start, end))
        text = f"LastModifiedDateTime ge {low} and LastModifiedDateTime lt {high}"
        seen += forest.keys("Customer", "CustomerID", filter=text, select="CustomerID")
    first, last = (BASE + timedelta(hours=hour) for hour in (edges[0], edges[-1]))
    expected = [row["CustomerID"] for row, at in zip(ROWS, MOMENTS, strict=True) if first <= at < last]
    assert sorted(seen) == expected


@SMALL
@given(text=st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12))
def test_any_text_is_a_literal_once_its_quotes_are_doubled(forest, text):
    assert forest.keys("Customer", "CustomerID", filter=f"CustomerName eq {quoted(text)} and 1 eq 2") == []


@SMALL
@given(noise=st.text("()'/ ,.aeqndorCustomerID019$-", max_size=24))
def test_noise_is_a_list_or_a_refusal_in_the_envelope_and_never_a_crash(forest, noise):
    response = forest.entity("GET", "Customer", filter=noise, select="CustomerID")
    assert response.status in (200, 500)
    if response.status == 500:
        assert b"PX.Api.ContractBased.OData" in response.body
