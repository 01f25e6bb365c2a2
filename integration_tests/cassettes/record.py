"""Records the scenes: from the emulator, and from a real tenant where secrets/config.json names one. `make record`.

    python -m integration_tests.cassettes.record [--folder FOLDER] [--emulator-only] [--live-writes]

A scene is recorded, then replayed at once: what the connectors print then is what every later replay must print.
From a real tenant only scenes that read are recorded, unless --live-writes is given.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path

import vcr

from acumatica_client.transport.instance_address import parse_instance_uri
from acumatica_emulator import Emulator
from integration_tests.cassettes.pseudonyms import Pseudonyms
from integration_tests.cassettes.scenes import SCENES, Scene, Stage
from integration_tests.cassettes.tape import CANONICAL, FAKE, Tape
from integration_tests.consents import by_cookie, form_for

HERE = Path(__file__).resolve().parent
RECORDED = HERE / "recorded"
LIVE_CONFIG = HERE.parents[1] / "secrets" / "config.json"
NOW = datetime(2026, 1, 1, 9, 0, 0, tzinfo=timezone.utc)
COMPANY = "Company"
_KEPT_SETTINGS = ("endpoint_version", "page_size", "lookback_minutes")
_LIVE_DAYS = 7


Form = Mapping[str, object]


def record(folder: Path, scene: Scene, form: Form, tape: Tape) -> None:
    """Write the cassette of a scene."""
    path = folder / f"{scene.name}.yaml"
    path.unlink(missing_ok=True)
    with _stage(form) as stage, vcr.use_cassette(str(path), record_mode="all", **tape.options()) as cassette:
        scene.play(stage)
        # Windows are read in parallel, in any order. Sorted, two recordings of one scene are one file. The order of
        # equal requests stays, since their answers may differ.
        cassette.data.sort(key=lambda pair: (pair[0].uri, pair[0].method, pair[0].body or b""))


def replay(folder: Path, scene: Scene) -> list[str]:
    """What the connectors print against the cassette. Raises if they send more or fewer requests than it has."""
    tape = Tape(keep=scene.keep)
    form = json.loads((folder / "form.json").read_text("utf-8"))
    path = str(folder / f"{scene.name}.yaml")
    with _stage(form) as stage, vcr.use_cassette(path, record_mode="none", **tape.options()) as cassette:
        scene.play(stage)
    if not cassette.all_played:
        unused = [request.uri for at, (request, _) in enumerate(cassette.data) if not cassette.play_counts[at]]
        raise AssertionError(f"{path} has requests that are no longer sent: {unused}")
    return stage.lines()


@contextmanager
def _stage(form: Form) -> Iterator[Stage]:
    """A stage with a temporary folder for one scene."""
    with tempfile.TemporaryDirectory() as folder:
        yield Stage(form, Path(folder))


def record_all(folder: Path, scenes: Iterable[Scene], form: Form, shown: Mapping[str, object], tape: Tape) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "form.json").write_text(json.dumps(shown, indent=1) + "\n", encoding="utf-8")
    for scene in scenes:
        record(folder, scene, form, replace(tape, keep=scene.keep))
        (folder / f"{scene.name}.jsonl").write_text("\n".join(replay(folder, scene)) + "\n", encoding="utf-8")


def from_emulator(folder: Path) -> None:
    """Record all scenes in order against one instance with a stopped clock."""
    with Emulator(tenants=(COMPANY,), seed=7, seats=2, now=NOW.replace(tzinfo=None)) as emulator:
        form = form_for(emulator, COMPANY)
        shown = {**form, "instance_uri": CANONICAL, "credentials": by_cookie(password=FAKE)}
        record_all(folder, SCENES, form, shown, Tape(emulator.url, date=format_datetime(NOW, usegmt=True)))


def from_tenant(folder: Path, config: Form, *, writes: bool) -> None:
    """Record the last days of a real tenant, with pseudonyms."""
    since = datetime.now(timezone.utc) - timedelta(days=_LIVE_DAYS)
    form = {"start_date": since.strftime("%Y-%m-%d"), **config, "concurrency_level": 1}
    credentials = config["credentials"]
    assert isinstance(credentials, Mapping)
    names = {str(config["company"]): COMPANY} if config.get("company") else {}
    names |= {str(credentials[name]): name for name in ("username", "client_id") if credentials.get(name)}
    kept = {name: form[name] for name in (*_KEPT_SETTINGS, "start_date") if name in form}
    masked = {name: value if name == "auth_type" else FAKE for name, value in credentials.items()}
    if "client_id" in masked:
        masked["client_id"] = f"{FAKE}@{COMPANY}"
    shown = {"instance_uri": CANONICAL, "company": COMPANY, "credentials": masked, **kept}
    address = parse_instance_uri(str(config["instance_uri"])).base_url
    chosen = [scene for scene in SCENES if writes or scene.live]
    record_all(folder, chosen, form, shown, Tape(address, names=names, pseudonyms=Pseudonyms(secrets.token_bytes(32))))


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m integration_tests.cassettes.record", description=__doc__)
    parser.add_argument("--folder", type=Path, default=RECORDED)
    parser.add_argument("--emulator-only", action="store_true")
    parser.add_argument("--live-writes", action="store_true", help="also record scenes that write into the real tenant")
    chosen = parser.parse_args(arguments)
    from_emulator(chosen.folder / "emulator")
    if LIVE_CONFIG.exists() and not chosen.emulator_only:
        config = json.loads(LIVE_CONFIG.read_text("utf-8"))
        from_tenant(chosen.folder / "live", config, writes=chosen.live_writes)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
