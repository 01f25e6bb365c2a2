"""The record codec: a payload record to a plain record and back, digit for digit. Knows nothing of HTTP or Airbyte.

columns   which scalar columns the fields of an entity give
line_keys which columns tell the rows of one record apart
rows      which columns of its parents a row of a detail begins with
layout    which members a record has, and which nested ones are wanted
structs   the structs that payload rows decode into
swift     the usual way: such structs, joined from slices of the answer
careful   the other way, for answers that differ from the schema: slower, loses nothing
unfold    details as records of their own, on both ways
selecting what is sent for a drop-down of contract 5
writing   a plain record to the payload that a PUT takes
codec     the door: RecordCodec
"""

from acumatica_client.record.codec import Decoded, RecordCodec
from acumatica_client.record.columns import Column, companions
from acumatica_client.record.detail_rows import ParentColumn, parent_columns
from acumatica_client.record.encoder import Nulls
from acumatica_client.record.layout import Layout, expansions, lay_out
from acumatica_client.record.line_keys import line_key

__all__ = [
    "Column",
    "Decoded",
    "Layout",
    "Nulls",
    "ParentColumn",
    "RecordCodec",
    "companions",
    "expansions",
    "lay_out",
    "line_key",
    "parent_columns",
]
