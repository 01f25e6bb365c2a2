"""Inserts: a record is made once, and one that exists already is compared with the document.

with a key               PUT If-None-Match: *     there already: `existing` decides; the same as sent is unchanged
found by fields          search; PUT              see `insert_retry`: never made twice
neither key nor fields   PUT If-None-Match: *     sent once and never again
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from acumatica_client.errors import PreconditionFailed
from destination_acumatica.erp.error_classifier import refused
from destination_acumatica.erp.outcome import Kind, Outcome, Rejected, Skipped, Written, rejected
from destination_acumatica.erp.waits import Work
from destination_acumatica.payload.document import Document
from destination_acumatica.write.insert_retry import insert_once
from destination_acumatica.write.strategy import StreamAccess, name_of

_SHOWN = 4  # fields of a record in a message
_OTHER_RECORD = "a record of this key exists already, with something else in {fields}, by which the record is found"


@dataclass(frozen=True)
class InsertStrategy:
    """Makes records, and changes none that exists."""

    access: StreamAccess
    inserter: Inserter

    def write(self, document: Document) -> Work[Outcome]:
        access, plan = self.access, self.access.plan
        if plan.match and not document.matchable:
            return Rejected(access.mapper.missing_key(document))
        if document.matchable and (plan.match or not document.keyed):
            known = access.matcher.find(document)
            if known is None:
                return (yield from self.inserter.insert_unmatched(document))
            return (yield from self.inserter.compare_existing(document))
        if document.keyed and access.sender.finalizer.first_write_only():
            if access.loader.load(document)[1] is not None:
                return (yield from self.inserter.compare_existing(document))
            return (yield from self.inserter.insert_by_key(document))
        try:
            return (yield from access.sender.insert(document))
        except PreconditionFailed as error:
            if not document.keyed:
                return refused(error)
        return (yield from self.inserter.compare_existing(document))


@dataclass(frozen=True)
class Inserter:
    """What inserts and upserts do with a record that is not there, or that turns out to be there."""

    access: StreamAccess

    def compare_existing(self, document: Document) -> Work[Outcome]:
        """Ours from an attempt whose answer was lost, from a sync that was interrupted, or somebody else's: only the
        values can decide."""
        access = self.access
        if access.plan.existing == "ignore":
            return Skipped("the record exists already, and the stream only inserts")
        named, found = access.loader.load(document)
        if found is None:
            return rejected("the record exists already")
        different = access.differences(named, found)
        if different:
            return rejected(_exists_already(different))
        return (yield from access.sender.finish(named, Written(kind=Kind.UNCHANGED, key=name_of(named)), {}, found))

    def insert_unmatched(self, document: Document) -> Work[Outcome]:
        """Insert what a search by fields did not find."""
        access = self.access

        def find() -> Work[Outcome | None]:
            known = access.matcher.find(document, fresh=True)
            if known is None:
                return None
            written, sent = Written(kind=Kind.CREATED, key=known.name()), access.mapper.payload(document)
            return (yield from access.sender.finish(document, written, sent, known.record))

        def insert() -> Work[Outcome]:
            try:
                return (yield from access.sender.insert(document, once=not document.keyed))
            except PreconditionFailed:  # ours, if a repetition of the client met it; else another record of this key
                found = yield from find()
            return found or rejected(_OTHER_RECORD.format(fields=" and ".join(access.plan.found_by)))

        with access.sender.unclear_is_rejected():
            return (yield from access.matcher.insert(document, lambda: insert_once(insert, find)))

    def insert_by_key(self, document: Document) -> Work[Outcome]:
        """Insert what was not there just now: what is there later is ours then, and has its actions to come."""
        access = self.access

        def find() -> Work[Outcome | None]:
            named, found = access.loader.load(document)
            if found is None:
                return None
            written, sent = Written(kind=Kind.CREATED, key=name_of(named)), access.mapper.payload(document)
            return (yield from access.sender.finish(document, written, sent, found))

        try:
            with access.sender.unclear_is_rejected():
                return (yield from insert_once(lambda: access.sender.insert(document, once=True), find))
        except PreconditionFailed:  # somebody else was quicker
            pass
        return (yield from self.compare_existing(document))


def _exists_already(different: Sequence[str]) -> str:
    places = ", ".join(place for place in different[:_SHOWN] if place)
    return f"the record exists already{f' with other values in {places}' if places else ''}"
