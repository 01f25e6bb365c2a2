"""What happens to a record, mode by mode: inserted, updated, deleted, put out of use, left alone."""

from __future__ import annotations

import pytest

from acumatica_client import errors
from destination_acumatica.config.configured_catalog import read_catalog
from destination_acumatica.config.modes import Mode
from destination_acumatica.config.stream_settings import SoftDelete, StreamSettings
from destination_acumatica.erp.outcome import Failed, Kind, Outcome, Skipped
from destination_acumatica.plan.write_plan import plan_writes
from unit_tests.destination.builders import Call, Erp, catalog, endpoint_schema, stream
from unit_tests.destination.write.test_record_writer import kind, once, words, writes

DELETED = {"_ab_cdc_deleted_at": "2026-01-01T00:00:00Z"}
CLOSED = SoftDelete("Active", "false")
ORDER = {"OrderType": "SO", "OrderNbr": "1"}


def reason(outcome: Outcome) -> str:
    assert isinstance(outcome, Skipped), outcome
    return outcome.reason


def with_customer(**switches: object) -> Erp:
    erp = Erp(**switches)
    writes(erp, "Customer", "append_dedup")(CustomerID="C1", CustomerName="Theirs", Active=True)
    erp.calls.clear()
    return erp


# --- which mode


@pytest.mark.parametrize(
    ("sync_mode", "settings", "mode"),
    [
        ("append", {}, Mode.INSERT),
        ("append_dedup", {}, Mode.UPSERT),
        ("update", {}, Mode.UPDATE),
        ("soft_delete", {"soft_delete": CLOSED}, Mode.SOFT_DELETE),
        ("append", {"mode": Mode.UPDATE}, Mode.UPDATE),
        ("append_dedup", {"mode": Mode.DELETE}, Mode.DELETE),
        ("append", {"existing": "update"}, Mode.UPSERT),
        ("update", {"missing": "insert"}, Mode.UPSERT),
    ],
)
def test_the_mode_is_that_of_the_sync_unless_the_settings_name_another(
    sync_mode: str, settings: dict[str, object], mode: Mode
) -> None:
    configured = read_catalog(catalog(stream("Customer", sync_mode, key=("CustomerID",), columns=("CustomerID",))))
    chosen = {"Customer": StreamSettings("Customer", "Customer", **settings)}
    (plan,) = plan_writes(configured, endpoint_schema(), chosen).values()
    assert plan.mode is mode


@pytest.mark.parametrize("sync_mode", ["overwrite", "overwrite_dedup"])
@pytest.mark.parametrize("mode", [None, Mode.DELETE, Mode.UPSERT])
def test_no_setting_makes_overwriting_welcome(sync_mode: str, mode: Mode | None) -> None:
    with pytest.raises(errors.SettingsError, match="would delete what is in the ERP"):
        writes(Erp(), "Customer", sync_mode, mode=mode)


# --- insert


def test_an_insert_may_ignore_what_exists() -> None:
    erp = with_customer()
    write = writes(erp, "Customer", "append", existing="ignore")
    assert "the record exists already" in reason(write(CustomerID="C1", CustomerName="Ours"))
    assert kind(write(CustomerID="C2", CustomerName="Ours")) is Kind.CREATED
    assert erp.saved("Customer", "CustomerName") == ["Theirs", "Ours"]


def test_an_insert_may_update_what_exists() -> None:
    erp = with_customer()
    assert (
        kind(writes(erp, "Customer", "append", existing="update")(CustomerID="C1", CustomerName="Ours")) is Kind.UPDATED
    )


# --- update


@pytest.mark.parametrize("patches", [False, True])
def test_an_update_changes_what_exists_and_inserts_nothing(patches: bool) -> None:
    erp = with_customer(patches=patches)
    write = writes(erp, "Customer", "update")
    assert kind(write(CustomerID="C1", CustomerName="Ours")) is Kind.UPDATED
    assert "there is no such record, and the stream only updates" in words(write(CustomerID="C2", CustomerName="Ours"))
    assert kind(write(CustomerID="C1", CustomerName="Ours")) is Kind.UNCHANGED
    assert erp.saved("Customer", "CustomerName") == ["Ours"]
    changes = [(call.method, call.headers) for call in erp.calls if call.method != "GET"]
    assert changes == [("PATCH", {}) if patches else ("PUT", {"If-Match": "*"})]


def test_an_update_may_ignore_what_is_missing() -> None:
    erp = with_customer()
    assert "there is no such record" in reason(writes(erp, "Customer", "update", missing="ignore")(CustomerID="C2"))


