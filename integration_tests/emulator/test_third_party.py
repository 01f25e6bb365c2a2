"""A client written elsewhere, unmodified, in an environment of its own, against the emulator."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from acumatica_emulator import Call, Emulator, Report
from integration_tests.emulator.conftest import LOCK, build

CLIENT = Path(__file__).with_name("third_party_client.py")
DETAILS = "the client joins a site-absolute link to its base URL, so the site path is there twice"


@dataclass
class ClientRun:
    """What the client saw, step by step, and what the emulator saw of it."""

    site: str
    seen: dict
    calls: list[Call]
    report: Report


@pytest.fixture(scope="module", params=["", "/AcumaticaERP"], ids=["at-the-root", "under-a-site"])
def client_run(request, third_party_python, tmp_path_factory):
    """One session of the client, on one seat."""
    with Emulator(seed=7, site=request.param, seats=1) as emulator:
        folder = tmp_path_factory.mktemp("cache")
        command = [str(third_party_python), str(CLIENT), emulator.url, str(folder)]
        run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert run.returncode == 0, run.stderr
        yield ClientRun(
            request.param,
            json.loads((folder / "seen.json").read_text("utf-8")),
            list(emulator.calls),
            emulator.report(),
        )


def test_it_signs_in_once_and_leaves_nothing_behind(client_run):
    answered = client_run.report
    assert (answered.logins, answered.sessions_open, answered.defects) == (1, 0, [])
    assert [client_run.calls[0].path, client_run.calls[-1].path] == ["/entity/auth/login", "/entity/auth/logout"]


def test_it_reads_the_document_and_builds_a_service_for_every_entity(client_run):
    assert {"Customer", "SalesOrder", "StockItem", "InventorySummaryInquiry"} <= set(client_run.seen["services"])
    assert len(client_run.seen["services"]) == 119 + 1  # and one of its own for generic inquiries


def test_it_lists_with_a_filter_a_choice_and_a_part(client_run):
    rows = client_run.seen["list"]
    assert [row["rowNumber"] for row in rows] == [1, 2, 3]
    assert set(rows[0]) == {"id", "rowNumber", "note", "CustomerID", "MainContact", "custom", "_links"}
    assert "Email" in rows[0]["MainContact"]


def test_it_pages(client_run):
    assert len(client_run.seen["page"]) == 2


def test_it_reads_by_key_with_lines(client_run):
    assert client_run.seen["key"] > 0


def test_it_writes_and_writes_again_reads_by_id_and_deletes(client_run):
    assert client_run.seen["upsert"] == [True, "Easier"]
    assert client_run.seen["id"] == "Easier"
    assert client_run.seen["missing"].endswith("No entity satisfies the condition.")


def test_it_says_what_the_server_said_of_an_unknown_field(client_run):
    assert "The given key was not present in the dictionary." in client_run.seen["unknown field"]


def test_it_runs_an_action(client_run):
    assert client_run.seen["action"] == "Canceled"


def test_it_attaches_a_file_and_finds_it(client_run):
    if client_run.site:
        assert "404" in client_run.seen["attach"], DETAILS
    else:
        assert client_run.seen["attach"] == ["Customers (ALPIN0000)\\note.txt"]


def test_it_asks_for_generic_inquiries_which_are_not_here_and_goes_on(client_run):
    (call,) = (call for call in client_run.calls if "/odata/gi" in call.path)
    assert call.status == 404


def test_without_a_package_index_the_tests_are_skipped_with_a_reason(monkeypatch, tmp_path):
    for name, value in (
        ("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple"),
        ("UV_NO_CACHE", "1"),
        ("UV_HTTP_RETRIES", "0"),
    ):
        monkeypatch.setenv(name, value)
    with pytest.raises(pytest.skip.Exception, match="the package index cannot be reached"):
        build(tmp_path, LOCK, say=lambda text: None)
    assert not [place for place in tmp_path.iterdir() if not place.name.endswith(".half")]


def test_a_package_with_another_hash_is_a_failure(tmp_path):
    lock = tmp_path / "wrong.lock"
    lock.write_text("six==1.17.0 --hash=sha256:" + "0" * 64)
    with pytest.raises(AssertionError, match="Hash mismatch"):
        build(tmp_path, lock, say=lambda text: None)
