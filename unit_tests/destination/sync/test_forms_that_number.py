"""What a form does with the numbers of every record ends the sync at the first: each further record would do harm."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from acumatica_client.errors import SettingsError
from connector_runtime.signals import Interruption
from destination_acumatica.completion.readback import Verify
from destination_acumatica.config.configured_catalog import read_catalog
from destination_acumatica.config.reject_settings import Limits
from destination_acumatica.config.settings import StreamSettings
from destination_acumatica.plan.write_plan import plan_writes
from destination_acumatica.sync.outcome_handler import SyncFailed
from destination_acumatica.sync.sync import Sync, SyncOptions
from destination_acumatica.write.stream_writer import stream_writers
from unit_tests.destination.builders import Erp, catalog, encode, endpoint_schema, record, state, stream
from unit_tests.destination.faulty_answers import FakeTime, KeptRejects

SKIPPING, STRICT = Limits("skip", in_a_row=0), Limits()


@dataclass
class Unnumbering(Erp):
    """Saves documents without a number under the key `<NEW>`, as a form without automatic numbering does."""

    def _save(self, entity: str, sent: dict[str, object], insert_only: bool) -> bytes:
        answer = json.loads(super()._save(entity, sent, insert_only))
        row = self.rows[entity][-1]
        if not isinstance(sent.get("OrderNbr"), dict):
            row["OrderNbr"] = answer["OrderNbr"] = {"value": "<NEW>"}
        return encode({"id": row["id"], **answer})


def syncing(erp: Erp, mode: str, limits: Limits, kept: KeptRejects | None = None, **settings: object) -> Sync:
    streams = read_catalog(catalog(stream("orders", mode, key=("OrderType", "OrderNbr"))))
    plans = plan_writes(streams, endpoint_schema(), {"orders": StreamSettings("orders", "SalesOrder", **settings)})
    options = SyncOptions(limits=limits, **FakeTime().options())
    writers = stream_writers(plans, erp, pause=lambda seconds: None)
    return Sync(writers, options=options, interruption=Interruption(), rejects=kept)


def orders(**columns: object) -> list[bytes]:
    return [record("orders", OrderType="SO", CustomerID=f"C{n}", **columns) for n in range(50)] + [state("orders", 1)]


def failure(sync: Sync, lines: list[bytes]) -> SettingsError:
    with pytest.raises(SyncFailed) as failed:
        assert list(sync.states(lines)) == []
    assert isinstance(failed.value.error, SettingsError)
    return failed.value.error


@pytest.mark.parametrize("limits", [SKIPPING, STRICT])
@pytest.mark.parametrize("verify", Verify)
@pytest.mark.parametrize("settings", [{}, {"reference": "ExternalRef"}])
def test_a_form_that_saves_under_the_key_new_ends_the_sync_at_its_first_record(
    settings: dict[str, object], verify: Verify, limits: Limits
) -> None:
    erp, kept = Unnumbering(), KeptRejects()
    sync = syncing(erp, "append", limits, kept, verify=verify, **settings)
    error = failure(sync, orders(ExternalRef="W"))
    assert "<NEW>" in error.message
    assert len(erp.rows["SalesOrder"]) == 1
    assert "Give each record its OrderNbr" in error.sentence()
    if limits is SKIPPING:
        assert json.loads(kept.safe[0])["rejected"]["key"] == "<NEW>"


@pytest.mark.parametrize("verify", Verify)
def test_a_form_that_numbers_and_shows_new_in_its_answer_only_is_no_such_form(verify: Verify) -> None:
    class ShowingNew(Erp):
        def _save(self, entity: str, sent: dict[str, object], insert_only: bool) -> bytes:
            answer = json.loads(super()._save(entity, sent, insert_only))
            return encode({**answer, "id": self.rows[entity][-1]["id"], "OrderNbr": {"value": "<NEW>"}})

    erp = ShowingNew()
    assert len(list(syncing(erp, "append", STRICT, verify=verify).states(orders()))) == 1
    assert len(erp.rows["SalesOrder"]) == 50


@pytest.mark.parametrize("limits", [SKIPPING, STRICT])
def test_an_upsert_into_a_form_that_numbers_by_itself_ends_at_its_first_record(limits: Limits) -> None:
    erp, kept = Erp(renumbers=True), KeptRejects()
    lines = [record("orders", OrderType="SO", OrderNbr=f"W{n}") for n in range(50)] + [state("orders", 1)]
    error = failure(syncing(erp, "append_dedup", limits, kept), lines)
    assert "added the record as 000001 instead of W0" in error.message
    assert len(erp.rows["SalesOrder"]) == 1
    assert "Use append without the field OrderNbr" in error.sentence()
    if limits is SKIPPING:
        assert json.loads(kept.safe[0])["rejected"]["key"] == "SO 000001"