@pytest.mark.parametrize("patches", [False, True])
def test_a_record_that_goes_between_the_look_and_the_write_is_missing(patches: bool) -> None:
    erp = with_customer(patches=patches)
    fetch = erp.fetch_one

    def and_gone(entity: str, keys: object, query: object) -> bytes:
        answer = fetch(entity, keys, query)
        erp.rows["Customer"].clear()
        return answer

    erp.fetch_one = and_gone
    assert "there is no such record" in words(writes(erp, "Customer", "update")(CustomerID="C1", CustomerName="Ours"))


# --- delete


def test_a_deletion_is_done_by_key_and_what_is_gone_is_left_alone() -> None:
    erp = with_customer()
    write = writes(erp, "Customer", "append_dedup", mode=Mode.DELETE)
    assert kind(write(CustomerID="C1", CustomerName="whatever")) is Kind.DELETED
    assert erp.rows["Customer"] == []
    assert "there is no such record, and the stream only deletes" in reason(write(CustomerID="C1"))
    assert erp.puts() == []


def test_a_deletion_of_what_is_missing_may_be_rejected() -> None:
    write = writes(Erp(), "Customer", "append_dedup", mode=Mode.DELETE, missing="reject")
    assert "there is no such record" in words(write(CustomerID="C1"))


def test_a_record_whose_key_has_a_slash_is_deleted_by_its_id() -> None:
    erp = Erp()
    writes(erp, "Customer", "append")(CustomerID="A/B")
    assert kind(writes(erp, "Customer", "append_dedup", mode=Mode.DELETE)(CustomerID="A/B")) is Kind.DELETED
    assert erp.calls[-1].body == {"keys": ["id-Customer-0"]}


def test_a_deletion_whose_answer_was_lost_is_done() -> None:
    """The client repeats it, and the repetition finds nothing to delete."""
    erp = with_customer()
    delete = erp.delete

    def twice(entity: str, keys: object, **options: object) -> None:
        delete(entity, keys)
        delete(entity, keys)

    erp.delete = twice
    assert kind(writes(erp, "Customer", "append_dedup", mode=Mode.DELETE)(CustomerID="C1")) is Kind.DELETED


def test_a_deletion_that_acumatica_refuses_keeps_its_words() -> None:
    erp = with_customer()
    refusal = errors.ServerFault("Customer has orders.", status=500, exception_type="PX.Data.PXException")
    erp.before = once(refusal)
    assert words(writes(erp, "Customer", "append_dedup", mode=Mode.DELETE)(CustomerID="C1")) == "Customer has orders."


def test_a_deletion_without_a_key_deletes_nothing() -> None:
    erp = with_customer()
    assert "is empty" in words(writes(erp, "Customer", "append_dedup", mode=Mode.DELETE)(CustomerName="Theirs"))
    assert erp.calls == []


# --- soft delete


def test_a_soft_delete_sets_a_field_and_nothing_else() -> None:
    erp = with_customer()
    write = writes(erp, "Customer", "soft_delete", soft_delete=CLOSED)
    assert kind(write(CustomerID="C1", CustomerName="Ours")) is Kind.UPDATED
    assert (erp.saved("Customer", "Active"), erp.saved("Customer", "CustomerName")) == ([False], ["Theirs"])
    sent = len(erp.puts())
    assert kind(write(CustomerID="C1", CustomerName="Ours")) is Kind.UNCHANGED
    assert len(erp.puts()) == sent
    assert "there is no such record" in words(write(CustomerID="C2"))


@pytest.mark.parametrize("mode", ["soft_delete", "append_dedup"])
def test_a_soft_delete_by_an_action_runs_it_once_however_often_the_deletion_comes(mode: str) -> None:
    erp = Erp()

    def cancel(call: Call) -> None:
        erp.rows["SalesOrder"][0]["CustomerID"] = {"value": "Canceled"}

    erp.acting = cancel
    writes(erp, "SalesOrder", "append")(**ORDER, CustomerID="C1")
    soft = SoftDelete("CustomerID", "Canceled", "CancelSalesOrder")
    write = writes(erp, "SalesOrder", mode, soft_delete=soft, deletions="soft_delete")
    deleted = {**ORDER, "_ab_cdc_deleted_at": "2026-01-01"}
    assert [kind(write(**deleted)) for _ in range(3)] == [Kind.ACTIONED, Kind.UNCHANGED, Kind.UNCHANGED]
    (invoked,) = [call.body for call in erp.calls if call.method == "POST"]
    assert invoked == {"action": "CancelSalesOrder", "record": ORDER, "parameters": {}}


