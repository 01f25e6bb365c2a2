"""Convert an OpenAPI 3.0.1 document to 2.0, as builds before 2024 R2 serve it."""

from __future__ import annotations

from typing import Any, TypeAlias
from urllib.parse import urlsplit

Json = dict[str, Any]
Tree: TypeAlias = Any  # a part of a document at any depth
_KINDS = ["application/json", "text/json"]
_KEYS: Json = {"type": "array", "items": {"type": "string"}, "collectionFormat": "pipes"}


def to_swagger_2(tree: Json) -> Json:
    """The same facts: shared parameters and answers written out in place, bodies as parameters, no nullable marks."""
    server = urlsplit(tree["servers"][0]["url"])
    return {
        "swagger": "2.0",
        "info": tree["info"],
        "host": server.netloc,
        "basePath": server.path,
        "schemes": [server.scheme],
        "paths": {
            path: {verb: _operation(operation, tree["components"]) for verb, operation in operations.items()}
            for path, operations in tree["paths"].items()
        },
        "definitions": {name: _plain(schema) for name, schema in tree["components"]["schemas"].items()},
        "tags": tree["tags"],
    }


def _operation(operation: Json, components: Json) -> Json:
    older: Json = {name: operation[name] for name in ("tags", "summary", "operationId") if name in operation}
    given = [_parameter(_resolved(one, components)) for one in operation.get("parameters", ())]
    if "requestBody" in operation:
        older["consumes"] = _KINDS
        given.append(_body(operation["requestBody"]))
    older["produces"] = _KINDS
    if given:
        older["parameters"] = given
    older["responses"] = {
        code: _response(_resolved(answer, components)) for code, answer in operation["responses"].items()
    }
    return older


def _resolved(part: Json, components: Json) -> Json:
    if "$ref" not in part:
        return part
    _, _, group, name = part["$ref"].split("/")
    found: Json = components[group][name]
    return found


def _parameter(part: Json) -> Json:
    if part.get("name") == "ids":  # the older document calls the keys a list, joined by pipes
        return {
            "in": "path",
            "name": "ids",
            "description": "The values of the key fields of the record.",
            "required": True,
            **_KEYS,
        }
    return {**{name: value for name, value in part.items() if name != "schema"}, **part["schema"]}


def _body(part: Json) -> Json:
    schema = next(iter(part["content"].values()))["schema"]
    older = {"in": "body", "name": part["x-bodyName"], "required": part["required"], "schema": _plain(schema)}
    return {**older, "description": part["description"]} if "description" in part else older


def _response(part: Json) -> Json:
    older: Json = {"description": part["description"]}
    if "content" in part:
        older["schema"] = _plain(next(iter(part["content"].values()))["schema"])
    if "headers" in part:
        older["headers"] = {name: _parameter(header) for name, header in part["headers"].items()}
    return older


def _plain(part: Tree) -> Tree:
    if isinstance(part, list):
        return [_plain(one) for one in part]
    if not isinstance(part, dict):
        return part
    if "discriminator" in part:
        part = {**part, "discriminator": part["discriminator"]["propertyName"]}
    return {name: _moved(name, value) for name, value in part.items() if name != "nullable"}


def _moved(name: str, value: Tree) -> Tree:
    if name == "$ref":
        return str(value).replace("#/components/schemas/", "#/definitions/")
    return _plain(value)
