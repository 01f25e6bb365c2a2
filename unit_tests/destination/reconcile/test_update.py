"""A record brought up to date: read, merged, sent in batches, and honest about what broke off."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from decimal import Decimal

import msgspec
import pytest

from acumatica_client.errors import FieldError, Overloaded, SessionLost, Unreachable
from acumatica_client.errors import Rejected as RejectedByAcumatica
from acumatica_client.rest.query import Query
from acumatica_client.schema.model import EntitySchema
from destination_acumatica.completion.readback import query_for
from destination_acumatica.config.stream_settings import LineMode, LineRules
from destination_acumatica.erp.outcome import Failed, Kind, Rejected
from destination_acumatica.payload.payload import Payload
from destination_acumatica.reconcile.batching import BatchFailed, split_batches
from destination_acumatica.reconcile.update import Updated, batch_outcome, bring_up_to_date, send_in_batches
from unit_tests.destination.reconcile.test_update_diff import KEYS, ORDER, SHAPES, order, put, with_ids, wrapped

ENTITY = EntitySchema(ORDER, keys=("Nbr",))
decode = msgspec.json.Decoder(float_hook=Decimal).decode
encode = msgspec.json.Encoder(decimal_format="number").encode


class RecordInMemory:
    """One record; remembers what was sent to it. Fails at the request of that number, before saving anything."""

    def __init__(self, record: dict[str, object] | None = None, fails_at: int = 0) -> None:
        self.record = record if record is not None else {"id": "guid", "Nbr": {"value": "000123"}}
        self.sent: list[tuple[dict[str, object], Query, bool]] = []
        self.fails_at = fails_at

    def send(self, body: Payload, query: Query, repeatable: bool) -> bytes:
        self.sent.append((dict(body), query, repeatable))
        if len(self.sent) == self.fails_at:
            raise Unreachable("Lost.", sent=True)
        put(self.record, {name: value for name, value in body.items() if name != "Nbr"})
        return encode(self.record)

    def update(self, sent: Mapping[str, object], rules: LineRules | None = None) -> Updated:
        return bring_up_to_date(
            sent,
            copy.deepcopy(self.record),
            self.send,
            entity=ENTITY,
            shapes=SHAPES,
            rules=rules or LineRules(keys=KEYS),
            question=query_for,
        )


def many(count: int, **more: object) -> dict[str, object]:
    return order(*({"Item": f"I{at}", "Qty": at} for at in range(count)), **more)


def test_a_record_that_is_as_sent_costs_no_request() -> None:
    erp = RecordInMemory(with_ids(order({"Item": "A", "Qty": 1})))

    assert erp.update(order({"Item": "A", "Qty": Decimal("1.00")})) == Updated(Kind.UNCHANGED, erp.record)
    assert erp.sent == []


def test_only_what_differs_is_sent_and_reported_with_the_answer() -> None:
    erp = RecordInMemory(with_ids(order({"id": "a", "Item": "A", "Qty": 1}, {"Item": "B", "Qty": Decimal("2.50")})))
    updated = erp.update(order({"Item": "A", "Qty": 5}, {"Item": "B", "Qty": Decimal("2.5")}))

    body = order({"id": "a", "Item": "A", "Qty": 5})
    assert updated == Updated(Kind.UPDATED, erp.record, body)
    assert erp.sent == [(body, Query(expand=("Details",)), True)]


def test_numbers_keep_their_digits_on_the_way() -> None:
    bodies: list[bytes] = []

    def send(body: Payload, query: Query, repeatable: bool) -> bytes:
        bodies.append(body.encode())
        return b"{}"

    send_in_batches(wrapped({"Total": Decimal("10.50")}), send, entity=ENTITY, question=query_for, repeatable=True)
    assert bodies == [b'{"Total":{"value":10.50}}']


def test_a_body_that_adds_or_deletes_lines_may_not_be_repeated() -> None:
    adding, deleting = (
        RecordInMemory(with_ids(order({"Item": "A"}))),
        RecordInMemory(with_ids(order({"Item": "A"}, {"Item": "B"}))),
    )
    adding.update(order({"Item": "B"}))
    deleting.update(order({"Item": "A"}), LineRules(LineMode.REPLACE, KEYS))

    assert [repeatable for _, _, repeatable in adding.sent + deleting.sent] == [False, False]


def test_the_body_names_its_record_even_where_the_document_does_not() -> None:
    erp = RecordInMemory(with_ids(order(Total=1)))
    erp.update(wrapped({"Total": 2}))

    assert erp.sent[0][0] == wrapped({"Nbr": "1", "Total": 2})


def test_a_record_whose_key_is_not_shown_is_named_by_its_id() -> None:
    erp = RecordInMemory({"id": "guid", "Total": {"value": 1}})
    erp.update(wrapped({"Total": 2}))

    assert erp.sent[0][0] == {"id": "guid", "Total": {"value": 2}}


def test_the_answer_has_the_key_of_the_record_and_nothing_else_of_before_the_write() -> None:
    """Else the read-back would compare with the past."""
    erp = RecordInMemory(with_ids(order(Total=1)))
    updated = bring_up_to_date(
        order(Total=2),
        {**erp.record, "Contact": {"Email": {"value": "old"}}},
        lambda body, query, repeatable: b'{"Total":{"value":2}}',
        entity=ENTITY,
        shapes=SHAPES,
        rules=LineRules(),
        question=query_for,
    )

    assert updated.answer == {"id": erp.record["id"], **wrapped({"Nbr": "1", "Total": 2})}


def test_problems_are_reported_and_nothing_is_sent() -> None:
    erp = RecordInMemory(with_ids(order({"Item": "A", "Qty": 1}, {"Item": "A", "Qty": 2})))
    updated = erp.update(order({"Item": "A", "Qty": 9}))

    assert erp.sent == []
    assert updated.problems[0].path == "Details"


class TestPortions:
    def test_a_new_document_is_made_by_the_first_and_filled_by_the_others(self) -> None:
        erp = RecordInMemory()
        document = {name: value for name, value in many(1100, Total=1).items() if name != "Nbr"}
        answer = send_in_batches(document, erp.send, entity=ENTITY, question=query_for, repeatable=False)

        assert [len(body["Details"]) for body, *_ in erp.sent] == [500, 500, 100]
        assert [body.get("Nbr") for body, *_ in erp.sent] == [None, {"value": "000123"}, {"value": "000123"}]
        assert [query for _, query, _ in erp.sent] == [Query(), Query(), Query(expand=("Details",))]
        assert len(answer["Details"]) == 1100

    def test_the_next_attempt_goes_on_where_one_broke_off(self) -> None:
        erp = RecordInMemory(with_ids(order(Total=1)), fails_at=2)
        with pytest.raises(BatchFailed):
            erp.update(many(1100, Total=1))
        assert len(erp.record["Details"]) == 500

        again = erp.update(many(1100, Total=1))
        assert again.kind is Kind.UPDATED
        assert [line["Item"]["value"] for line in erp.record["Details"]] == [f"I{at}" for at in range(1100)]
        assert erp.update(many(1100, Total=1)).kind is Kind.UNCHANGED

    def test_only_the_first_may_be_repeated(self) -> None:
        erp = RecordInMemory(with_ids(many(1100)))
        changed = order(*({"Item": f"I{at}", "Qty": at + 1} for at in range(1100)))
        erp.update(changed)

        assert [repeatable for *_, repeatable in erp.sent] == [True, False, False]


BATCH_SIZE = split_batches(many(1100))[1]


class TestBrokenOff:
    def test_a_document_that_the_next_attempt_finds_ends_the_sync_with_its_progress(self) -> None:
        for error in (Unreachable("Lost.", sent=True), Overloaded("504"), SessionLost("gone")):
            outcome = batch_outcome(BatchFailed(BATCH_SIZE, error), findable=True)
            assert isinstance(outcome, Failed)
            assert outcome.error.failure_type == "transient"
            assert "has its first 500 of 1100 lines" in outcome.error.message

    def test_one_that_it_would_make_twice_is_rejected_with_its_progress(self) -> None:
        outcome = batch_outcome(BatchFailed(BATCH_SIZE, SessionLost("gone")), findable=False)

        assert isinstance(outcome, Rejected)
        assert "has its first 500 of 1100 lines" in outcome.words()

    def test_a_refused_batch_is_rejected_in_the_words_of_acumatica(self) -> None:
        refusal = RejectedByAcumatica("no", status=422)
        refusal.errors = (FieldError("Details[3].Item", "cannot be found"),)
        outcome = batch_outcome(BatchFailed(BATCH_SIZE, refusal), findable=True)

        assert isinstance(outcome, Rejected)
        assert outcome.errors[0] == FieldError("Details[503].Item", "cannot be found")
        assert "has its first 500 of 1100 lines" in outcome.words()
