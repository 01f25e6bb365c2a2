"""The old place of `erp/dry_run.py`."""

from destination_acumatica.erp.dry_run import (
    Rehearsal,
    verdict_of,
)

__all__ = ["Rehearsal", "verdict_of"]
