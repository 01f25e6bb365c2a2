"""Lines whose document did not come with them: how they are written into a document that Acumatica has. Pure.

A source sends a line that changed without the order around it. Of the order only the columns that join are known then:
where they find it, its lines are merged as ever, and nothing else of it is touched. What cannot be done safely has an
outcome of its own:

    the columns that join do not find the document      rejected
    values of the lines come from the document's row    rejected
    the stream only inserts                             unchanged if they are there, else rejected; or skipped where
                                                        it ignores what exists
    the line was deleted in the source                  rejected, or skipped where deletions are ignored
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from acumatica_client.errors import FieldError
from destination_acumatica.config.configured_catalog import StreamName
from destination_acumatica.config.modes import Deletions, Existing, Mode
from destination_acumatica.erp.outcome import Outcome, Rejected, Skipped
from destination_acumatica.plan.field_mapping import CompiledRule, FieldMapping
from destination_acumatica.plan.stream_joins import Join

_NOT_FOUND_BY = (
    "the document of this line did not come with it, and {columns} does not find the document, which is found by {by}"
)
_NEEDS_DOCUMENT = "the document of this line did not come with it, and the line needs its {columns}"
_EXISTS = "the document of this line did not come with it, and the stream leaves documents alone that exist"
_DELETED = (
    "the source deleted this line, and lines are not deleted one by one: have the source send all lines of a document, "
    "and choose to replace them"
)
_LEFT_ALONE = "the source deleted this line, and the settings say to leave such lines alone"


@dataclass(frozen=True)
class OrphanLines:
    """What happens to lines without their document. `outcome` is that of them all, None: they are written."""

    documents: StreamName
    deletions: Deletions
    outcome: Outcome | None = None

    def outcome_of(self, *, deleted: bool) -> Outcome | None:
        """The outcome of a line, None where it is to be written."""
        if deleted:
            return Skipped(_LEFT_ALONE) if self.deletions == "ignore" else _rejected(_DELETED)
        return self.outcome


def orphan_lines(
    join: Join, mapping: FieldMapping, by: tuple[str, ...], *, mode: Mode, existing: Existing, deletions: Deletions
) -> OrphanLines:
    """`by` are the fields that the documents are found by; mode, `existing` and `deletions` those of their stream."""
    return OrphanLines(join.documents, deletions, _outcome(join, mapping, by, mode, existing))


def orphan_mapping(join: Join, mapping: FieldMapping, by: Iterable[str]) -> FieldMapping:
    """What is filled of a document that did not come: what it is found by, and its lines."""
    rows = {name: rows for name, rows in mapping.rows.items() if rows.source == join.rows}
    rules = tuple(rule for rule in mapping.rules if str(rule.place) in set(by) or rule.source == join.rows)
    return FieldMapping(mapping.shape, rules, rows, mapping.used, mapping.drops_unknown)


def _outcome(join: Join, mapping: FieldMapping, by: tuple[str, ...], mode: Mode, existing: Existing) -> Outcome | None:
    if mode is Mode.INSERT and existing == "ignore":
        return Skipped(_EXISTS)
    if not by or not set(by) <= _filled(join, mapping):
        columns = " + ".join(join.document_columns)
        return _rejected(_NOT_FOUND_BY.format(columns=columns, by=" + ".join(by) or "nothing"))
    needed = _outer_columns(join, mapping)
    return _rejected(_NEEDS_DOCUMENT.format(columns=", ".join(sorted(needed)))) if needed else None


def _filled(join: Join, mapping: FieldMapping) -> set[str]:
    """The places that are filled where only the columns that join are known."""
    known = set(join.document_columns)
    by_name = {column for column in known if column not in mapping.used}
    return by_name | {str(rule.place) for rule in mapping.rules if not rule.source or rule.source in known}


def _outer_columns(join: Join, mapping: FieldMapping) -> set[str]:
    """Columns of the document that values of the lines come from."""
    return {rule.source for rule in _rules_of_rows(mapping) if rule.outer and rule.source} - set(join.document_columns)


def _rules_of_rows(mapping: FieldMapping) -> Iterable[CompiledRule]:
    for rows in mapping.rows.values():
        yield from (*rows.mapping.rules, *_rules_of_rows(rows.mapping))


def _rejected(text: str) -> Rejected:
    return Rejected((FieldError("", text),))
