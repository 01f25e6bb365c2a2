"""What holds for every test over a socket: nothing secret is printed."""

from __future__ import annotations

from integration_tests.transcript import overhear, pytest_runtest_makereport

__all__ = ["overhear", "pytest_runtest_makereport"]
