"""An instance for containers, and forms that point at it. Without an engine or the images, these tests are skipped."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from acumatica_emulator import Emulator
from integration_tests.consents import form_for
from integration_tests.images.containers import DESTINATION, SOURCE

pytestmark = pytest.mark.image_tests


@pytest.fixture(scope="session", autouse=True)
def images() -> None:
    """Both images, from `make images`."""
    if shutil.which("docker") is None:
        pytest.skip("no container engine: docker is not installed")
    for image in (SOURCE, DESTINATION):
        argv = ["docker", "image", "inspect", image]
        if subprocess.run(argv, capture_output=True, check=False).returncode:
            pytest.skip(f"the image {image} does not exist: run `make images`")


@pytest.fixture
def instance() -> Iterator[Emulator]:
    """A full tenant and an empty one. Each test checks the sessions that it leaves open itself."""
    switches = {"override_needed": False}
    with Emulator(tenants=("Company",), empty_tenants=("Branch",), seats=4, seed=7, **switches) as emulator:
        yield emulator


@pytest.fixture
def form(instance: Emulator) -> dict:
    return form_for(instance)


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """A folder for a container: any user may enter its parents."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.name.startswith("pytest-"):
            folder.chmod(0o755)
    return tmp_path
