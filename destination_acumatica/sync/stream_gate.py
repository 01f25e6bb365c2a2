"""The old place of `scheduler`."""

from destination_acumatica.plan.stream_order import Parents
from destination_acumatica.sync.scheduler import StreamBarrier as Gate

__all__ = ["Gate", "Parents"]
