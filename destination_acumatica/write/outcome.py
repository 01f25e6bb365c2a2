"""The old place of `erp/outcome.py`."""

from destination_acumatica.erp.outcome import (
    Difference,
    Failed,
    Kind,
    Outcome,
    Rejected,
    Skipped,
    Written,
)

__all__ = ["Difference", "Failed", "Kind", "Outcome", "Rejected", "Skipped", "Written"]
