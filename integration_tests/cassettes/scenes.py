"""The recorded scenes: a few commands of both connectors against each endpoint.

A scene runs against an instance when it is recorded, and against its cassette from then on. What the connectors print
is stored without the parts that vary, and must be printed again.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from destination_acumatica.run import run as destination
from integration_tests.cassettes.pseudonyms import dump, load
from integration_tests.consents import by_password
from source_acumatica.run import run as source

TEXT = {"type": ["string", "null"]}


@dataclass
class Stage:
    """A configuration, a folder for files, and the messages that the connectors printed."""

    form: Mapping[str, object]
    folder: Path
    messages: list[dict] = field(default_factory=list)

    def read(self, command: str, *, catalog: object = None, **settings: object) -> list[dict]:
        files = {"config": {**self.form, **settings}, **({"catalog": catalog} if catalog else {})}
        out = io.BytesIO()
        code = source([command, *self._arguments(files)], out)
        return self._collect(code, out)

    def write(self, command: str, *, catalog: object = None, lines: Sequence[object] = (), **settings: object) -> None:
        files = {"config": {**self.form, **settings}, **({"catalog": catalog} if catalog else {})}
        given, out = io.BytesIO(b"".join(json.dumps(line).encode() + b"\n" for line in lines)), io.BytesIO()
        code = destination([command, *self._arguments(files)], stdin=given, stdout=out)
        self._collect(code, out)

    def lines(self) -> list[str]:
        """The messages in an order that does not depend on which window was read first. Source states follow
        windows, so only the sum of their counts is the same in every run."""
        counted = [line["state"]["sourceStats"]["recordCount"] for line in self.messages if _of_source(line)]
        others = sorted(dump(line) for line in self.messages if not _of_source(line))
        return [*others, *([dump({"counted": sum(map(float, counted))})] if counted else [])]

    def _arguments(self, files: Mapping[str, object]) -> list[str]:
        line: list[str] = []
        for name, content in files.items():
            path = self.folder / f"{name}.json"
            path.write_text(dump(content), encoding="utf-8")
            line += [f"--{name}", str(path)]
        return line

    def _collect(self, code: int, out: io.BytesIO) -> list[dict]:
        lines = [load(line.decode()) for line in out.getvalue().splitlines()]
        self.messages += [kept for kept in map(lasting, lines) if kept is not None]
        self.messages.append({"exit": code})
        return lines


def _of_source(line: dict) -> bool:
    return "sourceStats" in line.get("state", {})


def lasting(line: dict) -> dict | None:
    """A line without what differs from run to run: times, positions that depend on how long a run took, the log."""
    kind = line["type"]
    if kind == "LOG" or (kind == "TRACE" and line["trace"]["type"] != "STREAM_STATUS"):
        return None
    if kind == "RECORD":
        return {**line, "record": {**line["record"], "emitted_at": 0}}
    if kind == "TRACE":
        return {"type": kind, "status": line["trace"]["stream_status"]["status"]}
    if kind == "STATE":
        kept = {name: part for name, part in line["state"].items() if name in ("id", "sourceStats", "destinationStats")}
        return {"type": kind, "state": kept}
    return line


@dataclass(frozen=True)
class Scene:
    """`keep`: the entities left in swagger documents. `live`: reads only, so it may be recorded from a real tenant."""

    name: str
    keep: frozenset[str]
    play: Callable[[Stage], object]
    live: bool = True


def check(endpoint: str) -> Callable[[Stage], object]:
    return lambda stage: stage.read("check", endpoint_name=endpoint)


def check_by_oauth(endpoint: str) -> Callable[[Stage], object]:
    """With an application of the emulator, so not with a real tenant's configuration."""

    def play(stage: Stage) -> object:
        credentials = stage.form["credentials"]
        assert isinstance(credentials, Mapping)
        return stage.read("check", endpoint_name=endpoint, credentials=by_password(password=credentials["password"]))

    return play


def discover(endpoint: str) -> Callable[[Stage], object]:
    return lambda stage: stage.read("discover", endpoint_name=endpoint)


