"""The stored recordings: nothing secret, nothing unused, nothing that a new recording would change."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from integration_tests.cassettes import record
from integration_tests.cassettes.record import LIVE_CONFIG, RECORDED, from_emulator, replay
from integration_tests.cassettes.scenes import SCENES
from integration_tests.cassettes.tape import CANONICAL, FAKE, SCRUBBED
from integration_tests.consents import by_cookie, form_for

FILES = sorted(path for path in RECORDED.rglob("*") if path.is_file())
CASSETTES = [path for path in FILES if path.suffix == ".yaml"]
NAMES = {scene.name: scene for scene in SCENES}
HEADERS = {"accept", "content-type", "date", "if-none-match", "location", "retry-after", "set-cookie"}
HOSTS = {"acumatica.example", "json-schema.org"}


def interactions(path: Path) -> list[dict]:
    return yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)["interactions"]


def stray(folder: Path) -> set[str]:
    """The files of a folder that no scene has."""
    wanted = {f"{name}{ending}" for name in NAMES for ending in (".yaml", ".jsonl")} | {"form.json"}
    return {path.name for path in folder.iterdir()} - wanted


def secrets_of(node: object) -> Iterator[str]:
    """Every value of a configuration that must not be recorded: all texts of the credentials, the host, the company."""
    if isinstance(node, dict):
        for name, child in node.items():
            if name not in ("auth_type", "endpoint_name", "endpoint_version", "start_date"):
                yield from secrets_of(child)
    elif isinstance(node, str) and len(node) > 3:
        yield node.removeprefix("https://").removeprefix("http://").rstrip("/")


class TestNothingSecret:
    def test_stands_in_the_names_and_values_of_headers(self):
        for path in CASSETTES:
            for one in interactions(path):
                for headers in (one["request"]["headers"], one["response"]["headers"]):
                    assert {name.lower() for name in headers} <= HEADERS, path.name
                    cookies = headers.get("Set-Cookie", headers.get("set-cookie", []))
                    assert {cookie.split(";")[0].partition("=")[2] for cookie in cookies} <= {SCRUBBED}, path.name

    def test_stands_in_the_bodies_of_sign_ins(self):
        signed_in = [
            one["request"]["body"]
            for path in CASSETTES
            for one in interactions(path)
            if re.search("auth/login|identity/", one["request"]["uri"])
        ]
        assert len(signed_in) >= len(CASSETTES)
        assert set(signed_in) == {SCRUBBED}

    @pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
    def test_stands_in_any_text(self, path):
        text = path.read_text("utf-8")
        assert not re.search(r"^\s*(proxy-)?authorization:|\bbearer [\w.-]{8,}", text, re.I | re.M)
        assert set(re.findall(r"https?://([A-Za-z0-9.:-]+)", text)) <= HOSTS
        assert not re.search(r"127\.0\.0\.1|localhost", text)
        values = re.findall(r'"[^"]*(?:password|_secret|_token)"\s*:\s*"([^"]+)"', text, re.I)
        assert set(values) <= {FAKE}

    @pytest.mark.skipif(not LIVE_CONFIG.exists(), reason="there is no configuration of a real tenant")
    def test_of_the_configuration_stands_anywhere(self):
        secret = set(secrets_of(json.loads(LIVE_CONFIG.read_text("utf-8"))))
        for path in FILES:
            found = {value for value in secret if value in path.read_text("utf-8")}
            assert path.parent.name != "live" or found == set(), path.name

    def test_is_missed_in_a_configuration(self):
        form = {"instance_uri": "https://erp.example.com/", "credentials": {"auth_type": "cookie", "password": "wrong"}}
        assert set(secrets_of(form)) == {"erp.example.com", "wrong"}


class TestNothingUnused:
    def test_is_in_the_folders(self):
        assert CASSETTES
        assert {folder.name: stray(folder) for folder in RECORDED.iterdir() if stray(folder)} == {}

    def test_would_be_found_among_the_files(self, tmp_path):
        (tmp_path / "of-an-older-time.yaml").write_text("interactions: []", encoding="utf-8")
        assert stray(tmp_path) == {"of-an-older-time.yaml"}

    def test_request_is_left_over_without_an_error(self, tmp_path):
        scene = NAMES["default-check"]
        shutil.copytree(RECORDED / "emulator", tmp_path / "copy")
        path = tmp_path / "copy" / f"{scene.name}.yaml"
        more = {"version": 1, "interactions": [*interactions(path), interactions(path)[0]]}
        path.write_text(yaml.dump(more), encoding="utf-8")
        with pytest.raises(AssertionError, match="no longer sent"):
            replay(tmp_path / "copy", scene)


@pytest.fixture(scope="module")
def again(tmp_path_factory) -> Path:
    """A new recording."""
    folder = tmp_path_factory.mktemp("again")
    from_emulator(folder)
    return folder


class TestANewRecording:
    @pytest.mark.parametrize("name", sorted(path.name for path in FILES if path.parent.name == "emulator"))
    def test_is_what_is_kept(self, again, name):
        kept = (RECORDED / "emulator" / name).read_text("utf-8")
        assert (again / name).read_text("utf-8") == kept, "what the connectors send or print has changed: `make record`"

    def test_is_made_of_every_scene(self, again):
        assert {path.stem for path in again.glob("*.yaml")} == set(NAMES)


class TestARealTenant:
    """The emulator in its place: another site, other names, and a configuration as users have it."""

    @pytest.fixture(scope="class")
    def live(self, tmp_path_factory) -> Path:
        folder = tmp_path_factory.mktemp("live")
        when = record.NOW.replace(tzinfo=None)
        users = {"thea": "secret"}
        with record.Emulator(tenants=("Octopus Trading",), users=users, seed=3, now=when, site="/Our/Site") as erp:
            config = {**form_for(erp, "Octopus Trading"), "credentials": by_cookie("thea")}
            record.from_tenant(folder, {**config, "start_date": "2025-12-20"}, writes=False)
            shown = [row["CustomerName"] for row in erp.records("Customer", tenant="Octopus Trading")]
            shown += [row["id"] for row in erp.records("SalesOrder", tenant="Octopus Trading")]
            shown += [row["Name"] for row in erp.records("Salesperson", tenant="Octopus Trading")]
        (folder / "shown.txt").write_text("\n".join(map(str, shown)), encoding="utf-8")
        return folder

    def test_is_read_only(self, live):
        requests = [one["request"] for path in live.glob("*.yaml") for one in interactions(path)]
        assert {request["method"] for request in requests if "/entity/auth/" not in request["uri"]} == {"GET"}

    def test_cannot_be_recognized(self, live):
        shown = (live / "shown.txt").read_text("utf-8").splitlines()
        words = [*shown, "Octopus", "thea", "/Our/Site", "127.0.0.1"]
        for path in [*live.glob("*.yaml"), *live.glob("*.jsonl"), live / "form.json"]:
            text = path.read_text("utf-8")
            assert [word for word in words if word in text] == [], path.name

    def test_can_be_replayed(self, live):
        scene = NAMES["default-read-details"]
        assert replay(live, scene) == (live / f"{scene.name}.jsonl").read_text("utf-8").splitlines()
        assert sum('"RECORD"' in line for line in replay(live, scene)) > 0
        assert CANONICAL in (live / f"{scene.name}.yaml").read_text("utf-8")
