"""The steps of the demo and what each must show."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from demo.processes import JSON, Connector, DemoFailed, Message, Output, Record

Step = Callable[[], str]

# stream -> (endpoint, written to the second tenant, sync mode). Written in this order: an order needs its customer.
_STREAMS = {
    "StockItem": "Default",
    "Customer": "Default",
    "SalesOrder": "Default",
    "SalesOrder_Details": "Default",
    "ProductionOrder": "Manufacturing",
    "BCItemSalesCategory": "Ecommerce",
}
_WRITTEN = ("StockItem", "Customer", "SalesOrder")
_CHANGED = "Customer"
_CHANGES = 10
# Fields that the instance gives a record by itself, so that the copy has others than the original.
_OWN = frozenset(
    {"id", "NoteID", "LastModified", "LastModifiedDateTime", "LastModifiedDate", "CreatedDateTime", "CreatedDate"}
)


class Story:
    """Reads from the tenant Company, writes into the tenant Branch, on the instance at `url`."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url = url
        self._source = Connector("source_acumatica", folder)
        self._destination = Connector("destination_acumatica", folder)
        self._catalogs: dict[str, dict[str, Message]] = {}
        self._first: dict[str, Output] = {}
        self._read: dict[str, list[Record]] = {}
        self._copies: dict[str, list[Record]] = {}
        self._compared: dict[str, int] = {}
        self._second: int | None = None

    def steps(self) -> Iterator[tuple[str, Step]]:
        """What to say, and what to do meanwhile; a step answers with what it found."""
        yield "Check both connections", self._check
        yield "Discover the streams", self._discover
        for endpoint in dict.fromkeys(_STREAMS.values()):
            yield f"Read from Company, {endpoint}", partial(self._read_first, endpoint)
        for stream in _WRITTEN:
            yield f"Write {stream} into Branch", partial(self._write, stream)
        yield "Read them back from Branch", self._read_back
        for stream in _WRITTEN:
            yield f"Compare {stream}, field by field", partial(self._compare, stream)
        yield f"Change {_CHANGES} customers in Company", self._change
        yield "Sync customers again", self._sync_again

    def summary(self) -> Iterator[tuple[str, ...]]:
        """A row a stream: name, endpoint, records read, written, fields compared, records of the second sync."""
        for stream, endpoint in _STREAMS.items():
            written = str(len(self._read[stream])) if stream in _WRITTEN else ""
            second = str(self._second) if stream == _CHANGED else ""
            compared = str(self._compared.get(stream, ""))
            yield stream, endpoint, str(len(self._read[stream])), written, compared, second

    def _check(self) -> str:
        for connector, company in ((self._source, "Company"), (self._destination, "Branch")):
            (status,) = connector.run("check", self._config(company)).of("connectionStatus")
            if status["status"] != "SUCCEEDED":
                raise DemoFailed(status["message"])
        return "both work"

    def _discover(self) -> str:
        for endpoint in dict.fromkeys(_STREAMS.values()):
            (catalog,) = self._source.run("discover", self._config("Company", endpoint)).of("catalog")
            self._catalogs[endpoint] = {stream["name"]: stream for stream in catalog["streams"]}
        return ", ".join(f"{name} {len(streams)}" for name, streams in self._catalogs.items())

    def _read_first(self, endpoint: str) -> str:
        streams = [stream for stream, of in _STREAMS.items() if of == endpoint]
        self._first[endpoint] = self._sync(streams, "Company")
        self._read |= {stream: self._first[endpoint].records(stream) for stream in streams}
        if not all(self._read[stream] for stream in streams):
            raise DemoFailed(f"A stream of {endpoint} brought no records.")
        return ", ".join(f"{len(self._read[stream])} {stream}" for stream in streams)

    def _write(self, stream: str) -> str:
        records = self._read[stream]
        lines = [
            _line(type="RECORD", record={"stream": stream, "emitted_at": 0, "data": _writable(r)}) for r in records
        ]
        lines += [_line(type="STATE", state=state) for state in self._states(stream)]
        output = self._destination.run("write", self._config("Branch"), catalog=self._configured([stream]), lines=lines)
        settled = sum(state["destinationStats"]["recordCount"] for state in output.of("state"))
        if settled != len(records):
            raise DemoFailed(f"{len(records)} {stream} were sent, {settled} are confirmed.")
        return f"{len(records)} records, confirmed by {len(output.of('state'))} state(s)"

    def _read_back(self) -> str:
        output = self._sync(_WRITTEN, "Branch")
        self._copies = {stream: output.records(stream) for stream in _WRITTEN}
        return f"{sum(map(len, self._copies.values()))} records"

    def _compare(self, stream: str) -> str:
        keys = [path[0] for path in self._described(stream)["source_defined_primary_key"]]
        copies = {tuple(r[key] for key in keys): r for r in self._copies[stream]}
        for record in self._read[stream]:
            copy = copies.get(tuple(record[key] for key in keys))
            if copy is None:
                raise DemoFailed(f"A {stream} is missing in Branch: {[record[key] for key in keys]}")
            self._compared[stream] = self._compared.get(stream, 0) + _same(record, copy, stream)
        return f"{self._compared[stream]} fields equal"

    def _change(self) -> str:
        dated = [record for record in self._read[_CHANGED] if record["LastModifiedDateTime"] is not None]
        keys = [record["CustomerID"] for record in dated[:_CHANGES]]
        for key in keys:
            change = {
                "tenant": "Company",
                "entity": _CHANGED,
                "key": [key],
                "update": {"CustomerName": f"{key} renamed"},
            }
            _post(self._url, "/_emulator/records", change)
        return f"{len(keys)} renamed"

    def _sync_again(self) -> str:
        again = self._sync([_CHANGED], "Company", state=self._states(_CHANGED)).records(_CHANGED)
        renamed = [record for record in again if record["CustomerName"].endswith(" renamed")]
        undated = [record for record in again if record["LastModifiedDateTime"] is None]
        overlap = [record for record in again if record not in renamed and record not in undated]
        self._second = len(again)
        if len(renamed) != _CHANGES or not all(record in self._newest(len(overlap)) for record in overlap):
            raise DemoFailed(f"The second sync brought {len(again)} customers, {len(renamed)} of them renamed.")
        return f"{len(renamed)} renamed, {len(undated)} never dated, {len(overlap)} of the overlap"

    def _newest(self, count: int) -> list[Message]:
        """The last customers that changed before the first sync, but for those that were renamed since. They come
        again: a sync begins two hours before the last change that is known, since a change can be saved late."""
        left = [record for record in self._read[_CHANGED] if record["LastModifiedDateTime"] is not None][_CHANGES:]
        return sorted(left, key=lambda record: str(record["LastModifiedDateTime"]))[len(left) - count :]

    def _sync(self, streams: Sequence[str], company: str, *, state: list[Message] | None = None) -> Output:
        config = self._config(company, _STREAMS[streams[0]])
        return self._source.run("read", config, catalog=self._configured(streams), state=state)

    def _states(self, stream: str) -> list[Message]:
        states = self._first[_STREAMS[stream]].states()
        return [state for state in states if state["stream"]["stream_descriptor"]["name"] == stream]

    def _described(self, stream: str) -> Message:
        return self._catalogs[_STREAMS[stream]][stream]

    def _configured(self, streams: Sequence[str]) -> Message:
        return {"streams": [_chosen(self._described(stream)) for stream in streams]}

    def _config(self, company: str, endpoint: str = "Default") -> Message:
        sign_in = {"auth_type": "cookie", "username": "admin", "password": "secret"}  # pragma: allowlist secret
        return {
            "instance_uri": self._url,
            "endpoint_name": endpoint,
            "credentials": sign_in,
            "company": company,
            "concurrency_level": 4,
            "details": "both",  # as streams, and in the documents, which are written whole
        }


