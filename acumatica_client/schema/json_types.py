"""How the scalar types of the contract look in JSON, in the words of JSON schema: type, and format where there is one.

Shared by the catalogs of both connectors. Evidence: swagger of 20.200.001 to 26.200.001, whose wrappers name these.
"""

from __future__ import annotations

from collections.abc import Mapping

from acumatica_client.schema.model import ValueType

_TEXT: Mapping[str, str] = {"type": "string"}
_NUMBER: Mapping[str, str] = {"type": "number"}
_INTEGER: Mapping[str, str] = {"type": "integer"}

JSON_TYPES: Mapping[ValueType, Mapping[str, str]] = {
    ValueType.STRING: _TEXT,
    ValueType.GUID: _TEXT,
    ValueType.STRING_SELECT: _TEXT,
    ValueType.INT_SELECT: _INTEGER,
    ValueType.STRING_MULTI_SELECT: _TEXT,
    ValueType.BOOLEAN: {"type": "boolean"},
    ValueType.DECIMAL: _NUMBER,
    ValueType.DOUBLE: _NUMBER,
    ValueType.INT: _INTEGER,
    ValueType.SHORT: _INTEGER,
    ValueType.LONG: _INTEGER,
    ValueType.BYTE: _INTEGER,
    ValueType.DATETIME: {"type": "string", "format": "date-time"},
    ValueType.DATE: {"type": "string", "format": "date"},
}
