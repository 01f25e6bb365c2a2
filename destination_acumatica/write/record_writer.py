"""One document to one outcome: the strategy of its mode writes it, and each error becomes an outcome."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from acumatica_client.errors import AcumaticaError
from destination_acumatica.config.modes import Mode
from destination_acumatica.erp.error_classifier import classify, is_lost
from destination_acumatica.erp.outcome import Kind, Outcome, Rejected, Written, rejected
from destination_acumatica.erp.record_search import RecordSearch, Unsearchable
from destination_acumatica.erp.waits import Work
from destination_acumatica.payload.document import Document
from destination_acumatica.payload.payload import UnmappableRecord
from destination_acumatica.payload.record_tree import Node
from destination_acumatica.plan.lookups import look_up
from destination_acumatica.reconcile.batching import BatchFailed
from destination_acumatica.reconcile.update import batch_outcome
from destination_acumatica.write.deleter import (
    DeleteStrategy,
    IgnoreDeletions,
    RejectDeletions,
    SoftDeleteStrategy,
)
from destination_acumatica.write.insert_retry import LinesLost, wait_for_lost
from destination_acumatica.write.inserter import Inserter, InsertStrategy
from destination_acumatica.write.strategy import StreamAccess, WriteStrategy, name_of
from destination_acumatica.write.updater import Updater, UpdateStrategy, UpsertStrategy

# Texts that identify documents and no persons: messages go to logs.
_CODE = re.compile(
    r"(ID|CD|Nbr|Ref|Reference|Order|Number|Code|Type|Class|Period|Date|Account|Branch|Customer|Vendor|Warehouse|Module)$"
)
_SHOWN, _LONGEST = 4, 40  # fields of a record in a message, and characters of each


class RecordWriter:
    """Writes the documents of one plan. Safe for many threads."""

    def __init__(self, access: StreamAccess, search: RecordSearch) -> None:
        self._access, self._search = access, search
        self._strategy = strategy_of(access)
        self._deletions = deletion_strategy_of(access)

    def write(self, document: Document) -> Work[Outcome]:
        """Never raises an AcumaticaError: each is an outcome."""
        try:
            if document.errors:
                return Rejected(document.errors)
            filled = self._access.mapper.fill(document, lambda wanted: look_up(wanted, self._search))
            strategy = self._deletions if document.deleted and not self._access.plan.mode.removes else self._strategy
            return (yield from strategy.write(filled))
        except (UnmappableRecord, Unsearchable) as error:
            return Rejected(error.errors)
        except BatchFailed as error:
            broken = error
        except LinesLost as error:
            found = yield from self._wait_for_lost(document)
            return found or classify(error.error, repeatable=True, where="")
        except RecursionError:
            return rejected("the record is nested too deeply")
        except AcumaticaError as error:
            return classify(error, repeatable=self._is_found_again(document), where=self._where(document))
        findable = self._is_found_again(document)
        found = (yield from self._wait_for_lost(document)) if findable and is_lost(broken.error) else None
        return found or batch_outcome(broken, findable=findable)

    def _is_found_again(self, document: Document) -> bool:
        """Whether the next attempt finds the record, and does not make a second one."""
        return document.keyed or document.matchable or self._access.plan.mode is not Mode.INSERT

    def _wait_for_lost(self, document: Document) -> Work[Outcome | None]:
        """The outcome of lines whose answer was lost, once they are there; they would be added twice otherwise, by the
        queue and by the next attempt."""
        access = self._access

        def look() -> Work[Outcome | None]:
            named, found = access.loader.load(document)
            if found is None or access.differences(named, found):
                return None
            written = Written(kind=Kind.UPDATED, key=name_of(named))
            return (yield from access.sender.finish(named, written, {}, found))

        return (yield from wait_for_lost(look))

    def _where(self, document: Document) -> str:
        """How a person finds a document without a key: by some of what was sent of it; never by a person's name."""
        shown = [f"{name} {text}" for name, node in document.tree.items() if (text := _shown(name, node))]
        entity = self._access.plan.entity.name
        return f"{entity} with {', '.join(shown[:_SHOWN])}" if shown else f"the newest {entity}"


def strategy_of(access: StreamAccess) -> WriteStrategy:
    """The strategy of the plan's mode."""
    inserter, updater = Inserter(access), Updater(access)
    strategies: Mapping[Mode, WriteStrategy] = {
        Mode.INSERT: InsertStrategy(access, inserter),
        Mode.UPDATE: UpdateStrategy(access, updater),
        Mode.UPSERT: UpsertStrategy(access, updater, inserter),
        Mode.DELETE: DeleteStrategy(access),
        Mode.SOFT_DELETE: SoftDeleteStrategy(access),
    }
    return strategies[access.plan.mode]


def deletion_strategy_of(access: StreamAccess) -> WriteStrategy:
    """The strategy for records that the source deleted, in modes that remove nothing by themselves."""
    strategies: Mapping[str, WriteStrategy] = {
        "reject": RejectDeletions(),
        "ignore": IgnoreDeletions(),
        "delete": DeleteStrategy(access),
        "soft_delete": SoftDeleteStrategy(access),
    }
    return strategies[access.plan.deletions]


def _shown(name: str, node: Node) -> str:
    if not isinstance(node, msgspec.Raw):
        return ""
    text = bytes(node).decode()
    if text.startswith('"') and not _CODE.search(name):
        return ""
    return "" if text.startswith(("{", "[")) or text == "null" else text[:_LONGEST]
