"""The record codec: a payload record to a plain record and back, digit for digit. Knows nothing of HTTP or Airbyte.

layout    which members a record has, and which nested ones are wanted
swift     the usual way: decoded by generated structs, joined from slices of the answer
careful   the other way, for answers that differ from the schema: slower, loses nothing
writing   a plain record to the payload that a PUT takes
codec     the door: RecordCodec
"""

from acumatica_client.record.codec import Decoded, RecordCodec
from acumatica_client.record.layout import Layout, expansions, lay_out
from acumatica_client.record.writing import Nulls

__all__ = ["Decoded", "Layout", "Nulls", "RecordCodec", "expansions", "lay_out"]
