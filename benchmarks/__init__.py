"""Measurements against the emulator. Never part of the tests: figures depend on the machine."""
