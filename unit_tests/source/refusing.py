"""A server that refuses what a test says, and shows of a row what was asked for and no more."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from acumatica_client.errors import AcumaticaError, CannotOptimize, EmptyAnswer
from acumatica_client.rest.query import Query
from source_acumatica.fetch.entity_reader import EntityReader
from source_acumatica.windows.windows import Window
from unit_tests.source.builders import FakeClient, customer, selection


def blames(*fields: str) -> CannotOptimize:
    error = CannotOptimize("Optimization cannot be performed.")
    error.fields = fields
    return error


def nothing() -> EmptyAnswer:
    return EmptyAnswer("Acumatica answered with nothing.", status=200)


@dataclass
class Refusing(FakeClient):
    """`in_lists`: names that no list may ask for, `together`: those in each other's way, `by_key`: those that
    no record may be asked for, with what is raised. `most`: rows of a page above which it fails with `too_much`."""

    in_lists: dict[str, AcumaticaError] = field(default_factory=dict)
    together: tuple[frozenset[str], AcumaticaError] | None = None
    by_key: dict[str, AcumaticaError] = field(default_factory=dict)
    no_select: AcumaticaError | None = None
    most: int = 10_000
    too_much: AcumaticaError | None = None
    impatient: int = 0
    on_key: Callable[[Sequence[str]], object] = lambda keys: None

    def fetch_list(self, entity: str, query: Query, *, patient: bool = True) -> bytes:
        body = super().fetch_list(entity, query, patient=patient)
        asked = _asked(query)
        self._refuse(self.in_lists, asked)
        if self.no_select is not None and query.select:
            raise self.no_select
        if self.together is not None and self.together[0] <= asked:
            raise self.together[1]
        if self.too_much is not None and (query.top or 0) > self.most:
            self.impatient += not patient
            raise self.too_much
        return body

    def fetch_one(self, entity: str, keys: Sequence[str], query: Query) -> bytes:
        self.on_key(keys)
        body = super().fetch_one(entity, keys, query)
        self._refuse(self.by_key, _asked(query))
        return body

    @staticmethod
    def _refuse(refused: dict[str, AcumaticaError], asked: set[str]) -> None:
        for name, error in refused.items():
            if name in asked:
                raise error


def _asked(query: Query) -> set[str]:
    own = set(query.select) or {"CustomerID", "Balance", "LastModifiedDateTime"}
    return {name.partition("/")[0] for name in own} | {path.partition("/")[0] for path in query.expand}


def whole_customer(key: str) -> dict[str, object]:
    contact = {"id": "c", "rowNumber": 1, "note": None, "Email": {"value": f"{key}@b.c"}, "custom": {}}
    line = {"id": "a", "rowNumber": 1, "note": None, "AttributeID": {"value": "COLOR"}, "Value": {}, "custom": {}}
    return customer(key, MainContact=contact, Attributes=[line])


def reader(client: FakeClient, *expand: str, **more: object) -> EntityReader:
    return EntityReader(client, selection("Customer", expand, **more))


def read(source: EntityReader, window: Window | None = None) -> list[dict[str, object]]:
    return [json.loads(record.json) for page in source.read(window or Window()) for record in page]


@contextmanager
def warnings() -> Iterator[list[str]]:
    """The warnings that the source logs meanwhile."""
    logged: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            logged.append(record.getMessage())

    collector, log = Collector(logging.WARNING), logging.getLogger("airbyte.source-acumatica")
    log.addHandler(collector)
    try:
        yield logged
    finally:
        log.removeHandler(collector)
