"""What the sync needs of a place for rejected records, as a type; and the place that keeps none."""

from __future__ import annotations

from typing import Protocol

from destination_acumatica.input.messages import StreamName


class RejectsStore(Protocol):
    """Not for two threads at once. `add` and `flush` raise AcumaticaError."""

    def add(self, stream: StreamName, line: bytes) -> None:
        """Takes a line; it may stay in memory until the next flush."""

    def flush(self) -> None:
        """All that was added is safe when this returns: a state behind it may go out."""

    def close(self) -> None:
        """Nothing more comes. Does not wait: what was not flushed may be given up, and comes again."""


class NoRejects:
    """Rejected records are counted and told, and kept nowhere."""

    def add(self, stream: StreamName, line: bytes) -> None:
        """Keeps nothing."""

    def flush(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""
