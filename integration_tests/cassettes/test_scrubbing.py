"""What is recorded: no secrets, and records of a real tenant only with pseudonyms of the same shape."""

from __future__ import annotations

import json
import re
import string
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vcr.request import Request

from integration_tests.cassettes.pseudonyms import Number, Pseudonyms, dump, load
from integration_tests.cassettes.swagger import pruned
from integration_tests.cassettes.tape import CANONICAL, SCRUBBED, Tape

PLANTED = "Zx9planted77"  # pragma: allowlist secret
HERE = "https://erp.octopus.test/Our/Site"
TIMESTAMP = "2025-12-30T11:22:33.123+01:00"


def answer(body: object, status: int = 200, **headers: str) -> dict:
    text = body if isinstance(body, str) else json.dumps(body)
    kept = {name.replace("_", "-"): [value] for name, value in headers.items()}
    return {"status": {"code": status, "message": ""}, "headers": kept, "body": {"string": text.encode()}}


def body_of(response: dict) -> object:
    return json.loads(response["body"]["string"])


class TestSecrets:
    @pytest.mark.parametrize("path", ["/entity/auth/login", "/identity/connect/token"])
    def test_of_a_sign_in_are_gone_body_and_all(self, path):
        headers = {"Cookie": f"a={PLANTED}", "Authorization": f"Bearer {PLANTED}", "X-Other": PLANTED}
        sent = Tape(HERE).request(Request("POST", HERE + path, f"password={PLANTED}".encode(), headers))
        assert (sent.uri, sent.body) == (CANONICAL + path, SCRUBBED.encode())
        assert PLANTED not in repr(sent.headers)

    def test_in_cookies_lose_their_values_and_keep_their_names(self):
        kept = Tape(HERE).response(answer("", 204, Set_Cookie=f".ASPXAUTH={PLANTED}; path=/", X_Trace=PLANTED))
        assert kept["headers"] == {"Set-Cookie": [f".ASPXAUTH={SCRUBBED}; path=/"]}

    def test_in_tokens_are_replaced_and_the_rest_of_the_answer_stays(self):
        tokens = {"access_token": PLANTED, "refresh_token": PLANTED, "expires_in": 3600}
        kept = body_of(Tape(HERE).response(answer(tokens)))
        assert kept["expires_in"] == 3600
        assert PLANTED not in json.dumps(kept)

    def test_of_pages_are_gone_with_the_page(self):
        page = f'<html>{PLANTED}<input id="txtSingleCompany" value="Octopus"/></html>'
        kept = Tape(HERE, names={"Octopus": "Company"}).response(answer(page))["body"]["string"].decode()
        assert kept == '<html><body><input id="txtSingleCompany" value="Company"/></body></html>'

    def test_of_a_server_in_stack_traces_are_gone(self):
        error = {"exceptionMessage": "Octopus is locked", "exceptionType": "PX.Data.PXException", "stackTrace": PLANTED}
        kept = body_of(Tape(HERE, names={"Octopus": "Company"}).response(answer(error, 500)))
        assert kept == {"exceptionMessage": "Company is locked", "exceptionType": "PX.Data.PXException"}

    def test_of_custom_endpoints_are_left_out(self):
        listed = [
            {"name": name, "version": "1", "href": f"/Our/Site/entity/{name}/1"} for name in ("Default", "Octopus")
        ]
        kept = body_of(Tape(HERE).response(answer({"endpoints": listed})))
        assert kept == {"endpoints": [{"name": "Default", "version": "1", "href": "/AcumaticaERP/entity/Default/1"}]}


class TestAddresses:
    @pytest.mark.parametrize(
        "here", [HERE, "https://root.octopus.test", "http://127.0.0.1:4711/AcumaticaERP", CANONICAL]
    )
    def test_become_the_canonical_one_everywhere(self, here):
        site = here.split("/", 3)[3] if here.count("/") > 2 else ""
        link = f"/{site}/entity/Default/1/Bill/7".replace("//", "/")
        kept = Tape(here).response(answer({"a": f"{here}/entity/x", "_links": {"self": link}}, Location=link))
        expected = {"a": f"{CANONICAL}/entity/x", "_links": {"self": "/AcumaticaERP/entity/Default/1/Bill/7"}}
        assert body_of(kept) == expected
        assert kept["headers"]["Location"] == ["/AcumaticaERP/entity/Default/1/Bill/7"]

    def test_are_compared_in_one_spelling(self):
        escaped, plain = (
            Tape().request(Request("GET", f"{CANONICAL}/entity/{tail}", b"", {})).uri for tail in ("A%2DB", "A-B")
        )
        assert escaped == plain

    @given(st.text(string.printable, max_size=30))
    def test_and_all_else_are_left_alone_the_second_time(self, text):
        once = Tape(HERE).response(answer({"message": text, "stackTrace": "x"}, 500))
        assert Tape().response(once) == once


