"""Sessions, each of which takes one license seat: the pool, its pace, and seats shared with other connections."""

from acumatica_client.session.pool import PoolClosed
from acumatica_client.session.session import Timeouts

__all__ = ["PoolClosed", "Timeouts"]
