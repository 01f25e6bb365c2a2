"""Requests under /_emulator/, by which black-box tests control an instance.

GET  /_emulator/report                            sessions, calls, faults, and what would fail a shutdown
POST /_emulator/faults    {"effect": ...} | [..]  order faults
POST /_emulator/switches  {"seats": 1, ...}       set switches
POST /_emulator/records   {"tenant", "entity", "insert" | "update" | "delete" ...}   change rows behind the API's back
POST /_emulator/clock     {"seconds": 600}        move the instance's clock
POST /_emulator/reset                             as after the start
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any, TypeAlias

from acumatica_emulator.server.instance import Instance
from acumatica_emulator.site.behavior import BadSwitchValue, UnknownSwitch
from acumatica_emulator.site.faults import UnknownFault
from acumatica_emulator.site.http import Request, Response
from acumatica_emulator.site.store import Store, StoreError, stamp_of

CONTROL = "/_emulator/"
Json: TypeAlias = Any  # whatever a body may hold


def control(instance: Instance, request: Request) -> Response:
    name = request.path.removeprefix(CONTROL).strip("/")
    order = _ORDERS.get((request.method, name))
    if order is None:
        return _refused(404, f"no order {request.method} {name}")
    try:
        given = json.loads(request.body or b"null", parse_float=Decimal)
        return Response.json(json.dumps(order(instance, given), default=str))
    except (UnknownFault, UnknownSwitch, BadSwitchValue, StoreError, TypeError, KeyError, ValueError) as error:
        return _refused(400, f"{type(error).__name__}: {error}")


def _refused(status: int, text: str) -> Response:
    return Response.json(json.dumps({"error": text}), status)


def _faults(instance: Instance, given: Json) -> Json:
    orders = given if isinstance(given, list) else [given]
    return [instance.faults.add_from_json(order).as_dict() for order in orders]


def _switches(instance: Instance, given: Json) -> Json:
    instance.behavior.update(given or {})
    return asdict(instance.behavior)


def _records(instance: Instance, given: Json) -> Json:
    """One direct change: `stamp` may be true (now), false (leave it), null (no cursor) or a time in UTC."""
    store = Store(instance.tenants[given.get("tenant") or next(iter(instance.tenants))])
    entity, stamp = given["entity"], stamp_of(given.get("stamp", True))
    if "insert" in given:
        return {"id": store.insert(entity, given["insert"], stamp=stamp)}
    if "update" in given:
        store.update(entity, tuple(given["key"]), given["update"], stamp=stamp)
        return {"updated": given["key"]}
    store.delete(entity, tuple(given["delete"]))
    return {"deleted": given["delete"]}


def _clock(instance: Instance, given: Json) -> Json:
    instance.clock.tick(float(given["seconds"]))
    return {"now": instance.clock.now().isoformat()}


def _reset(instance: Instance, given: Json) -> Json:
    instance.reset()
    return {"reset": True}


_ORDERS: Mapping[tuple[str, str], Callable[[Instance, Json], Json]] = {
    ("GET", "report"): lambda instance, given: instance.report().as_dict(),
    ("POST", "faults"): _faults,
    ("POST", "switches"): _switches,
    ("GET", "switches"): lambda instance, given: asdict(instance.behavior),
    ("POST", "records"): _records,
    ("POST", "clock"): _clock,
    ("POST", "reset"): _reset,
}
