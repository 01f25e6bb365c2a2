"""A browser that shows the form of a specification and reports what a user sees of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from zlib import crc32

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FOLDER = ROOT / ".tmp" / "forms"
IMAGES = ROOT / "docs" / "images"
SPECS = {name: ROOT / f"{name}_acumatica" / "spec.json" for name in ("source", "destination")}
NEEDED = ("chromium", "node", "npm")


def stamp(name: str) -> int:
    """A checksum of the specification that a screenshot shows."""
    return crc32(SPECS[name].read_bytes())


@dataclass(frozen=True)
class Browser:
    folder: Path

    def show(self, spec: Path, steps: Sequence[dict] = (), screenshot: Path | None = None) -> list[dict]:
        """What is visible at the beginning and after each step."""
        argv = ["node", "browser.mjs", str(spec), *([str(screenshot)] if screenshot else [])]
        environment = {**os.environ, "CHROMIUM": str(shutil.which("chromium"))}
        done = subprocess.run(
            argv,
            cwd=self.folder,
            env=environment,
            input=json.dumps(steps),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout)


@pytest.fixture(scope="session")
def browser() -> Browser:
    """The form library of package-lock.json, verified by its hashes, beside the two scripts."""
    missing = [command for command in NEEDED if shutil.which(command) is None]
    if missing:
        assert not os.environ.get("CI"), f"not installed: {missing}"
        pytest.skip(f"not installed: {', '.join(missing)} (Debian: apt install chromium nodejs npm)")
    lock = HERE / "package-lock.json"
    ready = FOLDER / sha256(lock.read_bytes()).hexdigest()[:12]
    if not ready.is_dir():
        half = Path(f"{ready}.half")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, half)
        # No script of a package runs.
        argv = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(argv, cwd=half, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stderr[-3000:]
        half.rename(ready)
    for name in ("form.js", "browser.mjs"):
        shutil.copy(HERE / name, ready)
    return Browser(ready)
