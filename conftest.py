"""What holds for every test: the collector of garbage looks only at what tests have made."""

from __future__ import annotations

import gc

# Beyond these, a look at the young, at the middle-aged and at all; Python's own numbers are for small programs.
_THRESHOLDS = 50_000, 20, 20


def pytest_collection_finish() -> None:
    """Half a million objects of modules and of collected tests stay to the end: a fifth of the time went into walking
    through them again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
