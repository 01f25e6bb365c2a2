"""Makes garbage collection cheap for every test: modules and collected tests are left out of it."""

from __future__ import annotations

import gc

# Thresholds of the three generations; Python's defaults are for small programs.
_THRESHOLDS = 50_000, 20, 20


def pytest_collection_finish() -> None:
    """Half a million objects of modules and tests live to the end; traversing them took a fifth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
