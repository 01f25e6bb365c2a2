"""The scalar types: how each is written as JSON, read from it, and scaled.

A stored scalar is str, bool, int, Decimal, datetime (an instant: naive, UTC), date (a business date) or None.

    stored instant (UTC)  --user zone-->  wall clock  --offset of the server zone-->  2026-02-11T14:15:14.04-05:00

The wall clock is the user's while the label is the server's: recorded on a MYOB instance, where the SQL default
1900-01-01 UTC came out as 1900-01-01T11:00:00+00:00 for a user in Sydney.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal, InvalidOperation, localcontext
from functools import cache
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from acumatica_emulator.records.choices import label_of

Scalar: TypeAlias = "str | bool | int | Decimal | datetime | date | None"

MODIFIED = frozenset({"LastModified", "LastModifiedDate", "LastModifiedDateTime", "LastModifiedOn"})
CREATED = frozenset({"CreatedDate", "CreatedDateTime", "CreatedOn"})
FAMILIES: Mapping[str, str] = {
    "str": "String",
    "pick": "String",
    "bool": "Boolean",
    "dec": "Decimal",
    "dbl": "Double",
    "int": "Int32",
    "short": "Int16",
    "long": "Int64",
    "byte": "Byte",
    "pickint": "Int32",
    "time": "DateTimeOffset",
    "date": "DateTimeOffset",
    "guid": "Guid",
}
CUSTOM_TYPES: Mapping[str, str] = {
    "str": "CustomStringField",
    "bool": "CustomBooleanField",
    "dec": "CustomDecimalField",
    "dbl": "CustomDoubleField",
    "int": "CustomIntField",
    "short": "CustomShortField",
    "long": "CustomLongField",
    "byte": "CustomByteField",
    "guid": "CustomGuidField",
    "time": "CustomDateTimeField",
}
BLANKS: Mapping[str, Scalar] = {"bool": False, "dec": Decimal("0.0000"), "dbl": Decimal("0.0")}

_INSTANT = re.compile(r"LastModified|Created|DateTime|Time$|Activity|LastRun|StartedOn|CompletedAt|RemindAt")
_FOUR_DIGITS = re.compile(r"(Extended|Ext|Total|Actual|Plan|Freight)(Cost|Price)$|TotalCost")
_SIX_DIGITS = re.compile(r"Qty|Quantity|Weight|Volume|Cost$|Price$|Percent|Pct|Threshold")
_TWO_DIGITS = frozenset({"GroupDocumentDiscountLimit"})
_EIGHT_DIGITS = re.compile(r"CurrencyRate$|ReciprocalRate")
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d+))?)?\s*(Z|[+-]\d\d:?\d\d)?$")
_SURROGATE = re.compile("[\ud800-\udfff]")
_INVARIANT = re.compile(r"(\d{4}|\d{1,2})/(\d{1,2})/(\d{4}|\d{1,2})(?:[T ]+(\d{1,2}:\d\d(?::\d\d)?)\s*([AaPp][Mm])?)?$")
_MASKED_PERIOD = re.compile(r"(\d\d)-(\d{4})")  # MM-YYYY; stored without the mask
_WHOLE: Mapping[str, int] = {"byte": 8, "short": 15, "int": 31, "long": 63, "pickint": 31}


class Mismatch(ValueError):
    """The value cannot be read as the type of its field."""


class Zones:
    """The two time zones of an instance."""

    def __init__(self, server: str = "UTC", user: str = "UTC") -> None:
        self.server = _zone(server)
        self.user = _zone(user)
        self.plain = server == "UTC" == user

    def wall(self, instant: datetime) -> datetime:
        """The user's clock at a stored instant."""
        if self.plain:
            return instant
        return instant.replace(tzinfo=timezone.utc).astimezone(self.user).replace(tzinfo=None)

    def instant(self, wall: datetime) -> datetime:
        """The stored instant of a reading of the user's clock."""
        if self.plain:
            return wall
        return wall.replace(tzinfo=self.user).astimezone(timezone.utc).replace(tzinfo=None)

    def label(self, wall: datetime) -> str:
        """The offset of the server zone on that day, because a record of one build carried -05:00 and -04:00."""
        if self.plain:
            return "+00:00"
        offset = self.server.utcoffset(wall) or timedelta()
        sign, minutes = ("-", -offset) if offset < timedelta() else ("+", offset)
        whole = int(minutes.total_seconds()) // 60
        return f"{sign}{whole // 60:02}:{whole % 60:02}"

    def read(self, text: str, offset: str = "convert") -> datetime:
        """The wall clock of a text. Its offset is converted to the server's clock, unless `offset` is "ignore".

        UNVERIFIED: the rule was never recorded. This one makes a value echoed exactly as received match itself.
        """
        match = _ISO.match(text.strip())
        if match is None:
            raise Mismatch(text)
        day, clock, fraction, zone = match.groups()
        try:
            wall = datetime.fromisoformat(f"{day}T{clock or '00:00:00'}")
        except ValueError as error:
            raise Mismatch(text) from error
        wall = wall.replace(microsecond=int(((fraction or "") + "000000")[:6]))
        if zone is None or offset == "ignore":
            return wall
        aware = wall.replace(tzinfo=_offset(zone))
        return aware.astimezone(self.server).replace(tzinfo=None)


@cache
def _zone(name: str) -> tzinfo:
    return timezone.utc if name == "UTC" else ZoneInfo(name)


def _offset(text: str) -> timezone:
    if text == "Z":
        return timezone.utc
    digits = text[1:].replace(":", "")
    span = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-span if text[0] == "-" else span)


