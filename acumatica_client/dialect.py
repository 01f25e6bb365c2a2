"""How literals and conditions are written for a contract. Pure text.

Contract 4 speaks a subset of OData 3 (Integration Development Guide 2026 R1). Contract 5, of 2026 R2, speaks
OData 4.01 and will be a second table of the same functions.
"""

from __future__ import annotations

import re

_ALTERNATIVE = re.compile(r"\bor\b", re.I)


def text_literal(value: str) -> str:
    """A string, in single quotes, quotes doubled."""
    return "'" + value.replace("'", "''") + "'"


def moment_literal(value: str) -> str:
    """A date and time exactly as the server wrote it, offset included."""
    return "datetimeoffset" + text_literal(value)


def equals(field: str, value: str) -> str:
    return f"{field} eq {text_literal(value)}"


def is_null(field: str) -> str:
    return f"{field} eq null"


def between(field: str, start: str | None, end: str | None) -> str | None:
    """`start <= field < end` over moments; an absent bound is open, and both absent is no condition."""
    bounds = ((start, "ge"), (end, "lt"))
    return all_of(*(f"{field} {operator} {moment_literal(bound)}" for bound, operator in bounds if bound))


def all_of(*conditions: str | None) -> str | None:
    """The conditions joined by `and`, None where there is none.

    `and` binds more tightly than `or`, so a condition with an `or` in it goes into parentheses (so does one with an
    `or` in a text, which is harmless).
    """
    given = [condition for condition in conditions if condition]
    if len(given) > 1:
        given = [f"({condition})" if _ALTERNATIVE.search(condition) else condition for condition in given]
    return " and ".join(given) or None
