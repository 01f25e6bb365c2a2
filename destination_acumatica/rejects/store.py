"""The place for rejected records: nowhere, a folder, or a bucket."""

from __future__ import annotations

from typing import Protocol

from destination_acumatica.config.configured_catalog import StreamName
from destination_acumatica.config.reject_settings import BucketSettings, RejectsSettings
from destination_acumatica.rejects.bucket import BucketRejects, check_bucket
from destination_acumatica.rejects.folder import FileRejects, check_folder
from destination_acumatica.rejects.naming import Naming


class RejectsStore(Protocol):
    """Not for two threads at once. `add` and `flush` raise AcumaticaError."""

    def add(self, stream: StreamName, line: bytes) -> None:
        """Takes a line; it may stay in memory until the next flush."""

    def flush(self) -> None:
        """All that was added is safe when this returns: a state behind it may go out."""

    def close(self) -> None:
        """Nothing more comes. Does not wait: what was not flushed may be given up, and comes again."""


class NoRejects:
    """Rejected records are counted and logged, and kept nowhere."""

    def add(self, stream: StreamName, line: bytes) -> None:
        """Keeps nothing."""

    def flush(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""


def open_store(settings: RejectsSettings, naming: Naming) -> RejectsStore:
    """The place, for one sync. Makes and connects to nothing yet."""
    if isinstance(settings.place, BucketSettings):
        return BucketRejects(settings.place, naming)
    return FileRejects(settings.place, naming) if settings.place else NoRejects()


def check_store(settings: RejectsSettings) -> None:
    """Raises AcumaticaError unless the place takes records."""
    if isinstance(settings.place, BucketSettings):
        check_bucket(settings.place)
    elif settings.place:
        check_folder(settings.place)
