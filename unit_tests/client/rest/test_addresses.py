"""Paths of records, and the keys that cannot be part of one."""

from __future__ import annotations

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from acumatica_client.rest.addresses import entity_path, key_fits_address
from acumatica_client.rest.query import Request

BASE = "https://erp.example.com/site"
steady = settings(derandomize=True, deadline=None, max_examples=200, database=None)


@pytest.mark.parametrize(
    ("keys", "end"),
    [
        ([], ""),
        (["SO", "000123"], "/SO/000123"),
        (["A B", "Ä&?#%+'"], "/A%20B/%C3%84%26%3F%23%25%2B%27"),
        (["a/b"], "/a%2Fb"),
        (["SO|000123"], "/SO%7C000123"),
    ],
)
def test_every_part_of_a_path_is_quoted(keys: list[str], end: str) -> None:
    assert entity_path("Default", "24.200.001", "SalesOrder", keys) == f"/entity/Default/24.200.001/SalesOrder{end}"


@pytest.mark.parametrize(
    "key", ["000123", "A B", "ÄÖ-12", "C#1", "CONTOSO", "NULL", "A.CON", "COM10", "1.5", ".net", "'x'", "A=B;C", " A"]
)
def test_a_key_that_the_web_server_lets_through_fits(key: str) -> None:
    assert key_fits_address([key])
    assert key_fits_address(["SO", key])


@pytest.mark.parametrize(
    "key",
    [
        *("", " ", "\t", ".", "..", "..."),
        *("a/b", "/", "a\\b", "SO|1"),
        *("C++", "a+b", "<NEW>", "5*3", "50%", "A&B", "10:30", "Who?", "a>b", "a\nb", "a\x00b"),
        *("ACME Inc.", "ACME ", "ACME\u00a0"),
        *("CON", "con", "NUL.txt", "aux.", "PRN.a.b", "COM1", "com9.x", "LPT1", "lpt0.log", "COM¹", "NUL .x"),
        "A" * 261,
    ],
)
def test_a_key_that_the_web_server_answers_itself_does_not_fit(key: str) -> None:
    assert not key_fits_address([key])
    assert not key_fits_address([key, "000123"])
    assert not key_fits_address(["SO", key])


def test_a_key_without_parts_is_none() -> None:
    assert not key_fits_address([])


def test_many_parts_that_are_long_together_do_not_fit() -> None:
    assert key_fits_address(["A" * 250] * 3)
    assert not key_fits_address(["A" * 250] * 5)
    assert not key_fits_address(["Ä" * 200])  # six characters each on the wire


@steady
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda key: key_fits_address([key])))
def test_every_key_that_fits_reaches_the_wire_as_one_part_of_the_path(key: str) -> None:
    url = Request("GET", entity_path("Default", "24.200.001", "Customer", [key])).url(BASE)
    on_the_wire = requests.Request("GET", url).prepare().url or ""

    assert on_the_wire.count("/") == url.count("/") == BASE.count("/") + 5
    assert requests.utils.unquote(on_the_wire.rpartition("/")[2]) == key
