"""The endpoint in use: its version, schema and dialect, and the requests that address its records."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from acumatica_client.api.request_sender import RequestSender
from acumatica_client.api.settings import ConnectionSettings
from acumatica_client.errors import SettingsError
from acumatica_client.rest.addresses import entity_path
from acumatica_client.rest.dialect import Dialect, dialect_of
from acumatica_client.rest.query import Query, Request
from acumatica_client.schema import discovery, swagger
from acumatica_client.schema.model import EndpointSchema, EntitySchema


class Endpoint:
    """One endpoint version of the instance, looked up when it is first needed."""

    def __init__(self, sender: RequestSender, settings: ConnectionSettings) -> None:
        self._sender, self._settings = sender, settings

    @cached_property
    def offered(self) -> discovery.InstanceEndpoints:
        """The build of the instance and the endpoint versions that it lists, read once."""
        return discovery.parse_endpoints(self._sender.send(Request("GET", "/entity")).body)

    @cached_property
    def version(self) -> discovery.EndpointVersion:
        """The endpoint version in use, as the instance spells it. Raises UnknownEndpoint."""
        return discovery.choose_endpoint(self.offered, self._settings.endpoint_name, self._settings.endpoint_version)

    @cached_property
    def schema(self) -> EndpointSchema:
        """What the endpoint declares, read once. Raises UnknownEndpoint, SettingsError (unsupported contract)."""
        path = entity_path(self.version.name, self.version.version, "swagger.json")
        company = self._settings.sign_in.company
        params = {"company": company} if company else {}
        return swagger.parse_swagger(self._sender.send(Request("GET", path, params)).body)

    @property
    def dialect(self) -> Dialect:
        """How queries are written here. Only the swagger document states the contract of a customer's own endpoint."""
        return dialect_of(self.version.contract or self.schema.contract)

    def entity(self, name: str) -> EntitySchema:
        """A top-level entity. Raises SettingsError when the endpoint has none of this name."""
        found = self.schema.entities.get(name)
        if found is None:
            raise SettingsError(
                f"The endpoint {self.version.name} {self.version.version} has no entity {name}.",
                advice="Refresh the schema of the connection, or choose another endpoint version.",
            )
        return found

    def path(self, entity: str, keys: Sequence[str] = ()) -> str:
        """The path of an entity, of a record, or of what lies below it."""
        return entity_path(self.version.name, self.version.version, entity, keys)

    def read_request(self, entity: str, query: Query, keys: Sequence[str] = (), *, repeatable: bool = True) -> Request:
        """The GET of a list, or of the record with these keys."""
        path, params = self.path(entity, keys), query.params(self.dialect)
        return Request("GET", path, params, query.headers(), repeatable=repeatable)

    def write_request(
        self, method: str, entity: str, body: bytes, query: Query, *, repeatable: bool, once: bool = False
    ) -> Request:
        """The PUT or PATCH of a record."""
        return Request(method, self.path(entity), query.params(self.dialect), {}, body, repeatable, once=once)
