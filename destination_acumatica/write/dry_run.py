"""The old place of `erp.dry_run`."""

from destination_acumatica.erp.dry_run import DryRunEndpoint as Rehearsal
from destination_acumatica.erp.dry_run import dry_run_result as verdict_of

__all__ = ["Rehearsal", "verdict_of"]
