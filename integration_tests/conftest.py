"""For every test over a socket: nothing secret is printed, no process outlives its test, no needless pause."""

from __future__ import annotations

from integration_tests.pace import fast_server
from integration_tests.processes import processes
from integration_tests.transcript import overhear, pytest_runtest_makereport

__all__ = ["fast_server", "overhear", "processes", "pytest_runtest_makereport"]
