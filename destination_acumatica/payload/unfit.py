"""The old place of what others still import from here."""

from destination_acumatica.payload.payload import UnmappableRecord

__all__ = ["UnmappableRecord"]
