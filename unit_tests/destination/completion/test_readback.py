"""HTTP 200 is not "saved": what was written is compared with what is there, and looked for where answers only echo."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

import pytest

from acumatica_client.errors import Unreachable
from acumatica_client.rest.query import Query
from acumatica_client.schema.model import EntitySchema
from destination_acumatica.completion.readback import (
    ABSENT,
    OTHERWISE,
    Readback,
    ReadbackResult,
    ReadbackSampler,
    outcome_of,
)
from destination_acumatica.config.stream_settings import LineRules, Verify
from destination_acumatica.erp.outcome import Kind, Rejected, Written
from destination_acumatica.erp.waits import Work, complete
from destination_acumatica.fields.comparison import Difference
from unit_tests.destination.reconcile.test_update_diff import KEYS, ORDER, SHAPES, order, with_ids, wrapped

NUMBERED = EntitySchema(ORDER, keys=("Nbr",))
KEYLESS = EntitySchema(ORDER)
RULES = LineRules(keys=KEYS)


class ReadableRecord:
    """Answers questions about one record, and remembers them."""

    def __init__(self, record: Mapping[str, object] | None = None, trouble: Exception | None = None) -> None:
        self.record, self.trouble = record, trouble
        self.asked: list[tuple[Mapping[str, str], Query]] = []

    def read(self, key: Mapping[str, str], query: Query) -> Mapping[str, object] | None:
        self.asked.append((key, query))
        if self.trouble:
            raise self.trouble
        return self.record


def readback(erp: ReadableRecord, verify: Verify = Verify.WARN, entity: EntitySchema = NUMBERED) -> Readback:
    return Readback(entity, SHAPES, erp.read, verify, RULES)


def settled(work: Work[ReadbackResult]) -> ReadbackResult:
    return complete(work, lambda seconds: None)


def checked(
    sent: dict[str, object],
    answer: dict[str, object],
    erp: ReadableRecord | None = None,
    *,
    created: bool = False,
    verify: Verify = Verify.WARN,
    entity: EntitySchema = NUMBERED,
) -> ReadbackResult:
    return settled(readback(erp or ReadableRecord(), verify, entity).check(sent, with_ids(answer), created=created))


def paths(result: ReadbackResult) -> list[str]:
    return [one.path for one in result.differences]


class TestWhatTheAnswerShows:
    def test_a_record_that_is_as_sent_has_no_differences_and_costs_no_request(self) -> None:
        erp = ReadableRecord()
        sent = wrapped({"Nbr": "1", "Total": Decimal("10.5"), "Contact": {"Email": "e"}})
        answer = wrapped({"Nbr": "1", "Total": Decimal("10.5000"), "Contact": {"Email": "e "}})

        assert checked(sent, answer, erp) == ReadbackResult()
        assert erp.asked == []

    def test_each_field_that_came_back_otherwise_is_reported_with_both_values(self) -> None:
        sent = wrapped({"Nbr": "1", "Total": Decimal("10.5"), "Contact": {"Email": "new"}})
        answer = wrapped({"Nbr": "1", "Total": Decimal("10.51"), "Contact": {"Email": "old"}})

        wanted = (Difference("Total", "10.5", "10.51"), Difference("Contact.Email", "new", "old"))
        assert checked(sent, answer).differences == wanted

    def test_a_null_is_shown_as_an_empty_object(self) -> None:
        assert checked(wrapped({"Nbr": "1", "Total": None}), {"Nbr": {"value": "1"}, "Total": {}}) == ReadbackResult()

    def test_the_key_is_not_compared_since_the_server_may_number(self) -> None:
        assert (
            checked(wrapped({"Nbr": "<NEW>", "Total": 1}), wrapped({"Nbr": "000123", "Total": 1})) == ReadbackResult()
        )

    def test_very_many_differences_are_reported_in_part(self) -> None:
        sent = order(*({"Item": f"I{at}", "Qty": 1} for at in range(300)))
        answer = order(*({"Item": f"I{at}", "Qty": 2} for at in range(300)))

        assert len(checked(sent, answer).differences) == 100


class TestLines:
    def test_are_compared_by_who_they_are(self) -> None:
        sent = order({"Item": "A", "Qty": 1}, {"Item": "B", "Qty": 2})
        answer = order({"Item": "X", "Qty": 0}, {"Item": "B", "Qty": 3}, {"Item": "A", "Qty": 1})

        assert checked(sent, answer).differences == (Difference("Details[1].Qty", "2", "3"),)

    def test_that_are_not_there_are_reported(self) -> None:
        sent = order({"Item": "A", "Qty": 1}, {"Item": "B", "Qty": 2})

        assert paths(checked(sent, order({"Item": "A", "Qty": 1}))) == ["Details[1]"]

    def test_of_one_key_are_compared_in_their_order(self) -> None:
        sent = order({"Item": "A", "Qty": 1}, {"Item": "A", "Qty": 2}, {"Item": "A", "Qty": 3})
        answer = order({"Item": "A", "Qty": 1}, {"Item": "A", "Qty": 5})

        assert paths(checked(sent, answer)) == ["Details[1].Qty", "Details[2]"]

    def test_inside_lines_are_compared_too(self) -> None:
        sent = order({"Item": "A", "Parts": [{"Lot": "L", "Qty": 1}]})
        answer = order({"Item": "A", "Parts": [{"Lot": "L", "Qty": 2}]})

        assert paths(checked(sent, answer)) == ["Details[0].Parts[0].Qty"]

    def test_that_were_deleted_must_be_gone(self) -> None:
        sent = {"Nbr": {"value": "1"}, "Details": [{"id": "a", "delete": True}, {"id": "b", **wrapped({"Item": "B"})}]}
        gone, there = [{"id": "b", "Item": "B"}], [{"id": "b", "Item": "B"}, {"id": "a", "Item": "A"}]

        assert checked(sent, order(*gone)) == ReadbackResult()
        assert paths(checked(sent, order(*there))) == ["Details"]

    def test_custom_fields_of_lines_are_compared(self) -> None:
        sent, answer = order({"Item": "A"}), order({"Item": "A"})
        sent["Details"][0]["custom"] = {"Tran": {"UsrX": {"type": "CustomStringField", "value": "red"}}}
        answer["Details"][0]["custom"] = {"Tran": {"UsrX": {"type": "CustomStringField", "value": "blue"}}}

        assert paths(checked(sent, answer)) == ["Details[0].custom.Tran.UsrX"]


class TestLookingAgain:
    def test_what_the_answer_does_not_show_is_read_once_by_key(self) -> None:
        erp = ReadableRecord(with_ids(order({"Item": "A", "Qty": 2})))
        result = checked(order({"Item": "A", "Qty": 1}), wrapped({"Nbr": "1"}), erp)

        assert paths(result) == ["Details[0].Qty"]
        assert erp.asked == [({"Nbr": "1"}, Query(expand=("Details",), archived=True))]

    def test_a_field_that_nothing_shows_counts_as_not_there(self) -> None:
        erp = ReadableRecord(wrapped({"Nbr": "1"}))

        assert checked(wrapped({"Nbr": "1", "Total": 5}), wrapped({"Nbr": "1"}), erp).differences == (
            Difference("Total", "5", ""),
        )

    def test_the_put_asks_for_all_that_it_sends(self) -> None:
        sent = wrapped({"Nbr": "1", "Contact": {"Email": "e"}, "Details": [{"Parts": [{"Lot": "L"}]}]})
        sent["custom"] = {"Doc": {"UsrX": {"value": 1}}}
        sent["Details"][0]["custom"] = {"Tran": {"UsrY": {"value": 1}}}

        expand = ("Contact", "Details", "Details/Parts")
        assert readback(ReadableRecord()).question(sent) == Query(expand=expand)
        assert readback(ReadableRecord(), Verify.OFF).question(sent) == Query()

    def test_a_custom_field_is_read_first_and_asked_for_when_a_read_has_shown_it(self) -> None:
        """A PUT that asks for one that is not there fails, saved or not."""
        sent = {**wrapped({"Nbr": "1"}), "custom": {"Doc": {"UsrX": {"value": 1}}}}
        erp = ReadableRecord({**sent, "id": "guid"})
        one = readback(erp)
        assert one.question(sent).custom == ()
        assert settled(one.check(sent, wrapped({"Nbr": "1"}), created=False)) == ReadbackResult()

        assert [query.custom for _, query in erp.asked] == [("Doc.UsrX",)]
        assert one.question(sent).custom == ("Doc.UsrX",)
        other = {"custom": {"Doc": {"UsrY": {"value": 1}}}}
        assert one.question(other).custom == ()

    def test_custom_fields_of_lines_that_the_answer_does_not_show_are_read(self) -> None:
        sent = order({"Item": "A"})
        sent["Details"][0]["custom"] = {"Tran": {"UsrX": {"value": "red"}}}
        erp = ReadableRecord({"id": "guid", **sent})

        assert checked(sent, order({"Item": "A"}), erp) == ReadbackResult()
        assert [query.custom for _, query in erp.asked] == [("Details/Tran.UsrX",)]
        checked(sent, dict(erp.record or {}), again := ReadableRecord())
        assert again.asked == []

    def test_trouble_in_looking_is_no_trouble_of_the_record(self) -> None:
        result = checked(order({"Item": "A"}), wrapped({"Nbr": "1"}), ReadableRecord(trouble=Unreachable("No answer.")))

        assert (result.differences, result.absent) == ((), False)
        assert "No answer" in result.trouble


class TestNewRecords:
    SENT = wrapped({"Total": 1})
    ECHO = wrapped({"Nbr": "000123", "Total": 1})

    def test_one_that_only_the_answer_has_is_not_there(self) -> None:
        assert checked(self.SENT, self.ECHO, ReadableRecord(None), created=True).absent

    @pytest.mark.parametrize("number", [{}, {"value": "<NEW>"}])
    def test_one_that_got_no_number_and_is_not_found_by_its_id_is_not_there(self, number: dict[str, object]) -> None:
        erp = ReadableRecord(None)
        answer = {"id": "guid", "Nbr": number, "Total": {"value": 1}}

        assert settled(readback(erp).check(self.SENT, answer, created=True)).absent
        assert erp.asked[0][0] == {"id": "guid"}

    def test_an_answer_that_does_not_show_the_number_proves_nothing(self) -> None:
        result = settled(
            readback(ReadableRecord(None)).check(self.SENT, {"id": "guid", "Total": {"value": 1}}, created=True)
        )

        assert not result.absent
        assert "no key" in result.trouble

    def test_an_id_that_is_not_found_proves_nothing_where_the_key_is_unknown(self) -> None:
        result = checked(self.SENT, self.ECHO, ReadableRecord(None), created=True, entity=KEYLESS)

        assert not result.absent
        assert result.trouble

    def test_one_that_can_be_seen_a_little_later_is_there(self) -> None:
        erp, pauses = ReadableRecord(None), list[float]()

        def appear(seconds: float) -> None:
            pauses.append(seconds)
            erp.record = with_ids(self.ECHO) if len(pauses) == 2 else None

        one = Readback(NUMBERED, SHAPES, erp.read, Verify.WARN, RULES)
        assert complete(one.check(self.SENT, with_ids(self.ECHO), created=True), appear) == ReadbackResult()
        assert pauses == [2.0, 4.0]

    def test_one_that_is_there_is_compared_as_it_is_there(self) -> None:
        erp = ReadableRecord(wrapped({"Nbr": "000123", "Total": 2}))

        assert paths(checked(self.SENT, self.ECHO, erp, created=True)) == ["Total"]

    def test_the_first_ones_are_read_back_and_then_one_in_a_hundred(self) -> None:
        erp = ReadableRecord(wrapped({"Nbr": "000123", "Total": 1}))
        one = readback(erp)
        read = []
        for at in range(1, 301):
            before = len(erp.asked)
            settled(one.check(self.SENT, self.ECHO, created=True))
            read += [at] * (len(erp.asked) - before)

        assert read == [1, 2, 3, 100, 200, 300]

    def test_all_are_read_back_where_differences_reject(self) -> None:
        assert [ReadbackSampler(Verify.REJECT).asks() for _ in range(50)] == [True] * 50
        assert not ReadbackSampler(Verify.OFF).asks()

    def test_nothing_is_asked_or_compared_when_it_is_off(self) -> None:
        erp = ReadableRecord(None)

        assert (
            checked(self.SENT, wrapped({"Nbr": "1", "Total": 9}), erp, created=True, verify=Verify.OFF)
            == ReadbackResult()
        )
        assert erp.asked == []


class TestOutcomes:
    WRITTEN = Written(kind=Kind.CREATED, key="000123")
    DIFFERING = ReadbackResult((Difference("Total", "1", "2"),))

    def test_a_record_that_is_not_there_is_rejected_in_any_case(self) -> None:
        for verify in (Verify.WARN, Verify.REJECT):
            outcome = outcome_of(ReadbackResult(absent=True), self.WRITTEN, verify)
            assert isinstance(outcome, Rejected)
            assert outcome.errors[0].text == ABSENT

    def test_differences_are_reported_with_a_written_record(self) -> None:
        outcome = outcome_of(self.DIFFERING, self.WRITTEN, Verify.WARN)

        assert outcome == Written(kind=Kind.CREATED, key="000123", differences=self.DIFFERING.differences)

    def test_differences_reject_where_the_user_wants_it_without_their_values(self) -> None:
        outcome = outcome_of(self.DIFFERING, self.WRITTEN, Verify.REJECT)

        assert isinstance(outcome, Rejected)
        assert outcome.key == "000123"
        assert [(one.path, one.text) for one in outcome.errors] == [("Total", OTHERWISE)]

    def test_what_could_not_be_seen_rejects_only_where_differences_do(self) -> None:
        unseen = ReadbackResult(trouble="could not be seen")

        assert outcome_of(unseen, self.WRITTEN, Verify.WARN) == self.WRITTEN
        assert isinstance(outcome_of(unseen, self.WRITTEN, Verify.REJECT), Rejected)

    def test_without_differences_it_is_written(self) -> None:
        assert outcome_of(ReadbackResult(), self.WRITTEN, Verify.REJECT) is self.WRITTEN


class TestErrorsInAnAnswerOf200:
    """The schema of a record has a place for an error in each value; that an answer is 200 says nothing of them."""

    SENT = wrapped({"Nbr": "1", "Total": 1})
    ANSWER: ClassVar = {"id": "i", "Nbr": {"value": "1"}, "Total": {"value": 1, "error": "The field is disabled."}}

    def test_are_reported_with_their_fields_though_the_value_is_shown_as_sent(self) -> None:
        erp = ReadableRecord(self.SENT)
        result = settled(readback(erp).check(self.SENT, self.ANSWER, created=False))

        assert (paths(result), len(erp.asked)) == (["Total"], 1)
        outcome = outcome_of(result, Written(kind=Kind.UPDATED, key="1"), Verify.REJECT)
        assert isinstance(outcome, Rejected)
        assert outcome.words() == "Total: The field is disabled."

    def test_of_the_whole_record_are_reported_too(self) -> None:
        answer = {**self.SENT, "error": "Updating the record raised at least one error."}
        result = settled(readback(ReadableRecord(self.SENT)).check(self.SENT, answer, created=False))

        assert paths(result) == ["the record"]

    def test_are_looked_behind_so_a_record_that_was_not_saved_is_rejected(self) -> None:
        sampled = readback(ReadableRecord(self.SENT))
        for _ in range(5):
            settled(sampled.check(self.SENT, self.SENT, created=True))
        sampled._read = ReadableRecord(None).read  # type: ignore[method-assign]

        assert settled(sampled.check(self.SENT, self.ANSWER, created=True)).absent


def test_an_answer_with_no_number_yet_is_never_taken_for_saved() -> None:
    sent, answer = wrapped({"Total": 1}), {"id": "guid", **wrapped({"Nbr": " <NEW>", "Total": 1})}
    erp = ReadableRecord(wrapped({"Nbr": "000123", "Total": 1}))
    sampled = readback(erp)
    for _ in range(5):
        assert settled(sampled.check(sent, answer, created=True)) == ReadbackResult()
    assert [key for key, _ in erp.asked] == [{"id": "guid"}] * 5


def test_an_archived_record_is_looked_for_as_one() -> None:
    """Without the header that asks for it (guide), a record that was found and changed would not be there."""
    erp = ReadableRecord(wrapped({"Nbr": "1", "Total": 1}))
    checked(wrapped({"Nbr": "1", "Total": 1}), wrapped({"Nbr": "1"}), erp)
    assert [query.archived for _, query in erp.asked] == [True]
