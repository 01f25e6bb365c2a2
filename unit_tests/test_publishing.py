"""The publishing workflow and the page about installing, against the Dockerfile, the Makefile and setup.py."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
WORKFLOW = (ROOT / ".github" / "workflows" / "publish.yml").read_text("utf-8")
INSTALL = (ROOT / "docs" / "install.md").read_text("utf-8")
VERSION = re.search(r'^ *version="(.*)",', (ROOT / "setup.py").read_text("utf-8"), re.M)
TARGETS = ("source", "destination")


def jobs() -> dict[str, dict[str, Any]]:
    return yaml.safe_load(WORKFLOW)["jobs"]  # type: ignore[no-any-return]


def steps(job: str) -> list[dict[str, Any]]:
    return jobs()[job]["steps"]  # type: ignore[no-any-return]


def version() -> str:
    assert VERSION
    return VERSION.group(1)


class TestTheWorkflow:
    def test_runs_for_version_tags_only_and_may_write_nothing_by_default(self) -> None:
        workflow = yaml.safe_load(WORKFLOW)
        # YAML 1.1 reads the key `on` as true.
        assert workflow[True] == {"push": {"tags": ["v*"]}}
        assert workflow["permissions"] == {"contents": "read"}

    def test_finds_the_version_where_setup_py_has_it(self) -> None:
        script = steps("version")[-1]["run"]
        pattern = re.search(r"s/(.*?)\\\(\.\*\\\)(.*?)/\\1/p' setup.py", script)
        assert pattern
        assert re.search(rf"{pattern[1]}(.*){pattern[2]}", (ROOT / "setup.py").read_text("utf-8"), re.M)

    def test_builds_every_image_of_the_dockerfile_with_its_version(self) -> None:
        dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
        (build,) = [step["with"] for step in steps("images") if "build-push" in step.get("uses", "")]
        assert jobs()["images"]["strategy"]["matrix"]["target"] == list(TARGETS)
        assert all(f" AS {target}\n" in dockerfile for target in TARGETS)
        assert build["build-args"].startswith("VERSION=")
        assert "\nARG VERSION=" in dockerfile

    def test_publishes_nothing_before_the_tests_passed(self) -> None:
        def before(job: str) -> set[str]:
            needs = jobs()[job].get("needs", [])
            direct = {needs} if isinstance(needs, str) else set(needs)
            return direct.union(*(before(each) for each in direct))

        assert {"version", "test"} <= before("pypi")
        assert {"version", "test"} <= before("images")

    def test_names_a_version_of_every_action_and_targets_of_the_makefile(self) -> None:
        every = [step for job in jobs().values() for step in job["steps"]]
        assert all(re.fullmatch(r"[\w-]+/[\w-]+@[\w/.]+", step["uses"]) for step in every if "uses" in step)
        commands = [step["run"] for step in every if step.get("run", "").startswith("make ")]
        targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
        assert commands
        assert {target for command in commands for target in command.split()[1:]} <= targets

    def test_needs_only_outputs_of_jobs_that_it_waits_for(self) -> None:
        for name, job in jobs().items():
            needs = job.get("needs", [])
            used = set(re.findall(r"needs\.(\w+)\.", yaml.safe_dump(job)))
            assert used <= ({needs} if isinstance(needs, str) else set(needs)), name


class TestThePageAboutInstalling:
    def test_names_the_images_and_the_wheel_of_this_version(self) -> None:
        tags = set(re.findall(r"airbyte/[a-z]+-acumatica:(\S+?)[`\s)]", INSTALL))
        assert tags == {"dev", version()}
        assert set(re.findall(r"airbyte_acumatica-(.+?)-py3", INSTALL)) == {version()}

    @pytest.mark.parametrize("number", range(2))
    def test_has_python_that_compiles(self, number: int) -> None:
        blocks = re.findall(r"^```python\n(.*?)^```", INSTALL, re.M | re.S)
        assert len(blocks) == 2
        assert ast.parse(blocks[number])

    def test_names_the_environment_variable_of_the_spool(self) -> None:
        assert "SQLITE_TMPDIR" in INSTALL
