"""An environment of its own for clients written elsewhere, so that their packages never meet ours."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import portalocker
import pytest

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parents[1] / ".tmp" / "third-party"
LOCK = HERE / "third_party.lock"
BUILD_SECONDS = 600.0
UNREACHABLE = re.compile(
    r"Failed to (fetch|download)|error sending request|dns error|timed out|Could not connect", re.I
)


def build(place: Path, lock: Path, say: Callable[[str], None]) -> Path:
    """The interpreter of an environment with exactly what the lock names, each by its hash; built once for each lock.

    It is built beside its place and moved there when it is whole, so that a run that is broken off leaves no half;
    who comes meanwhile waits.
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    ready = place / f"{version}-{sha256(lock.read_bytes()).hexdigest()[:12]}"
    place.mkdir(parents=True, exist_ok=True)
    with portalocker.Lock(f"{place}.lock", timeout=BUILD_SECONDS):
        if not ready.is_dir():
            build_anew(ready, lock, say)
    return ready / "bin/python"


def build_anew(ready: Path, lock: Path, say: Callable[[str], None]) -> None:
    say(f"\nInstalling the third-party clients of {lock.name} into {ready}, once (some ten megabytes) ...")
    half = Path(f"{ready}.half")
    shutil.rmtree(half, ignore_errors=True)
    uv("venv", "--quiet", "--relocatable", "--python", sys.executable, str(half))
    uv("pip", "install", "--quiet", "--require-hashes", "--python", str(half / "bin/python"), "-r", str(lock))
    half.rename(ready)
    say(" done.\n")


def uv(*arguments: str) -> None:
    """Runs uv. An index that cannot be reached skips the test; everything else that fails is a failure."""
    run = subprocess.run([sys.executable, "-m", "uv", *arguments], capture_output=True, text=True, check=False)
    if run.returncode and UNREACHABLE.search(run.stderr) and "Hash mismatch" not in run.stderr:
        pytest.skip(f"the package index cannot be reached: {run.stderr.strip().splitlines()[-1]}")
    assert run.returncode == 0, run.stderr


def on_the_terminal(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Says past the capture of output what takes so long."""
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def say(text: str) -> None:
        with capture.global_and_fixture_disabled():
            sys.stderr.write(text)
            sys.stderr.flush()

    return say


@pytest.fixture(scope="session")
def third_party_python(request: pytest.FixtureRequest) -> Path:
    return build(FOLDER, LOCK, on_the_terminal(request))
