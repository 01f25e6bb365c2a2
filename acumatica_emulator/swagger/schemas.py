"""The schemas that every endpoint document shares: wrappers, custom fields, errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from acumatica_emulator.catalog import SCALARS

Json = dict[str, Any]

SCALAR_SCHEMAS: Mapping[str, Json] = {
    "BooleanValue": {"type": "boolean"},
    "ByteValue": {"type": "integer", "format": "int32"},
    "DateTimeValue": {"type": "string", "format": "date-time"},
    "DecimalValue": {"type": "number", "format": "double"},
    "DoubleValue": {"type": "number", "format": "double"},
    "GuidValue": {"type": "string", "format": "uuid"},
    "IntValue": {"type": "integer", "format": "int32"},
    "LongValue": {"type": "integer", "format": "int64"},
    "ShortValue": {"type": "integer", "format": "int32"},
    "StringValue": {"type": "string"},
}
CONTRACT_5_SCHEMAS: Mapping[str, Json] = {
    "DateOnlyValue": {"type": "string", "format": "date"},
    "StringSingleSelectValue": {
        "type": "object",
        "properties": {"id": {"type": "string"}, "description": {"type": "string"}},
    },
    "IntSingleSelectValue": {
        "type": "object",
        "properties": {"id": {"type": "integer", "format": "int32"}, "description": {"type": "string"}},
    },
    "StringMultiSelectValue": {"type": "array", "items": {"type": "string"}},
}


def ref(name: str, group: str = "schemas") -> Json:
    return {"$ref": f"#/components/{group}/{name}"}


def _custom_map() -> Json:
    return {
        "type": "object",
        "additionalProperties": {"type": "object", "additionalProperties": ref("CustomField")},
    }


def custom_action_schema(entity: str) -> Json:
    given = {"type": "object", "properties": {"custom": _custom_map()}, "description": "The parameters of the action."}
    return {"required": ["entity"], "type": "object", "properties": {"entity": ref(entity), "parameters": given}}


def action_schema(entity: str, given: Mapping[str, str]) -> Json:
    built: Json = {"required": ["entity"], "type": "object", "properties": {"entity": ref(entity)}}
    if given:
        built["required"] = ["entity", "parameters"]
        built["properties"]["parameters"] = {
            "type": "object",
            "properties": {name: ref(SCALARS[kind]) for name, kind in given.items()},
            "description": "The parameters of the action.",
        }
    return built


def workflow_actions(entity: str) -> Json:
    return {"type": "object", "additionalProperties": ref(f"{entity}CustomAction")}


def base_schemas(links: bool, comment: bool, contract: int, *, recent: bool = False) -> Json:
    """Everything an entity is made of besides its own fields. `recent`: as builds of 2025 R2 and newer have it."""
    date_only = {"DateOnlyValue": CONTRACT_5_SCHEMAS["DateOnlyValue"]} if recent else {}
    scalars = {**SCALAR_SCHEMAS, **date_only, **(CONTRACT_5_SCHEMAS if contract >= 5 else {})}
    nullable = {"nullable": True} if recent or contract >= 5 else {}
    built: Json = {name: _wrapper({**schema, **nullable}) for name, schema in scalars.items()}
    custom = {"required": ["type"], "type": "object", "properties": {"type": {"type": "string"}}}
    built["CustomField"] = {**custom, "discriminator": {"propertyName": "type"}}
    for name, schema in SCALAR_SCHEMAS.items():
        kind = f"Custom{name.removesuffix('Value')}Field"
        built[kind] = {"allOf": [ref("CustomField"), _wrapper(schema)]}
    built["FileLink"] = _file_link(comment)
    built["HttpError"] = _http_error()
    built["Entity"] = {
        "type": "object",
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "rowNumber": {"type": "integer", "format": "int64"},
            "note": ref("StringValue"),
            "custom": _custom_map(),
            "error": {"type": "string"},
            "files": {"type": "array", "items": ref("FileLink")},
            **({"_links": {"type": "object", "additionalProperties": {"type": "string"}}} if links else {}),
        },
    }
    return built


def _wrapper(schema: Json) -> Json:
    return {"type": "object", "properties": {"value": schema, "error": {"type": "string"}}}


def _file_link(comment: bool) -> Json:
    properties: Json = {
        "id": {"type": "string", "format": "uuid"},
        "filename": {"type": "string"},
        "href": {"type": "string", "format": "uri"},
    }
    if comment:
        properties["comment"] = {"type": "string", "nullable": True}
    return {"type": "object", "properties": properties}


def _http_error() -> Json:
    optional = {"type": "string", "nullable": True}
    return {
        "type": "object",
        "properties": {
            "message": {"type": "string"},
            "exceptionMessage": optional,
            "exceptionType": optional,
            "stackTrace": optional,
            "modelState": {
                "type": "object",
                "additionalProperties": {"type": "array", "items": {"type": "string"}},
            },
            "messageDetail": {"type": "string"},
        },
        "additionalProperties": {"type": "object"},
    }
