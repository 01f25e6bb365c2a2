"""Source piped into destination by an emulation of the platform, with kills and resumes in the middle."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from acumatica_emulator import Emulator
from integration_tests.images.containers import SOURCE, Container
from integration_tests.images.platform import Platform, Replication
from integration_tests.processes import await_true

pytestmark = pytest.mark.image_tests
STREAMS = ("StockItem", "Customer")


@pytest.fixture
def platform(form: dict, job: Path) -> Platform:
    """Stock items and customers from the full tenant into the empty one."""
    discover = Container(SOURCE, job / "discover", {"config.json": form})
    (catalog,) = [m["catalog"] for m in discover.run("discover", "--config", "config.json") if m["type"] == "CATALOG"]
    offered = {stream["name"]: stream for stream in catalog["streams"]}
    return Platform(job, form, {**form, "company": "Branch"}, {"streams": [_configured(offered[n]) for n in STREAMS]})


def _configured(stream: dict) -> dict:
    """As the platform configures it; columns that belong to one tenant, such as files, are left out."""
    left = ("files", "custom")
    properties = {n: s for n, s in stream["json_schema"]["properties"].items() if n not in left}
    return {
        "stream": {**stream, "json_schema": {**stream["json_schema"], "properties": properties}},
        "sync_mode": "incremental",
        "destination_sync_mode": "append_dedup",
        "primary_key": stream["source_defined_primary_key"],
        "generation_id": 0,
        "minimum_generation_id": 0,
        "sync_id": 1,
    }


def keys(instance: Emulator, tenant: str) -> dict[str, set[str]]:
    names = {"StockItem": "InventoryID", "Customer": "CustomerID"}
    return {e: {row[name] for row in instance.records(e, tenant)} for e, name in names.items()}


def test_everything_arrives_and_the_counts_of_both_sides_agree(platform: Platform, instance: Emulator) -> None:
    attempt = platform.attempt()
    assert (attempt.source_code, attempt.destination_code, attempt.errors) == (0, 0, [])
    assert attempt.states_saved == attempt.states_sent > 0
    assert attempt.accepted == sum(attempt.records.values())
    assert keys(instance, "Branch") == keys(instance, "Company")
    assert instance.sessions_open == 0


def in_the_middle(instance: Emulator, victim: str) -> Callable[[], bool]:
    """True when the victim is busy: the source waits for a slow answer, the destination has written some records."""
    began = len(instance.calls)
    if victim == "source":
        instance.faults.add("slow", method="GET", entity="Customer", nth=4, seconds=20)

    def holds() -> bool:
        calls = instance.calls[began:]
        lists = sum(call.method == "GET" and "/Customer" in call.path for call in calls)
        return lists >= 3 if victim == "source" else sum(call.method == "PUT" for call in calls) > 20

    return holds


@pytest.mark.parametrize("victim", ["source", "destination"])
def test_a_sync_killed_in_the_middle_is_resumed_from_the_last_saved_state_without_loss(
    platform: Platform, instance: Emulator, victim: str
) -> None:
    holds = in_the_middle(instance, victim)

    def kill(replication: Replication) -> None:
        await_true(holds, "the victim is busy")
        getattr(replication, victim).kill()

    first = platform.attempt(meanwhile=kill)
    assert None in (first.source_code, first.destination_code)
    instance.tick(3600)  # seats that were not given back end with their session
    second = platform.attempt()
    assert (second.source_code, second.destination_code, second.errors) == (0, 0, [])
    assert keys(instance, "Branch") == keys(instance, "Company")


@pytest.mark.parametrize("victim", ["source", "destination"])
def test_a_connector_that_gets_sigterm_gives_its_seats_back(
    platform: Platform, instance: Emulator, victim: str
) -> None:
    holds = in_the_middle(instance, victim)

    def terminate(replication: Replication) -> None:
        await_true(holds, "the victim is busy")
        getattr(replication, victim).signal_connector("TERM")

    first = platform.attempt(meanwhile=terminate)
    assert 143 in (first.source_code, first.destination_code)
    assert instance.sessions_open == 0
    second = platform.attempt()
    assert (second.source_code, second.destination_code, second.errors) == (0, 0, [])
    assert keys(instance, "Branch") == keys(instance, "Company")


def test_a_job_cancelled_through_the_shell_ends_at_once_and_the_next_attempt_recovers(
    platform: Platform, instance: Emulator
) -> None:
    """The shell that gets the signal is not the connector: its seat may stay taken until its session expires."""
    holds = in_the_middle(instance, "source")

    def cancel(replication: Replication) -> None:
        await_true(holds, "the victim is busy")
        (replication.source.folder / "TERMINATED").touch()

    first = platform.attempt(meanwhile=cancel)
    assert first.source_code == 143
    instance.tick(3600)
    second = platform.attempt()
    assert (second.source_code, second.destination_code, second.errors) == (0, 0, [])
    assert keys(instance, "Branch") == keys(instance, "Company")
