"""The old place of what others still import from here."""

from destination_acumatica.input.input_reader import InFlightLimit as Room

__all__ = ["Room"]
