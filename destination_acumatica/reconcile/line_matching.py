"""Which lines of a document are which lines of the record in the ERP. Pure: two lists of payload rows in, pairs out.

A PUT appends every line without an id of the record's own lines (guide, detail lines). So before a record that exists
is written, each line that is sent must be one that is there, or surely none of them. What identifies a line, first to
last:

    id            one of the record's own
    key           the fields that the user names, else a line number, else AttributeID
    all of it     lines that are there as they are sent; where that accounts for all that is there, the rest is new

Anything else is unclear, never guessed. Line numbers are the server's: a line sent with number 5 may be stored with 7
(UNVERIFIED whether a number that is sent is kept), so lines of numbers unknown to both sides are compared without them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from acumatica_client.schema.model import EntityShape
from destination_acumatica.fields.comparison import differences, same_value, wall_clock

Row = Mapping[str, object]
Key = tuple[str, ...]
Fields = tuple[str, ...]

_NUMBERS = ("LineNbr", "LineNumber", "LineID", "SplitLineNbr")
_MOST_COMPARED = 250_000  # pairs of lines without a key; of longer ones in disorder it is unclear which is which
_MOST_DIGITS = 100  # of a number that is written out
_ATTRIBUTE = "AttributeID"
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d{1,3})?", re.A)


@dataclass(frozen=True)
class Unclear:
    """Lines, by their places in both lists, that cannot be paired; `why` is a clause. `there`: the
    record surely has lines of their key."""

    sent: tuple[int, ...]
    found: tuple[int, ...]
    why: str
    there: bool = False


@dataclass
class Matching:
    """Every line of both lists is in one place: `same` and `changed` map those sent to those found."""

    same: dict[int, int] = field(default_factory=dict)
    changed: dict[int, int] = field(default_factory=dict)
    new: list[int] = field(default_factory=list)
    others: list[int] = field(default_factory=list)
    unclear: list[Unclear] = field(default_factory=list)


def line_key(shape: EntityShape, chosen: Sequence[str] = ()) -> Fields:
    """The fields that identify the lines of a shape: the user's, or what the shape offers, maybe none."""
    if chosen:
        return tuple(chosen)
    numbers = tuple(name for name in _NUMBERS if name in shape.fields)
    return numbers or ((_ATTRIBUTE,) if _ATTRIBUTE in shape.fields else ())


def match_lines(sent: Sequence[Row], found: Sequence[Row], key: Fields) -> Matching:
    """Which is which. A field of the key that some line leaves empty distinguishes no lines."""
    matching = Matching()
    waiting = _by_id(sent, found, matching)
    taken = {*matching.same.values(), *matching.changed.values()}
    free = [at for at in range(len(found)) if at not in taken]
    usable = tuple(name for name in key if all(_value(sent[at], name) not in (None, "") for at in waiting))
    for group in _groups(sent, waiting, found, free, usable):
        _settle(group, sent, found, matching)
    if usable:
        _respelt(sent, found, usable, matching)
    if usable and set(usable) <= set(_NUMBERS):
        _renumbered(sent, found, usable, matching)
    elif usable:
        _misspelt(sent, found, usable, matching)
    return matching


@dataclass
class _Group:
    """Lines of one key, those sent and those found; of all keys, where there is none."""

    key: Key = ()
    sent: list[int] = field(default_factory=list)
    found: list[int] = field(default_factory=list)


def _by_id(sent: Sequence[Row], found: Sequence[Row], matching: Matching) -> list[int]:
    """Pair the lines that carry ids of the record's own; the places of the others."""
    places = {row.get("id"): at for at, row in enumerate(found) if row.get("id")}
    rest, seen = [], dict[int, int]()
    for at, row in enumerate(sent):
        place = places.get(row.get("id"))
        if place is None:
            rest.append(at)
        elif place in seen:
            matching.unclear.append(Unclear((seen[place], at), (place,), "they carry the same id"))
        else:
            seen[place] = at
            pairs = matching.same if is_there(row, found[place]) else matching.changed
            pairs[at] = place
    return rest


def _groups(
    sent: Sequence[Row], waiting: Iterable[int], found: Sequence[Row], free: Iterable[int], key: Fields
) -> Iterable[_Group]:
    groups: dict[Key, _Group] = {}
    numbers = {name for name in key if any(_is_number(_value(found[at], name)) for at in free)}
    for at in waiting:
        own = key_of(sent[at], key, numbers)
        groups.setdefault(own, _Group(own)).sent.append(at)
    for at in free:
        own = key_of(found[at], key, numbers)
        groups.setdefault(own, _Group(own)).found.append(at)
    return groups.values()


def _settle(group: _Group, sent: Sequence[Row], found: Sequence[Row], matching: Matching) -> None:
    pairs = _equal_pairs(group, sent, found)
    matching.same |= pairs
    left = [at for at in group.sent if at not in pairs]
    taken = set(pairs.values())
    there = [at for at in group.found if at not in taken]
    if not left or not there:
        matching.new += left
        matching.others += there
    elif group.key and len(group.sent) == len(group.found) == 1:
        matching.changed[left[0]] = there[0]
    else:
        matching.unclear.append(Unclear(tuple(left), tuple(there), _why(group), bool(group.key)))


def _why(group: _Group) -> str:
    if not group.key:
        return "no field distinguishes the lines"
    return f"{len(group.sent)} lines of the key {' + '.join(group.key)} were sent, and {len(group.found)} are there"


