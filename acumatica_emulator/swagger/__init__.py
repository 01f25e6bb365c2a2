"""The document that describes an endpoint, in OpenAPI 3.0.1.

A newer ERP build serves the same endpoint version with more in the document: PATCH, the 409, `_links` and
`_workflowActions`, the comment of a file. So the document is a matter of contract and build together.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from acumatica_emulator.catalog import SCALARS, Contract, EntityType
from acumatica_emulator.swagger import parts, schemas
from acumatica_emulator.swagger.older import to_swagger_2

Json = dict[str, Any]


@dataclass(frozen=True)
class Build:
    """What of the document depends on the ERP build. `server` is the URL of the instance, without the endpoint."""

    server: str = "http://localhost/AcumaticaERP"
    openapi: str = "3.0.1"
    patch: bool = True
    conflict: bool = True
    links: bool = True
    file_comment: bool = True
    without: frozenset[str] = frozenset()


class Described:
    """A contract as a key of kept documents: itself and nothing else, because its types cannot be hashed."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Described) and other.contract is self.contract

    def __hash__(self) -> int:
        return hash((self.contract.endpoint, self.contract.version))


@lru_cache(maxsize=32)
def document_bytes(described: Described, build: Build) -> bytes:
    return json.dumps(document(described.contract, build), separators=(",", ":")).encode()


def document(contract: Contract, build: Build) -> Json:
    """The document as a tree. OpenAPI 2.0 holds the same facts in the older form."""
    if build.openapi == "2.0":  # builds of that time know none of it
        build = replace(build, patch=False, conflict=False)
    tops = [entity for entity in contract.top() if entity.name not in build.without]
    tree: Json = {
        "openapi": "3.0.1",
        "info": {"title": contract.title, "version": str(contract.number)},
        "servers": [{"url": f"{build.server}/entity/{contract.title}"}],
        "paths": {path: operations for entity in tops for path, operations in _paths(entity, build)},
        "components": {
            "schemas": dict(sorted(_schemas(contract, tops, build), key=lambda pair: pair[0])),
            "responses": parts.responses(build.patch, build.conflict),
            "parameters": parts.parameters(),
        },
        "tags": [{"name": entity.name, "description": _description(entity)} for entity in tops],
    }
    return to_swagger_2(tree) if build.openapi == "2.0" else tree


def _description(entity: EntityType) -> str:
    return f"{entity.title} ({entity.screen})".strip()


def _schemas(contract: Contract, tops: list[EntityType], build: Build) -> Iterator[tuple[str, Json]]:
    base = schemas.base_schemas(build.links, build.file_comment, contract.number, recent=build.conflict)
    yield from base.items()
    shown = {entity.name for entity in tops}
    for entity in contract.types.values():
        if entity.kind != "top" or entity.name in shown or _is_nested(contract, entity.name):
            yield entity.name, _entity_schema(entity, build)
    for entity in tops:
        yield f"{entity.name}CustomAction", schemas.custom_action_schema(entity.name)
        for action, parameters in entity.actions.items():
            yield action, schemas.action_schema(entity.name, parameters)


def _is_nested(contract: Contract, name: str) -> bool:
    return any(name in (*known.linked.values(), *known.details.values()) for known in contract.types.values())


def _entity_schema(entity: EntityType, build: Build) -> Json:
    properties: Json = {name: schemas.ref(SCALARS[kind]) for name, kind in entity.fields.items()}
    properties.update({name: schemas.ref(kind) for name, kind in entity.linked.items()})
    properties.update({name: {"type": "array", "items": schemas.ref(kind)} for name, kind in entity.details.items()})
    properties = {name: properties[name] for name in sorted(properties, key=str.upper)}
    if build.conflict and entity.kind == "top":
        properties["_workflowActions"] = schemas.workflow_actions(entity.name)
    own = {"type": "object", **({"properties": properties} if properties else {})}
    return {"allOf": [schemas.ref("Entity"), own]}


def _paths(entity: EntityType, build: Build) -> Iterator[tuple[str, Json]]:
    """The paths of one top-level entity; inquiries have the same ones."""
    name = entity.name
    for action in (*entity.actions, "{actionName}"):
        yield f"/{name}/{action}", {"post": parts.action_operation(name, action, build.conflict)}
    yield f"/{name}/$adHocSchema", {"get": parts.ad_hoc_operation(name, build.conflict)}
    for ids in ("ids", "id"):
        reading, deleting = (
            parts.one_operation(name, ids, build.conflict),
            parts.delete_operation(name, ids, build.conflict),
        )
        yield f"/{name}/{{{ids}}}", {"get": reading, "delete": deleting}
        if ids == "ids":
            yield f"/{name}/{{ids}}/files/{{filename}}", {"put": parts.file_operation(name, build.conflict)}
    operations: Json = {
        "get": parts.list_operation(name, build.conflict),
        "put": parts.write_operation(name, "Put", build.conflict),
    }
    if build.patch:
        operations["patch"] = parts.write_operation(name, "Patch", build.conflict)
    yield f"/{name}", operations


def root_document(server: str, openapi: str) -> Mapping[str, Any]:
    """The instance-level document: signing in and out, and the list of endpoints."""
    tree = parts.root(server)
    return to_swagger_2(tree) if openapi == "2.0" else tree
