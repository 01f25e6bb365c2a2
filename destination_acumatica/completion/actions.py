"""The actions of a record that was written: release, confirm, take off hold. In their order, each one once.

    when a field has a value      the record is looked at, fresh, before each action; so a sync that runs twice, or was
    (or has not)                  killed in the middle, does what is missing and nothing twice
    when it was changed           only behind a write that created or changed the record. A sync that ends between the
                                  two leaves the action undone: the next one finds the record as it is to be
    always                        behind every write of the record

An action whose end is unclear is not sent again. Where a field shows it, the record is read at growing intervals:
once the condition holds no longer, it was done.
The first action that fails ends the list, since the later ones depend on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from acumatica_client.errors import (
    AcumaticaError,
    BusyRecord,
    FieldError,
    IntermediaryRefused,
    Rejected,
    ServerFault,
    Unfinished,
)
from acumatica_client.record.identity import record_identity
from acumatica_client.rest.query import Query
from acumatica_client.schema.model import EntitySchema, ValueType
from destination_acumatica.config.stream_settings import ActionSetting, Parameter, When
from destination_acumatica.erp.error_classifier import is_lost, is_unclear
from destination_acumatica.erp.waits import LOST_REQUEST, Work, ask_until, at_once
from destination_acumatica.fields.comparison import same_value
from destination_acumatica.fields.field_values import typed
from destination_acumatica.fields.json_values import decoded

Payload = Mapping[str, object]
Columns = Mapping[str, msgspec.Raw]
Invoke = Callable[[str, str, Mapping[str, object], Mapping[str, object]], None]
Read = Callable[[Mapping[str, str], Query], Payload | None]

_UNCLEAR = "{words}. The action was not sent again, since that could do it twice: look at the record in Acumatica"
_LOOKED_AT = "it is unclear whether Acumatica carried out an action, and the record is read again"
_WRITTEN = "the record was written, and "
_FAILED = "this action failed: {words}"
_NOT_RUN = "this action was not run: {words}"


@dataclass(frozen=True)
class Done:
    """What came of a record's actions: the names of those carried out, what went wrong with one, or why the sync must
    end (nothing of the record's own is wrong)."""

    names: tuple[str, ...] = ()
    errors: tuple[FieldError, ...] = ()
    failure: AcumaticaError | None = None


@dataclass(frozen=True)
class ActionRunner:
    """Runs the actions of one stream. Safe for many threads. `invoke` is that of an `ActionEndpoint`.

    `read` gets a record by key fields (or by `id` alone), with a query; None where there is none. `after_write`: the
    record was written just before, and messages say so.
    """

    entity: EntitySchema
    actions: Sequence[ActionSetting]
    invoke: Invoke
    read: Read
    parameters: Mapping[str, Mapping[str, ValueType]] = field(default_factory=dict)
    after_write: bool = True

    def run(
        self, record: Mapping[str, str], columns: Columns, *, changed: bool, seen: Payload | None = None
    ) -> Work[Done]:
        """`record` are the key fields of a record that was written, or its `id` alone; `seen` is the record itself,
        where it was read just now and nothing was done to it since. Never raises AcumaticaError."""
        yield from ()
        names: list[str] = []
        for at, action in enumerate(self.actions):
            try:
                if not self._is_due(action, record, changed, seen):
                    continue
                seen = None
                self.invoke(self.entity.name, action.name, record, self._filled(action, columns))
            except _NotSeen as error:
                return Done(tuple(names), (self._error(action, _NOT_RUN, str(error)),))
            except AcumaticaError as error:
                is_last = self.is_last_chance(changed=changed, start=at)
                done = yield from self._after(error, action, record, is_last_chance=is_last)
                if done is not None:
                    return Done(tuple(names), done.errors, done.failure)
            names.append(action.name)
        return Done(tuple(names))

    def is_last_chance(self, *, changed: bool, start: int = 0) -> bool:
        """Whether the next attempt, which finds the record unchanged, would leave out an action from `start` on."""
        return changed and any(action.when is When.CHANGED for action in self.actions[start:])

    def _is_due(self, action: ActionSetting, record: Mapping[str, str], changed: bool, seen: Payload | None) -> bool:
        if not action.guarded:
            return changed or action.when is When.ALWAYS
        if seen is not None and _shown(seen, action.field):
            return _holds(action, seen)
        return _holds(action, self._seen(action, record))

    def _seen(self, action: ActionSetting, record: Mapping[str, str]) -> Payload:
        """The record with the field of the action. Raises _NotSeen."""
        there = self.read(record, Query(select=(action.field,)))
        if there is None:
            raise _NotSeen("Acumatica does not find the record")
        if not _shown(there, action.field):
            raise _NotSeen(f"Acumatica does not show its field {action.field}")
        return there

    def _after(
        self, error: AcumaticaError, action: ActionSetting, record: Mapping[str, str], *, is_last_chance: bool
    ) -> Work[Done | None]:
        """What an error means; None where the action turns out to be done."""
        if isinstance(error, Unfinished) or is_unclear(error):
            lost = isinstance(error, Unfinished) or is_lost(error)
            if action.guarded and (yield from self._is_done_later(action, record, lost=lost)):
                return None
            return Done(errors=(self._error(action, _UNCLEAR, error.message),))
        if isinstance(error, IntermediaryRefused):
            return Done(errors=(self._error(action, _NOT_RUN, error.sentence()),))
        if isinstance(error, Rejected) and error.errors:
            return Done(errors=tuple(self._error(action, _FAILED, str(one)) for one in error.errors))
        if isinstance(error, ServerFault) and not isinstance(error, BusyRecord):
            return Done(errors=(self._error(action, _FAILED, error.message),))
        if is_last_chance:
            return Done(errors=(self._error(action, _NOT_RUN, error.sentence()),))
        return Done(failure=error)

    def _is_done_later(self, action: ActionSetting, record: Mapping[str, str], *, lost: bool) -> Work[bool]:
        """Whether the field shows that the action was carried out; of a request that was lost, as long as the server
        may still be at work on it."""
        done = self._was_done(action, record)
        if done or not lost:
            return done

        def look() -> Work[bool | None]:
            return at_once(self._was_done(action, record) or None)

        return bool((yield from ask_until(LOST_REQUEST.pauses(), look, _LOOKED_AT)))

    def _error(self, action: ActionSetting, text: str, words: str) -> FieldError:
        return FieldError(action.name, (_WRITTEN if self.after_write else "") + text.format(words=words.rstrip(".")))

    def _was_done(self, action: ActionSetting, record: Mapping[str, str]) -> bool:
        try:
            return not _holds(action, self._seen(action, record))
        except (AcumaticaError, _NotSeen):
            return False

    def _filled(self, action: ActionSetting, columns: Columns) -> dict[str, object]:
        """The parameters with their values; those that the record leaves empty are not sent."""
        kinds = self.parameters.get(action.name, {})
        values: dict[str, object] = {}
        dialog: dict[str, dict[str, object]] = {}
        for parameter in action.parameters:
            value = _value_of(parameter, kinds.get(parameter.name, ValueType.STRING), columns)
            view, dot, name = parameter.name.partition(".")
            if value is not None and dot:
                dialog.setdefault(view, {})[name] = {"type": "CustomStringField", "value": value}
            elif value is not None:
                values[parameter.name] = value
        return {**values, "custom": dialog} if dialog else values


class _NotSeen(Exception):
    """Whether an action is due cannot be seen; the text says why."""


def _holds(action: ActionSetting, record: Payload) -> bool:
    """Whether the field is, or is not, as the setting says."""
    value = _value_at(record, action.field)
    known = any(same_value(_as_sent(text, value), value, field=action.field) for text in action.values)
    return known is (action.when is When.FIELD_IS)


def record_reference(entity: EntitySchema, answer: Payload) -> dict[str, str]:
    """What names a record in an action: its key as an answer shows it, else its id; empty where it shows neither."""
    return {name: str(value).strip() for name, value in record_identity(answer, entity.keys).items()}


def _value_of(parameter: Parameter, kind: ValueType, columns: Columns) -> object:
    if not parameter.column:
        return typed(parameter.value, kind)
    raw = columns.get(parameter.column)
    return None if raw is None else decoded(raw)


def _shown(record: Payload, path: str) -> bool:
    """Whether a record has the field; a null is an empty object, and a part that is null shows all of its fields."""
    node: object = record
    for step in path.split("/"):
        if node is None:
            return True
        if not isinstance(node, Mapping) or step not in node:
            return False
        node = node[step]
    return True


def _value_at(record: Payload, path: str) -> object:
    node: object = record
    for step in path.split("/"):
        node = node.get(step) if isinstance(node, Mapping) else None
    return node.get("value") if isinstance(node, Mapping) else None


def _as_sent(text: str, found: object) -> object:
    """A value of the settings, to compare it with one of the record: `true` is a mark where the record has a mark."""
    return typed(text, ValueType.BOOLEAN) if isinstance(found, bool) else text
