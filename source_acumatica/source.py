"""The source: check, discover, read. Puts client, catalog, reads, workers and messages together."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

from airbyte_cdk.config_observation import emit_configuration_as_airbyte_control_message
from airbyte_cdk.models import (
    AirbyteCatalog,
    AirbyteConnectionStatus,
    AirbyteStateMessage,
    ConfiguredAirbyteCatalog,
    ConnectorSpecification,
    ConnectorSpecificationSerializer,
    Status,
)
from airbyte_cdk.sources import Source
from airbyte_cdk.utils.airbyte_secrets_utils import filter_secrets

from acumatica_client.api.client import AcumaticaClient
from acumatica_client.errors import AcumaticaError
from connector_runtime.connection_log import log_connection, tenant_left_open
from connector_runtime.errors import traced
from connector_runtime.secret_rotation import Announce, with_secrets_handled
from connector_runtime.signals import Interruption, next_item, run_interruptibly
from source_acumatica.catalog.builder import offered_streams, shown_entities
from source_acumatica.catalog.custom_fields import fetch_custom_fields
from source_acumatica.cdk.catalogs import SavedStates, airbyte_catalog, configured_streams, namespaces
from source_acumatica.cdk.messages import Messages, RecordPage
from source_acumatica.cdk.stream_status import StreamMessages
from source_acumatica.config.settings import SourceSettings, source_settings
from source_acumatica.connection_check import check_connection
from source_acumatica.selection.stream_groups import ConfiguredStream
from source_acumatica.specification import spec
from source_acumatica.sync.message_queue import MessageQueue, RateLimited
from source_acumatica.sync.progress import ThreadProgress, log_begin, log_end
from source_acumatica.sync.scheduler import Scheduler
from source_acumatica.sync.stream_factory import StreamFactory
from source_acumatica.sync.stream_read import StreamRead

_log = logging.getLogger("airbyte.source-acumatica")
_WAITING_PAGES = 8  # pages in the queue: enough to keep the writer busy, few enough to keep memory flat


class SourceAcumatica(Source):
    """Reads Acumatica ERP through its contract-based REST API.

    `announce` sends a changed configuration to the platform; without one, it is printed as the CDK does. When
    `interruption` is requested, a method that is under way logs out and raises Interrupted.
    """

    def __init__(
        self,
        announce: Announce = emit_configuration_as_airbyte_control_message,
        interruption: Interruption | None = None,
    ) -> None:
        self._announce, self._interruption = announce, interruption or Interruption()

    @property
    def name(self) -> str:
        return "source-acumatica"

    def spec(self, logger: logging.Logger) -> ConnectorSpecification:
        return ConnectorSpecificationSerializer.load(dict(spec()))

    def check(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteConnectionStatus:
        """One sign-in, a few rows, one sign-out. Says in one sentence what is wrong, or what may not be read."""
        try:
            settings = self._settings(config)
            with AcumaticaClient(settings.connection.impatient()) as client:
                remark = run_interruptibly(lambda: _check(client, settings), self._interruption)
        except AcumaticaError as error:
            return AirbyteConnectionStatus(status=Status.FAILED, message=filter_secrets(error.sentence()))
        return AirbyteConnectionStatus(status=Status.SUCCEEDED, message=filter_secrets(remark) or None)

    def discover(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteCatalog:
        """A stream for each entity that can be listed, each detail, each inquiry. Raises AirbyteTracedException."""
        try:
            settings = self._settings(config)
            with AcumaticaClient(settings.connection) as client:
                return run_interruptibly(lambda: _catalog(client, settings), self._interruption)
        except AcumaticaError as error:
            raise traced(error) from error

    def read(
        self,
        logger: logging.Logger,
        config: Mapping[str, Any],
        catalog: ConfiguredAirbyteCatalog,
        state: list[AirbyteStateMessage] | None = None,
    ) -> Messages:
        """Ordinary messages, a record each; `read_pages` is the faster way to the same lines."""
        with closing(self.read_pages(config, catalog, state)) as messages:
            for message in messages:
                if isinstance(message, RecordPage):
                    yield from message.records()
                else:
                    yield message

    def read_pages(
        self,
        config: Mapping[str, Any],
        configured: ConfiguredAirbyteCatalog,
        state: list[AirbyteStateMessage] | None = None,
    ) -> Messages:
        """The messages of a read, records in pages. Raises AirbyteTracedException when any stream failed."""
        try:
            yield from self._read(config, configured, state)
        except AcumaticaError as error:
            raise traced(error) from error

    def _read(
        self,
        config: Mapping[str, Any],
        configured: ConfiguredAirbyteCatalog,
        state: list[AirbyteStateMessage] | None,
    ) -> Messages:
        settings, spaces = self._settings(config), namespaces(configured)
        states, messages = SavedStates(state, spaces), StreamMessages(spaces)
        queue, threads = MessageQueue(_WAITING_PAGES), ThreadProgress()
        with _client(settings, queue, threads) as client, closing(queue):
            factory = StreamFactory(client, settings, states.of, put=queue.put, threads=threads, clock=_seconds)
            streams = configured_streams(configured)
            reads = run_interruptibly(lambda: _begin(client, factory, streams), self._interruption)
            yield from messages.refused(factory.refusals)
            if reads:
                sessions = settings.connection.sessions
                log_begin([read.streams for read in reads], sessions)
                scheduler = Scheduler(reads, queue, sessions=sessions)
                scheduler.start()
                while (message := next_item(queue.queue, self._interruption)) is not None:
                    yield from messages.of(message)
                scheduler.raise_defect()
                log_end(client.most_sessions())
            messages.raise_failures()

    def _settings(self, config: Mapping[str, Any]) -> SourceSettings:
        settings = source_settings(config)
        return replace(settings, connection=with_secrets_handled(settings.connection, config, self._announce))


def _sign_in(client: AcumaticaClient) -> str:
    """Log where the client is signed in. Returns a warning where Acumatica chose the tenant among several."""
    summary = client.connection_summary()
    log_connection(_log, "source-acumatica", summary)
    error = tenant_left_open(summary)
    if error is None:
        return ""
    _log.warning(error.sentence())
    return error.sentence()


def _check(client: AcumaticaClient, settings: SourceSettings) -> str:
    """What is worth knowing although the connection works. Raises AcumaticaError."""
    remarks = _sign_in(client), check_connection(client, settings.options)
    return " ".join(filter(None, remarks))


def _begin(client: AcumaticaClient, factory: StreamFactory, streams: Sequence[ConfiguredStream]) -> list[StreamRead]:
    _sign_in(client)
    return factory.reads(streams)


def _catalog(client: AcumaticaClient, settings: SourceSettings) -> AirbyteCatalog:
    _sign_in(client)
    schema, options = client.schema(), settings.options
    custom = fetch_custom_fields(client, options, shown_entities(schema, options))
    return airbyte_catalog(offered_streams(schema, options, custom))


def _client(settings: SourceSettings, queue: MessageQueue, threads: ThreadProgress) -> AcumaticaClient:
    def back_off(seconds: float) -> None:
        """Called by a worker that is about to wait; what waits before the workers begin has no status."""
        if (progress := threads.current()) is not None:
            progress.count_wait(seconds)
            queue.put(RateLimited(progress.streams))

    return AcumaticaClient(settings.connection, on_backing_off=back_off, on_request=threads.count_request)


def _seconds() -> float:
    """A clock for durations. It runs on while the machine sleeps: changes made meanwhile are read again."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
