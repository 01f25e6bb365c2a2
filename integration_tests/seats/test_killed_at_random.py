"""Whenever a connector has to stop, every license seat comes back. `make soak` runs many more of the same."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice, repeat
from pathlib import Path

import pytest

from acumatica_emulator import Emulator
from integration_tests.transcript import PASSWORD

RUNS = int(os.environ.get("SOAK_RUNS", "20"))
AT_ONCE = 4
JOBS = (("source_acumatica", "read"), ("destination_acumatica", "write"))
ENDINGS = (0, 143, 130)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def instance() -> Iterator[Emulator]:
    with Emulator(("Company",), seats=25, seed=3, latency=0.02) as emulator:
        yield emulator


def files(folder: Path, url: str) -> dict[str, Path]:
    stream = {
        "stream": {
            "name": "Customer",
            "json_schema": {"type": "object", "properties": {"CustomerID": {}, "CustomerName": {}}},
            "supported_sync_modes": ["full_refresh", "incremental"],
            "source_defined_primary_key": [["CustomerID"]],
        },
        "destination_sync_mode": "append_dedup",
        "primary_key": [["CustomerID"]],
        "cursor_field": ["LastModifiedDateTime"],
        "sync_mode": "incremental",
    }
    config = {
        "instance_uri": url,
        "credentials": {"auth_type": "cookie", "username": "admin", "password": PASSWORD},
        "company": "Company",
        "concurrency_level": 4,
    }
    contents = {"config": config, "catalog": {"streams": [stream]}}
    for name, content in contents.items():
        (folder / name).write_text(json.dumps(content))
    rows = [{"CustomerID": f"SOAK{n:04}", "CustomerName": "Soak"} for n in range(400)]
    lines = [{"type": "RECORD", "record": {"stream": "Customer", "emitted_at": 0, "data": row}} for row in rows]
    (folder / "input").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return {name: folder / name for name in (*contents, "input")}


def started(module: str, command: str, paths: dict[str, Path]) -> subprocess.Popen[bytes]:
    arguments = [f"--config={paths['config']}", f"--catalog={paths['catalog']}"]
    return subprocess.Popen(
        [sys.executable, "-m", f"{module}.run", command, *arguments],
        stdin=paths["input"].open("rb"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def stopped_at_random(job: tuple[str, str], paths: dict[str, Path], chance: random.Random) -> tuple[int, bytes]:
    """Its exit code and what it said in trouble; stopped within a second of its first line, when sessions are open."""
    process = started(*job, paths)
    delay, number = chance.uniform(0.0, 1.0), chance.choice((signal.SIGTERM, signal.SIGINT))
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(delay)
    if process.poll() is None:
        process.send_signal(number)
    _, trouble = process.communicate(timeout=60)
    return process.returncode, trouble


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job[1])
def test_a_signal_in_the_middle_of_the_first_sign_in_leaves_no_seat(job: tuple[str, str], tmp_path: Path) -> None:
    with Emulator(("Company",), seed=3) as slow:
        slow.faults.add("slow", method="POST", path="*/auth/login", seconds=1.5)
        process = started(*job, files(tmp_path, slow.url))
        while not slow.faults.all_used:
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)

        assert process.returncode == 143
        assert (slow.logins, slow.sessions_open) == (1, 0)


def test_no_seat_is_left_behind(instance: Emulator, tmp_path: Path) -> None:
    paths, chance = files(tmp_path, instance.url), random.Random(RUNS)
    jobs = islice(cycle(JOBS), RUNS)
    seeds = (random.Random(chance.random()) for _ in range(RUNS))
    with ThreadPoolExecutor(AT_ONCE) as at_once:
        for code, trouble in at_once.map(stopped_at_random, jobs, repeat(paths), seeds):
            assert code in ENDINGS, trouble.decode()

    assert instance.logins >= RUNS
    assert instance.sessions_open == 0
