"""Everything that the connectors print in a test, searched at its end for every secret of that test.

What they print: standard output and error of every process, whether the test reads them or not; the output of a
command that runs in this process; what pytest captured. What is secret: members of a configuration that the
specification marks, and whatever the emulators gave out. A CONTROL message carries the configuration that the
platform is to store, with its new refresh token: that member is left out, nothing else is.

A plugin of pytest: `overhear` and `pytest_runtest_makereport` do their work where they are loaded.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from base64 import b64encode
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, quote_plus, unquote, urlsplit
from weakref import WeakSet

import pytest

from acumatica_emulator import Emulator
from acumatica_emulator.site.sessions import Seats

ROOT = Path(__file__).resolve().parents[1]
# The connectors sign in with this one where the emulator has its default, which is an ordinary word in any text.
PASSWORD = 'Fake-horse "battery"/+staple%é'
DEFAULT_PASSWORD = "secret"
SHORTEST = 8  # a shorter secret cannot be distinguished from an ordinary word
_SPECS = [ROOT / name / "spec.json" for name in ("source_acumatica", "destination_acumatica")]


class Transcript:
    """What was printed, in files by channel, and what must not be there, by kind."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._secrets: set[tuple[str, str]] = set()
        self._files: dict[str, Path] = {}
        self._emulators: WeakSet[Emulator] = WeakSet()
        self._of_this_test: list[Emulator] = []

    def add_text(self, channel: str, text: bytes | str | None) -> None:
        path = Path(self._folder.name) / quote(channel, safe=" ")[:200]
        with path.open("ab") as file:
            file.write(text.encode() if isinstance(text, str) else text or b"")
        self._files[channel] = path

    def add_file(self, channel: str, path: Path) -> None:
        """A file that another process writes; a device, such as /dev/full, has no end and is left alone."""
        self._files[channel] = path

    def add_secrets(self, kind: str, *values: str) -> None:
        self._secrets |= {(kind, value) for value in values}

    def add_config(self, config: object) -> None:
        for member, value in _marked(config, _secret_members()):
            self.add_secrets(member, *_parts(value))

    def add_emulator(self, emulator: Emulator) -> None:
        self._emulators.add(emulator)
        self._of_this_test.append(emulator)

    def ran(self, output: bytes, config: object) -> bytes:
        """A command that ran in this process."""
        self.add_config(config)
        self.add_text("output", output)
        return output

    def leaks(self) -> list[str]:
        """Which kinds of secret stand in which channel; never the secret."""
        for emulator in [*self._emulators, *self._of_this_test]:
            for kind, values in emulator.secrets_issued.items():
                self.add_secrets(kind, *values)
        needles = {(kind, form) for kind, value in self._secrets if len(value) >= SHORTEST for form in forms(value)}
        found = set()
        for channel, path in self._files.items():
            text = without_stored_configuration(path.read_bytes()) if path.is_file() else b""
            found |= {f"{kind} in {channel}" for kind, needle in needles if needle in text}
        return sorted(found)

    def forget(self) -> None:
        for path in Path(self._folder.name).iterdir():
            path.unlink()
        self._files.clear()
        self._secrets.clear()
        self._of_this_test.clear()


