"""A release: the contents of wheel and sdist, that they install and run on their own, and the bill of materials."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tarfile
import zipfile
from email.parser import HeaderParser

import pytest

from integration_tests.release import licences
from integration_tests.release.conftest import ROOT, Release, build, installed

pytestmark = pytest.mark.release
PACKAGES = ("acumatica_client", "connector_runtime", "source_acumatica", "destination_acumatica")


def in_wheel(release: Release) -> set[str]:
    with zipfile.ZipFile(release.wheel) as wheel:
        return set(wheel.namelist())


def in_sdist(release: Release) -> set[str]:
    with tarfile.open(release.sdist) as sdist:
        return {member.name.partition("/")[2] for member in sdist.getmembers() if member.isfile()}


def tracked() -> set[str]:
    """Every file of the packages, as they are in the repository."""
    listed = subprocess.run(["git", "ls-files", "-z", *PACKAGES], cwd=ROOT, capture_output=True, check=True).stdout
    return {name for name in listed.decode().split("\0") if name and (ROOT / name).exists()}


class TestTheContents:
    def test_of_the_wheel_are_every_file_of_the_packages_and_nothing_else(self, release):
        files = {name for name in in_wheel(release) if ".dist-info/" not in name}
        assert files == tracked()
        assert {f"{package}/py.typed" for package in PACKAGES} <= files

    def test_of_the_sdist_are_the_same_files_and_what_builds_them(self, release):
        ours = {name for name in in_sdist(release) if ".egg-info/" not in name}
        assert ours == tracked() | {"setup.py", "setup.cfg", "pyproject.toml", "README.md", "LICENSE", "PKG-INFO"}

    def test_carry_the_licence_of_the_project(self, release):
        assert any(name.endswith("/LICENSE") for name in in_wheel(release))

    def test_of_two_builds_are_the_same_byte_for_byte_whatever_other_files_exist(self, release, tmp_path):
        stray = ROOT / "source_acumatica" / "stray_of_a_test.json"
        stray.write_text("{}", encoding="utf-8")
        try:
            second = build(tmp_path)
        finally:
            stray.unlink()
        assert second.wheel.read_bytes() == release.wheel.read_bytes()
        assert second.bill.read_bytes() == release.bill.read_bytes()


class TestTheVersion:
    def test_of_the_wheel_is_that_of_the_metadata(self, release):
        with zipfile.ZipFile(release.wheel) as wheel:
            (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
            metadata = HeaderParser().parsestr(wheel.read(name).decode())
        for connector in ("source", "destination"):
            tag = (ROOT / f"connectors/{connector}-acumatica/metadata.yaml").read_text("utf-8")
            assert f"dockerImageTag: {metadata['Version']}\n" in tag
        assert metadata["License"] == "MIT"


@pytest.mark.parametrize("form", ["wheel", "sdist"])
def test_both_commands_run_out_of_a_clean_environment(release, form, tmp_path):
    commands = installed(getattr(release, form), tmp_path / "clean")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    for name in ("source", "destination"):
        argv = [str(commands / f"{name}-acumatica"), "spec"]
        output = subprocess.run(argv, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True).stdout
        specs = [json.loads(line)["spec"] for line in output.splitlines()]
        packaged = json.loads((ROOT / f"{name}_acumatica" / "spec.json").read_text("utf-8"))
        properties = packaged["connectionSpecification"]["properties"]
        assert [spec["connectionSpecification"]["properties"].keys() for spec in specs] == [properties.keys()]


class TestTheBillOfMaterials:
    @pytest.fixture
    def bill(self, release) -> dict:
        return json.loads(release.bill.read_text("utf-8"))

    def test_names_the_wheel_and_only_libraries_of_the_lock_in_its_versions(self, bill):
        lock = (ROOT / "requirements-image.lock").read_text("utf-8")
        pinned = {(name.lower(), version) for name, version in re.findall(r"^(\S+)==([^\s;]+)", lock, re.M)}
        found = {
            (re.sub(r"[-_.]+", "-", each["name"]).lower(), each["version"])
            for each in bill["components"]
            if each["name"] != licences.OURS
        }
        assert len(found) == len(bill["components"]) - 1
        assert len(found) > 20
        assert found <= pinned
        assert not {name for name, _ in found} & {"setuptools", "pip", "pytest", "uvicorn"}

    def test_reveals_nothing_of_the_machine_it_was_made_on(self, release):
        assert str(ROOT) not in release.bill.read_text("utf-8")
        assert "file:///" not in release.bill.read_text("utf-8")


class TestTheLicences:
    @pytest.fixture
    def rows(self, release) -> list[licences.Row]:
        return licences.rows(json.loads(release.bill.read_text("utf-8")))

    def test_are_permissive_or_have_a_note(self, rows):
        assert [(row.name, row.licence) for row in rows if not row.permissive and row.name not in licences.NOTES] == []

    def test_that_have_a_note_still_need_it(self, rows):
        assert {row.name for row in rows if not row.permissive} == set(licences.NOTES)

    def test_are_listed_in_the_documents(self, release, rows):
        page = (ROOT / "docs" / "licences.md").read_text("utf-8")
        assert release.licences.read_text("utf-8") == page, "run `make release`, and commit docs/licences.md"
        assert all(row.line() in page for row in rows)


class TestAnUnknownLicence:
    @pytest.mark.parametrize(
        "declared",
        [None, [{"license": {"name": "Custom terms"}}], [{"expression": "MIT AND GPL-3.0-only"}]],
    )
    def test_is_never_accepted_as_permissive(self, declared):
        (row,) = licences.rows({"components": [{"name": "stranger", "licenses": declared}]})
        assert not row.permissive


def test_a_library_of_another_python_keeps_its_row_and_one_that_left_the_lock_loses_it():
    before = "| tzdata | Apache-2.0 |  |\n| left-long-ago | MIT |  |\n"
    page = licences.page([licences.Row("attrs", "MIT")], before)
    assert "| tzdata | Apache-2.0 |" in page
    assert "left-long-ago" not in page
    assert page.index("| attrs") < page.index("| tzdata")