class TestPseudonyms:
    @given(st.text(st.sampled_from(string.ascii_letters + string.digits + " .-'"), min_size=1, max_size=20))
    def test_keep_kind_and_length(self, text):
        def shape(value: str) -> str:
            return re.sub(r"[A-Z]", "A", re.sub(r"[a-z]", "a", re.sub(r"\d", "0", value)))

        assert shape(Pseudonyms(b"key").text(text)) == shape(text)

    @given(st.decimals(allow_nan=False, allow_infinity=False, places=4))
    def test_of_amounts_keep_sign_digits_and_scale(self, amount):
        digits = f"{amount:f}"
        mapped = Pseudonyms(b"key").number(digits)
        assert re.sub(r"\d", "0", mapped) == re.sub(r"\d", "0", digits)
        assert float(mapped) != 0 or float(digits) == 0 or abs(float(digits)) < 1

    @given(st.lists(st.text(string.ascii_uppercase, min_size=1, max_size=2), unique=True, max_size=26))
    def test_of_different_values_differ_and_the_same_value_keeps_its_own(self, values):
        pseudonyms = Pseudonyms(b"key")
        given_first = [pseudonyms.text(value) for value in values]
        assert len(set(given_first)) == len(values)
        assert [pseudonyms.text(value) for value in values] == given_first

    def test_leave_timestamps_booleans_and_line_numbers(self):
        row = load(
            json.dumps({"rowNumber": 1, "A": {"value": TIMESTAMP}, "B": {"value": True}, "C": {"value": 12}, "D": {}})
        )
        assert dump(Pseudonyms(b"key").payload(row)) == dump(row)

    def test_are_the_same_in_answers_and_in_the_requests_that_repeat_them(self):
        tape = Tape(HERE, pseudonyms=Pseudonyms(b"key"))
        row = body_of(tape.response(answer([{"id": "x", "CustomerID": {"value": "AB C'1"}}])))[0]
        mapped = row["CustomerID"]["value"]
        one = tape.request(Request("GET", f"{HERE}/entity/Default/1/Customer/AB%20C%271", b"", {}))
        many = tape.request(
            Request("GET", f"{HERE}/entity/Default/1/Customer?$filter=CustomerID eq 'AB C''1'", b"", {})
        )
        assert one.path.endswith("/" + mapped.replace(" ", "%20"))
        assert many.query == [("$filter", f"CustomerID eq '{mapped}'")]

    def test_leave_nothing_out_but_links_and_files(self):
        row = {
            "id": "a-1",
            "note": {"value": "Hello"},
            "files": ["secret.pdf"],
            "_links": {"self": "x"},
            "L": [{"id": "b-2"}],
        }
        kept = Pseudonyms(b"key").payload(row)
        assert set(kept) == {"id", "note", "L"}
        assert "Hello" not in dump(kept)

    def test_keep_numbers_in_their_own_digits(self):
        assert dump(load('{"value":10.500}')) == '{"value":10.500}'
        assert isinstance(load("10.500"), Number)


class TestAPrunedSwaggerDocument:
    DOCUMENT: ClassVar = {
        "openapi": "3.0.1",
        "tags": [{"name": "A"}, {"name": "B"}],
        "paths": {"/A": {"get": {"$ref": "#/components/schemas/A"}}, "/A/{id}": {}, "/B": {}, "/AB": {}},
        "components": {
            "parameters": {"top": {}},
            "schemas": {
                "A": {"x": [{"$ref": "#/components/schemas/C"}]},
                "B": {},
                "C": {"y": {"$ref": "#/d/A"}},
                "D": {},
            },
        },
    }

    def test_keeps_the_entities_and_all_that_their_schemas_reach(self):
        kept = pruned(self.DOCUMENT, {"A"})
        assert set(kept["paths"]) == {"/A", "/A/{id}"}
        assert set(kept["components"]["schemas"]) == {"A", "C"}
        assert kept["tags"] == [{"name": "A"}]
        assert kept["components"]["parameters"] == {"top": {}}

    def test_is_the_same_when_it_is_pruned_again(self):
        assert pruned(pruned(self.DOCUMENT, {"A"}), {"A"}) == pruned(self.DOCUMENT, {"A"})

    def test_may_be_one_of_the_older_form(self):
        older = {
            "swagger": "2.0",
            "tags": [],
            "paths": {"/A": {}},
            "definitions": {"A": {"$ref": "#/definitions/C"}, "C": {}, "D": {}},
        }
        assert set(pruned(older, {"A"})["definitions"]) == {"A", "C"}
