"""Requests as addresses: what is escaped, and what is left out."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from acumatica_client.rest.dialect import dialect_of
from acumatica_client.rest.query import Query, Request

FOUR = dialect_of(4)
BASE = "https://erp.example.com/site"
steady = settings(derandomize=True, deadline=None, max_examples=60, database=None)


def test_options_that_are_not_given_are_left_out() -> None:
    for contract in (4, 5):
        assert Query().params(dialect_of(contract)) == {}
    assert Query().headers() == {}


def test_archived_records_are_asked_for_by_a_header() -> None:
    assert Query(archived=True).headers() == {"PX-ApiArchive": "SHOW"}
    assert Query(archived=True).params(FOUR) == {}


def test_every_option_has_its_name_and_lists_are_joined_by_commas() -> None:
    query = Query(select=("A", "Details/B"), expand=("Details", "files"), filter="A eq 1", top=500, skip=1000)

    assert query.params(FOUR) == {
        "$select": "A,Details/B,files",
        "$expand": "Details,files",
        "$filter": "A eq 1",
        "$top": "500",
        "$skip": "1000",
    }


def test_no_rows_is_something_else_than_all_rows() -> None:
    assert Query(top=0).params(FOUR) == {"$top": "0"}


def test_the_plus_of_an_offset_is_escaped_since_a_server_reads_it_as_a_blank() -> None:
    url = Request("GET", "/entity", {"$filter": "D ge datetimeoffset'2026-01-01T00:00:00+02:00'"}).url(BASE)

    assert url == f"{BASE}/entity?$filter=D%20ge%20datetimeoffset'2026-01-01T00:00:00%2B02:00'"


def test_a_request_without_parameters_has_no_question_mark() -> None:
    assert Request("GET", "/entity").url(BASE) == f"{BASE}/entity"


@steady
@given(st.dictionaries(st.sampled_from(["$filter", "$select", "company"]), st.text(min_size=1), min_size=1))
def test_every_value_arrives_as_it_was_given(params: dict[str, str]) -> None:
    url = Request("GET", "/entity", params).url(BASE)
    on_the_wire = requests.Request("GET", url).prepare().url or ""

    assert dict(parse_qsl(urlsplit(on_the_wire).query, keep_blank_values=True)) == params


def test_a_request_is_taken_for_repeatable_unless_said_otherwise() -> None:
    assert Request("GET", "/entity").repeatable