@cache
def is_instant(field: str) -> bool:
    """Whether a time field holds an instant. The others are business dates: midnight, never converted."""
    return _INSTANT.search(field) is not None


@cache
def scale(field: str) -> Decimal:
    """The step of a decimal column: money 4 digits, quantities and unit prices 6, rates 8 (as in recorded answers)."""
    if field in _TWO_DIGITS:
        return Decimal("0.01")
    six = _SIX_DIGITS.search(field) and not _FOUR_DIGITS.search(field)
    digits = 8 if _EIGHT_DIGITS.search(field) else 6 if six else 4
    return Decimal(1).scaleb(-digits)


@cache
def blank_of(kind: str, field: str) -> Scalar:
    """What a field shows that holds nothing."""
    return Decimal("0.00") if kind == "dec" and field in _TWO_DIGITS else BLANKS.get(kind)


def quoted(text: str) -> str:
    """The JSON of a text. Half of a surrogate pair, which UTF-8 cannot hold, is escaped."""
    return encode_basestring(text) if text.isascii() or not _SURROGATE.search(text) else encode_basestring_ascii(text)


def write(kind: str, value: Scalar, zones: Zones) -> str:
    """The JSON of a value that is not null."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return f'"{clock_text(zones.wall(value), zones)}"'
    if isinstance(value, date):
        if kind == "date":
            return f'"{value.isoformat()}"'
        return f'"{clock_text(datetime(value.year, value.month, value.day), zones)}"'
    if isinstance(value, int):
        return str(value)
    return quoted(str(value))


def clock_text(wall: datetime, zones: Zones) -> str:
    """ISO with the fraction trimmed of zeros and a numeric offset, never Z."""
    text = wall.isoformat(timespec="seconds")
    if wall.microsecond:
        text += f".{wall.microsecond:06}".rstrip("0")
    return text + zones.label(wall)


def locale_text(instant: datetime, zones: Zones) -> str:
    """A time in a string field, as in SalesOrderDetail.LastModifiedDate of recorded answers."""
    at = zones.wall(instant)  # written out, because strftime is slow for a page of a thousand lines
    return f"{at.month:02}/{at.day:02}/{at.year:04} {at.hour:02}:{at.minute:02}:{at.second:02}"


def read(kind: str, field: str, raw: object, zones: Zones) -> Scalar:
    """The stored form of a JSON value sent for a field; raises Mismatch."""
    if raw is None:
        return None
    return _READERS[FAMILIES[kind]](kind, field, raw, zones)


def _read_text(kind: str, field: str, raw: object, zones: Zones) -> Scalar:
    if isinstance(raw, dict) and kind == "pick":
        raw = raw.get("id")
    if raw is None:
        return None
    if isinstance(raw, (bool, dict, list)):
        raise Mismatch(raw)
    text = str(raw).rstrip()
    masked = _MASKED_PERIOD.fullmatch(text) if field.endswith("Period") else None
    if masked is not None:
        return masked[1] + masked[2]
    return label_of(text) if kind == "pick" else text


def _read_bool(kind: str, field: str, raw: object, zones: Zones) -> Scalar:
    if isinstance(raw, str) and raw.lower() in ("true", "false"):
        return raw.lower() == "true"
    if not isinstance(raw, bool):
        raise Mismatch(raw)
    return raw


def _read_number(kind: str, field: str, raw: object, zones: Zones) -> Scalar:
    if isinstance(raw, dict) and kind == "pickint":
        raw = raw.get("id")
    if isinstance(raw, bool) or not isinstance(raw, (str, int, float, Decimal)):
        raise Mismatch(raw)
    try:
        number = Decimal(str(raw))
        if not number.is_finite():
            raise Mismatch(raw)
        if kind in _WHOLE:
            return _whole(number, _WHOLE[kind])
        with localcontext() as context:
            context.prec = 60
            return number.quantize(scale(field))
    except InvalidOperation as error:
        raise Mismatch(raw) from error


def _whole(number: Decimal, bits: int) -> int:
    if number != number.to_integral_value() or abs(number) >= 2**bits:
        raise Mismatch(number)
    return int(number)


def _read_time(kind: str, field: str, raw: object, zones: Zones) -> Scalar:
    if not isinstance(raw, str):
        raise Mismatch(raw)
    wall = zones.read(iso_of(raw), "ignore" if kind == "date" else "convert")
    return wall.date() if kind == "date" or not is_instant(field) else zones.instant(wall)


def iso_of(text: str) -> str:
    """A date in a form of .NET's invariant culture (month, day, year; or year, month, day) as ISO; other texts as
    they are. Acumatica's own collection sends 10/18/2021, 6/7/2024 and 2024/01/01."""
    match = _INVARIANT.match(text.strip())
    if match is None:
        return text
    first, second, third, clock, half = match.groups()
    year, month, day = (first, second, third) if len(first) == 4 else (third, first, second)
    hour, minute, whole = (clock or "0:00").partition(":")
    late = int(hour) % 12 + 12 * (half.upper() == "PM") if half else int(hour)
    return f"{year}-{month:>02}-{day:>02}T{late:02}{minute}{whole}"


def _read_guid(kind: str, field: str, raw: object, zones: Zones) -> Scalar:
    try:
        return str(UUID(str(raw)))
    except ValueError as error:
        raise Mismatch(raw) from error


_READERS: Mapping[str, Callable[[str, str, object, Zones], Scalar]] = {
    "String": _read_text,
    "Boolean": _read_bool,
    "Decimal": _read_number,
    "Double": _read_number,
    "Int16": _read_number,
    "Int32": _read_number,
    "Int64": _read_number,
    "Byte": _read_number,
    "DateTimeOffset": _read_time,
    "Guid": _read_guid,
}
