"""Knows what the instance tells about itself: the list of endpoints, and each endpoint's document; knows no records."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache

from acumatica_emulator import catalog
from acumatica_emulator.api.http import JSON, Request, Response
from acumatica_emulator.catalog import Contract
from acumatica_emulator.records.choices import with_drop_downs
from acumatica_emulator.site.behavior import Switches
from acumatica_emulator.swagger import Build, Described, document_bytes, root_document

ANY_HOST = "host-of-the-request.invalid"


def served(switches: Switches, *, signed_in: bool = False) -> list[tuple[str, str]]:
    """The endpoint versions of the instance, by version and then by name; custom ones only if signed in."""
    every = [known for known in catalog.BASES if switches.contract5 or known[1] < "26"]
    if signed_in:
        every += [_split(title) for title in switches.custom_endpoints]
    return sorted(every, key=lambda known: (known[1], known[0].lower()))


def find_contract(switches: Switches, endpoint: str, version: str) -> Contract | None:
    """The contract as this instance serves it. UNVERIFIED: whether a name's case matters; here it does."""
    own = switches.custom_endpoints.get(f"{endpoint}/{version}")
    base = _split(own) if own else (endpoint, version)
    if base not in served(switches):
        return None
    return _contract(base, (endpoint, version), tuple(switches.drop_downs))


@lru_cache(maxsize=64)
def _contract(base: tuple[str, str], name: tuple[str, str], drop_downs: tuple[str, ...]) -> Contract:
    contract = replace(catalog.load(*base), endpoint=name[0], version=name[1])
    return with_drop_downs(contract, drop_downs) if contract.number >= 5 else contract


def _split(title: str) -> tuple[str, str]:
    endpoint, _, version = title.partition("/")
    return endpoint, version


def root(switches: Switches, request: Request, *, signed_in: bool = False) -> Response:
    """GET /entity: the wrapper of current builds, or the bare array of older ones."""
    base = f"http://{request.host}" if switches.href == "absolute" else ""
    rows = [
        {"name": name, "version": version, "href": f"{base}{switches.site}/entity/{name}/{version}/"}
        for name, version in served(switches, signed_in=signed_in)
    ]
    if switches.root_shape == "array":
        return Response.json(json.dumps(rows))
    version = {"acumaticaBuildVersion": switches.build, "databaseVersion": switches.build}
    if switches.oem_build:
        version["oemBuildVersion"] = switches.oem_build
    answer: dict[str, object] = {"version": version, "endpoints": rows}
    if switches.contract5 and signed_in:
        answer["features"] = []
    return Response.json(json.dumps(answer))


def swagger(switches: Switches, request: Request, contract: Contract) -> Response:
    """The document under the host that was asked. It is kept without one, because only a port tells instances apart."""
    build = Build(
        f"http://{ANY_HOST}{switches.site}",
        switches.openapi,
        switches.patch,
        switches.conflict_409,
        switches.links,
        switches.file_comment,
        frozenset(switches.gone),
    )
    host = json.dumps(request.host)[1:-1]
    body = document_bytes(Described(contract), build).replace(ANY_HOST.encode(), host.encode(), 1)
    return Response(200, body, [("Content-Type", JSON)])


def instance_swagger(switches: Switches, request: Request) -> Response:
    return Response.json(json.dumps(root_document(f"http://{request.host}{switches.site}", switches.openapi)))
