"""The record codec: pages to payload records, payload records to records, and back.

    page  [{"id":"..","rowNumber":1,"note":{"value":""},"Amount":{"value":0.0000},"Terms":{},"custom":{}}, ..]
    split    [slice, ..]
    unwrap   {"id":"..","note":"","Amount":0.0000,"Terms":null,"custom":{}}
    rows     {"Bill_Type":"Bill","Bill_ReferenceNbr":"000123","Bill_id":"..","id":"..","note":null,"LineNbr":1, ..}, ..
    wrap     {"id":"..","note":{"value":""},"Amount":{"value":0.0000},"Terms":{},"custom":{}}

A record has every field of the schema, or of those that were selected, null where the answer says `{}` or nothing.
`custom` stays as on the wire, with the type of each field, because the details back needs it; fields named by `custom=`
become columns instead. `rowNumber` and `_links` are not repeated.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from acumatica_client.errors import Unexpected
from acumatica_client.record.detail_unfolder import DetailUnfolder, paths_of
from acumatica_client.record.encoder import Nulls, PayloadEncoder
from acumatica_client.record.fallback_decoder import FallbackDecoder, as_object
from acumatica_client.record.fast_decoder import FastDecoder
from acumatica_client.record.layout import build_layout, wire_fields, wire_paths
from acumatica_client.rest.json_repair import REPAIRED, repair_json, valid_text
from acumatica_client.rest.query import Query
from acumatica_client.schema.custom_fields import CustomField
from acumatica_client.schema.model import EndpointSchema

_log = logging.getLogger("acumatica_client")
_split = msgspec.json.Decoder(list[msgspec.Raw]).decode


class DecodedRecord:
    """A record as JSON text, with access to its values one by one and to the rows of its details."""

    __slots__ = ("_details", "_row", "json")

    def __init__(self, json: bytes, details: DetailUnfolder[Any], row: msgspec.Struct | bytes | msgspec.Raw) -> None:
        self.json = json
        self._details = details
        self._row = row

    def value(self, name: str) -> bytes | None:
        """`id` or a field as JSON text (`b'"SO"'`, `b"12.50"`); None where it is null. KeyError for other names."""
        text = bytes(self._details.level.value(self._row, name))
        return None if text == b"null" else text

    def text(self, name: str) -> str | None:
        """`id` or a field as plain text: a string without its quotes, anything else as it is written in JSON."""
        value = self.value(name)
        if value is None or value[:1] != b'"':
            return None if value is None else value.decode()
        return msgspec.json.decode(value, type=str)

    def rows(self, path: str) -> list[bytes]:
        """The rows of a detail named by `rows=`, each as JSON text on one line that begins with the columns of its
        parents (`parent_columns` lists them). KeyError for a path that was not named."""
        return [_one_line(row) for row in self._details.rows(path, self._row)]


class RecordCodec:
    """Unwraps and wraps the records of one entity.

    `expand` names the nested members to unwrap: `MainContact`, `MainContact/Address`, `Details`, `files`. Other nested
    members are left out of a record; `wrap` takes any that the schema has. `rows` names the details whose rows become
    records of their own, `custom` the custom fields that become columns, `select` the fields to read (none: all).
    Raises `SettingsError` for names the schema lacks.
    """

    def __init__(
        self,
        schema: EndpointSchema,
        entity: str,
        expand: Collection[str] = (),
        *,
        rows: Collection[str] = (),
        custom: Collection[CustomField] = (),
        select: Collection[str] = (),
    ) -> None:
        self.layout = build_layout(schema, entity, expand, rows=rows, custom=custom, select=select)
        self.query = Query(
            select=tuple(wire_fields(self.layout)),
            expand=tuple(wire_paths(self.layout)),
            custom=tuple(dict.fromkeys(field.path for field in custom)),
        )
        """What has to be asked for, to be completed with a filter and a page."""
        self.unknown: set[str] = set()
        """Names of members that answers had and the schema has not. They are kept in the records all the same."""
        paths = paths_of(schema, entity, rows)
        self._fast = FastDecoder(self.layout)
        self._fallback = FallbackDecoder(self.layout, self.unknown)
        self._fast_unfolder = DetailUnfolder(self._fast, paths)
        self._fallback_unfolder = DetailUnfolder(self._fallback, paths)
        self._repair_logged = False
        self._decode = msgspec.json.Decoder(self._fast.struct).decode
        self._writer = PayloadEncoder(self.layout.shape, schema.shapes)

    def split(self, page: bytes) -> list[msgspec.Raw]:
        """The records of a list answer, as slices of it. Raises `Unexpected` for anything but a JSON array in UTF-8."""
        # Slices are not decoded, so wrong bytes in them would pass: hence the check before.
        text = valid_text(page)
        try:
            try:
                rows = _split(text)
            except msgspec.DecodeError:
                text = repair_json(text)
                rows = _split(text)
        except msgspec.DecodeError as error:
            raise Unexpected("A list answer is not a JSON array.", detail=str(error)) from error
        if text is not page:
            self._log_repair()
        return rows

    def decode(self, raw: bytes | msgspec.Raw) -> DecodedRecord:
        """One payload record; a value in it that is no valid JSON is replaced, see `rest.json_repair`.

        Raises `Unexpected` when it is not a JSON object.
        """
        text = valid_text(raw) if isinstance(raw, bytes) else raw
        try:
            return self._decode_valid(text)
        except msgspec.DecodeError as error:
            repaired = repair_json(bytes(text))
            if repaired == bytes(text):
                raise _no_record(error) from error
        self._log_repair()
        try:
            return self._decode_valid(repaired)
        except msgspec.DecodeError as error:
            raise _no_record(error) from error

    def unwrap(self, raw: bytes | msgspec.Raw) -> bytes:
        """The record of a payload record, as JSON text on one line."""
        return self.decode(raw).json

    def wrap(self, record: bytes | msgspec.Raw | Mapping[str, object], *, nulls: Nulls = "skip") -> bytes:
        """The payload of a record, given as JSON text or as a mapping (with `Decimal` for exact numbers).

        A null field is left out (`skip`), cleared with `{"value":null}` (`clear`), or `{}` as a server writes it
        (`empty`, the exact inverse of `unwrap`). Raises `SettingsError` naming every member that does not fit.
        """
        return self._writer.wrap(record, nulls)

    def _log_repair(self) -> None:
        if not self._repair_logged:
            self._repair_logged = True
            _log.warning("%s: %s", self.layout.shape.name, REPAIRED)

    def _decode_valid(self, raw: bytes | msgspec.Raw) -> DecodedRecord:
        try:
            row = self._decode(raw)
            return DecodedRecord(_one_line(self._fast.render(row)), self._fast_unfolder, row)
        except msgspec.ValidationError:
            members = self._fallback.members(raw)
            return DecodedRecord(_one_line(as_object(members)), self._fallback_unfolder, raw)


def _one_line(json: bytes) -> bytes:
    """Servers set to pretty-print leave line breaks inside slices of `custom` and `files`; a record is one line.

    Text cannot be hurt: inside a JSON string a line break is always escaped.
    """
    return msgspec.json.format(json, indent=-1) if b"\n" in json or b"\r" in json else json


def _no_record(error: msgspec.DecodeError) -> Unexpected:
    return Unexpected("A record in the answer is not a JSON object.", detail=str(error))
