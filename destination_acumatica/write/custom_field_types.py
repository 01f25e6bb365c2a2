"""The old place of `erp/record_read.py`."""

from destination_acumatica.erp.record_read import custom_field_types as customs_of

__all__ = ["customs_of"]
