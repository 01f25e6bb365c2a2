"""Access to an emulated instance through the real client, for tests of lines, read-back, files and actions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from acumatica_client.api.client import AcumaticaClient, ConnectionSettings
from acumatica_client.auth.sign_in import CookieSignIn
from acumatica_client.errors import NoSuchRecord
from acumatica_client.record import RecordCodec
from acumatica_client.rest.backoff import Backoff
from acumatica_client.rest.query import Query
from acumatica_client.schema.model import EntitySchema
from acumatica_client.transport.instance_address import parse_instance_uri
from acumatica_emulator import Emulator
from destination_acumatica.completion.actions import ActionRunner
from destination_acumatica.completion.attachments import Attacher, FileSetting
from destination_acumatica.completion.readback import Readback, Verify, query_for
from destination_acumatica.config.stream_settings import ActionSetting
from destination_acumatica.fields.json_values import decoded
from destination_acumatica.payload.payload import Payload as Body
from destination_acumatica.reconcile.update import Members as Payload
from destination_acumatica.reconcile.update import Updated, bring_up_to_date, send_in_batches
from destination_acumatica.reconcile.update_diff import LineRules

FAST = Backoff(attempts=4, first=0.0, longest=0.0)


@dataclass(frozen=True)
class ErpAccess:
    """One endpoint of the instance, by its client."""

    client: AcumaticaClient

    def entity(self, name: str) -> EntitySchema:
        return self.client.entity(name)

    def payload(self, entity: str, record: Mapping[str, object]) -> Payload:
        """A plain record as a payload."""
        codec = RecordCodec(self.client.schema(), entity)
        payload = decoded(codec.wrap(json.dumps(record, default=str).encode(), nulls="skip"))
        assert isinstance(payload, dict)
        return payload

    def read(self, entity: str, key: Mapping[str, str], query: Query) -> Payload | None:
        try:
            found = decoded(self.client.fetch_one(entity, list(key.values()), query))
        except NoSuchRecord:
            return None
        assert isinstance(found, dict)
        return found

    def update(
        self, entity: str, key: Mapping[str, str], record: Mapping[str, object], rules: LineRules | None = None
    ) -> Updated:
        """Read, merged and written, in one session."""
        sent = self.payload(entity, record)
        return self.client.in_one_session(lambda: self._update(entity, key, sent, rules or LineRules()))

    def _update(self, entity: str, key: Mapping[str, str], sent: Payload, rules: LineRules) -> Updated:
        found = self.read(entity, key, query_for(sent))
        assert found is not None
        return bring_up_to_date(
            sent,
            found,
            partial(self.put, entity),
            entity=self.entity(entity),
            shapes=self.client.schema().shapes,
            rules=rules,
            question=query_for,
        )

    def insert(self, entity: str, record: Mapping[str, object]) -> Payload:
        """A new document, in batches where it is long; what Acumatica answers."""
        sent = self.payload(entity, record)
        send = partial(self.put, entity)
        return send_in_batches(sent, send, entity=self.entity(entity), question=query_for, repeatable=False)

    def put(self, entity: str, body: Body, query: Query, repeatable: bool) -> bytes:
        return self.client.put(entity, body.encode(), query, repeatable=repeatable)

    def readback(self, entity: str, verify: Verify = Verify.WARN, rules: LineRules | None = None) -> Readback:
        shapes = self.client.schema().shapes
        return Readback(self.entity(entity), shapes, partial(self.read, entity), verify, rules or LineRules())

    def attacher(
        self, entity: str, *files: FileSetting, fetch: Callable[[str], bytes] = lambda url: url.encode()
    ) -> Attacher:
        return Attacher(self.entity(entity), files, self.client, partial(self.read, entity), fetch)

    def runner(self, entity: str, *actions: ActionSetting) -> ActionRunner:
        parameters = self.client.schema().parameters
        return ActionRunner(self.entity(entity), actions, self.client.invoke, partial(self.read, entity), parameters)


@contextmanager
def open_erp(instance: Emulator, *, version: str | None = None, sessions: int = 2) -> Iterator[ErpAccess]:
    """A client that pauses for no time; every seat is given back."""
    settings = ConnectionSettings(
        parse_instance_uri(instance.url),
        CookieSignIn("admin", "secret", "Company"),
        endpoint_version=version,
        sessions=sessions,
        retry=FAST,
    )
    with AcumaticaClient(settings, sleep=lambda seconds: None) as client:
        yield ErpAccess(client)
