"""A stand-in for an Acumatica ERP instance, for tests, benchmarks and the demo; these names are its public face.

A real HTTP server with state that behaves like the contract-based REST API as far as it has been documented. What is
copied, inferred, invented and missing is listed in docs/emulator-fidelity.md.
"""

from __future__ import annotations

from acumatica_emulator.emulator import Emulator
from acumatica_emulator.site.behavior import Behavior
from acumatica_emulator.site.faults import Fault
from acumatica_emulator.site.http import Call
from acumatica_emulator.site.report import Report
from acumatica_emulator.site.store import Store

__all__ = ["Behavior", "Call", "Emulator", "Fault", "Report", "Store"]
