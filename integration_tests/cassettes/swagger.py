"""Cuts a swagger document (2.0 or OpenAPI 3) down to a few entities and the schemas that they refer to.

paths   /Customer, /Customer/{id}, /Customer/Action ... of the entities kept
          |  $ref, as far as it goes
schemas  Customer --> Contact --> Address --> Entity, StringValue ...
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any


def is_swagger(document: object) -> bool:
    return isinstance(document, Mapping) and "paths" in document and bool({"openapi", "swagger"} & document.keys())


def pruned(document: Mapping[str, Any], keep: Collection[str]) -> dict[str, Any]:
    """The document with the paths of these entities, and the schemas that those reach. Idempotent."""
    paths = {path: each for path, each in document["paths"].items() if path.strip("/").split("/")[0] in keep}
    tags = [tag for tag in document.get("tags", ()) if tag["name"] in keep]
    schemas = _schemas(document)
    rest = {name: part for name, part in document.items() if name not in ("definitions", "components")}
    shared = {name: part for name, part in document.get("components", {}).items() if name != "schemas"}
    start = [paths, shared, *({"$ref": f"#/{name}"} for name in keep)]
    reached = _closure([start, rest.get("parameters"), rest.get("responses")], schemas)
    wanted = {name: schema for name, schema in schemas.items() if name in reached}
    where = {"definitions": wanted} if "definitions" in document else {"components": {**shared, "schemas": wanted}}
    return {**rest, "tags": tags, "paths": paths, **where}


def _schemas(document: Mapping[str, Any]) -> Mapping[str, Any]:
    return document.get("definitions") or document.get("components", {}).get("schemas", {})


def _closure(start: object, schemas: Mapping[str, Any]) -> set[str]:
    reached: set[str] = set()
    waiting = set(_references(start))
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting |= set(_references(schemas.get(name))) - reached
    return reached


def _references(node: object) -> Iterator[str]:
    """The names of the schemas that a part of a document refers to."""
    if isinstance(node, Mapping):
        for name, child in node.items():
            if name == "$ref" and isinstance(child, str):
                yield child.rpartition("/")[2]
            else:
                yield from _references(child)
    elif isinstance(node, list):
        for child in node:
            yield from _references(child)
