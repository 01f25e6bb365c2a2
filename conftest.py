"""For every test: one profile of property tests, and cheap garbage collection."""

from __future__ import annotations

import gc

from hypothesis import settings

# Thresholds of the three generations; Python's defaults are for small programs.
_THRESHOLDS = 50_000, 20, 20

# The same examples in every run, none stored, and no deadline, which a busy machine would miss.
settings.register_profile("steady", derandomize=True, database=None, deadline=None)
settings.load_profile("steady")


def pytest_collection_finish() -> None:
    """Half a million objects of modules and tests live to the end; traversing them took a fifth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
