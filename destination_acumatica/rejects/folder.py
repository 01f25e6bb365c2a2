"""Rejected records in a folder of this machine: one file for each stream and sync, each line written at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from acumatica_client.errors import SettingsError
from destination_acumatica.config.configured_catalog import StreamName
from destination_acumatica.rejects.naming import Naming

_PROBE = ".acumatica-check"


class FileRejects:
    """Appends to files below `folder`; nothing is made before the first rejected record.

    Hazard: a process can be killed at any moment. A line is one write to the system, so it survives the process; before
    a state goes out it is forced to the disk, so it survives the machine. The files have whole records in them: only
    their owner may read them.
    """

    def __init__(self, folder: Path, naming: Naming) -> None:
        self._folder, self._naming = folder, naming
        self._open: dict[StreamName, BinaryIO] = {}
        self._unsynced: set[StreamName] = set()

    def add(self, stream: StreamName, line: bytes) -> None:
        with _as_settings_error(self._folder):
            if stream not in self._open:
                self._open[stream] = _opened(self._folder / self._naming.path(stream, 0))
            _write(self._open[stream], line)
            self._unsynced.add(stream)

    def flush(self) -> None:
        with _as_settings_error(self._folder):
            while self._unsynced:
                os.fsync(self._open[self._unsynced.pop()].fileno())

    def close(self) -> None:
        """Every line has left the process already."""
        while self._open:
            with suppress(OSError):
                self._open.popitem()[1].close()


def check_folder(folder: Path) -> None:
    """Raises SettingsError unless files can be made in the folder."""
    with _as_settings_error(folder):
        probe = folder / _PROBE
        _opened(probe).close()
        probe.unlink()


def _opened(path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    return open(path, "ab", buffering=0, opener=lambda name, flags: os.open(name, flags, 0o600))


def _write(file: BinaryIO, line: bytes) -> None:
    """All of the line: a disk that becomes full takes a part of it, and says so by a number alone."""
    left = memoryview(line)
    while left:
        left = left[file.write(left) :]


@contextmanager
def _as_settings_error(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SettingsError(
            f"Rejected records cannot be kept in the folder {folder}: {error.strerror}.",
            advice="Choose a folder that the connector may write to.",
        ) from error