def forms(secret: str) -> set[bytes]:
    """A secret as it may stand in a text: plain, encoded for a URL, escaped for JSON, in base64 wherever it begins."""
    plain = secret.encode()
    escaped = {json.dumps(secret, ensure_ascii=ascii)[1:-1].encode() for ascii in (True, False)}
    encoded = {quote(secret).encode(), quote(secret, safe="").encode(), quote_plus(secret).encode()}
    inside = set()
    for before in range(3):  # base64 takes three bytes at a time; only groups that hold nothing else look the same
        skipped = -before % 3
        inside.add(b64encode(plain[skipped : skipped + (len(plain) - skipped) // 3 * 3]))
    return {plain, *escaped, *encoded, *inside}


def without_stored_configuration(text: bytes) -> bytes:
    """The text with the configuration taken out of every CONTROL message; the rest of the message stays."""
    return b"\n".join(_without_configuration(line) if b'"CONTROL"' in line else line for line in text.split(b"\n"))


def _without_configuration(line: bytes) -> bytes:
    try:
        message = json.loads(line)
    except ValueError:
        return line
    if not isinstance(message, dict) or message.get("type") != "CONTROL":
        return line
    message["control"]["connectorConfig"]["config"] = "stored by the platform"
    return json.dumps(message, ensure_ascii=False).encode()


@cache
def _secret_members() -> frozenset[str]:
    """The names that a specification of ours marks with `airbyte_secret`."""
    return frozenset(name for path in _SPECS for name in _named_secret(json.loads(path.read_text("utf-8"))))


def _named_secret(schema: object) -> Iterator[str]:
    if isinstance(schema, Mapping):
        for name, inner in schema.items():
            if isinstance(inner, Mapping) and inner.get("airbyte_secret"):
                yield str(name)
            yield from _named_secret(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _named_secret(inner)


def _marked(config: object, names: frozenset[str]) -> Iterator[tuple[str, str]]:
    if isinstance(config, Mapping):
        for name, value in config.items():
            if name in names and isinstance(value, str):
                yield str(name), value
            yield from _marked(value, names)


def _parts(value: str) -> list[str]:
    """What of a value is secret: the lines of a key, the password of a URL."""
    if "://" in value:
        password = urlsplit(value).password
        return [password, unquote(password)] if password else []
    lines = value.replace("\\n", "\n").splitlines()
    return [value] if len(lines) < 2 else [line for line in lines if not line.startswith("-----")]


# Processes


class Overheard(subprocess.Popen):  # type: ignore[type-arg]
    """A process of which everything is written down: what the test reads, and what it leaves unread."""

    def __init__(self, args: Any, *more: Any, **options: Any) -> None:
        super().__init__(args, *more, **options)
        TRANSCRIPT.add_config(_config_of(args, options.get("cwd")))
        for name in ("stdout", "stderr"):
            pipe, given = getattr(self, name), options.get(name)
            if pipe is not None:
                setattr(self, name, Tee(pipe, self, f"{name} of process {self.pid}"))
            elif isinstance(getattr(given, "name", None), str):
                TRANSCRIPT.add_file(f"{name} of process {self.pid}", Path(given.name))

    def communicate(self, *given: Any, **options: Any) -> tuple[Any, Any]:
        """Reads past the pipes of this object."""
        printed = super().communicate(*given, **options)
        for name, text in zip(("stdout", "stderr"), printed, strict=True):
            TRANSCRIPT.add_text(f"{name} of process {self.pid}", text)
        return printed


class Tee:
    """A pipe of a process. What is left in it when the test closes it is written down too, if the process has ended."""

    def __init__(self, pipe: IO[Any], process: subprocess.Popen[Any], channel: str) -> None:
        self._pipe, self._process, self._channel = pipe, process, channel

    def _noted(self, text: Any) -> Any:
        TRANSCRIPT.add_text(self._channel, text)
        return text

    def read(self, *size: int) -> Any:
        return self._noted(self._pipe.read(*size))

    def readline(self, *size: int) -> Any:
        return self._noted(self._pipe.readline(*size))

    def readlines(self) -> list[Any]:
        return list(self)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.readline, "" if hasattr(self._pipe, "encoding") else b"")

    def close(self) -> None:
        if not self._pipe.closed and self._process.poll() is not None:
            os.set_blocking(self._pipe.fileno(), False)  # a child of the process may hold the other end
            self._noted(getattr(self._pipe, "buffer", self._pipe).read())
        self._pipe.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pipe, name)


def _config_of(args: object, folder: object) -> object:
    """The configuration that a command line names."""
    words = [str(word) for word in args] if isinstance(args, (list, tuple)) else []
    for at, word in enumerate(words):
        name, _, value = word.partition("=")
        if name == "--config" and (value or at + 1 < len(words)):
            path = Path(str(folder or "."), value or words[at + 1])
            try:
                return json.loads(path.read_bytes())
            except (OSError, ValueError):
                return None
    return None


# The plugin

TRANSCRIPT = Transcript()


@pytest.fixture(scope="session", autouse=True)
def overhear() -> Iterator[None]:
    """Every process is overheard, every emulator known; the default password has a second one beside it."""
    right, build = Seats.check_password, Emulator.__init__

    def check_password(self: Seats, user: str, password: str) -> bool:
        return right(self, user, DEFAULT_PASSWORD if password == PASSWORD else password)

    def built(self: Emulator, *given: Any, **options: Any) -> None:
        build(self, *given, **options)
        TRANSCRIPT.add_emulator(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Seats, "check_password", check_password)
        patch.setattr(Emulator, "__init__", built)
        patch.setattr(subprocess, "Popen", Overheard)
        yield


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A test that printed a secret has failed, whatever else it found."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.when != "teardown":
        return
    for title, text in report.sections:
        TRANSCRIPT.add_text(title, text)
    leaks = TRANSCRIPT.leaks()
    TRANSCRIPT.forget()
    if leaks:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} printed a secret: {'; '.join(leaks)}"
