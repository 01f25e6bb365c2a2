"""The record codec: a payload record to a plain record and back, digit for digit.

columns           which scalar columns the fields of an entity give
line_keys         which columns identify a row within its record
detail_rows       which columns of its parents a row of a detail begins with
layout            which members a record has, and which nested ones are read
payload_structs   the structs that payload rows decode into
fast_decoder      decodes answers that fit the schema: structs, joined from slices of the answer
fallback_decoder  decodes answers that differ from the schema: slower, loses nothing
detail_unfolder   details as records of their own, for both decoders
dropdown_ids      what is sent for a drop-down of contract 5
encoder           a plain record to the payload that a PUT takes
identity          the business key of a record, else its id
codec             RecordCodec, which joins the modules above
"""

from acumatica_client.record.codec import DecodedRecord, RecordCodec
from acumatica_client.record.columns import Column, custom_field_of, dropdown_columns
from acumatica_client.record.detail_rows import ParentColumn, parent_columns
from acumatica_client.record.encoder import Nulls
from acumatica_client.record.layout import Layout, build_layout, expand_paths
from acumatica_client.record.line_keys import line_key

__all__ = [
    "Column",
    "DecodedRecord",
    "Layout",
    "Nulls",
    "ParentColumn",
    "RecordCodec",
    "build_layout",
    "custom_field_of",
    "dropdown_columns",
    "expand_paths",
    "line_key",
    "parent_columns",
]
