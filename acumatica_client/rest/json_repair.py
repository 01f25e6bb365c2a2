r"""JSON of answers with values that are no valid JSON: one bad value must not cost the record, nor the page it is in.

    what came                                   what it becomes
    bytes that are no UTF-8                     U+FFFD
    half of a surrogate pair, `\ud83d`          `\ufffd`
    an unknown or incomplete escape, `\x41`     `\ufffd`, then the rest as text
    a control character inside a text           its escape, `\u0001`
    NaN, Infinity, -Infinity                    null

Everything else stays as it came, byte for byte, `\u0000` included, which is valid JSON. Text that is cut off or
is no JSON at all stays broken.
"""

from __future__ import annotations

import re

import msgspec

REPAIRED = "an answer has values that are not valid JSON; U+FFFD stands for a bad character, null for a bad number."
_BAD = rb"\ufffd"
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b', re.S)
_IN_TEXT = re.compile(
    rb"(?P<pair>\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    rb'|(?P<good>\\(?:u[0-9a-fA-F]{4}|["\\/bfnrt]))'
    rb"|(?P<odd>\\u?)"
    rb"|(?P<control>[\x00-\x1f])",
    re.S,
)
_parse = msgspec.json.Decoder(msgspec.Raw).decode


def valid_json(body: bytes) -> bytes:
    """The body itself where it is valid JSON in UTF-8, or no JSON at all; else repaired."""
    text = valid_text(body)
    try:
        _parse(text)
    except msgspec.DecodeError:
        return repair_json(text)
    return text


def valid_text(body: bytes) -> bytes:
    """Like `valid_json`, but only what a decoder of slices does not notice: wrong UTF-8. Cheap for large bodies."""
    if body.isascii():
        return body
    try:
        body.decode()
    except UnicodeDecodeError:
        return repair_json(body)
    return body


def repair_json(body: bytes) -> bytes:
    """The body with every bad value replaced, see the head of this module; unchanged where that does not make it valid
    JSON."""
    text = body if body.isascii() else body.decode("utf-8", "replace").encode()
    repaired = _TOKEN.sub(_repair_token, text)
    try:
        _parse(repaired)
    except msgspec.DecodeError:
        return body
    return repaired


def _repair_token(token: re.Match[bytes]) -> bytes:
    text = token[0]
    return _IN_TEXT.sub(_repair_character, text) if text[:1] == b'"' else b"null"


def _repair_character(found: re.Match[bytes]) -> bytes:
    kind = found.lastgroup
    if kind in ("pair", "good"):
        return found[0]
    if kind != "control":
        return _BAD
    return _BAD if found[0] == b"\x00" else b"\\u%04x" % found[0][0]
