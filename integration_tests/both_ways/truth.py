"""The expected records of an emulated tenant, and the checks of a source run's messages.

The rows come from the emulator's store, not over HTTP; numbers are compared by their digits.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from acumatica_emulator import Emulator
from acumatica_emulator import catalog as contracts
from acumatica_emulator.catalog import Contract, EntityType
from acumatica_emulator.records.rows import Row, getter
from acumatica_emulator.records.values import Zones, write
from acumatica_emulator.site.behavior import Behavior
from integration_tests.source.conftest import Result

Record = Mapping[str, Any]
# Contract 5 begins with version 26.
CONTRACT_4 = sorted(known for known in contracts.BASES if known[1] < "26")
NEWEST = dict(CONTRACT_4)
DEPTH = 2  # levels that the source reads: linked entities and lines, and those within them


class Digits(str):
    """A JSON number with a fraction, with its original digits."""

    __slots__ = ()


_NULL_PARTS = Behavior().null_parts  # linked entities that answers show as null when nothing is in them


def exactly(text: str | bytes) -> Any:
    return json.loads(text, parse_float=Digits)


def rows(
    instance: Emulator, entity: str, *, endpoint: str = "Default", version: str = "", tenant: str = "Company"
) -> dict[str, Record]:
    """Every record of the entity by its id, as an endpoint version shows it."""
    contract = contracts.load(endpoint, version or NEWEST[endpoint])
    zones = Zones(instance.switches.server_zone, instance.switches.user_zone)
    kind = contract.types[entity]
    return {row.id: _seen(row, kind, contract, zones, DEPTH) for row in instance.store(tenant).rows(entity)}


def lines(
    instance: Emulator,
    entity: str,
    detail: str,
    *,
    endpoint: str = "Default",
    version: str = "",
    tenant: str = "Company",
) -> dict[str, Record]:
    """Every row of a detail by its id, beginning with the key and the id of its record."""
    contract = contracts.load(endpoint, version or NEWEST[endpoint])
    zones = Zones(instance.switches.server_zone, instance.switches.user_zone)
    kind, found = contract.types[entity], {}
    below = contract.types[kind.details[detail]]
    for row in instance.store(tenant).rows(entity):
        parent = {f"{entity}_{key}": row.values[key] for key in kind.keys} | {f"{entity}_id": row.id}
        for line in row.lines(detail):
            found[line.id] = {**parent, **_seen(line, below, contract, zones, 0)}
    return found


def _seen(row: Row, kind: EntityType, contract: Contract, zones: Zones, depth: int, *, part: bool = False) -> Record:
    """`part`: a linked entity; if it is also a top-level entity, its details are left out."""
    seen: dict[str, Any] = {"id": row.id}
    for name, field in kind.fields.items():
        value = getter(kind, name, zones)(row)
        seen[name] = None if value is None else exactly(write(field, value, zones))
    if depth:
        inner = [*kind.linked.items(), *(() if part and kind.kind == "top" else kind.details.items())]
        empty = {name for name in _NULL_PARTS.get(kind.name, ()) if name not in row.linked}  # `link` fills it in
        parts = {
            name: (row.link(name) if name in kind.linked else row.lines(name)) for name, _ in inner if name not in empty
        }
        for name, type_name in inner:
            found, below = parts.get(name), contract.types[type_name]
            if found is None:
                seen[name] = None
            elif isinstance(found, list):
                seen[name] = [_seen(line, below, contract, zones, depth - 1) for line in found]
            else:
                seen[name] = _seen(found, below, contract, zones, depth - 1, part=True)
    return seen


def union(results: Sequence[Result], stream: str) -> dict[str, Record]:
    """The records of several runs, each in its last version, by id."""
    return {record["id"]: record for result in results for record in result.records(stream)}


def assert_same(there: Mapping[str, Record], came: Mapping[str, Record]) -> None:
    """No record is lost, none is invented, and every member of the tenant's record came with its digits."""
    assert came.keys() == there.keys(), {"lost": there.keys() - came.keys(), "invented": came.keys() - there.keys()}
    for id, record in there.items():
        wrong = list(differences(record, came[id]))
        assert not wrong, f"{id}: {wrong[:5]}"


def differences(there: object, came: object, place: str = "") -> list[str]:
    if isinstance(there, Mapping):
        if not isinstance(came, Mapping):
            return [f"{place}: {came!r}"]
        return [one for name, value in there.items() for one in differences(value, came.get(name), f"{place}.{name}")]
    if isinstance(there, list):
        if not isinstance(came, list) or len(came) != len(there):
            return [f"{place}: {came!r}"]
        pairs = zip(there, came, strict=True)
        return [one for at, pair in enumerate(pairs) for one in differences(*pair, f"{place}[{at}]")]
    same = there == came and type(there) is type(came)
    return [] if same else [f"{place}: {came!r}, not {there!r}"]


def assert_well_formed(result: Result, *streams: str) -> None:
    """The protocol: statuses in order, a state before the end, counts that add up, clear errors."""
    for stream in streams:
        kinds = [_kind(line) for line in result.lines if _of_stream(line, stream)]
        statuses = result.statuses(stream)
        # RUNNING is repeated, with its reason, when the stream backs off from a busy server.
        once = [status for status, _ in groupby(statuses)]
        running = ["RUNNING"] if result.records(stream) or "RUNNING" in once else []
        assert once in (["STARTED", *running, "COMPLETE"], ["STARTED", *running, "INCOMPLETE"]), statuses
        assert (kinds[0], kinds[-1]) == ("STARTED", statuses[-1])
        if statuses[-1] == "COMPLETE":
            states = result.of("STATE", stream)
            assert states, "a stream ends with a state"
            assert "RECORD" not in kinds[max(at for at, kind in enumerate(kinds) if kind == "STATE") :]
            counted = sum(float(state["sourceStats"]["recordCount"]) for state in states)
            assert counted == len(result.records(stream))
    assert result.code == (1 if any(result.statuses(stream)[-1] != "COMPLETE" for stream in streams) else 0)
    assert bool(result.errors) == bool(result.code)
    for error in result.errors:
        assert_clear(error)


def assert_clear(error: Mapping[str, Any]) -> None:
    """A sentence for a user: no stack trace, no secret, no JSON."""
    assert error["failure_type"] in ("config_error", "transient_error", "system_error")
    assert re.search(r"\w{3}.*[.)]$", error["message"], re.S), error["message"]
    assert "Traceback" not in json.dumps(error)
    assert not error.get("stack_trace")
    assert "secret" not in json.dumps(error)
    assert '{"' not in error["message"]


def _kind(line: Mapping[str, Any]) -> str:
    if line["type"] == "TRACE" and line["trace"]["type"] == "STREAM_STATUS":
        return str(line["trace"]["stream_status"]["status"])
    return str(line["type"])


def _of_stream(line: Mapping[str, Any], stream: str) -> bool:
    if line["type"] == "RECORD":
        return bool(line["record"]["stream"] == stream)
    if line["type"] == "STATE":
        return bool(line["state"]["stream"]["stream_descriptor"]["name"] == stream)
    status = line.get("trace", {}).get("stream_status", {})
    return bool(status.get("stream_descriptor", {}).get("name") == stream)
