"""An endpoint that reads and never writes: what a sync would do, without doing it.

    PUT, insert only        refused as the real one would be, where the record exists
    PUT, update only        refused, where it does not
    any PUT                 answered with what was sent, and saved nowhere

So plan, mapping, keys, matching and lookups are the real ones. What only a form can say (a closed period, an unknown
item) is not found, and a record that the same sync would have made is not there when another one looks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from acumatica_client.api.connection_summary import ConnectionSummary
from acumatica_client.errors import NotFound, PreconditionFailed, SettingsError
from acumatica_client.rest.query import Query
from acumatica_client.schema.custom_fields import CustomField
from acumatica_client.schema.model import EndpointSchema
from destination_acumatica.erp.endpoint import Endpoint, Result
from destination_acumatica.erp.record_read import field_text, find_record
from destination_acumatica.fields.json_values import decoded

_EXISTS = "The record exists already."
_MISSING = "The record does not exist."
_ADVICE = 'Switch "Dry run" off to write. Nothing was confirmed to the platform, so the same records come again.'


class DryRunEndpoint:
    """Reads from the real endpoint, which whoever opened it closes."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def schema(self) -> EndpointSchema:
        return self._endpoint.schema()

    def custom_fields(self, entity: str) -> tuple[CustomField, ...]:
        return self._endpoint.custom_fields(entity)

    def fetch_one(self, entity: str, keys: Sequence[str], query: Query) -> bytes:
        return self._endpoint.fetch_one(entity, keys, query)

    def fetch_list(self, entity: str, query: Query) -> bytes:
        return self._endpoint.fetch_list(entity, query)

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
        """What was sent. Raises PreconditionFailed as the real one would, and what a look at the record raises."""
        conditions = headers or {}
        if "If-None-Match" in conditions and self._exists(entity, body):
            raise PreconditionFailed(_EXISTS, status=412)
        if "If-Match" in conditions and not self._exists(entity, body):
            raise PreconditionFailed(_MISSING, status=412)
        return body

    def patch(
        self,
        entity: str,
        body: bytes,
        query: Query = Query(),
        *,
        repeatable: bool = True,
        once: bool = False,
    ) -> bytes:
        """What was sent. Raises NotFound as the real one would."""
        if not self._exists(entity, body):
            raise NotFound(_MISSING)
        return body

    def delete(self, entity: str, keys: Sequence[str], *, repeatable: bool = True) -> None:
        """Nothing is deleted."""

    def invoke(self, entity: str, action: str, record: Mapping[str, object], parameters: Mapping[str, object]) -> None:
        """Nothing is done."""

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
        """Nothing is attached."""

    def download(self, href: str) -> bytes:
        return self._endpoint.download(href)

    def in_one_session(self, work: Callable[[], Result]) -> Result:
        return self._endpoint.in_one_session(work)

    def connection_summary(self) -> ConnectionSummary:
        return self._endpoint.connection_summary()

    def pause(self, seconds: float) -> None:
        self._endpoint.pause(seconds)

    def close(self) -> None:
        """The real endpoint is closed by whoever opened it."""

    def _exists(self, entity: str, body: bytes) -> bool:
        sent = decoded(body)
        id = sent.get("id") if isinstance(sent, Mapping) else None
        if isinstance(id, str):
            return find_record(self._endpoint, entity, {"id": id}) is not None
        values = {name: field_text(body, name) for name in self.schema().entities[entity].keys}
        key = {name: value for name, value in values.items() if value}
        return bool(key) and len(key) == len(values) and find_record(self._endpoint, entity, key) is not None


def dry_run_result(sentences: Sequence[str]) -> SettingsError:
    """How a dry run ends: as something to change, since a platform must take nothing in it for written."""
    result = " ".join(sentences) or "No records came."
    return SettingsError(f"This was a dry run: nothing was written. {result}", advice=_ADVICE)
