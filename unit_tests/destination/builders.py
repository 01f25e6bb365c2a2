"""Builders for the destination's tests: an endpoint's schema, lines of the protocol, and an ERP in memory."""

from __future__ import annotations

import io
import json
import re
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import msgspec

from acumatica_client.api.connection_summary import ConnectionSummary
from acumatica_client.errors import AcumaticaError, NoSuchRecord, NotFound, PreconditionFailed, Unexpected
from acumatica_client.rest.query import Query
from acumatica_client.schema.custom_fields import CustomField
from acumatica_client.schema.model import Access, EndpointSchema, EntitySchema, EntityShape, ValueType
from destination_acumatica.config.stream_settings import FieldSetting

Result_ = TypeVar("Result_")

CONFIG = {
    "instance_uri": "https://erp.example.com/Site",
    "company": "Company",
    "credentials": {"auth_type": "cookie", "username": "admin", "password": "p4ssword-hidden"},
}

_SHAPES = (
    EntityShape(
        "Customer",
        fields={
            "CustomerID": ValueType.STRING,
            "CustomerName": ValueType.STRING,
            "CreditLimit": ValueType.DECIMAL,
            "Active": ValueType.BOOLEAN,
            "Since": ValueType.DATETIME,
            "LastModifiedDateTime": ValueType.DATETIME,
        },
        linked={"MainContact": "Contact"},
        details={"Attributes": "AttributeValue"},
    ),
    EntityShape(
        "Contact", fields={"ContactID": ValueType.INT, "Email": ValueType.STRING}, linked={"Address": "Address"}
    ),
    EntityShape("Address", fields={"City": ValueType.STRING}),
    EntityShape("AttributeValue", fields={"AttributeID": ValueType.STRING, "Value": ValueType.STRING}),
    EntityShape(
        "SalesOrder",
        fields={
            "OrderType": ValueType.STRING,
            "OrderNbr": ValueType.STRING,
            "CustomerID": ValueType.STRING,
            "ExternalRef": ValueType.STRING,
            "OrderTotal": ValueType.DECIMAL,
        },
        details={"Details": "SalesOrderDetail"},
    ),
    EntityShape(
        "SalesOrderDetail",
        fields={"InventoryID": ValueType.STRING, "OrderQty": ValueType.DECIMAL, "UnitPrice": ValueType.DECIMAL},
        details={"Allocations": "Allocation"},
    ),
    EntityShape("Allocation", fields={"Qty": ValueType.DECIMAL}),
    EntityShape("Ledgerless", fields={"Name": ValueType.STRING}),
    EntityShape("InventorySummaryInquiry", fields={"InventoryID": ValueType.STRING}),
    EntityShape("ReleaseBatches", fields={"Module": ValueType.STRING}),
    EntityShape("GLPreferences", fields={"AutoPost": ValueType.BOOLEAN}),
)
_KEYS = {"Customer": ("CustomerID",), "Contact": ("ContactID",), "SalesOrder": ("OrderType", "OrderNbr")}
_ACCESS = {
    "InventorySummaryInquiry": Access.INQUIRY,
    "ReleaseBatches": Access.PROCESSING,
    "GLPreferences": Access.SINGLETON,
}
_ACTIONS = {"SalesOrder": ("CancelSalesOrder", "ReopenSalesOrder")}
_NESTED_ONLY = {"Address", "AttributeValue", "SalesOrderDetail", "Allocation"}


def endpoint_schema(*, patches: bool = False) -> EndpointSchema:
    """Default 24.200.001 with a handful of entities."""
    shapes = {shape.name: shape for shape in _SHAPES}
    entities = {
        name: EntitySchema(
            shape,
            keys=_KEYS.get(name, ()),
            access=_ACCESS.get(name, Access.LIST),
            patch=patches,
            actions=_ACTIONS.get(name, ()),
        )
        for name, shape in shapes.items()
        if name not in _NESTED_ONLY
    }
    return EndpointSchema("Default", "24.200.001", 4, entities, shapes)


def renamed(**columns: str) -> tuple[FieldSetting, ...]:
    """The mapping of columns to fields of other names."""
    return tuple(FieldSetting(to, column) for column, to in columns.items())