def _equal_pairs(
    group: _Group, sent: Sequence[Row], found: Sequence[Row], ignoring: Collection[str] = ()
) -> dict[int, int]:
    """The lines that are there as they were sent: first those at the same place, then wherever they are."""
    places = zip(group.sent, group.found, strict=False)
    pairs = {one: other for one, other in places if is_there(sent[one], found[other], ignoring)}
    taken = set(pairs.values())
    left, free = [at for at in group.sent if at not in pairs], [at for at in group.found if at not in taken]
    if free and len(left) * len(group.found) <= _MOST_COMPARED:
        for one in left:
            _pair(one, group.found, pairs, lambda at, other: is_there(sent[at], found[other], ignoring))
    return pairs


def _pair(start: int, found: Sequence[int], pairs: dict[int, int], equal: Callable[[int, int], bool]) -> None:
    """Find a place for one more line, moving others that are as well at home elsewhere: a line that says little is
    equal to many, and must not keep one that says much from its only place (an augmenting path, breadth first)."""
    owners = {other: one for one, other in pairs.items()}
    reached: dict[int, int] = {}
    queue = [start]
    for one in queue:
        for other in found:
            if other in reached or not equal(one, other):
                continue
            reached[other] = one
            if other not in owners:
                _move(start, other, reached, pairs)
                return
            queue.append(owners[other])


def _move(start: int, free: int, reached: Mapping[int, int], pairs: dict[int, int]) -> None:
    place: int | None = free
    while place is not None:
        one = reached[place]
        before, pairs[one] = pairs.get(one), place
        place = before if one != start else None


def _renumbered(sent: Sequence[Row], found: Sequence[Row], key: Fields, matching: Matching) -> None:
    """Lines of unknown numbers may be lines that are there under other numbers."""
    if not matching.new or not matching.others:
        return
    pairs = _equal_pairs(_Group((), matching.new, matching.others), sent, found, ignoring=key)
    matching.same |= pairs
    new = [at for at in matching.new if at not in pairs]
    taken = set(pairs.values())
    others = [at for at in matching.others if at not in taken]
    if new and others:
        why = f"the record has no line of this {' + '.join(key)}, but others that were not sent: new, or renumbered"
        matching.unclear.append(Unclear(tuple(new), tuple(others), why))
        new, others = [], []
    matching.new, matching.others = new, others


def _respelt(sent: Sequence[Row], found: Sequence[Row], key: Fields, matching: Matching) -> None:
    """Lines that are new by the letters of their keys, and there by their values: a time with another offset, or one
    of which the server kept the day."""
    if len(matching.new) * len(matching.others) > _MOST_COMPARED:
        return
    groups: dict[tuple[int, ...], list[int]] = {}
    for at in matching.new:
        alike = tuple(other for other in matching.others if _same_key(sent[at], found[other], key))
        groups.setdefault(alike, []).append(at)
    for alike, own in groups.items():
        if not alike:
            continue
        matching.new = [at for at in matching.new if at not in own]
        left = [at for at in alike if at in matching.others]
        matching.others = [at for at in matching.others if at not in alike]
        if left:
            _settle(_Group(key, own, left), sent, found, matching)
        else:
            matching.unclear.append(Unclear(tuple(own), alike, "other lines that were sent could be the same", True))


def _same_key(sent: Row, found: Row, key: Fields) -> bool:
    pairs = [(_value(sent, name), _value(found, name)) for name in key]
    return all(_folded(one) == _folded(other) or same_value(one, other) for one, other in pairs)


def _misspelt(sent: Sequence[Row], found: Sequence[Row], key: Fields, matching: Matching) -> None:
    """The server puts separators of an input mask into codes, and zeros before them: `102030` comes back as `10-20-30`.
    `A-1` and `A1` can as well be two items, so such a line is neither new nor there."""
    letters = {_letters(key_of(found[at], key)): at for at in matching.others}
    for at in list(matching.new):
        other = letters.get(_letters(key_of(sent[at], key)))
        if other is not None:
            matching.new.remove(at)
            matching.others = [one for one in matching.others if one != other]
            spelt = " + ".join(str(_value(found[other], name)) for name in key)
            matching.unclear.append(Unclear((at,), (other,), f"the record has a line that is spelt {spelt}"))


def is_there(sent: Row, found: Row, ignoring: Collection[str] = ()) -> bool:
    """Whether all that was sent of a line is in the one found."""
    compared = {name: value for name, value in sent.items() if name not in ignoring}
    return next(differences(compared, found), None) is None


def key_of(row: Row, key: Fields, numbers: Collection[str] = ()) -> Key:
    """The key of a line, in one spelling: case and blanks at the end make no difference, nor zeros behind a point, nor
    the midnight of a day. Of the fields `numbers`, texts are numbers too."""
    return tuple(_folded(_value(row, name), name in numbers) for name in key)


def _value(row: Row, name: str) -> object:
    """The value of a field; of a drop-down of contract 5, its id."""
    wrapped = row.get(name)
    value = wrapped.get("value") if isinstance(wrapped, Mapping) else None
    return value.get("id") if isinstance(value, Mapping) else value


def _folded(value: object, number: bool = False) -> str:
    if isinstance(value, str) and number:
        value = _as_number(value)
    if isinstance(value, Decimal) and abs(value.adjusted()) < _MOST_DIGITS:
        return format(value.normalize(), "f")
    text = "" if value is None else str(value).rstrip()
    return (wall_clock(text) or text).casefold()


def _is_number(value: object) -> bool:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def _as_number(text: str) -> str | Decimal:
    """Only digits are a number: Decimal would take `1_000` for one thousand as well."""
    return Decimal(text.strip()) if _PLAIN_NUMBER.fullmatch(text.strip()) else text


def _letters(key: Key) -> Key:
    return tuple(re.sub(r"[\W_]+", "", part).lstrip("0") or part for part in key)
