"""The old place of what others still import from here."""

from destination_acumatica.payload.payload import UnmappableRecord as Unfit

__all__ = ["Unfit"]
