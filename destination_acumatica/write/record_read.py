"""The old place of `erp/record_read.py`."""

from destination_acumatica.erp.record_read import (
    Payload,
    custom_paths,
    field_text,
    find_record,
    nested_paths,
    read_record,
    refuses_address,
)

__all__ = [
    "Payload",
    "custom_paths",
    "field_text",
    "find_record",
    "nested_paths",
    "read_record",
    "refuses_address",
]
