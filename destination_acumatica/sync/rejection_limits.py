"""The old place of `failure_policy`."""

from destination_acumatica.sync.failure_policy import OnRecordError
from destination_acumatica.sync.failure_policy import RejectionLimits as Limits

__all__ = ["Limits", "OnRecordError"]
