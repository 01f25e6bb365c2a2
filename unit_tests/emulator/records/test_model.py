"""Random sequences of writes and reads against a simple model: a dict of plain records."""

from __future__ import annotations

import json
from datetime import datetime
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from acumatica_emulator.server.instance import Instance
from acumatica_emulator.site.behavior import Behavior
from acumatica_emulator.site.clock import Clock
from acumatica_emulator.site.http import Request

API = "/AcumaticaERP/entity/Default/24.200.001"
KEYS = st.sampled_from(["A", "a", "a1", "A1", "B", "B 2", "Ç", "ç", "Z9"])
TEXTS = st.one_of(
    st.none(), st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Z")), min_size=1, max_size=8)
)
LINES = st.lists(st.fixed_dictionaries({"BranchID": st.sampled_from(["MAIN", "EAST", "WEST"])}), max_size=3)


def folded(key):
    return key.casefold()


class Ledgers(RuleBasedStateMachine):
    """Ledgers: a key, a few fields, a detail. The model keeps what a careful user would write on paper."""

    known = Bundle("known")

    def __init__(self):
        super().__init__()
        self.instance = Instance(seed=3, clock=Clock(start=datetime(2026, 1, 1)), behavior=Behavior(iis=False))
        credentials = json.dumps({"name": "admin", "password": "secret"}).encode()
        answer = self.instance.answer(Request("POST", "/AcumaticaERP/entity/auth/login", body=credentials)).response
        self.cookie = "; ".join(value.split(";")[0] for name, value in answer.headers if name == "Set-Cookie")
        self.model = {"actual": self.row("ACTUAL"), "budget": self.row("BUDGET")}

    def row(self, key):
        shown = self.send("GET", f"Ledger/{key}", expand="Branches")[1]
        lines = [(line["id"], line["BranchID"].get("value")) for line in shown["Branches"]]
        return {"key": shown["LedgerID"]["value"], "text": shown["Description"].get("value"), "lines": lines}

    def send(self, method, path, body=None, **query):
        content = b"" if body is None else json.dumps(body).encode()
        text = urlencode({f"${name}": value for name, value in query.items()})
        path = "/".join([API, *(quote(part) for part in path.split("/"))])
        request = Request(method, path, text, {"cookie": self.cookie, "content-length": "1"}, content)
        response = self.instance.answer(request).response
        return response.status, json.loads(response.body) if response.body else None

    def body(self, key, text, lines):
        wrapped = [{"BranchID": {"value": line["BranchID"]}} for line in lines]
        return {"LedgerID": {"value": key}, "Description": {"value": text}, "Branches": wrapped}

    @rule(target=known, key=KEYS, text=TEXTS, lines=LINES)
    def put(self, key, text, lines):
        status, shown = self.send("PUT", "Ledger", self.body(key, text, lines), expand="Branches")
        assert status == 200
        row = self.model.setdefault(folded(key), {"key": key, "lines": []})
        row["text"] = text
        added = shown["Branches"][len(row["lines"]) :]
        assert [line["BranchID"]["value"] for line in added] == [line["BranchID"] for line in lines]
        row["lines"] += [(line["id"], line["BranchID"]["value"]) for line in added]
        return key

    @rule(key=known, text=TEXTS)
    def patch(self, key, text):
        body = {"LedgerID": {"value": key}, "Description": {"value": text}}
        status, _ = self.send("PATCH", "Ledger", body)
        assert status == (200 if folded(key) in self.model else 404)
        if status == 200:
            self.model[folded(key)]["text"] = text

    @rule(key=known, delete=st.booleans())
    def change_first_line(self, key, delete):
        row = self.model.get(folded(key))
        if not row or not row["lines"]:
            return
        (id, _), *rest = row["lines"]
        line = {"id": id, "delete": True} if delete else {"id": id, "BranchID": {"value": "NORTH"}}
        assert self.send("PUT", "Ledger", {"LedgerID": {"value": row["key"]}, "Branches": [line]})[0] == 200
        row["lines"] = rest if delete else [(id, "NORTH"), *rest]

    @rule(key=consumes(known))
    def delete(self, key):
        status, _ = self.send("DELETE", f"Ledger/{key}")
        assert status == (204 if self.model.pop(folded(key), None) else 500)

    @rule(text=TEXTS)
    def filter_by_text(self, text):
        literal = "null" if text is None else "'" + text.replace("'", "''") + "'"
        status, rows = self.send("GET", "Ledger", filter=f"Description eq {literal}")
        assert status == 200
        same = [row["key"] for row in self.rows() if fold_or_none(row["text"]) == fold_or_none(text)]
        assert [row["LedgerID"]["value"] for row in rows] == same

    @rule(top=st.integers(0, 4), skip=st.integers(0, 8))
    def page(self, top, skip):
        rows = self.send("GET", "Ledger", top=top, skip=skip)[1]
        assert [row["LedgerID"]["value"] for row in rows] == [row["key"] for row in self.rows()][skip : skip + top]

    def rows(self):
        return [self.model[key] for key in sorted(self.model)]

    @invariant()
    def the_list_is_the_model(self):
        shown = self.send("GET", "Ledger", expand="Branches")[1]
        assert [row["LedgerID"]["value"] for row in shown] == [row["key"] for row in self.rows()]
        for row, expected in zip(shown, self.rows(), strict=True):
            assert row["Description"].get("value") == expected["text"]
            assert [(line["id"], line["BranchID"]["value"]) for line in row["Branches"]] == expected["lines"]


def fold_or_none(text):
    return None if text is None else text.casefold()


Ledgers.TestCase.settings = settings(
    max_examples=40, stateful_step_count=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
test_no_sequence_of_requests_differs_from_the_model = Ledgers.TestCase


@pytest.mark.parametrize("text", ["O'Neil", "a''b", "eq 'x'", "null", "%", "_", "[a]", "100% & more"])
def test_a_text_with_signs_of_the_grammar_is_found_by_its_literal(client, text):
    client.put("Ledger", {"LedgerID": "Q", "Description": text})
    quoted = text.replace("'", "''")
    assert client.keys("Ledger", "LedgerID", filter=f"Description eq '{quoted}'") == ["Q"]
    assert client.keys("Ledger", "LedgerID", filter=f"substringof('{quoted}',Description)") == ["Q"]
