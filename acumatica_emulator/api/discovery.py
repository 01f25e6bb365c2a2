"""The list of endpoints, and the OpenAPI document of each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from acumatica_emulator import catalog
from acumatica_emulator.catalog import Contract, EntityType
from acumatica_emulator.site.behavior import Behavior
from acumatica_emulator.site.http import JSON, Request, Response
from acumatica_emulator.swagger import Build, Described, document_bytes, root_document

ANY_HOST = "host-of-the-request.invalid"


def served(behavior: Behavior, *, signed_in: bool = False) -> list[tuple[str, str]]:
    """The endpoint versions of the instance, by version and then by name; custom ones only if signed in."""
    every = [known for known in catalog.BASES if behavior.contract5 or known[1] < "26"]
    if signed_in:
        every += [_split(title) for title in behavior.custom_endpoints]
    return sorted(every, key=lambda known: (known[1], known[0].lower()))


def find_contract(behavior: Behavior, endpoint: str, version: str) -> Contract | None:
    """The contract as this instance serves it. UNVERIFIED: whether a name's case matters; here it does."""
    own = behavior.custom_endpoints.get(f"{endpoint}/{version}")
    base = _split(own) if own else (endpoint, version)
    if base not in served(behavior):
        return None
    return _contract(base, (endpoint, version), tuple(behavior.drop_downs))


@lru_cache(maxsize=64)
def _contract(base: tuple[str, str], name: tuple[str, str], drop_downs: tuple[str, ...]) -> Contract:
    contract = replace(catalog.load(*base), endpoint=name[0], version=name[1])
    return with_drop_downs(contract, drop_downs) if contract.number >= 5 else contract


def with_drop_downs(contract: Contract, names: Sequence[str]) -> Contract:
    """The contract with the text fields of these names as drop-downs, but for keys: their form in a URL is unknown."""
    types = {name: _retyped(entity, names) for name, entity in contract.types.items()}
    return replace(contract, types=types)


def _retyped(entity: EntityType, names: Sequence[str]) -> EntityType:
    found = {name for name in names if entity.fields.get(name) == "str" and name not in entity.keys}
    if not found or entity.role:
        return entity
    return replace(entity, fields={name: "pick" if name in found else kind for name, kind in entity.fields.items()})


def _split(title: str) -> tuple[str, str]:
    endpoint, _, version = title.partition("/")
    return endpoint, version


def root(behavior: Behavior, request: Request, *, signed_in: bool = False) -> Response:
    """GET /entity: the wrapper of current builds, or the bare array of older ones."""
    base = f"http://{request.host}" if behavior.href == "absolute" else ""
    rows = [
        {"name": name, "version": version, "href": f"{base}{behavior.site}/entity/{name}/{version}/"}
        for name, version in served(behavior, signed_in=signed_in)
    ]
    if behavior.root_shape == "array":
        return Response.json(json.dumps(rows))
    version = {"acumaticaBuildVersion": behavior.build, "databaseVersion": behavior.build}
    if behavior.oem_build:
        version["oemBuildVersion"] = behavior.oem_build
    answer: dict[str, object] = {"version": version, "endpoints": rows}
    if behavior.contract5 and signed_in:
        answer["features"] = []
    return Response.json(json.dumps(answer))


def swagger(behavior: Behavior, request: Request, contract: Contract) -> Response:
    """The document under the host of the request. It is cached without one: instances differ in their port only."""
    build = Build(
        f"http://{ANY_HOST}{behavior.site}",
        behavior.openapi,
        behavior.patch,
        behavior.conflict_409,
        behavior.links,
        behavior.file_comment,
        frozenset(behavior.gone),
    )
    host = json.dumps(request.host)[1:-1]
    body = document_bytes(Described(contract), build).replace(ANY_HOST.encode(), host.encode(), 1)
    return Response(200, body, [("Content-Type", JSON)])


def instance_swagger(behavior: Behavior, request: Request) -> Response:
    return Response.json(json.dumps(root_document(f"http://{request.host}{behavior.site}", behavior.openapi)))
