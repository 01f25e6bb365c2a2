"""Whether what Acumatica holds is what was sent. Pure: two payloads in, an answer out.

    sent        what a PUT carried: only its members are compared
    found       what a GET of the record answered, with the same nested members expanded

Money is compared as decimals (`10.5` is `10.5000`), business dates by their day, text without the blanks at its end.
Stamps that the server sets for itself are not compared. When in doubt the answer is no.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from destination_acumatica.fields.json_values import whole_number_text

_STAMPS = re.compile(r"^(LastModified|Created)\w*$|^NoteID$|^(id|rowNumber|error|files|type|_links|_workflowActions)$")
_TIMESTAMP = re.compile(r"^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d)(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?$")
_ZONED = re.compile(r"^\d{4}-\d\d-\d\d[T ]\d\d:.*(Z|[+-]\d\d:\d\d)$")
_GUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.I)
_MIDNIGHT = "00:00:00"
_PLAIN_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_PERIOD_NAME = re.compile(r"period[^.]*$", re.I)
_PERIOD = re.compile(r"([0-9]{2})-?([0-9]{4})")
_ROUNDING = Decimal("1e-14")
NEW_NUMBER = "<new>"  # what Acumatica shows as the number of a document that has none yet


@dataclass(frozen=True)
class Difference:
    """A field that is in Acumatica with another value than was sent, both as text. The values never go to the log."""

    path: str
    sent: str
    found: str


def differences(sent: object, found: object, *, path: str = "") -> Iterator[str]:
    """The paths of what was sent and is not there, such as `Details[1].OrderQty`."""
    return (difference.path for difference in compare(sent, found, path=path))


def compare(sent: object, found: object, *, path: str = "") -> Iterator[Difference]:
    """What was sent and is not there, field by field; of an array that has another length, the array."""
    if isinstance(sent, Mapping) and "value" in sent:
        there = found.get("value") if isinstance(found, Mapping) else None
        if not same_value(sent["value"], there, field=path):
            yield Difference(path, shown(sent["value"]), shown(there))
    elif isinstance(sent, Mapping):
        yield from _members(sent, found, path)
    elif isinstance(sent, list):
        yield from _rows(sent, found, path)


def _members(sent: Mapping[str, object], found: object, path: str) -> Iterator[Difference]:
    for name, value in sent.items():
        if not _STAMPS.match(name):
            below = found.get(name) if isinstance(found, Mapping) else None
            yield from compare(value, below, path=f"{path}.{name}" if path else name)


def _rows(sent: list[object], found: object, path: str) -> Iterator[Difference]:
    rows = found if isinstance(found, list) else []
    if len(rows) != len(sent):
        yield Difference(path, f"rows: {len(sent)}", f"rows: {len(rows)}")
        return
    for at, (one, other) in enumerate(zip(sent, rows, strict=True)):
        yield from compare(one, other, path=f"{path}[{at}]")


def shown(value: object) -> str:
    """A value as text, for a person."""
    if isinstance(value, Mapping):
        return str(value.get("description") or value.get("id") or "")
    if isinstance(value, list):
        return ", ".join(map(shown, value))
    return "" if value is None else str(value)


def same_value(sent: object, found: object, *, field: str = "") -> bool:
    """Two scalars of one field; a choice of contract 5 is the same by its id or by its description.

    What is found says what the field is. In a number field numbers are compared; in a text field only the same digits
    are the same: `35E3`, `1_000` and `005` are codes, no numbers. Only a `field` that is named a period has the mask
    of one (recorded: PostPeriod `01-2024` comes back as `012024`); the same letters in any other text are a change.
    """
    if isinstance(sent, Mapping) or isinstance(found, Mapping):
        return bool(_names(sent) & _names(found)) or not (_names(sent) or _names(found))
    if isinstance(sent, list) or isinstance(found, list):
        return _same_choices(sent, found)
    if sent in (None, "") or found in (None, ""):
        return sent in (None, "") and found in (None, "")
    if isinstance(sent, bool) or isinstance(found, bool):
        return str(sent).casefold() == str(found).casefold()
    if isinstance(found, (int, Decimal)):
        number = _number(sent)
        return number is not None and _same_number(number, Decimal(found))
    one, other = _text(sent), str(found).rstrip()
    if _GUID.match(one):
        return one.casefold() == other.casefold()
    if one == other or _same_timestamp(one, other):
        return True
    return _PERIOD_NAME.search(field) is not None and _same_period(one, other)


def _names(choice: object) -> set[str]:
    """What a choice may be called: `{"id": "CL", "description": "Completed"}`, or a scalar that is one of the two."""
    if isinstance(choice, Mapping):
        return {str(choice[name]) for name in ("id", "description") if choice.get(name) not in (None, "")}
    return set() if choice in (None, "") else {str(choice)}


def _same_choices(sent: object, found: object) -> bool:
    """Several choices in one field, in any order; text has them with commas between (guide, attributes)."""
    some, others = _choices(sent), _choices(found)
    return len(some) == len(others) and all(any(one & other for other in others) for one in some)


def _choices(value: object) -> list[set[str]]:
    parts = value if isinstance(value, list) else [] if value in (None, "") else str(value).split(",")
    return [names for part in parts if (names := {name.strip() for name in _names(part)})]


def names_a_record(part: object) -> bool:
    """Whether a part of a key is one: not empty, and not what stands for a number that is still to be given."""
    return part is not None and str(part).strip().casefold() not in ("", NEW_NUMBER)


def same_key(sent: str, found: str) -> bool:
    """Two keys: the server may change the case, pad, and put in or leave out the separators of an input mask."""
    return _letters(sent) == _letters(found)


def with_key_of(found: Mapping[str, object], sent: Mapping[str, object], keys: Iterable[str]) -> dict[str, object]:
    """What was sent, with its key as the record spells it that this key has found."""
    parts = {name: (_text_of(sent.get(name)), _text_of(found.get(name))) for name in keys}
    alike = {name: found[name] for name, (one, other) in parts.items() if one and other and same_key(one, other)}
    return {**sent, **alike}


def _text_of(wrapped: object) -> str:
    value = wrapped.get("value") if isinstance(wrapped, Mapping) else None
    return "" if value is None or isinstance(value, Mapping) else str(value)


def _letters(key: str) -> str:
    return re.sub(r"[\W_]+", "", key).casefold() or key.strip()


def _number(sent: object) -> Decimal | None:
    """What was sent into a number field, None for text that is no plain number."""
    if isinstance(sent, (int, Decimal)):
        return Decimal(sent)
    return Decimal(str(sent).strip()) if _PLAIN_NUMBER.fullmatch(str(sent).strip()) else None


def _text(sent: object) -> str:
    """What was sent into a text field; a whole number is its digits."""
    text = str(sent)
    return whole_number_text(text) if isinstance(sent, (int, Decimal)) else text.rstrip()


def _same_number(sent: Decimal, found: Decimal) -> bool:
    """A source that counts in floats sends 0.30000000000000004 for 0.3; no two amounts of an ERP are so near."""
    try:
        return sent == found or abs(sent - found) <= abs(sent) * _ROUNDING
    except ArithmeticError:  # a number beyond all bounds
        return False


def _same_period(sent: str, found: str) -> bool:
    """A period of the calendar with the mask of its field, and without: `01-2024` and `012024`."""
    one, other = _PERIOD.fullmatch(sent), _PERIOD.fullmatch(found)
    return one is not None and other is not None and one.groups() == other.groups()


def _same_timestamp(one: str, other: str) -> bool:
    """What was sent, and what is there. The offset is no part of it: servers label their wall clock with offsets that
    can be wrong."""
    if _same_instant(one, other):
        return True
    first, second = _TIMESTAMP.match(one), _TIMESTAMP.match(other)
    if first is None or second is None or first[1] != second[1]:
        return False
    if first[2] is None or second[2] in (None, _MIDNIGHT):  # a day was sent, or the field keeps days alone
        return True
    return first[2] == second[2]


def wall_clock(text: str) -> str:
    """A date, or a date and time without its offset and fraction; midnight is the date alone. Empty for other texts."""
    found = _TIMESTAMP.match(text)
    if found is None:
        return ""
    return found[1] if found[2] in (None, _MIDNIGHT) else f"{found[1]} {found[2]}"


def _same_instant(one: str, other: str) -> bool:
    """Two stamps with offsets that mean one instant, as in `10:00:00Z` and `05:00:00-05:00`."""
    if not (_ZONED.search(one) and _ZONED.search(other)):
        return False
    try:
        return datetime.fromisoformat(_python(one)) == datetime.fromisoformat(_python(other))
    except ValueError:
        return False


def _python(stamp: str) -> str:
    """As Python 3.10 reads it: a numeric offset, and six digits of a second."""
    stamp = re.sub(r"Z$", "+00:00", stamp)
    return re.sub(r"\.(\d+)", lambda found: "." + found[1][:6].ljust(6, "0"), stamp)
