"""Knows sockets: puts an instance behind a real HTTP server, in a thread or in the process; knows nothing of Acumatica.

Everything that waits, waits here: for the session (it serves one request at a time), for a core, for an ordered delay.
"""

from __future__ import annotations

from acumatica_emulator.server.application import Application
from acumatica_emulator.server.running import Server

__all__ = ["Application", "Server"]
