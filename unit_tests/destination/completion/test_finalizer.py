"""Behind a write: read-back, files, actions, in this order, and one outcome."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import pytest

from acumatica_client.errors import AcumaticaError, ServerFault, SessionLost
from acumatica_client.rest.query import Query
from acumatica_client.schema.model import EntitySchema
from destination_acumatica.completion.actions import ActionRunner
from destination_acumatica.completion.attachments import Attacher
from destination_acumatica.completion.finalizer import Finalizer
from destination_acumatica.completion.readback import Readback
from destination_acumatica.config.stream_settings import ActionSetting, FileSetting, LineRules, Verify, When
from destination_acumatica.erp.outcome import Failed, Kind, Outcome, Rejected, Written
from destination_acumatica.erp.waits import complete
from destination_acumatica.fields.comparison import Difference
from unit_tests.destination.reconcile.test_update_diff import ORDER, SHAPES, wrapped

ENTITY = EntitySchema(ORDER, actions=("Release",), keys=("Nbr",))
RELEASE = ActionSetting("Release", When.FIELD_IS, "Total", ("1",))
CREATED, UPDATED = Written(kind=Kind.CREATED, key="1"), Written(kind=Kind.UPDATED, key="1")
UNCHANGED = Written(kind=Kind.UNCHANGED, key="1")
SENT = wrapped({"Nbr": "1", "Total": 1})


class RecordWithDiary:
    """One record, and a diary of what was done to it."""

    def __init__(self, **trouble: AcumaticaError) -> None:
        self.diary: list[str] = []
        self.record: dict[str, object] | None = {"id": "guid", **wrapped({"Nbr": "1", "Total": 1}), "files": []}
        self._trouble = trouble

    def read(self, key: Mapping[str, str], query: Query) -> Mapping[str, object] | None:
        assert key in ({"Nbr": "1"}, {"id": "guid"})
        return self.record

    def invoke(self, *_: object) -> None:
        self._do("action")
        assert self.record is not None
        self.record["Total"] = {"value": 2}

    def upload(self, *_: object, name: str, comment: str, content: bytes) -> None:
        self._do("file")
        assert self.record is not None
        self.record["files"] = [{"filename": name, "comment": comment, "href": "/f"}]

    def download(self, href: str) -> bytes:
        raise AssertionError(href)

    def _do(self, what: str) -> None:
        if what in self._trouble:
            raise self._trouble[what]
        self.diary.append(what)

    def finish(
        self,
        written: Written,
        *,
        answer: Mapping[str, object] | None = None,
        sent: Mapping[str, object] = SENT,
        verify: Verify = Verify.WARN,
        findable: bool = True,
        bare: bool = False,
        action: ActionSetting = RELEASE,
    ) -> Outcome:
        files, actions = ((), ()) if bare else ((FileSetting("scan", name="s.pdf"),), (action,))
        finalizer = Finalizer(
            Readback(ENTITY, SHAPES, self.read, verify, LineRules()),
            Attacher(ENTITY, files, self, self.read, lambda url: b""),
            ActionRunner(ENTITY, actions, self.invoke, self.read),
        )
        shown = SENT if answer is None else answer
        work = finalizer.finish(written, sent, shown, {"scan": msgspec.Raw(b'"YWJj"')}, findable=findable)
        return complete(work, lambda seconds: None)


def test_files_come_before_actions_and_the_record_is_what_it_was() -> None:
    erp = RecordWithDiary()

    assert erp.finish(CREATED) == CREATED
    assert erp.diary == ["file", "action"]


def test_a_second_time_nothing_is_done() -> None:
    erp = RecordWithDiary()
    erp.finish(CREATED)

    assert erp.finish(UNCHANGED, sent={}, answer=erp.record) == UNCHANGED
    assert erp.diary == ["file", "action"]


def test_an_unchanged_record_that_something_was_done_with_says_so() -> None:
    outcome = RecordWithDiary().finish(UNCHANGED, sent={})

    assert isinstance(outcome, Written)
    assert outcome.kind is Kind.ACTIONED


def test_differences_are_reported_and_hold_nothing_up() -> None:
    erp = RecordWithDiary()
    outcome = erp.finish(UPDATED, answer=wrapped({"Nbr": "1", "Total": 9}))

    assert isinstance(outcome, Written)
    assert outcome.differences == (Difference("Total", "1", "9"),)
    assert erp.diary == ["file", "action"]


def test_a_record_with_differences_gets_no_action_where_they_reject() -> None:
    erp = RecordWithDiary()
    outcome = erp.finish(UPDATED, answer=wrapped({"Nbr": "1", "Total": 9}), verify=Verify.REJECT)

    assert isinstance(outcome, Rejected)
    assert erp.diary == []


def test_a_record_that_is_not_there_gets_neither_files_nor_actions() -> None:
    erp = RecordWithDiary()
    erp.record = None
    outcome = erp.finish(CREATED)

    assert isinstance(outcome, Rejected)
    assert "is not there" in outcome.words()
    assert erp.diary == []


def test_a_file_that_fails_keeps_the_actions_back() -> None:
    erp = RecordWithDiary(file=ServerFault("not allowed"))
    outcome = erp.finish(CREATED)

    assert isinstance(outcome, Rejected)
    assert (outcome.key, erp.diary) == ("1", [])


def test_an_action_that_fails_is_reported_with_its_record() -> None:
    outcome = RecordWithDiary(action=ServerFault("out of balance")).finish(CREATED)

    assert isinstance(outcome, Rejected)
    assert outcome.key == "1"
    assert "Release: the record was written, and this action failed: out of balance" in outcome.words()


@pytest.mark.parametrize("where", ["file", "action"])
def test_trouble_on_the_way_ends_the_sync_where_the_next_one_finds_the_record(where: str) -> None:
    outcome = RecordWithDiary(**{where: SessionLost("gone")}).finish(CREATED)

    assert isinstance(outcome, Failed)


@pytest.mark.parametrize("where", ["file", "action"])
def test_trouble_on_the_way_rejects_a_record_that_the_next_sync_would_make_twice(where: str) -> None:
    outcome = RecordWithDiary(**{where: SessionLost("gone")}).finish(CREATED, findable=False)

    assert isinstance(outcome, Rejected)
    assert "its files and actions were left: gone" in outcome.words()


def test_trouble_with_a_file_rejects_a_record_whose_actions_the_next_sync_would_leave_out() -> None:
    """It finds the record unchanged, and some actions belong to a change."""
    erp = RecordWithDiary(file=SessionLost("gone"))
    behind_changes = ActionSetting("Release", When.CHANGED)

    outcome = erp.finish(CREATED, action=behind_changes)
    assert isinstance(outcome, Rejected)
    assert "its files and actions were left: gone" in outcome.words()
    assert isinstance(erp.finish(UNCHANGED, sent={}, answer=SENT, action=behind_changes), Failed)


def test_a_record_that_nothing_names_is_reported() -> None:
    outcome = RecordWithDiary().finish(UPDATED, answer={"Total": {"value": 1}})

    assert isinstance(outcome, Rejected)
    assert "does not say which record" in outcome.words()


def test_without_files_and_actions_the_read_back_is_all() -> None:
    assert RecordWithDiary().finish(UPDATED, answer=SENT, bare=True) == UPDATED