def test_an_action_is_not_repeated_where_a_field_says_that_it_was_carried_out() -> None:
    erp = Erp()
    writes(erp, "SalesOrder", "append")(**ORDER, CustomerID="Canceled")
    soft = SoftDelete("CustomerID", "Canceled", "CancelSalesOrder")
    assert kind(writes(erp, "SalesOrder", "soft_delete", soft_delete=soft)(**ORDER)) is Kind.UNCHANGED
    assert "POST" not in [call.method for call in erp.calls]


def test_a_refused_soft_delete_does_not_claim_that_something_was_written() -> None:
    erp = Erp()

    def refuse(call: Call) -> None:
        raise errors.ServerFault("It is closed.", status=500)

    erp.acting = refuse
    writes(erp, "SalesOrder", "append")(**ORDER, CustomerID="C1")
    soft = SoftDelete("CustomerID", "Canceled", "CancelSalesOrder")
    outcome = words(writes(erp, "SalesOrder", "soft_delete", soft_delete=soft)(**ORDER))
    assert outcome == "CancelSalesOrder: this action failed: It is closed"


@pytest.mark.parametrize(
    ("soft", "words"),
    [
        (SoftDelete(), "a soft delete needs a field with the value to set, or an action"),
        (SoftDelete("Activ", "false"), "Customer has no field Activ that a soft delete can set (did you mean Active?)"),
        (SoftDelete("CustomerID", "x"), "Customer has no field CustomerID that a soft delete can set"),
        (SoftDelete("Active", "off"), "Active takes true or false, not 'off'"),
        (SoftDelete(action="Close"), "Customer has no action Close"),
        (SoftDelete(action="Close"), "would run again whenever the deletion comes again: name a field"),
        (SoftDelete("Active", action="Close"), "would run again whenever the deletion comes again"),
    ],
)
def test_a_soft_delete_that_cannot_work_is_refused(soft: SoftDelete, words: str) -> None:
    for settings in ({"mode": Mode.SOFT_DELETE}, {"deletions": "soft_delete"}):
        with pytest.raises(errors.SettingsError) as caught:
            writes(Erp(), "Customer", "append_dedup", soft_delete=soft, **settings)
        assert words in str(caught.value)


def test_what_is_missing_cannot_be_inserted_to_be_deleted() -> None:
    with pytest.raises(errors.SettingsError, match="the mode delete cannot insert what is missing"):
        writes(Erp(), "Customer", "append_dedup", mode=Mode.DELETE, missing="insert")


# --- records that the source deleted


@pytest.mark.parametrize("mode", ["append", "append_dedup", "update"])
def test_a_record_deleted_in_the_source_stays_unless_the_settings_name_another_way(mode: str) -> None:
    erp = with_customer()
    assert "nothing in the ERP is deleted" in words(writes(erp, "Customer", mode)(CustomerID="C1", **DELETED))
    assert "leave such records alone" in reason(
        writes(erp, "Customer", mode, deletions="ignore")(CustomerID="C1", **DELETED)
    )
    assert erp.calls == []


def test_a_record_deleted_in_the_source_may_be_deleted_or_put_out_of_use() -> None:
    erp = with_customer()
    write = writes(erp, "Customer", "append_dedup", deletions="soft_delete", soft_delete=CLOSED)
    assert kind(write(CustomerID="C1", **DELETED)) is Kind.UPDATED
    assert erp.saved("Customer", "Active") == [False]
    write = writes(erp, "Customer", "append_dedup", deletions="delete")
    assert kind(write(CustomerID="C1", CustomerName="Ours")) is Kind.UPDATED
    assert kind(write(CustomerID="C1", **DELETED)) is Kind.DELETED
    assert erp.rows["Customer"] == []


@pytest.mark.parametrize("deletions", ["delete", "soft_delete"])
def test_a_record_deleted_in_the_source_that_is_not_there_either_is_as_it_should_be(deletions: str) -> None:
    write = writes(Erp(), "Customer", "append_dedup", deletions=deletions, soft_delete=CLOSED)
    assert reason(write(CustomerID="C1", **DELETED)) == "the source deleted the record, and it is not in the ERP"


def test_trouble_on_the_way_ends_the_sync_in_every_mode() -> None:
    for settings in ({"mode": Mode.DELETE}, {"mode": Mode.UPDATE}, {"mode": Mode.SOFT_DELETE, "soft_delete": CLOSED}):
        erp = with_customer()
        erp.before = once(errors.Unreachable("lost", sent=True))
        outcome = writes(erp, "Customer", "append_dedup", **settings)(CustomerID="C1", CustomerName="Ours")
        assert isinstance(outcome, Failed)