def _chosen(described: Message) -> Message:
    """The stream as a user would set it up: incremental where it can be."""
    incremental = "incremental" in described["supported_sync_modes"]
    return {
        "stream": described,
        "sync_mode": "incremental" if incremental else "full_refresh",
        "destination_sync_mode": "append_dedup",
        "primary_key": described["source_defined_primary_key"],
        "cursor_field": described.get("default_cursor_field", []) if incremental else [],
    }


def _writable(record: Record) -> Record:
    """The record without what an instance gives by itself: ids belong to the tenant they come from."""
    return {name: _stripped(value) for name, value in record.items() if name not in _OWN}


def _stripped(value: object) -> object:
    if isinstance(value, dict):
        return _writable(value)
    return [_stripped(entry) for entry in value] if isinstance(value, list) else value


def _same(original: object, copy: object, place: str) -> int:
    """The number of equal fields below; raises DemoFailed at the first that differs."""
    if isinstance(original, dict) and isinstance(copy, dict):
        return sum(
            _same(value, copy.get(name), f"{place}.{name}") for name, value in original.items() if name not in _OWN
        )
    if isinstance(original, list) and isinstance(copy, list) and len(original) == len(copy):
        return sum(
            _same(one, other, f"{place}[{n}]") for n, (one, other) in enumerate(zip(original, copy, strict=True))
        )
    if original != copy:
        raise DemoFailed(f"{place} is {original!r} in Company and {copy!r} in Branch.")
    return 1


def _line(**message: object) -> str:
    return JSON.encode(message).decode()


def _post(url: str, path: str, body: object) -> None:
    host = "/".join(url.split("/")[:3])
    request = urllib.request.Request(
        host + path, data=json.dumps(body).encode(), headers={"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        answer.read()
