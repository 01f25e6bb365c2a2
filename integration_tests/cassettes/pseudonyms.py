"""Pseudonyms that replace the texts, ids and amounts of a real tenant in a recording.

    "Alphabet Ltd"  -> "Qmxhkwru Zvt"   letters for letters, digits for digits, the same length, spaces and dots kept
    12345.6700      -> 80213.4100       as many digits before and after the point; zeros at the end stay
    2024-05-01T...  stays: windows are cut by it           true, null, 0, line numbers below 1000 stay

The same value gets the same pseudonym everywhere in one run, in answers as in the requests that repeat them, and two
values never get the same one: a client that plays the recording back asks for exactly what was recorded. The key is
new for each run and is not stored.
"""

from __future__ import annotations

import hmac
import json
import re
import string
from collections.abc import Iterator, Mapping
from hashlib import sha256
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?")
_LITERAL = re.compile(r"'((?:[^']|'')*)'")
_SMALL = 1000
_LEFT_OUT = ("_links", "files", "stackTrace")  # links and file names contain keys as plain text


class Number(str):
    """A number of JSON, digit by digit."""

    __slots__ = ()


class Pseudonyms:
    """The pseudonyms of one run. Not thread-safe."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._given: dict[str, str] = {}
        self._taken: set[str] = set()

    def text(self, value: str) -> str:
        if not value.strip() or _TIMESTAMP.fullmatch(value):
            return value
        if value not in self._given:
            for attempt in range(10_000):
                candidate = self._shaped(value, attempt)
                if candidate not in self._taken and candidate != value:
                    break
            self._given[value] = candidate
            self._taken.add(candidate)
        return self._given[value]

    def number(self, digits: str) -> str:
        whole, point, fraction = digits.partition(".")
        if "e" in digits.lower() or (not point and abs(int(whole)) < _SMALL):
            return digits
        kept = fraction.rstrip("0")
        mapped = self._shaped(whole.lstrip("-") + kept, 0, lowest=1 if whole.lstrip("-0") else 0)
        split = len(whole.lstrip("-"))
        whole_part = mapped[:split] if whole.lstrip("-0") else whole.lstrip("-")
        return "-" * digits.startswith("-") + whole_part + point + mapped[split:] + fraction[len(kept) :]

    def payload(self, node: object) -> object:
        """Rows as they are on the wire: `{"id": ..., "Field": {"value": ...}}`."""
        if isinstance(node, list):
            return [self.payload(child) for child in node]
        if not isinstance(node, Mapping):
            return node
        return {name: self._member(name, child) for name, child in node.items() if name not in _LEFT_OUT}

    def _member(self, name: str, child: object) -> object:
        if isinstance(child, Number):
            return Number(self.number(child)) if name == "value" else child
        if isinstance(child, str):
            return self.text(child) if name in ("value", "id") else child
        return self.payload(child)

    def words(self, text: str) -> str:
        """A message in which every value with a pseudonym is replaced."""
        for value in sorted((value for value in self._given if len(value) > 2), key=len, reverse=True):
            text = text.replace(value, self._given[value])
        return text

    def uri(self, uri: str) -> str:
        """A request's address: keys in the path after `/entity/name/version/Entity/`, texts in the filter."""
        parts = urlsplit(uri)
        head, entity, tail = parts.path.partition("/entity/")
        segments = tail.split("/")
        if entity and len(segments) > 3:
            segments[3:] = [quote(self.text(unquote(key)), safe="") for key in segments[3:]]
        query = [(name, self._filter(value) if name == "$filter" else value) for name, value in parse_qsl(parts.query)]
        return urlunsplit((parts.scheme, parts.netloc, head + entity + "/".join(segments), urlencode(query), ""))

    def _filter(self, text: str) -> str:
        return _LITERAL.sub(lambda found: "'" + self.text(found[1].replace("''", "'")) + "'", text)

    def _shaped(self, value: str, attempt: int, lowest: int = 0) -> str:
        """As long as `value`: letters where it has letters, digits where it has digits, ids of hexadecimal digits."""
        stream = self._stream(f"{attempt}:{value}")
        small, great = string.ascii_lowercase, string.ascii_uppercase
        if _GUID.fullmatch(value):
            return "".join(sign if sign == "-" else f"{next(stream) % 16:x}" for sign in value)
        shaped = []
        for place, sign in enumerate(value):
            byte = next(stream)
            if sign.isdigit():
                low = lowest if place == 0 else 0
                sign = str(low + byte % (10 - low))
            elif sign.isalpha():
                sign = great[byte % 26] if sign.isupper() else small[byte % 26]
            shaped.append(sign)
        return "".join(shaped)

    def _stream(self, seed: str) -> Iterator[int]:
        count = 0
        while True:
            block = hmac.new(self._key, f"{count}:{seed}".encode(), sha256).digest()
            yield from block
            count += 1


def load(text: str) -> object:
    """JSON with its numbers as they were written. `dump` is its inverse."""
    return json.loads(text, parse_float=Number, parse_int=Number)


def dump(node: object) -> str:
    if isinstance(node, Number):
        return str(node)
    if isinstance(node, Mapping):
        return "{" + ",".join(f"{json.dumps(name)}:{dump(child)}" for name, child in node.items()) + "}"
    if isinstance(node, list):
        return "[" + ",".join(map(dump, node)) + "]"
    return json.dumps(node, ensure_ascii=False)