def stream(
    name: str,
    mode: str = "append_dedup",
    *,
    columns: Mapping[str, object] | Sequence[str] = (),
    key: Sequence[str] = (),
    namespace: str | None = None,
    **more: object,
) -> dict[str, object]:
    """A configured stream as the platform writes it; columns given by name are texts."""
    properties = (
        dict(columns) if isinstance(columns, Mapping) else {one: {"type": ["string", "null"]} for one in columns}
    )
    described = {
        "name": name,
        "namespace": namespace,
        "json_schema": {"type": "object", "properties": properties},
        "supported_sync_modes": ["full_refresh"],
    }
    return {
        "stream": described,
        "sync_mode": "full_refresh",
        "destination_sync_mode": mode,
        "primary_key": [[one] for one in key],
        **more,
    }


CUSTOMERS = stream("Customer", columns=("CustomerID", "CustomerName"), key=("CustomerID",))
ORDERS = stream("SalesOrder", "append")


def catalog(*streams: Mapping[str, object]) -> bytes:
    return json.dumps({"streams": streams}).encode()


def record(stream_name: str, namespace: str | None = None, **columns: object) -> bytes:
    """A RECORD line. A Decimal is written with its own digits."""
    message = {"stream": stream_name, "data": columns, "emitted_at": 1, "namespace": namespace}
    return _line({"type": "RECORD", "record": message})


def state(stream_name: str, number: int = 1, **more: object) -> bytes:
    """A STATE line of one stream, with the `id` that the platform puts into it."""
    described = {"stream_descriptor": {"name": stream_name, "namespace": None}, "stream_state": {"at": number}}
    return _line({"type": "STATE", "state": {"type": "STREAM", "stream": described, "id": number, **more}})


def global_state(number: int = 1) -> bytes:
    return _line({"type": "STATE", "state": {"type": "GLOBAL", "global": {"stream_states": []}, "id": number}})


def _line(message: object) -> bytes:
    return msgspec.json.Encoder(decimal_format="number").encode(message) + b"\n"


@dataclass
class Call:
    """One request that reached the ERP."""

    method: str
    entity: str
    body: dict[str, object]
    headers: Mapping[str, str]
    repeatable: bool
    raw: bytes


