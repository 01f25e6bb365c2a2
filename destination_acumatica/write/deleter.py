"""Records that are to be gone: deleted, or put out of use by a field or an action. Only where the settings say so.

delete                look for the record, then DELETE it; gone meanwhile is gone
soft delete, field    the field set to its value, if it has another
soft delete, action   the action, unless the field that goes with it says that it was carried out
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

import msgspec

from acumatica_client.errors import AcumaticaError, NoSuchRecord
from acumatica_client.rest.addresses import key_fits_address
from destination_acumatica.completion.actions import record_reference
from destination_acumatica.config.stream_settings import ActionSetting, When
from destination_acumatica.erp.outcome import Failed, Kind, Outcome, Rejected, Skipped, Written, rejected
from destination_acumatica.erp.record_read import refuses_address
from destination_acumatica.erp.waits import Work
from destination_acumatica.fields.field_paths import Place, find_place, wire_path
from destination_acumatica.fields.field_values import literal
from destination_acumatica.payload.document import Document
from destination_acumatica.payload.record_tree import Tree
from destination_acumatica.write.insert_retry import retry_harmless, wait_out_load
from destination_acumatica.write.strategy import StreamAccess, name_of

Payload = Mapping[str, object]
_REJECTED = (
    "the source deleted this record, and nothing in the ERP is deleted unless the setting Records deleted in the "
    "source says so"
)
_IGNORED = "the source deleted the record, and the settings say to leave such records alone"


@dataclass(frozen=True)
class RejectDeletions:
    """Writes nothing: the settings do not say what to do with records that the source deleted."""

    def write(self, document: Document) -> Work[Outcome]:
        yield from ()
        return rejected(_REJECTED)


@dataclass(frozen=True)
class IgnoreDeletions:
    """Writes nothing: the settings say to leave alone what the source deleted."""

    def write(self, document: Document) -> Work[Outcome]:
        yield from ()
        return Skipped(_IGNORED)


@dataclass(frozen=True)
class DeleteStrategy:
    """Deletes the records that the documents name."""

    access: StreamAccess

    def write(self, document: Document) -> Work[Outcome]:
        access = self.access
        named, found = access.loader.load(access.mapper.reduced(document, {}))
        if found is None:
            return access.missing(document)
        key, id = named.full_key() if named.keyed else (), str(found.get("id", named.id))

        def delete() -> Work[None]:
            yield from ()
            wait_out_load(lambda: self._delete(key if key_fits_address(key) else (), id), access.sender.pause)

        with suppress(NoSuchRecord):  # the answer to the first attempt was lost, or somebody else was quicker
            yield from retry_harmless(delete)
        return Written(kind=Kind.DELETED, key=" ".join(key) or named.id)

    def _delete(self, key: tuple[str, ...], id: str) -> None:
        """By the key, else by the id, which may be good for one session only."""
        entity, endpoint = self.access.plan.entity.name, self.access.endpoint
        try:
            endpoint.delete(entity, key or (id,), repeatable=False)
        except AcumaticaError as error:
            if not key or not id or not refuses_address(error):
                raise
            endpoint.delete(entity, (id,), repeatable=False)


@dataclass(frozen=True)
class SoftDeleteStrategy:
    """Puts records out of use. Nothing else of the documents is written."""

    access: StreamAccess

    def write(self, document: Document) -> Work[Outcome]:
        access, plan = self.access, self.access.plan
        soft = plan.soft_delete
        place = find_place(soft.field, plan.entity.shape, plan.shapes) if soft.field else ""
        wanted = _tree(place, soft.value) if isinstance(place, Place) and not soft.action else {}
        named, found = access.loader.load(access.mapper.reduced(document, wanted))
        if found is None:
            return access.missing(document)
        if soft.action:
            return (yield from self._act(named, found))
        return (yield from access.sender.update(named, found))

    def _act(self, document: Document, found: Payload) -> Work[Outcome]:
        """The action, once: where a field goes with it, it says whether the action was carried out already."""
        soft, entity = self.access.plan.soft_delete, self.access.plan.entity
        when = When.FIELD_IS_NOT if soft.field else When.ALWAYS
        setting = ActionSetting(soft.action, when, wire_path(soft.field), (soft.value,))
        runner = replace(self.access.sender.finalizer.runner, actions=(setting,), after_write=False)
        done = yield from runner.run(record_reference(entity, found), document.columns, changed=True)
        if done.failure is not None:
            return Failed(done.failure)
        if done.errors:
            return Rejected(done.errors, name_of(document))
        return Written(kind=Kind.ACTIONED if done.names else Kind.UNCHANGED, key=name_of(document))


def _tree(place: Place, value: str) -> Tree:
    node: Tree | msgspec.Raw = literal(value, place.type)
    for step in reversed(place.steps):
        node = {step: node}
    return node if isinstance(node, dict) else {}
