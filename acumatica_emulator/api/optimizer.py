"""Find the fields because of which a list cannot be optimized.

A list is one optimized export: a single field that is mapped to a view with a delegate makes the whole list fail, while
the same record can be read by its key (Acumatica C# client issue 12).
"""

from __future__ import annotations

from collections.abc import Mapping

from acumatica_emulator.api.options import Wanted
from acumatica_emulator.catalog import EntityType
from acumatica_emulator.filters import Condition


def delegates_in_scope(
    entity: EntityType, wanted: Wanted, condition: Condition | None, delegates: Mapping[str, Mapping[str, str]]
) -> dict[str, str]:
    """The blamed fields with their views. A declared name is a field, a detail, `Detail/Field`, or `Detail+Detail`.

    Two expanded details are the usual trigger; then the first of them is blamed.
    """
    blamed: dict[str, str] = {}
    used = condition.fields if condition is not None else frozenset[str]()
    for name, view in delegates.get(entity.name, {}).items():
        parts = name.split("+")
        if len(parts) > 1:
            if all(part in wanted.expand and wanted.chosen(part) for part in parts):
                blamed[parts[0]] = view
            continue
        part, _, inner = name.partition("/")
        if name in entity.fields and (wanted.chosen(name) or name in used):
            blamed[name] = view
        elif part not in entity.fields and part in wanted.expand and wanted.chosen(part):
            blamed[inner or part] = view
    return blamed


def inquiry_fields(entity: EntityType) -> dict[str, str]:
    """An inquiry's fields are parameters of a filter view, and that view has a delegate."""
    return dict.fromkeys(entity.fields, "Filter") or dict.fromkeys(entity.details, "Filter")