@dataclass
class Erp:
    """An endpoint in memory, with the manners of a PUT: upsert by key, lines appended, `If-None-Match` honoured.

    `before` is called with each PUT before anything is saved, `after` when it has been: both may raise or wait.
    """

    before: Callable[[Call], object] = lambda call: None
    after: Callable[[Call], object] = lambda call: None
    schema_error: AcumaticaError | None = None
    renumbers: bool = False
    patches: bool = False
    customs: tuple[CustomField, ...] | None = ()
    silent: Collection[str] = ()
    acting: Callable[[Call], object] = lambda call: None
    calls: list[Call] = field(default_factory=list)
    rows: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    closed: int = 0
    several: bool = False
    paused: list[float] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def connection_summary(self) -> ConnectionSummary:
        if self.schema_error is not None:
            raise self.schema_error
        return ConnectionSummary(
            "https://erp.example.com", "Company", "", "admin", "Default", "24.200.001", several_tenants=self.several
        )

    def schema(self) -> EndpointSchema:
        if self.schema_error is not None:
            raise self.schema_error
        return endpoint_schema(patches=self.patches)

    def close(self) -> None:
        self.closed += 1

    def put(
        self,
        entity: str,
        body: bytes,
        query: Query = Query(),
        *,
        headers: Mapping[str, str] | None = None,
        repeatable: bool,
        once: bool = False,
    ) -> bytes:
        sent = msgspec.json.Decoder(float_hook=Decimal).decode(body)
        call = Call("PUT", entity, sent, headers or {}, repeatable, body)
        with self.lock:
            self.calls.append(call)
        self.before(call)
        with self.lock:
            if call.headers.get("If-Match") == "*" and self._known(entity, sent) is None:
                raise PreconditionFailed("There is no such record.", status=412)
            answer = self._save(entity, sent, call.headers.get("If-None-Match") == "*")
        self.after(call)
        return answer

    def patch(
        self,
        entity: str,
        body: bytes,
        query: Query = Query(),
        *,
        repeatable: bool = True,
        once: bool = False,
    ) -> bytes:
        sent = msgspec.json.Decoder(float_hook=Decimal).decode(body)
        call = Call("PATCH", entity, sent, {}, repeatable, body)
        with self.lock:
            self.calls.append(call)
            if self._known(entity, sent) is None:
                raise NotFound("There is no such record.")
            answer = self._save(entity, sent, False)
        self.after(call)
        return answer

    def delete(self, entity: str, keys: Sequence[str], *, repeatable: bool = True) -> None:
        self._note("DELETE", entity, {"keys": list(keys)})
        self.before(self.calls[-1])
        found = self._addressed(entity, keys)
        if found is None:
            raise NoSuchRecord("No entity satisfies the condition.", status=500)
        self.rows[entity].remove(found)
        self.after(self.calls[-1])

    def invoke(self, entity: str, action: str, record: Mapping[str, object], parameters: Mapping[str, object]) -> None:
        self._note("POST", entity, {"action": action, "record": dict(record), "parameters": dict(parameters)})
        self.acting(self.calls[-1])

    def upload(
        self,
        entity: str,
        keys: Sequence[str],
        record: Mapping[str, object],
        *,
        name: str,
        content: bytes,
        comment: str = "",
    ) -> None:
        self._note("FILE", entity, {"keys": list(keys), "name": name, "content": content})

    def download(self, href: str) -> bytes:
        raise NotFound(href)

    def custom_fields(self, entity: str) -> tuple[CustomField, ...]:
        self._note("GET", entity, {"custom_fields": True})
        if self.customs is None:
            raise Unexpected("not JSON")
        return self.customs

    def pause(self, seconds: float) -> None:
        self.paused.append(seconds)

    def in_one_session(self, work: Callable[[], Result_]) -> Result_:
        return work()

    def fetch_one(self, entity: str, keys: Sequence[str], query: Query) -> bytes:
        self._note("GET", entity, {"keys": list(keys), "expand": list(query.expand)})
        found = self._addressed(entity, keys)
        if found is None:
            raise NoSuchRecord("No entity satisfies the condition.", status=500)
        return encode(found)

    def fetch_list(self, entity: str, query: Query) -> bytes:
        """Conditions are `field eq literal`, joined by `and`."""
        self._note("LIST", entity, {"filter": query.filter})
        wanted = re.findall(r"([\w/]+) eq ('(?:[^']|'')*'|[^ ]+)", query.filter or "")
        if entity in self.silent and query.filter:
            return b"[]"
        rows = [row for row in self.rows.get(entity, []) if all(_meets(row, *condition) for condition in wanted)]
        return encode(rows[: query.top])

    def _addressed(self, entity: str, keys: Sequence[str]) -> dict[str, object] | None:
        for row in self.rows.get(entity, []):
            if _same([_plain(row.get(key)) for key in _KEYS.get(entity, ())], keys) or [row["id"]] == list(keys):
                return row
        return None

    def _known(self, entity: str, sent: Mapping[str, object]) -> dict[str, object] | None:
        """The row that a payload means: by its id, by its whole key."""
        key = [_plain(sent.get(name)) for name in _KEYS.get(entity, ())]
        for row in self.rows.get(entity, []):
            own = [_plain(row.get(name)) for name in _KEYS.get(entity, ())]
            if row["id"] == sent.get("id") or (key and None not in key and _same(own, key)):
                return row
        return None

    def saved(self, entity: str, name: str) -> list[object]:
        """The values of one field in all records, in the order of their first arrival."""
        return [_plain(row.get(name)) for row in self.rows.get(entity, [])]

    def puts(self) -> list[Call]:
        return [call for call in self.calls if call.method == "PUT"]

    def _note(self, method: str, entity: str, body: dict[str, object]) -> None:
        with self.lock:
            self.calls.append(Call(method, entity, body, {}, True, b""))

    def _save(self, entity: str, sent: dict[str, object], insert_only: bool) -> bytes:
        rows = self.rows.setdefault(entity, [])
        key = [_plain(sent.get(name)) for name in _KEYS.get(entity, ())]
        known = self._known(entity, sent)
        if known and insert_only:
            raise PreconditionFailed("The record exists already.", status=412)
        row = known or {"id": f"id-{entity}-{len(rows)}"}
        if not known:
            rows.append(row)
        _merge(row, sent)
        if not known and key and (None in key or self.renumbers):
            row[_KEYS[entity][-1]] = {"value": f"{len(rows):06d}"}
        return encode({name: row[name] for name in (*sent, *_KEYS.get(entity, ())) if name in row})