def read(endpoint: str, *streams: str, **settings: object) -> Callable[[Stage], object]:
    """Discover, then read these streams one after the other, each given as `Name` or `Name:incremental`, together with
    its `_Details` stream if there is one. A start date of the configuration overrides the scene's: a real tenant has
    many records since then."""

    def play(stage: Stage) -> None:
        since = {name: value for name, value in stage.form.items() if name == "start_date"}
        chosen = {"endpoint_name": endpoint, **settings, **since}
        (catalog,) = [line["catalog"] for line in stage.read("discover", **chosen) if line["type"] == "CATALOG"]
        offered = {stream["name"]: stream for stream in catalog["streams"]}
        stage.messages.clear()  # discovery is another scene
        for name, _, mode in (stream.partition(":") for stream in streams):
            modes = {"sync_mode": mode or "full_refresh", "destination_sync_mode": "append"}
            together = [each for each in (name, f"{name}_Details") if each in offered]
            configured = [{"stream": offered[each], **modes} for each in together]
            stage.read("read", catalog={"streams": configured}, **chosen)

    return play


def check_writing(endpoint: str) -> Callable[[Stage], object]:
    return lambda stage: stage.write("check", endpoint_name=endpoint)


def write(endpoint: str, entity: str, key: str, *records: Mapping[str, object], **settings: object) -> Callable:
    """Upsert these records, followed by one state."""

    def play(stage: Stage) -> None:
        columns = {name: TEXT if isinstance(value, str) else {} for each in records for name, value in each.items()}
        described = {"name": entity, "json_schema": {"type": "object", "properties": columns}}
        described["supported_sync_modes"] = ["full_refresh"]
        modes = {"sync_mode": "full_refresh", "destination_sync_mode": "append_dedup", "primary_key": [[key]]}
        at = {"stream_descriptor": {"name": entity}, "stream_state": {"at": 1}}
        lines = [{"type": "RECORD", "record": {"stream": entity, "data": one, "emitted_at": 1}} for one in records]
        lines.append({"type": "STATE", "state": {"type": "STREAM", "stream": at, "id": 1}})
        catalog = {"streams": [{"stream": described, **modes}]}
        stage.write("write", catalog=catalog, lines=lines, endpoint_name=endpoint, **settings)

    return play


def _keeping(*entities: str) -> frozenset[str]:
    return frozenset(entities)


SCENES: tuple[Scene, ...] = (
    Scene("default-check", _keeping("FinancialPeriod"), check("Default")),
    Scene("default-check-by-oauth", _keeping("FinancialPeriod"), check_by_oauth("Default"), live=False),
    Scene("default-discover", _keeping("Salesperson", "ShipVia"), discover("Default")),
    Scene("default-read-without-cursor", _keeping("ShipVia"), read("Default", "ShipVia")),
    Scene("default-read-with-cursor", _keeping("Salesperson"), read("Default", "Salesperson:incremental")),
    Scene(
        "default-read-details",
        _keeping("SalesOrder"),
        read("Default", "SalesOrder:incremental", start_date="2025-12-28", page_size=2),
    ),
    Scene("manufacturing-check", _keeping("ProductionOrder"), check("MANUFACTURING")),
    Scene("manufacturing-discover", _keeping("WorkCenter", "Shift"), discover("MANUFACTURING")),
    Scene("manufacturing-read", _keeping("WorkCenter", "Shift"), read("MANUFACTURING", "WorkCenter", "Shift")),
    Scene("ecommerce-check", _keeping("FinancialPeriod"), check("eCommerce")),
    Scene("ecommerce-discover", _keeping("BCItemSalesCategory"), discover("eCommerce")),
    Scene("ecommerce-read", _keeping("BCItemSalesCategory"), read("eCommerce", "BCItemSalesCategory:incremental")),
    Scene("default-check-writing", _keeping("Customer"), check_writing("Default"), live=False),
    Scene(
        "default-write",
        _keeping("Customer"),
        write(
            "Default",
            "Customer",
            "CustomerID",
            {"CustomerID": "NEWONE", "CustomerName": "A New One", "MainContact": {"Email": "new@acumatica.example"}},
            {"CustomerID": "NEWONE", "CustomerName": "A New One, renamed"},
            {"CustomerID": "REFUSED", "CustomerName": "Refused", "CustomerClass": "NOSUCHCLASS"},
            on_record_error="skip",
        ),
        live=False,
    ),
    Scene(
        "ecommerce-write",
        _keeping("Customer"),
        write("eCommerce", "Customer", "CustomerID", {"CustomerID": "SHOPPER", "CustomerName": "A Shopper"}),
        live=False,
    ),
    Scene(
        "manufacturing-write",
        _keeping("WorkCenter"),
        write("MANUFACTURING", "WorkCenter", "WorkCenterID", {"WorkCenterID": "WC900", "Description": "Ninth"}),
        live=False,
    ),
)
