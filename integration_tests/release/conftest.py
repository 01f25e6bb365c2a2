"""A release built as `make release` builds it, into a temporary folder, and clean environments to install it into."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*argv: str | Path, **environment: str) -> str:
    done = subprocess.run(
        [str(word) for word in argv],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@dataclass(frozen=True)
class Release:
    """A folder with the files of a release."""

    folder: Path

    @property
    def wheel(self) -> Path:
        (found,) = self.folder.glob("*.whl")
        return found

    @property
    def sdist(self) -> Path:
        (found,) = self.folder.glob("*.tar.gz")
        return found

    @property
    def bill(self) -> Path:
        return self.folder / "sbom.cdx.json"

    @property
    def licences(self) -> Path:
        return self.folder / "licences.md"


def build(folder: Path) -> Release:
    (folder / "licences.md").write_text((ROOT / "docs" / "licences.md").read_text("utf-8"), encoding="utf-8")
    run(".ci/release", folder, LICENCES=str(folder / "licences.md"))
    return Release(folder)


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return build(tmp_path_factory.mktemp("release"))


def installed(package: Path, place: Path) -> Path:
    """The folder of commands of a new environment: every library by its hash, then the package, without an index."""
    uv = [sys.executable, "-m", "uv"]
    python = place / "bin" / "python"
    run(*uv, "venv", "--quiet", "--python", sys.executable, place)
    lock = ROOT / "requirements-image.lock"
    run(*uv, "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", lock)
    alone = ["--no-deps", "--no-index", "--no-build-isolation", "--no-cache"]
    run(*uv, "pip", "install", "--quiet", "--python", python, *alone, package)
    return place / "bin"
