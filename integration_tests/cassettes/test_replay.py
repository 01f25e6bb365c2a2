"""Every scene against its cassette: no network, the same requests, the same messages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from integration_tests.cassettes.record import RECORDED
from integration_tests.cassettes.scenes import SCENES, Scene, Stage
from integration_tests.cassettes.tape import Tape

TAKES = [
    pytest.param(folder, scene, id=f"{folder.name}-{scene.name}")
    for folder in sorted(RECORDED.iterdir())
    for scene in SCENES
    if scene.live or folder.name == "emulator" or (folder / f"{scene.name}.yaml").exists()
]


@pytest.fixture
def vcr_config(scene: Scene, record_mode: str) -> dict:
    assert record_mode == "none", "scenes are recorded by `make record`, which also replays them"
    return Tape(keep=scene.keep).options()


@pytest.fixture
def vcr_cassette_dir(folder: Path) -> str:
    return str(folder)


@pytest.fixture
def default_cassette_name(scene: Scene) -> str:
    return scene.name


@pytest.mark.vcr
@pytest.mark.block_network
@pytest.mark.parametrize(("folder", "scene"), TAKES)
def test_a_scene_sends_every_recorded_request_and_prints_the_same(folder, scene, tmp_path, vcr):
    stage = Stage(json.loads((folder / "form.json").read_text("utf-8")), tmp_path)
    scene.play(stage)
    assert stage.lines() == (folder / f"{scene.name}.jsonl").read_text("utf-8").splitlines()
    assert vcr.all_played
