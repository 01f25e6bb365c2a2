"""What holds for every test over a socket: nothing secret is printed, no process outlives its test, nobody dawdles."""

from __future__ import annotations

from integration_tests.pace import brisk
from integration_tests.processes import processes
from integration_tests.transcript import overhear, pytest_runtest_makereport

__all__ = ["brisk", "overhear", "processes", "pytest_runtest_makereport"]