def _merge(row: dict[str, object], sent: Mapping[str, object]) -> None:
    for name, value in sent.items():
        if isinstance(value, list):
            lines = row.setdefault(name, [])
            assert isinstance(lines, list)
            for line in value:
                known = [one for one in lines if line.get("id") and one["id"] == line["id"]]
                if not known:
                    lines.append({"id": f"{row['id']}-{name}-{len(lines)}"})
                _merge(known[0] if known else lines[-1], {n: v for n, v in line.items() if n != "id"})
        elif isinstance(value, dict) and "value" not in value and name != "custom":
            inner = row.setdefault(name, {"id": f"{row['id']}-{name}"})
            assert isinstance(inner, dict)
            _merge(inner, value)
        else:
            row[name] = value


def _same(one: Sequence[object], other: Sequence[object]) -> bool:
    """Keys without regard to case and blanks at their ends, as a database compares them."""
    return [str(part).strip().casefold() for part in one] == [str(part).strip().casefold() for part in other]


def _meets(row: Mapping[str, object], path: str, literal: str) -> bool:
    node: object = row
    for step in path.split("/"):
        node = node.get(step) if isinstance(node, Mapping) else None
    value = _plain(node)
    text = literal[1:-1].replace("''", "'") if literal.startswith("'") else literal
    return value is not None and str(value).casefold() == text.casefold()


def _plain(field_value: object) -> object:
    return field_value.get("value") if isinstance(field_value, Mapping) else None


def encode(payload: object) -> bytes:
    return msgspec.json.Encoder(decimal_format="number").encode(payload)


@dataclass
class Result:
    """What a run of the command line left behind."""

    code: int
    raw: bytes
    stderr: str = ""

    @property
    def lines(self) -> list[bytes]:
        return self.raw.splitlines()

    @property
    def messages(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.lines]

    def of(self, kind: str) -> list[dict[str, object]]:
        """The contents of all messages of a type, such as `STATE`."""
        member = {"CONNECTION_STATUS": "connectionStatus"}.get(kind, kind.lower())
        return [message[member] for message in self.messages if message["type"] == kind]

    @property
    def state_ids(self) -> list[int]:
        return [one["id"] for one in self.of("STATE")]

    @property
    def counts(self) -> list[tuple[int, int]]:
        """(written, rejected) of each state."""
        stats = [one["destinationStats"] for one in self.of("STATE")]
        return [(one["recordCount"], one.get("rejectedRecordCount", 0)) for one in stats]

    def logs(self, level: str) -> list[str]:
        return [one["message"] for one in self.of("LOG") if one["level"] == level]

    @property
    def error(self) -> dict[str, object]:
        """The one error message of the output."""
        (trace,) = self.of("TRACE")
        return trace["error"]


def run_write(
    folder: Path,
    lines: Sequence[bytes],
    *streams: Mapping[str, object],
    erp: object,
    config: object = CONFIG,
    **settings: object,
) -> Result:
    """`destination-acumatica write` in this process; `erp` takes the place of the client, see `_opener`."""
    from destination_acumatica.run import run

    (folder / "config.json").write_text(json.dumps({**config, **settings} if isinstance(config, dict) else config))
    (folder / "catalog.json").write_bytes(catalog(*streams))
    out = io.BytesIO()
    argv = ["write", "--config", str(folder / "config.json"), "--catalog", str(folder / "catalog.json")]
    code = run(argv, stdin=io.BytesIO(b"".join(lines)), stdout=out, open_endpoint=_opener(erp))
    return Result(code, out.getvalue())


def run_check(folder: Path, *, erp: object, config: object = CONFIG, **settings: object) -> Result:
    """`destination-acumatica check` in this process."""
    from destination_acumatica.run import run

    (folder / "config.json").write_text(json.dumps({**config, **settings} if isinstance(config, dict) else config))
    out = io.BytesIO()
    argv = ["check", "--config", str(folder / "config.json")]
    return Result(run(argv, stdin=io.BytesIO(), stdout=out, open_endpoint=_opener(erp)), out.getvalue())


def _opener(erp: object) -> Callable[..., object] | None:
    """What opens the endpoint: an ERP in memory opens as itself, a function is called, None is the real client."""
    return erp if erp is None or callable(erp) else lambda settings: erp
