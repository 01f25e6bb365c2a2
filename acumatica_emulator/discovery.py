"""Knows what the instance tells about itself: the list of endpoints, and each endpoint's document; knows no records."""

from __future__ import annotations

import json

from acumatica_emulator import catalog
from acumatica_emulator.catalog import Contract
from acumatica_emulator.http import JSON, Request, Response
from acumatica_emulator.swagger import Build, document_bytes, root_document
from acumatica_emulator.switches import Switches


def served(switches: Switches) -> list[tuple[str, str]]:
    """The endpoint versions of the instance, by version and then by name as in the guide's sample."""
    every = [known for known in catalog.BASES if switches.contract5 or known[1] < "26"]
    return sorted(every, key=lambda known: (known[1], known[0].lower()))


def find_contract(switches: Switches, endpoint: str, version: str) -> Contract | None:
    """UNVERIFIED: whether the server ignores the case of an endpoint's name; this one does not."""
    return catalog.load(endpoint, version) if (endpoint, version) in served(switches) else None


def root(switches: Switches, request: Request) -> Response:
    """GET /entity: the wrapper of current builds, or the bare array of older ones."""
    base = f"http://{request.host}" if switches.href == "absolute" else ""
    rows = [
        {"name": name, "version": version, "href": f"{base}{switches.site}/entity/{name}/{version}/"}
        for name, version in served(switches)
    ]
    if switches.root_shape == "array":
        return Response.json(json.dumps(rows))
    version = {"acumaticaBuildVersion": switches.build, "databaseVersion": switches.build}
    answer: dict[str, object] = {"version": version, "endpoints": rows}
    if switches.contract5:
        answer["features"] = []
    return Response.json(json.dumps(answer))


def swagger(switches: Switches, request: Request, contract: Contract) -> Response:
    build = Build(
        f"http://{request.host}{switches.site}",
        switches.openapi,
        switches.patch,
        switches.conflict_409,
        switches.links,
        switches.file_comment,
        frozenset(switches.gone),
    )
    return Response(200, document_bytes(contract.endpoint, contract.version, build), [("Content-Type", JSON)])


def instance_swagger(switches: Switches, request: Request) -> Response:
    return Response.json(json.dumps(root_document(f"http://{request.host}{switches.site}", switches.openapi)))
