"""The old place of `erp/record_search.py`."""

from destination_acumatica.erp.record_search import (
    Condition,
    Finder,
    Payload,
    field_at,
    field_text_at,
    how_many,
)

__all__ = ["Condition", "Finder", "Payload", "field_at", "field_text_at", "how_many"]
