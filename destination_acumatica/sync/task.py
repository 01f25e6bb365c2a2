"""The old place of `outcome_handler.SyncFailed`."""

from destination_acumatica.sync.outcome_handler import SyncFailed

__all__ = ["SyncFailed"]
