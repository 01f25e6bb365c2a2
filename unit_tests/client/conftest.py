"""Builders for the client's tests, and the way to reference material beside the repository (tests skip without it)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from acumatica_client.schema.model import EndpointSchema, EntitySchema, EntityShape, ValueType

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "acumatica"


@pytest.fixture
def reference() -> Callable[[str], bytes]:
    """The bytes of a reference file, such as a published swagger document."""

    def read(name: str) -> bytes:
        path = REFERENCE / name
        if not path.is_file():
            pytest.skip(f"no reference file {name}")
        return path.read_bytes()

    return read


@pytest.fixture
def swagger() -> Callable[..., bytes]:
    """A swagger document (OpenAPI 3.0) of a few entities. Those that `tags` mentions are top-level, else all.

    `entities` maps a name to its members: "String" or "Decimal" for a wrapper, "->Address" for a linked entity,
    "[]Line" for a detail, a dict for anything written out as JSON schema.
    """
    wrappers = {
        "String": {"type": "string"},
        "Decimal": {"type": "number", "format": "double"},
        "Boolean": {"type": "boolean"},
        "Int": {"type": "integer", "format": "int32"},
        "DateTime": {"type": "string", "format": "date-time"},
        "Guid": {"type": "string", "format": "uuid"},
    }

    def ref(name: str) -> dict[str, str]:
        return {"$ref": f"#/components/schemas/{name}"}

    def member(described: str | dict) -> dict:
        if isinstance(described, dict):
            return described
        if described.startswith("->"):
            return ref(described[2:])
        if described.startswith("[]"):
            return {"type": "array", "items": ref(described[2:])}
        return ref(f"{described}Value")

    def build(
        entities: Mapping[str, Mapping[str, str | dict]],
        tags: Mapping[str, str] | None = None,
        title: str = "Default/24.200.001",
        contract: str = "4",
        paths: Mapping[str, object] | None = None,
        schemas: Mapping[str, object] | None = None,
        **more: object,
    ) -> bytes:
        found: dict[str, object] = {
            "Entity": {
                "type": "object",
                "properties": {
                    "id": {"type": "string", "format": "uuid"},
                    "rowNumber": {"type": "integer", "format": "int64"},
                    "note": ref("StringValue"),
                    "custom": {"type": "object", "additionalProperties": {"type": "object"}},
                    "error": {"type": "string"},
                    "files": {"type": "array", "items": ref("FileLink")},
                },
            },
            "FileLink": {"type": "object", "properties": {"id": {"type": "string"}, "filename": {"type": "string"}}},
        }
        for name, value in wrappers.items():
            found[f"{name}Value"] = {"type": "object", "properties": {"value": value, "error": {"type": "string"}}}
        for name, members in entities.items():
            properties = {one: member(described) for one, described in members.items()}
            found[name] = {"allOf": [ref("Entity"), {"type": "object", "properties": properties}]}
        found |= schemas or {}
        document = {
            "openapi": "3.0.1",
            "info": {"title": title, "version": contract},
            "servers": [{"url": "http://localhost/site/entity/Default/24.200.001"}],
            "paths": paths or {},
            "components": {"schemas": found},
            "tags": [{"name": n, "description": d} for n, d in (tags or dict.fromkeys(entities, "")).items()],
        }
        return json.dumps(document | more).encode()

    return build


@pytest.fixture
def schema() -> EndpointSchema:
    """Orders with an address in a contact and lines with allocations; a person with friends."""
    text, number, moment = ValueType.STRING, ValueType.DECIMAL, ValueType.DATETIME
    shapes = [
        EntityShape(
            "SalesOrder",
            {
                "OrderType": text,
                "OrderNbr": text,
                "OrderTotal": number,
                "Hold": ValueType.BOOLEAN,
                "LastModified": moment,
            },
            {"Contact": "Contact"},
            {"Details": "Line"},
        ),
        EntityShape("Contact", {"Email": text}, {"Address": "Address"}),
        EntityShape("Address", {"City": text, "PostalCode": text}),
        EntityShape("Line", {"InventoryID": text, "OrderQty": number}, {}, {"Allocations": "Allocation"}),
        EntityShape("Allocation", {"LotSerialNbr": text, "Qty": number}),
        EntityShape("Person", {"Name": text}, {"Boss": "Person", "Home": "Address"}, {"Friends": "Person"}),
    ]
    by_name = {shape.name: shape for shape in shapes}
    entities = {
        "SalesOrder": EntitySchema(
            by_name["SalesOrder"], "Sales Orders", "SO301000", keys=("OrderType", "OrderNbr"), cursor="LastModified"
        ),
        "Person": EntitySchema(by_name["Person"]),
    }
    return EndpointSchema("Default", "24.200.001", 4, entities, by_name)
