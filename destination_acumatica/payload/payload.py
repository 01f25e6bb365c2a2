"""What a PUT takes, as one value: decoded, immutable, and encoded once, where the request is sent. And the error of a
record that gives none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType

import msgspec

from acumatica_client.errors import FieldError

_decode = msgspec.json.Decoder(dict[str, object], float_hook=Decimal).decode
_encode = msgspec.json.Encoder(decimal_format="number").encode


class UnmappableRecord(Exception):
    """The record cannot become a document of the entity; `errors` say why, member by member."""

    def __init__(self, *errors: FieldError) -> None:
        super().__init__("; ".join(map(str, errors)))
        self.errors = errors


class Payload(Mapping[str, object]):
    """Members by their names as the wire wraps them: `{"CustomerID": {"value": "C1"}, "Details": [{...}]}`.

    Numbers are exact: `int`, or `Decimal` where they have a fraction or an exponent.
    """

    __slots__ = ("_members",)

    def __init__(self, members: Mapping[str, object] = MappingProxyType({})) -> None:
        self._members = members

    @classmethod
    def decode(cls, body: bytes) -> Payload:
        """The payload that these bytes are. Raises msgspec.DecodeError."""
        return cls(_decode(body))

    def __getitem__(self, name: str) -> object:
        return self._members[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __repr__(self) -> str:
        return f"Payload({', '.join(self._members)})"  # never the values: they are somebody's data

    def encode(self) -> bytes:
        """The body of the request."""
        return _encode(self._members)
