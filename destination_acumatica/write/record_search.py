"""The old place of `erp/record_search.py`."""

from destination_acumatica.erp.record_search import (
    Condition,
    Payload,
    field_at,
    field_text_at,
    how_many,
)
from destination_acumatica.erp.record_search import (
    RecordSearch as Finder,
)

__all__ = ["Condition", "Finder", "Payload", "field_at", "field_text_at", "how_many"]
