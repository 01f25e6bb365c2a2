"""Builders for the source's tests: an endpoint's schema, an ERP in memory that answers lists, catalogs and configs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import lru_cache
from typing import TypeVar

from airbyte_cdk.models import AirbyteMessage, ConfiguredAirbyteCatalog, ConfiguredAirbyteCatalogSerializer

from acumatica_client.api.connection_summary import ConnectionSummary
from acumatica_client.errors import AcumaticaError, NoSuchRecord, SettingsError
from acumatica_client.record import DecodedRecord
from acumatica_client.rest.dialect import Dialect, dialect_of
from acumatica_client.rest.query import Query, Request
from acumatica_client.schema.custom_fields import CustomField
from acumatica_client.schema.model import Access, EndpointSchema, EntitySchema, EntityShape, ValueType
from source_acumatica.cdk.stream_status import StreamMessages
from source_acumatica.fetch.entity_reader import EntityReader
from source_acumatica.selection.selection import Selection, make_selection
from source_acumatica.sync.cursor import WindowCursor
from source_acumatica.sync.message_queue import Checkpoint, Page
from source_acumatica.sync.progress import Progress
from source_acumatica.sync.stream_read import WindowFetcher
from source_acumatica.windows.timestamps import Timestamp

Result = TypeVar("Result")
PASSWORD = "p4ssword-hidden"
CONFIG = {
    "instance_uri": "https://erp.example.com/Site",
    "company": "Company",
    "credentials": {"auth_type": "cookie", "username": "admin", "password": PASSWORD},
}
CURSOR = "LastModifiedDateTime"
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=timezone.utc)

_SHAPES = (
    EntityShape(
        "Customer",
        fields={"CustomerID": ValueType.STRING, "Balance": ValueType.DECIMAL, CURSOR: ValueType.DATETIME},
        linked={"MainContact": "Contact"},
        details={"Attributes": "AttributeValue"},
    ),
    EntityShape("Contact", fields={"Email": ValueType.STRING}, linked={"Address": "Address"}),
    EntityShape("Address", fields={"City": ValueType.STRING}),
    EntityShape("AttributeValue", fields={"AttributeID": ValueType.STRING, "Value": ValueType.STRING}),
    EntityShape("ShipVia", fields={"Code": ValueType.STRING}),
    EntityShape("Note", fields={"Text": ValueType.STRING, CURSOR: ValueType.DATETIME}),
    EntityShape("StockInquiry", fields={"Warehouse": ValueType.STRING}),
)


def endpoint_schema() -> EndpointSchema:
    """Customer has a key, a cursor and nested members; ShipVia a key only; Note a cursor only; StockInquiry no list."""
    shapes = {shape.name: shape for shape in _SHAPES}
    entities = (
        EntitySchema(shapes["Customer"], keys=("CustomerID",), cursor=CURSOR),
        EntitySchema(shapes["ShipVia"], keys=("Code",)),
        EntitySchema(shapes["Note"], cursor=CURSOR),
        EntitySchema(shapes["StockInquiry"], access=Access.INQUIRY),
    )
    return EndpointSchema("Default", "24.200.001", 4, {entity.name: entity for entity in entities}, shapes)


def selection(entity: str = "Customer", expand: tuple[str, ...] = (), **more: object) -> Selection:
    """What is read of an entity of that schema."""
    schema = endpoint_schema()
    return make_selection(schema, schema.entities[entity], expand, **more)


def read_windows(reader: EntityReader, cursor: WindowCursor) -> Iterator[list[DecodedRecord]]:
    """The pages that one worker reads, until no work waits for it."""
    fetcher = WindowFetcher(reader, cursor, Progress([reader.name], clock=lambda: 0.0))
    while (item := cursor.take()) is not None:
        failed = True
        try:
            yield from fetcher.pages(item)
            failed = False
        finally:
            cursor.end(item, failed=failed)


def state_message(stream: str, state: Mapping[str, object]) -> AirbyteMessage:
    (message,) = StreamMessages().of(Checkpoint(stream, state))
    return message


def payload(id: str, **fields: object) -> dict[str, object]:
    """A row as the server writes it; a field that is None is `{}`, one that is a dict stands as it is."""
    wrapped = {
        name: value if isinstance(value, dict) else {} if value is None else {"value": value}
        for name, value in fields.items()
    }
    return {"id": id, "rowNumber": 1, "note": {"value": ""}, **wrapped, "custom": {}}


def customer(key: str, stamp: str | None = "2026-11-23T08:00:00+00:00", **fields: object) -> dict[str, object]:
    return payload(f"id-{key}", CustomerID=key, Balance=1, **{CURSOR: stamp}, **fields)


def customers(count: int, stamp: str | None = "2026-11-23T08:00:00+00:00") -> list[dict[str, object]]:
    return [customer(f"C{number:04d}", stamp) for number in range(count)]


@dataclass
class FakeClient:
    """Answers as AcumaticaClient would, from `tables`: entity -> rows in key order. `on_request` may change them.

    `refusals`: entity -> what its lists raise; `wide`: entities whose lists with an expand raise `CannotOptimize`.
    """

    tables: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    cap: int | None = None
    now: datetime | None = NOW
    on_request: Callable[[], object] = lambda: None
    refusals: dict[str, AcumaticaError] = field(default_factory=dict)
    wide: dict[str, AcumaticaError] = field(default_factory=dict)
    refuse_all: AcumaticaError | None = None
    lists: list[tuple[str, Query]] = field(default_factory=list)
    keyed: list[tuple[str, ...]] = field(default_factory=list)
    custom: dict[str, tuple[CustomField, ...]] = field(default_factory=dict)
    asked_for_custom: list[str] = field(default_factory=list)
    closed: int = 0
    several: bool = False
    settings: list[object] = field(default_factory=list)

    def opened(self, settings: object, **_hooks: object) -> FakeClient:
        """Stands in for the class of the real client."""
        self.settings.append(settings)
        return self

    def __enter__(self) -> FakeClient:
        return self

    def __exit__(self, _kind: object, _error: object, _trace: object) -> None:
        self.close()

    def close(self) -> None:
        self.closed += 1

    def connection_summary(self) -> ConnectionSummary:
        if self.refuse_all:
            raise self.refuse_all
        return ConnectionSummary(
            "https://erp.example.com", "Company", "", "admin", "Default", "24.200.001", several_tenants=self.several
        )

    def schema(self) -> EndpointSchema:
        if self.refuse_all:
            raise self.refuse_all
        return endpoint_schema()

    def entity(self, name: str) -> EntitySchema:
        found = endpoint_schema().entities.get(name)
        if found is None:
            raise SettingsError(f"The endpoint Default 24.200.001 has no entity {name}.")
        return found

    def custom_fields(self, entity: str) -> tuple[CustomField, ...]:
        self.asked_for_custom.append(entity)
        if entity in self.refusals:
            raise self.refusals[entity]
        return self.custom.get(entity, ())

    def server_date(self) -> datetime | None:
        return self.now

    @property
    def dialect(self) -> Dialect:
        return dialect_of(4)

    def url_length(self, entity: str, query: Query) -> int:
        return len(Request("GET", f"/entity/Default/24.200.001/{entity}", query.params(self.dialect)).url("https://x"))

    def fetch_list(self, entity: str, query: Query, *, patient: bool = True) -> bytes:
        self.lists.append((entity, query))
        self.on_request()
        if entity in self.refusals:
            raise self.refusals[entity]
        if entity in self.wide and query.expand:
            raise self.wide[entity]
        rows = [row for row in self.tables.get(entity, []) if matches(row, query.filter)]
        top = min(query.top or len(rows), self.cap or len(rows))
        return json.dumps([shown(row, query) for row in rows[query.skip : query.skip + top]]).encode()

    def most_sessions(self) -> int:
        return 1

    def in_one_session(self, work: Callable[[], Result]) -> Result:
        return work()

    def fetch_one(self, entity: str, keys: Sequence[str], query: Query) -> bytes:
        self.keyed.append(tuple(keys))
        for row in self.tables.get(entity, []):
            key = row.get("CustomerID")
            if list(keys) in ([row["id"]], [key["value"] if isinstance(key, dict) else None]):
                return json.dumps(shown(row, query)).encode()
        raise NoSuchRecord("No entity satisfies the condition.")


_ALWAYS = frozenset({"id", "rowNumber", "note", "custom"})
_NESTED = frozenset({"MainContact", "Attributes", "Contacts", "Details"})


def shown(row: Mapping[str, object], query: Query) -> dict[str, object]:
    """What of a row an answer shows: fields as selected, nested members as expanded and, with `$select`, selected."""
    expanded = {path.partition("/")[0] for path in (*query.expand, *(path for path in query.select if "/" in path))}
    chosen = {path.partition("/")[0] for path in query.select} | expanded
    return {
        name: value
        for name, value in row.items()
        if name in _ALWAYS or ((not query.select or name in chosen) and (name not in _NESTED or name in expanded))
    }


_CONDITION = re.compile(r"(\w+) (ge|gt|lt) datetimeoffset'([^']*)'")


def matches(row: Mapping[str, object], condition: str | None) -> bool:
    """Whether a row satisfies the filter of a window."""
    if condition is None:
        return True
    stamp = row[CURSOR]
    value = stamp.get("value") if isinstance(stamp, dict) else None
    if condition.endswith(" eq null"):
        return value is None
    return value is not None and all(
        _COMPARE[operator](_ticks(value), _ticks(bound)) for _, operator, bound in _CONDITION.findall(condition)
    )


@lru_cache(maxsize=4096)
def _ticks(stamp: str) -> int:
    return Timestamp.parse(stamp).ticks


_COMPARE: Mapping[str, Callable[[int, int], bool]] = {
    "ge": lambda left, right: left >= right,
    "gt": lambda left, right: left > right,
    "lt": lambda left, right: left < right,
}


def configured(*streams: str, mode: str = "full_refresh", **more: object) -> ConfiguredAirbyteCatalog:
    """A configured catalog; a stream is `Name`, or `Name:incremental` to overrule the mode."""
    return ConfiguredAirbyteCatalogSerializer.load(configured_json(*streams, mode=mode, **more))


def configured_json(*streams: str, mode: str = "full_refresh", **more: object) -> dict[str, object]:
    entries = [(stream.partition(":")[0], stream.partition(":")[2] or mode) for stream in streams]
    return {
        "streams": [
            {
                "stream": {
                    "name": name,
                    "json_schema": {"type": "object", "properties": {}},
                    "supported_sync_modes": ["full_refresh", "incremental"],
                },
                "sync_mode": sync_mode,
                "destination_sync_mode": "append",
                **more,
            }
            for name, sync_mode in entries
        ]
    }


def outline(message: AirbyteMessage | Checkpoint | Page) -> tuple[str, object]:
    """A message in short: its type and what matters of it."""
    if isinstance(message, Checkpoint):
        return ("STATE", dict(message.state))
    if isinstance(message, Page):
        return ("PAGE", [json.loads(row) for row in message.rows])
    if message.trace is not None and message.trace.stream_status is not None:
        status = message.trace.stream_status
        return (status.status.value, status.stream_descriptor.name)
    if message.trace is not None and message.trace.error is not None:
        return ("ERROR", message.trace.error.message)
    if message.state is not None and message.state.stream is not None:
        return ("STATE", dict(message.state.stream.stream_state.__dict__))
    if message.record is not None:
        return ("RECORD", json.loads(json.dumps(message.record.data, default=str)))
    rows = getattr(message, "rows", None)
    return ("PAGE", [json.loads(row) for row in rows]) if rows is not None else (message.type.value, message.log)
