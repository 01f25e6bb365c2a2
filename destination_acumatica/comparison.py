"""Whether what Acumatica holds is what was sent. Pure: two payloads in, an answer out.

    sent        what a PUT carried: only its members are compared
    found       what a GET of the record answered, with the same nested members expanded

Money is compared as decimals (`10.5` is `10.5000`), business dates by their day, text without the blanks at its end.
Stamps that the server sets for itself are not compared. When in doubt the answer is no: then a person looks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation

import msgspec

_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_STAMPS = re.compile(
    r"^(LastModified|Created)\w*$|^NoteID$|^(id|rowNumber|error|files|custom|_links|_workflowActions)$"
)
_MOMENT = re.compile(r"^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d)(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?$")
_MIDNIGHT = "00:00:00"


def decoded(payload: bytes | msgspec.Raw) -> object:
    """A payload, or any JSON, with exact numbers. Raises msgspec.DecodeError."""
    return _decode(payload)


def differences(sent: object, found: object, *, path: str = "") -> Iterator[str]:
    """The paths of what was sent and is not there, such as `Details[1].OrderQty`."""
    if isinstance(sent, Mapping) and "value" in sent:
        if not same_value(sent["value"], found.get("value") if isinstance(found, Mapping) else None):
            yield path
    elif isinstance(sent, Mapping):
        yield from _members(sent, found, path)
    elif isinstance(sent, list):
        yield from _rows(sent, found, path)


def _members(sent: Mapping[str, object], found: object, path: str) -> Iterator[str]:
    for name, value in sent.items():
        if not _STAMPS.match(name):
            below = found.get(name) if isinstance(found, Mapping) else None
            yield from differences(value, below, path=f"{path}.{name}" if path else name)


def _rows(sent: list[object], found: object, path: str) -> Iterator[str]:
    rows = found if isinstance(found, list) else []
    if len(rows) != len(sent):
        yield path
        return
    for at, (one, other) in enumerate(zip(sent, rows, strict=True)):
        yield from differences(one, other, path=f"{path}[{at}]")


def same_value(sent: object, found: object) -> bool:
    """Two scalars of one field."""
    if sent in (None, "") or found in (None, ""):
        return sent in (None, "") and found in (None, "")
    if isinstance(sent, bool) or isinstance(found, bool):
        return str(sent).casefold() == str(found).casefold()
    if isinstance(sent, (int, Decimal)) or isinstance(found, (int, Decimal)):
        return _same_number(str(sent), str(found))
    one, other = str(sent).rstrip(), str(found).rstrip()
    return one == other or _same_moment(one, other)


def same_key(sent: str, found: str) -> bool:
    """Two keys: the server may change the case, pad, and put in or leave out the separators of an input mask."""
    return _letters(sent) == _letters(found)


def _letters(key: str) -> str:
    return re.sub(r"[\W_]+", "", key).casefold() or key.strip()


def _same_number(one: str, other: str) -> bool:
    try:
        return Decimal(one) == Decimal(other)
    except InvalidOperation:
        return False


def _same_moment(one: str, other: str) -> bool:
    """The offset is no part of it: servers label their wall clock with offsets that can be wrong."""
    first, second = _MOMENT.match(one), _MOMENT.match(other)
    if first is None or second is None or first[1] != second[1]:
        return False
    return (first[2] or _MIDNIGHT) == (second[2] or _MIDNIGHT) or _MIDNIGHT in (first[2] or _MIDNIGHT, second[2])
