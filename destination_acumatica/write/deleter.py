"""Records that are to be gone: deleted, or put out of use by a field or an action. Never by itself: the settings must
say so, by name.

    delete                look for the record, then DELETE it; gone meanwhile is gone
    soft delete, field    the field set to its value, if it has another
    soft delete, action   the action, unless the field that goes with it says that it was carried out
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from acumatica_client.errors import AcumaticaError, NoSuchRecord
from destination_acumatica.completion.actions import record_reference
from destination_acumatica.config.action_settings import ActionSetting, When
from destination_acumatica.erp.outcome import Failed, Kind, Outcome, Rejected, Written
from destination_acumatica.erp.record_read import fits_address, refuses_address
from destination_acumatica.payload.document import Document
from destination_acumatica.payload.form_values import literal
from destination_acumatica.payload.record_mapper import Tree
from destination_acumatica.plan.field_paths import Place, find_place, wire_path

if TYPE_CHECKING:
    from destination_acumatica.write.record_writer import RecordWriter

Payload = Mapping[str, object]


def delete(writer: RecordWriter, document: Document) -> Outcome:
    """Delete the record that the document names."""
    named, found = writer.look(writer.mapper.reduced(document, {}))
    if found is None:
        return writer.missing(document)
    key = named.full_key() if named.keyed else ()
    with suppress(NoSuchRecord):  # the answer to the first attempt was lost, or somebody else was quicker
        _delete(writer, key if all(map(fits_address, key)) else (), str(found.get("id", named.id)))
    return Written(kind=Kind.DELETED, key=" ".join(key) or named.id)


def _delete(writer: RecordWriter, key: tuple[str, ...], id: str) -> None:
    """By the key, else by the id, which may be good for one session only."""
    try:
        writer.endpoint.delete(writer.plan.entity.name, key or (id,))
    except AcumaticaError as error:
        if not key or not id or not refuses_address(error):
            raise
        writer.endpoint.delete(writer.plan.entity.name, (id,))


def soft_delete(writer: RecordWriter, document: Document) -> Outcome:
    """Put the record out of use. Nothing else of the document is written."""
    soft, plan = writer.plan.soft_delete, writer.plan
    place = find_place(soft.field, plan.entity.shape, plan.shapes) if soft.field else ""
    wanted = _tree(place, soft.value) if isinstance(place, Place) and not soft.action else {}
    named, found = writer.look(writer.mapper.reduced(document, wanted))
    if found is None:
        return writer.missing(document)
    return _act(writer, named, found) if soft.action else writer.sender.update(named, found)


def _act(writer: RecordWriter, document: Document, found: Payload) -> Outcome:
    """The action, once: where a field goes with it, it says whether the action was carried out already."""
    soft, entity = writer.plan.soft_delete, writer.plan.entity
    when = When.FIELD_IS_NOT if soft.field else When.ALWAYS
    setting = ActionSetting(soft.action, when, wire_path(soft.field), (soft.value,))
    runner = replace(writer.sender.finisher.runner, actions=(setting,))
    done = runner.run(record_reference(entity, found), document.columns, changed=True)
    name = " ".join(document.full_key()) or document.id
    if done.failure is not None:
        return Failed(done.failure)
    if done.errors:
        return Rejected(done.errors, name)
    return Written(kind=Kind.ACTIONED if done.names else Kind.UNCHANGED, key=name)


def _tree(place: Place, value: str) -> Tree:
    node: Tree | msgspec.Raw = literal(value, place.type)
    for step in reversed(place.steps):
        node = {step: node}
    return node if isinstance(node, dict) else {}
