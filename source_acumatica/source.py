"""The source: check, discover, read. Puts client, catalog, streams and the CDK's concurrent core together."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
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
from airbyte_cdk.sources.concurrent_source.concurrent_source import ConcurrentSource
from airbyte_cdk.sources.connector_state_manager import ConnectorStateManager
from airbyte_cdk.sources.message import InMemoryMessageRepository, MessageRepository
from airbyte_cdk.sources.utils.slice_logger import DebugSliceLogger
from airbyte_cdk.utils.airbyte_secrets_utils import filter_secrets

from acumatica_client.api.client import AcumaticaClient
from acumatica_client.errors import AcumaticaError, SettingsError
from connector_runtime.signals import Interruption, run_interruptibly
from source_acumatica.catalog.builder import catalog, shown_entities
from source_acumatica.catalog.custom_fields import ask_for_custom_fields
from source_acumatica.cdk.message_queue import Handover
from source_acumatica.cdk.messages import Messages, RecordPage
from source_acumatica.cdk.namespaces import in_namespaces
from source_acumatica.cdk.rate_limit_status import teller
from source_acumatica.cdk.stream_factory import StreamFactory
from source_acumatica.cdk.stream_status import StreamOutcomes
from source_acumatica.config.settings import SourceSettings, source_settings
from source_acumatica.connection_check import probe
from source_acumatica.errors import traced
from source_acumatica.secret_rotation import Announce, with_secrets_handled
from source_acumatica.specification import spec
from source_acumatica.sync.progress import begins, ends, sent

# The sole thread of a one-worker pool would list every window before it reads the first; two threads never do. How
# many requests run at once is decided by the session pool, not by the threads.
_FEWEST_WORKERS = 2
_WAITING_PAGES = 8  # pages in the queue: enough to keep the writer busy, few enough to keep memory flat
# The core counts only its own kind of record and logs a stack trace for each refusal; both are told better elsewhere.
_core_log = logging.getLogger("airbyte.source-acumatica.core")


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
        self._repository: MessageRepository = InMemoryMessageRepository()

    @property
    def name(self) -> str:
        return "source-acumatica"

    @property
    def message_repository(self) -> MessageRepository:
        return self._repository

    def spec(self, logger: logging.Logger) -> ConnectorSpecification:
        return ConnectorSpecificationSerializer.load(dict(spec()))

    def check(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteConnectionStatus:
        """One sign-in, a few rows, one sign-out. Says in one sentence what is wrong, or what may not be read."""
        try:
            settings = self._settings(config)
            with AcumaticaClient(settings.connection.impatient()) as client:
                remark = run_interruptibly(lambda: probe(client, settings.scope), self._interruption)
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
        return in_namespaces(self._told(config, configured, state), configured)

    def _told(
        self,
        config: Mapping[str, Any],
        configured: ConfiguredAirbyteCatalog,
        state: list[AirbyteStateMessage] | None,
    ) -> Messages:
        try:
            settings, states = self._settings(config), _states(state)
            with (
                closing(Handover(_WAITING_PAGES, self._interruption)) as handover,
                _client(settings, handover) as client,
            ):
                self._repository = handover
                factory = StreamFactory(client, settings, states, emit=handover.emit_message, clock=_seconds)
                streams = run_interruptibly(lambda: factory.streams(configured), self._interruption)
                outcomes = StreamOutcomes(factory.tallies)
                yield from outcomes.refused(factory.refusals)
                if streams:
                    core = _core(settings.connection.sessions, handover)
                    begins(factory.tallies, settings.connection.sessions)
                    yield from outcomes.watch(core.read(list(streams)))
                    ends(client.most_sessions())
                outcomes.raise_failures()
        except AcumaticaError as error:
            raise traced(error) from error

    def _settings(self, config: Mapping[str, Any]) -> SourceSettings:
        settings = source_settings(config)
        return replace(settings, connection=with_secrets_handled(settings.connection, config, self._announce))


def _catalog(client: AcumaticaClient, settings: SourceSettings) -> AirbyteCatalog:
    schema, scope = client.schema(), settings.scope
    return catalog(schema, scope, ask_for_custom_fields(client, scope, shown_entities(schema, scope)))


def _client(settings: SourceSettings, handover: Handover) -> AcumaticaClient:
    return AcumaticaClient(settings.connection, on_backing_off=teller(handover.emit_message), on_request=sent)


def _states(state: list[AirbyteStateMessage] | None) -> ConnectorStateManager:
    try:
        return ConnectorStateManager(state)
    except (AttributeError, TypeError, ValueError) as error:  # a shared state, or a state without its stream
        raise SettingsError(
            "The saved state is not one of this connector.",
            advice="Reset (refresh) the connection's streams once.",
            detail=str(error),
        ) from error


def _core(sessions: int, handover: Handover) -> ConcurrentSource:
    workers = max(_FEWEST_WORKERS, sessions)
    _core_log.setLevel(logging.CRITICAL)
    return ConcurrentSource.create(
        num_workers=workers,
        initial_number_of_partitions_to_generate=max(1, workers // 2),
        logger=_core_log,
        slice_logger=DebugSliceLogger(),
        message_repository=handover,
        queue=handover.queue,
    )


def _seconds() -> float:
    """A clock for durations. It runs on while the machine sleeps: changes made meanwhile are read again."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
