"""Values that are no valid JSON: they alone are replaced, and nothing around them changes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acumatica_client.rest.json_repair import repair_json, valid_json, valid_text

steady = settings(derandomize=True, deadline=None, max_examples=200, database=None)

BAD_TEXTS = [
    pytest.param(rb"a\ud83db", rb"a\ufffdb", id="half a pair at the front"),
    pytest.param(rb"\ude00", rb"\ufffd", id="half a pair at the end"),
    pytest.param(rb"\uD83D\uD83D\uDE00", rb"\ufffd\uD83D\uDE00", id="half a pair before a whole one"),
    pytest.param(rb"\ud83d\n", rb"\ufffd\n", id="half a pair before another escape"),
    pytest.param(rb"\\\ud83d", rb"\\\ufffd", id="behind a backslash"),
    pytest.param(b"a\xffb", "a\N{REPLACEMENT CHARACTER}b".encode(), id="no UTF-8"),
    pytest.param(b"caf\xe9", "caf\N{REPLACEMENT CHARACTER}".encode(), id="Latin-1"),
    pytest.param(b"a\x01b", rb"a\u0001b", id="a control character"),
    pytest.param(b"a\nb", rb"a\u000ab", id="a line break"),
    pytest.param(b"a\x00b", rb"a\ufffdb", id="a null byte"),
    pytest.param(rb"\x41", rb"\ufffdx41", id="an unknown escape"),
    pytest.param(rb"\u12", rb"\ufffd12", id="an incomplete escape"),
]


@pytest.mark.parametrize(("bad", "good"), BAD_TEXTS)
def test_a_bad_text_is_repaired_where_it_is_bad(bad: bytes, good: bytes) -> None:
    page = b'[{"id":"1","A":{"value":12.50}},{"id":"2","A":{"value":"%s"}},{"id":"3","NaN":"\\u00e9 \\\\ud83d"}]'

    assert valid_json(page % bad) == page % good


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity"])
def test_a_number_that_is_none_becomes_null(number: bytes) -> None:
    page = b'[{"A":{"value":%s}},{"NaN":"NaN, -Infinity","B":[1,%s]}]'

    assert valid_json(page % (number, number)) == page.replace(b"%s", b"null")


@pytest.mark.parametrize("name", [rb"Na\ud83dme", b"N\xffme"])
def test_a_bad_name_of_a_member_is_repaired_too(name: bytes) -> None:
    assert "\N{REPLACEMENT CHARACTER}" in next(iter(json.loads(valid_json(b'{"%s":1}' % name))))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"a": "\\u0000 \\ud83d\\ude00 \\\\ud83d \\u00e9 \\" \\/"}',
        b'{\r\n\t"a": 1.50\r\n}',
        '["grün \N{GRINNING FACE}"]'.encode(),
        b"<html>\xff \\ud83d</html>",
        b'[{"id":"\\ud83d',
        b'[{"id":NaN},',
        b"\xff\xfe[\x00]\x00",
    ],
)
def test_what_is_valid_or_no_json_at_all_stays_as_it_came(body: bytes) -> None:
    assert valid_json(body) is body


def test_the_cheap_check_finds_what_a_decoder_does_not_notice() -> None:
    assert valid_text(b'["\xff"]') == '["\N{REPLACEMENT CHARACTER}"]'.encode()


@steady
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda one: st.lists(one) | st.dictionaries(st.text(), one),
    )
)
def test_repairing_valid_json_changes_halves_of_pairs_only(value: object) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()):
        try:
            expected = json.loads(text.encode())
        except UnicodeDecodeError:
            continue
        repaired = json.loads(repair_json(text.encode()))

        assert _without_bad(repaired) == _without_bad(expected)


def _without_bad(value: object) -> object:
    if isinstance(value, str):
        return "".join("\ufffd" if "\ud800" <= letter <= "\udfff" else letter for letter in value)
    if isinstance(value, list):
        return [_without_bad(one) for one in value]
    return {_without_bad(name): _without_bad(one) for name, one in value.items()} if isinstance(value, dict) else value
