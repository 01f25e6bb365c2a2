"""Documents with very many lines: cut in order, sent once each, and honest about how far they came."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acumatica_client.errors import FieldError, Rejected, Unreachable
from destination_acumatica.reconcile.batching import Batch, BatchFailed, send_batches, split_batches

LOST = Unreachable("The connection broke.", sent=True)


def document(lines: int, **more: object) -> dict[str, object]:
    return {"Nbr": {"value": "<NEW>"}, "Details": [{"Line": {"value": at}} for at in range(lines)], **more}


def lengths(parts: list[Batch], name: str = "Details") -> list[int]:
    return [len(part.body.get(name, ())) for part in parts]


def test_a_document_of_usual_length_is_one_request() -> None:
    whole = document(500)

    assert split_batches(whole) == [Batch(whole, {"Details": 0}, 0, 500, True)]


def test_a_document_without_lines_is_one_request() -> None:
    assert [part.body for part in split_batches({"Nbr": {"value": "1"}})] == [{"Nbr": {"value": "1"}}]


def test_a_long_one_is_cut_in_order_and_only_the_first_has_the_head() -> None:
    parts = split_batches(document(1234))

    assert lengths(parts) == [500, 500, 234]
    assert [sorted(part.body) for part in parts] == [["Details", "Nbr"], ["Details"], ["Details"]]
    assert [(part.before, part.total, part.first, part.last) for part in parts] == [
        (0, 1234, True, False),
        (500, 1234, False, False),
        (1000, 1234, False, True),
    ]


def test_rows_inside_rows_count_and_stay_with_their_row() -> None:
    rows = [{"Parts": [{}, {}]} for _ in range(3)]

    assert lengths(split_batches({"Details": rows}, size=6)) == [2, 1]
    assert lengths(split_batches({"Details": [{"Parts": [{}] * 9}, {}]}, size=6)) == [1, 1]


def test_several_details_share_a_batch() -> None:
    parts = split_batches({"Details": [{}] * 3, "Taxes": [{}] * 3}, size=4)

    assert (lengths(parts), lengths(parts, "Taxes")) == ([3, 0], [1, 2])


@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 12))
def test_nothing_is_lost_doubled_or_moved(details: int, taxes: int, size: int) -> None:
    payload = {"A": {"value": 1}, "Details": list(range(details)), "Taxes": list(range(100, 100 + taxes))}
    parts = split_batches(payload, size=size)

    for name in ("Details", "Taxes"):
        assert [row for part in parts for row in part.body.get(name, ())] == payload[name]
    assert all(sum(len(rows) for rows in part.body.values() if isinstance(rows, list)) <= size for part in parts)
    assert [part.last for part in parts] == [False] * (len(parts) - 1) + [True]


def test_an_error_about_a_row_is_placed_in_the_whole_document() -> None:
    second = split_batches(document(1000))[1]

    assert second.placed(FieldError("Details[3].Item", "wrong")) == FieldError("Details[503].Item", "wrong")
    assert second.placed(FieldError("Details[3]", "wrong")) == FieldError("Details[503]", "wrong")
    assert second.placed(FieldError("Total", "wrong")) == FieldError("Total", "wrong")
    assert second.placed(FieldError("Other[1]", "wrong")) == FieldError("Other[1]", "wrong")


class Connection:
    """Takes what is sent; the answer to the first names the record."""

    def __init__(self, fails_at: int = 99) -> None:
        self.bodies: list[Mapping[str, object]] = []
        self._fails_at = fails_at

    def send(self, batch: Batch, body: Mapping[str, object]) -> bytes:
        self.bodies.append(body)
        if len(self.bodies) == self._fails_at:
            raise LOST
        return b"answer %d" % len(self.bodies)

    def run(self, payload: Mapping[str, object]) -> bytes:
        return send_batches(split_batches(payload), self.send, lambda answer: {"Nbr": {"value": f"000123 {answer!r}"}})


def test_the_batches_after_the_first_go_to_the_record_that_the_first_made() -> None:
    connection = Connection()

    assert connection.run(document(1100)) == b"answer 3"
    assert [body["Nbr"]["value"] for body in connection.bodies] == ["<NEW>", "000123 b'answer 1'", "000123 b'answer 1'"]


def test_a_batch_that_breaks_off_ends_the_document_and_says_how_far_it_came() -> None:
    connection = Connection(fails_at=2)
    with pytest.raises(BatchFailed) as caught:
        connection.run(document(1100))

    assert len(connection.bodies) == 2
    assert caught.value.error is LOST
    words = [str(error) for error in caught.value.field_errors()]
    assert words[0] == "The connection broke."
    assert words[1].startswith("the document has its first 500 of 1100 lines in Acumatica")


def test_what_acumatica_says_of_a_row_is_reported_by_its_place_in_the_document() -> None:
    refusal = Rejected("no")
    refusal.errors = (FieldError("Details[2].Item", "'Item' cannot be found in the system."),)
    reported = BatchFailed(split_batches(document(1000))[1], refusal).field_errors()

    assert reported[0] == FieldError("Details[502].Item", "'Item' cannot be found in the system.")
    assert len(reported) == 2


def test_trouble_with_the_first_batch_is_that_of_any_document() -> None:
    with pytest.raises(Unreachable):
        Connection(fails_at=1).run(document(1100))
