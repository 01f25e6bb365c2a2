"""The operations of the endpoint document, their parameters and answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from acumatica_emulator.swagger.schemas import ref

Json = dict[str, Any]

_INVALID = "The data specified in the request is invalid."
_PRECONDITION = (
    "Either the header of the request specifies that the entity has to be inserted but an entity with these keys "
    "already exists in the database and cannot be inserted, or the header specifies that the entity has to be updated "
    "but there is no entity with these keys in the database."
)
_PARAMETERS: Mapping[str, tuple[str, str, str, Json]] = {
    "actionName": ("actionName", "path", "", {"type": "string"}),
    "ids": (
        "ids",
        "path",
        "The values of the key fields of the record. The values are slash-delimited.",
        {"type": "string"},
    ),
    "select": ("$select", "query", "The fields of the entity to be returned from the system.", {"type": "string"}),
    "filter": (
        "$filter",
        "query",
        "The conditions that determine which records should be selected from the system.",
        {"type": "string"},
    ),
    "expand": ("$expand", "query", "The linked and detail entities that should be expanded.", {"type": "string"}),
    "custom": (
        "$custom",
        "query",
        "The fields that are not defined in the contract of the endpoint to be returned from the system.",
        {"type": "string"},
    ),
    "filename": (
        "filename",
        "path",
        "The name of the file that you are going to attach with the extension.",
        {"type": "string"},
    ),
    "id": ("id", "path", "The session ID of the record.", {"type": "string", "format": "uuid"}),
    "skip": (
        "$skip",
        "query",
        "The number of records to be skipped from the list of returned records.",
        {"type": "integer", "format": "int32"},
    ),
    "top": (
        "$top",
        "query",
        "The number of records to be returned from the system.",
        {"type": "integer", "format": "int32"},
    ),
}


def content(schema: Json) -> Json:
    return {kind: {"schema": schema} for kind in ("application/json", "text/json")}


def parameters() -> Json:
    built: Json = {}
    for name, (wire, place, text, schema) in _PARAMETERS.items():
        built[name] = {"name": wire, "in": place, **({"description": text} if text else {})}
        built[name].update({"required": True} if place == "path" else {})
        built[name]["schema"] = schema
    return built


def _refused(text: str) -> Json:
    return {"description": text, "content": content(ref("HttpError"))}


def _located(text: str, header: str) -> Json:
    return {
        "description": text,
        "headers": {"Location": {"description": header, "schema": {"type": "string", "format": "uri"}}},
    }


def responses(patch: bool, conflict: bool) -> Json:
    """The shared answers; the later builds declare five more."""
    poll = "A URL that can be used to check the status of the operation through the GET HTTP method."
    done = "A URL that can be used to obtain the processed entity through the GET HTTP method."
    built: Json = {
        "ContractBasedControllerBase_401": _refused("The user is not logged in to the system."),
        "ContractBasedControllerBase_500": _refused("Internal server error."),
        "InvokeAction_204": _located("The operation that was initiated by the action is completed.", done),
        "InvokeAction_202": _located("The operation is in progress.", poll),
        "InvokeAction_400": _refused(_INVALID),
        "InvokeAction_412": _refused(_PRECONDITION),
        "DeleteByKeys_204": {"description": "The record is successfully deleted."},
        "PutFile_204": _located(
            "The file is successfully attached.", "A URL that can be used to retrieve the file from the system."
        ),
        "DeleteById_204": {"description": "The record is successfully deleted."},
        "PutEntity_400": _refused(_INVALID),
        "PutEntity_412": _refused(_PRECONDITION),
        "StartReport_202": _located("The operation is in progress.", poll),
        "StartReport_400": _refused(_INVALID),
    }
    if patch:
        built["PatchEntity_400"] = _refused(_INVALID)
        built["PatchEntity_404"] = _refused("The record is not found.")
        built["PatchEntity_412"] = _refused(_PRECONDITION)
    if conflict:
        busy = "A long operation is running for this screen in the current session. Please try again later."
        built["InvokeAction_409"] = {"description": busy}
        built["EntityController_409"] = {"description": busy}
    return built


def _always(conflict: bool, own: str = "EntityController") -> Json:
    shared = {
        "401": ref("ContractBasedControllerBase_401", "responses"),
        "500": ref("ContractBasedControllerBase_500", "responses"),
    }
    return {**shared, **({"409": ref(f"{own}_409", "responses")} if conflict else {})}


def _operation(entity: str, summary: str, operation: str, given: tuple[str, ...], answers: Json) -> Json:
    built: Json = {"tags": [entity], "summary": summary, "operationId": f"{entity}_{operation}"}
    if given:
        built["parameters"] = [ref(name, "parameters") for name in given]
    return {**built, "responses": answers}


def _body(text: str, schema: str, name: str) -> Json:
    return {"description": text, "content": content(ref(schema)), "required": True, "x-bodyName": name}


def list_operation(entity: str, conflict: bool) -> Json:
    text = "The list of records that satisfy the specified conditions."
    rows = {"type": "array", "items": ref(entity)}
    return _operation(
        entity,
        "Retrieves records that satisfy the specified conditions from the system.",
        "GetList",
        ("select", "filter", "expand", "custom", "skip", "top"),
        {**_always(conflict), "200": {"description": text, "content": content(rows)}},
    )


def write_operation(entity: str, verb: str, conflict: bool) -> Json:
    put = verb == "Put"
    saved = "The created or updated record." if put else "The updated record."
    built = _operation(
        entity,
        "Creates a record or updates an existing record." if put else "Updates an existing record.",
        f"{verb}Entity",
        ("select", "filter", "expand", "custom"),
        {
            **_always(conflict),
            "200": {"description": saved, "content": content(ref(entity))},
            "400": ref(f"{verb}Entity_400", "responses"),
            **({} if put else {"404": ref("PatchEntity_404", "responses")}),
            "412": ref(f"{verb}Entity_412", "responses"),
            "422": {"description": _INVALID, "content": content(ref(entity))},
        },
    )
    return {**built, "requestBody": _body("The record to be passed to the system.", entity, "entity")}


def one_operation(entity: str, ids: str, conflict: bool) -> Json:
    by_keys = ids == "ids"
    what = "values of its key fields" if by_keys else "value of the session entity ID"
    return _operation(
        entity,
        f"Retrieves a record by the {what} from the system.",
        "GetByKeys" if by_keys else "GetById",
        (ids, "select", "filter", "expand", "custom"),
        {**_always(conflict), "200": {"description": "The requested record.", "content": content(ref(entity))}},
    )


def delete_operation(entity: str, ids: str, conflict: bool) -> Json:
    by_keys = ids == "ids"
    operation = "DeleteByKeys" if by_keys else "DeleteById"
    return _operation(
        entity,
        f"Deletes the record by {'the values of its key fields' if by_keys else 'its session identifier'}.",
        operation,
        (ids,),
        {**_always(conflict), "204": ref(f"{operation}_204", "responses")},
    )


def file_operation(entity: str, conflict: bool) -> Json:
    answers = {**_always(conflict), "204": ref("PutFile_204", "responses")}
    return _operation(entity, "Attaches a file to a record.", "PutFile", ("ids", "filename"), answers)


def ad_hoc_operation(entity: str, conflict: bool) -> Json:
    text = (
        "The field name, view name, and type of the fields that are not defined in the contract of the endpoint for "
        "this entity."
    )
    answers = {**_always(conflict), "200": {"description": text, "content": content(ref(entity))}}
    return _operation(
        entity, "Retrieves the schema of custom fields of the entity from the system.", "GetAdHocSchema", (), answers
    )


def action_operation(entity: str, action: str, conflict: bool) -> Json:
    custom = action == "{actionName}"
    answers = {
        **_always(conflict, "InvokeAction"),
        **{code: ref(f"InvokeAction_{code}", "responses") for code in ("204", "202", "400", "412")},
        "422": {"description": _INVALID, "content": content(ref(entity))},
    }
    built = _operation(
        entity,
        "Performs an action in the system.",
        f"InvokeAction_{'CustomAction' if custom else action}",
        ("actionName",) if custom else (),
        answers,
    )
    text = "The record to which the action should be applied and the parameters of the action."
    return {**built, "requestBody": _body(text, f"{entity}CustomAction" if custom else action, "invocation")}


def root(server: str) -> Json:
    text = {"type": "string"}
    credentials = {
        "type": "object",
        "properties": dict.fromkeys(("name", "password", "tenant", "branch", "locale"), text),
    }
    signed = {"204": {"description": "The user is signed in."}, "500": {"description": "The sign-in failed."}}
    body = {"content": {"application/json": {"schema": credentials}}, "required": True, "x-bodyName": "credentials"}
    return {
        "openapi": "3.0.1",
        "info": {"title": "Acumatica ERP", "version": "1"},
        "servers": [{"url": f"{server}/entity"}],
        "paths": {
            "/auth/login": {"post": {"operationId": "Auth_Login", "requestBody": body, "responses": signed}},
            "/auth/logout": {
                "post": {"operationId": "Auth_Logout", "responses": {"204": {"description": "Signed out."}}}
            },
            "/": {"get": {"operationId": "Version", "responses": {"200": {"description": "The list of endpoints."}}}},
        },
        "components": {"schemas": {}, "responses": {}, "parameters": {}},
        "tags": [],
    }
