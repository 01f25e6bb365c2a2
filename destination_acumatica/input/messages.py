"""The messages of the input, read from its lines.

A line that cannot be understood is never dropped without a word:

    blank                                                     ignored
    a source's status of a stream (TRACE)                     StreamStatus
    JSON of another message type (LOG, CONTROL, ...)          ignored
    a record with half a character (an unpaired surrogate),        a record with an error: only it is rejected
    the character U+0000, NaN or an infinity
    no message at all: text, or JSON without a `type`         IgnoredLine: a warning, since programs print such things
    anything that was meant as a message but is broken        Unreadable: ends the sync, a record may be in it
    a record of a stream that the connection does not have    Unreadable, too

Values are slices of the line (`Raw`), not Python objects, so that numbers keep the digits they came with.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

import msgspec

from destination_acumatica.config.configured_catalog import StreamName as StreamName
from destination_acumatica.config.configured_catalog import StreamNames
from destination_acumatica.plan.field_mapping import DELETED_AT as DELETED_AT


@dataclass(frozen=True)
class SourceRecord:
    """A record as it came: its message, and how many states came before it (None: those delivered before it)."""

    stream: StreamName
    line: bytes
    after: int | None = None


@dataclass(frozen=True)
class RecordLine:
    """A record: its columns as JSON slices of `line`, the whole message; `size` in bytes of all that it holds.

    A state may overtake a record that waited on the disk: `after` is how many states came before the record in the
    input. `others` are further records of the input that are written with this one and share its outcome. `error` says
    why it can be no document at all. `changes` are those of the platform: the path of a column -> NULLED (it could not
    carry the value) or TRUNCATED.
    """

    stream: StreamName
    columns: dict[str, msgspec.Raw]
    size: int
    line: bytes = b"{}"
    after: int | None = None
    others: tuple[SourceRecord, ...] = ()
    error: str = ""
    changes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SupersededRecord:
    """A record that is not written, since a later one with the same key is."""

    stream: StreamName
    after: int | None = None


@dataclass(frozen=True)
class StateLine:
    """A state, kept as it came. `stream` None: a GLOBAL or LEGACY state, which speaks for every stream."""

    line: bytes
    state: bytes
    stream: StreamName | None

    @property
    def size(self) -> int:
        return len(self.line)


@dataclass(frozen=True)
class StreamStatus:
    """What the source says about one of its streams: `COMPLETE` when all of it has come."""

    stream: StreamName
    status: str


@dataclass(frozen=True)
class IgnoredLine:
    """A line that is no protocol message."""


@dataclass(frozen=True)
class Unreadable:
    """A line that was meant as a message and cannot be read, or an input that is not whole (`transient`: the source may
    well complete it the next time). It is the last that is read."""

    why: str
    transient: bool = False


Message = RecordLine | SupersededRecord | StateLine | StreamStatus | IgnoredLine | Unreadable


_NONE = msgspec.Raw(b"")


class _Descriptor(msgspec.Struct):
    name: str
    namespace: str | None = None


class _Record(msgspec.Struct):
    stream: str
    data: dict[str, msgspec.Raw]
    namespace: str | None = None
    meta: msgspec.Raw = _NONE


class _Change(msgspec.Struct):
    field: str = ""
    change: str = ""


class _Meta(msgspec.Struct):
    changes: list[_Change] | None = None


class _StreamState(msgspec.Struct):
    stream_descriptor: _Descriptor


class _State(msgspec.Struct):
    type: str | None = None
    stream: _StreamState | None = None


class _Status(msgspec.Struct):
    stream_descriptor: _Descriptor
    status: str


class _Trace(msgspec.Struct):
    stream_status: _Status | None = None


class _Envelope(msgspec.Struct):
    type: str | None = None
    record: _Record | None = None
    state: msgspec.Raw = _NONE
    trace: msgspec.Raw = _NONE


_decode = msgspec.json.Decoder(_Envelope).decode
_decode_state = msgspec.json.Decoder(_State).decode
_decode_meta = msgspec.json.Decoder(_Meta).decode
_INDEX = re.compile(r"\[([0-9]+)\]")
_decode_trace = msgspec.json.Decoder(_Trace).decode
# A string of a JSON text, or what JavaScript and Python write for numbers that JSON has not (group 1).
_STRING_OR_NAN = re.compile(rb'"(?:[^"\\]|\\.)*"|(-?\b(?:NaN|Infinity)\b)')
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
# One escape of a JSON text after the other; group 1 is half of a character, without its other half.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"
)
_FOREIGN = "a record of the stream {stream}, which the connection does not have"
ANY_STREAM = StreamNames()
_NO_NUMBER = "the record holds NaN or an infinity, which is no number in JSON"
_HAS_NUL = "the record holds the character U+0000, which no text of a database can hold"
_HALVES = "the record holds half a character (an unpaired surrogate), which no text can hold"
_BLANKS = b" \t\r\n\xef\xbb\xbf\x00"  # with a byte order mark and the zeros that some pipes pad with


def read_message(line: bytes, streams: StreamNames = ANY_STREAM) -> Message | None:
    """The message of one line, None where there is nothing to do. A record belongs to one of `streams`, or it cannot be
    read: left out, it would be lost behind the next state."""
    text = line.strip(_BLANKS)
    if not text:
        return None
    message = _read(text)
    if isinstance(message, RecordLine):
        stream = streams.resolve(message.stream)
        if stream is None:
            return Unreadable(_FOREIGN.format(stream=message.stream))
        return message if stream == message.stream else replace(message, stream=stream)
    if isinstance(message, StateLine) and message.stream:
        return replace(message, stream=streams.resolve(message.stream) or message.stream)
    if isinstance(message, StreamStatus):
        return replace(message, stream=streams.resolve(message.stream) or message.stream)
    return message


def _read(text: bytes) -> Message | None:
    try:
        text.decode()  # slices are not decoded, so wrong bytes would be noticed by Acumatica only
        return _message(_decode(text), text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _repaired(text) or (Unreadable(_reason(error)) if _meant_as_message(text) else IgnoredLine())


def _message(envelope: _Envelope, text: bytes) -> Message | None:
    if envelope.type is None:
        return IgnoredLine()
    if envelope.type == "RECORD":
        return _record(envelope.record, text)
    if envelope.type == "TRACE":
        return _status(envelope.trace)
    return _state(envelope.state, text) if envelope.type == "STATE" else None


def _record(record: _Record | None, text: bytes) -> Message:
    if record is None:
        return Unreadable("the RECORD message has no record")
    name = StreamName(record.stream, record.namespace or None)
    changes = _changes(record.meta) if record.meta != _NONE else {}
    error = _HAS_NUL if b"\\u0000" in text and _NUL.search(text) else ""
    return RecordLine(name, record.data, len(text), text, error=error, changes=changes)


def _changes(meta: msgspec.Raw) -> dict[str, str]:
    """What the platform did to values, by the paths of their columns (`lines[0].sku` is `lines.0.sku`)."""
    with suppress(msgspec.DecodeError):
        changes = _decode_meta(meta).changes or []
        return {_INDEX.sub(r".\1", one.field): one.change for one in changes if one.field}
    return {}


def _state(raw: msgspec.Raw, text: bytes) -> Message:
    if raw == _NONE:
        return Unreadable("the STATE message has no state")
    state = _decode_state(raw)
    if state.type == "STREAM" and state.stream is None:
        return Unreadable("the STATE message names no stream")
    named = state.stream.stream_descriptor if state.stream and state.type in ("STREAM", None) else None
    return StateLine(text, bytes(raw), StreamName(named.name, named.namespace or None) if named else None)


def _repaired(text: bytes) -> RecordLine | None:
    """The record of a line that is whole but for values that JSON or text cannot hold. The line stays as it came; None
    for anything else."""
    halves = _ESCAPE.sub(lambda found: rb"\ufffd" if found[1] else found[0], text)
    whole = _STRING_OR_NAN.sub(lambda found: b"null" if found[1] else found[0], halves)
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        message = None if whole == text else _message(_decode(whole), text)
        words = _HALVES if whole == halves else _NO_NUMBER
        return replace(message, error=words) if isinstance(message, RecordLine) else None
    return None


def _status(raw: msgspec.Raw) -> StreamStatus | None:
    """None for any other trace, of whatever shape: no record can be lost in it."""
    with suppress(msgspec.DecodeError):
        found = _decode_trace(raw).stream_status
        if found is not None:
            named = found.stream_descriptor
            return StreamStatus(StreamName(named.name, named.namespace or None), found.status)
    return None


def _meant_as_message(text: bytes) -> bool:
    return text.startswith(b"{") or b'"RECORD"' in text or b'"STATE"' in text


def _reason(error: Exception) -> str:
    """What is wrong, without a word of the line: it may hold personal data."""
    if isinstance(error, msgspec.ValidationError):
        return f"a message of a wrong shape ({str(error).split(' - ')[-1]})"
    return "not valid JSON in UTF-8"
