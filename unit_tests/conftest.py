"""One profile for the property tests: the same examples in every run, none stored, no deadline."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("steady", derandomize=True, database=None, deadline=None)
settings.load_profile("steady")
