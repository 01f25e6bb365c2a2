"""A dry run: everything but the writing, and nothing that a platform could take for written."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import pytest

from acumatica_client.errors import PreconditionFailed
from destination_acumatica.erp.dry_run import DryRunEndpoint
from destination_acumatica.erp.endpoint import Endpoint
from unit_tests.destination.builders import CUSTOMERS, Erp, encode, record, run_write, state, stream

READS = {"schema", "fetch_one", "fetch_list", "close"}
INSERT, UPDATE = {"If-None-Match": "*"}, {"If-Match": "*"}


def erp_with(*keys: str) -> Erp:
    erp = Erp()
    for key in keys:
        erp.put("Customer", encode({"CustomerID": {"value": key}}), repeatable=True)
    erp.calls.clear()
    return erp


def customer(key: str) -> bytes:
    return encode({"CustomerID": {"value": key}, "CustomerName": {"value": "Ann"}})


@pytest.mark.parametrize(("key", "headers"), [("C1", {}), ("C1", UPDATE), ("NEW", {}), ("NEW", INSERT)])
def test_a_put_is_answered_with_what_was_sent_and_saved_nowhere(key: str, headers: dict[str, str]) -> None:
    erp = erp_with("C1")
    assert DryRunEndpoint(erp).put("Customer", customer(key), headers=headers, repeatable=True) == customer(key)
    assert erp.puts() == []


@pytest.mark.parametrize(("key", "headers"), [("C1", INSERT), ("NEW", UPDATE)])
def test_a_condition_that_does_not_hold_is_refused_as_by_the_real_one(key: str, headers: dict[str, str]) -> None:
    with pytest.raises(PreconditionFailed):
        DryRunEndpoint(erp_with("C1")).put("Customer", customer(key), headers=headers, repeatable=True)


def test_a_record_without_a_key_is_new() -> None:
    body = encode({"CustomerName": {"value": "Ann"}})
    assert DryRunEndpoint(erp_with("C1")).put("Customer", body, headers=INSERT, repeatable=False) == body


def test_whatever_an_endpoint_can_do_to_records_is_harmless_in_a_dry_run() -> None:
    """Nothing may reach the real one by being new."""
    names = {name for name, _ in inspect.getmembers(Endpoint, inspect.isfunction) if not name.startswith("_")}
    assert names - READS
    assert names <= set(vars(DryRunEndpoint))


def test_a_dry_run_gives_no_state_and_ends_with_its_result(tmp_path: Path) -> None:
    erp = erp_with("C1")
    lines = [
        record("Customer", CustomerID="C1", CustomerName="Ann"),
        record("Customer", CustomerID="", CustomerName="Ann"),
        state("Customer", 1),
    ]
    result = run_write(tmp_path, lines, CUSTOMERS, erp=erp, dry_run=True)
    assert (result.code, result.state_ids, erp.puts()) == (1, [], [])
    assert result.error["failure_type"] == "config_error"
    assert str(result.error["message"]).startswith(
        "This was a dry run: nothing was written. Stream Customer: 1 would be updated, 1 would be rejected."
    )
    assert any("CustomerID: is empty" in words for words in result.logs("WARN"))


def test_a_dry_run_shows_every_rejection_whatever_the_limits(tmp_path: Path) -> None:
    lines = [record("Customer", CustomerID="", CustomerName=str(n)) for n in range(60)]
    folder = {"storage_type": "Local", "folder": str(tmp_path / "rejects")}
    result = run_write(tmp_path, lines, CUSTOMERS, erp=Erp(), dry_run=True, object_storage_config=folder)
    assert "60 would be rejected" in str(result.error["message"])
    (found,) = (tmp_path / "rejects").rglob("*.jsonl")
    kept = [json.loads(line)["rejected"] for line in found.read_bytes().splitlines()]
    assert (len(kept), {one["dry_run"] for one in kept}) == (60, {True})


def test_what_is_wrong_with_the_connection_is_reported_as_in_a_real_run(tmp_path: Path) -> None:
    result = run_write(tmp_path, [], stream("Custmer", "append"), erp=Erp(), dry_run=True)
    assert "has no entity Custmer" in str(result.error["message"])


def test_a_dry_run_of_nothing_says_so(tmp_path: Path) -> None:
    result = run_write(tmp_path, [state("Customer", 1)], CUSTOMERS, erp=Erp(), dry_run=True)
    assert (result.code, result.state_ids) == (1, [])
    assert "nothing was written. No records came." in str(result.error["message"])
