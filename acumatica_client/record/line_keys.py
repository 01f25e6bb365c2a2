"""Which columns identify a row within its record, as far as the names of an endpoint show it.

Swagger documents mark no keys, and Acumatica's models mark those of top-level entities only. What is known of details:
a row is found again by its key fields "such as LineNbr" where the contract shows them (Integration Development Guide,
on updating detail lines), and by its NoteID where it has one; the `id` of other rows lasts for a session only.

UNVERIFIED: the names below, which Acumatica uses for line numbers and identities. Code that relies on such a key has
to check it: two rows of one record that share it must stop the work before anything is merged.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from acumatica_client.schema.model import EntityShape, ValueType

_NUMBERS = (ValueType.INT, ValueType.SHORT, ValueType.LONG)
_GUIDS = (ValueType.GUID,)
_CODES = (ValueType.STRING, ValueType.INT, ValueType.STRING_SELECT)


@dataclass(frozen=True)
class _Rule:
    """`fields` are the key if the row has them all with one of `kinds`, and none of `unless`."""

    fields: tuple[str, ...]
    kinds: Collection[ValueType] = _NUMBERS
    unless: tuple[str, ...] = ()
    member: str = ""  # of the detail; empty: any

    def applies(self, shape: EntityShape, member: str) -> bool:
        return (
            self.member in ("", member)
            and all(shape.fields.get(name) in self.kinds for name in self.fields)
            and not any(name in shape.fields for name in self.unless)
        )


# The first that applies. Tax rows carry a LineNbr that is the same in all of them, so it is no key beside a TaxID.
_RULES = (
    _Rule(("RecordID",)),
    _Rule(("RelationID",)),
    _Rule(("LineNbr", "SplitLineNbr")),
    _Rule(("SplitLineNbr",)),
    _Rule(("SplitLineNumber",)),
    _Rule(("TranLineNbr", "LineNbr")),
    _Rule(("LineNbr",), unless=("TaxID",)),
    _Rule(("LineNumber",)),
    _Rule(("LineID",)),
    _Rule(("FeatureLineNbr", "OptionLineNbr")),
    _Rule(("FeatureLineNbr",)),
    _Rule(("AttributeLineNbr",)),
    _Rule(("HistoryLineNumber",)),
    _Rule(("EventLineNumber",)),
    _Rule(("SegmentNbr",)),
    _Rule(("NoteID",), _GUIDS),
    _Rule(("AttributeID",), _CODES, unless=("ProdAttributeLineNbr", "TranLineNbr")),
    _Rule(("ValueID",), _CODES, member="Values"),
    _Rule(("ContactID",), _CODES, member="Contacts"),
    _Rule(("WarehouseID",), _CODES, member="WarehouseDetails"),
    _Rule(("LocationID",), _CODES, member="Locations"),
    _Rule(("OperationNbr",), _CODES, member="Operations"),
    _Rule(("OperationID",), _CODES, member="Operations"),
    _Rule(("FinancialPeriodID",), _CODES, member="Details"),
)


def line_key(shape: EntityShape, member: str) -> tuple[str, ...]:
    """The fields that identify a row of a detail within its record; `()` where none are known."""
    return next((rule.fields for rule in _RULES if rule.applies(shape, member)), ())
