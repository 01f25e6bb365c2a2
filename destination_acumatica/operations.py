"""Check, discover and write, from the raw configuration to the result.

Each borrows the endpoint: whatever happens, its sessions are logged out before control returns.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timezone

from acumatica_client.api.client import AcumaticaClient, ConnectionSettings
from acumatica_client.errors import SettingsError
from acumatica_client.schema.model import EndpointSchema
from connector_runtime.connection_log import log_connection, tenant_left_open
from connector_runtime.signals import Interruption, run_interruptibly
from destination_acumatica.completion.attachments import file_fetcher
from destination_acumatica.config.configured_catalog import ConfiguredStream, StreamName, read_catalog
from destination_acumatica.config.reject_settings import Limits
from destination_acumatica.config.settings import DestinationSettings, destination_settings
from destination_acumatica.erp.dry_run import DryRunEndpoint, dry_run_result
from destination_acumatica.erp.endpoint import Endpoint, OpenEndpoint
from destination_acumatica.erp.record_read import custom_field_types
from destination_acumatica.input.line_joiner import LineJoiner
from destination_acumatica.plan.catalog_names import spelled_as_in, streams_as_in
from destination_acumatica.plan.destination_catalog import destination_catalog
from destination_acumatica.plan.stream_joins import find_joins
from destination_acumatica.plan.stream_order import Parents, followers_of, order_sentences, parents_of
from destination_acumatica.plan.write_plan import cautions, mapping_problems, plan_writes
from destination_acumatica.rejects.naming import Naming
from destination_acumatica.rejects.store import RejectsStore, check_store, open_store
from destination_acumatica.sync.sync import Sync, SyncOptions
from destination_acumatica.write.stream_writer import StreamWriter, stream_writers

_log = logging.getLogger("airbyte.destination-acumatica")
_KEPT_NOWHERE = (
    "The first rejected record ends this sync, and comes again with the next one: it is not kept in the object "
    'storage. Set "When Acumatica rejects a record" to skip to have such records kept.'
)


def open_client(settings: ConnectionSettings) -> Endpoint:
    """The real endpoint. Building it does no I/O."""
    return AcumaticaClient(settings)


def check_connection(
    config: object, *, open_endpoint: OpenEndpoint = open_client, interruption: Interruption | None = None
) -> None:
    """Raises AcumaticaError with one sentence about what is wrong, or Interrupted."""
    settings, interruption = destination_settings(config), interruption or Interruption()
    # A person waits at the form: few attempts, and no waiting for a free seat.
    with closing(open_endpoint(settings.connection.impatient())) as endpoint:
        run_interruptibly(lambda: _verify(endpoint, settings), interruption)
        run_interruptibly(lambda: check_store(settings.rejects), interruption)


def _verify(endpoint: Endpoint, settings: DestinationSettings) -> None:
    """Raises AcumaticaError with one sentence about what is wrong."""
    schema = _schema(endpoint)
    problems = [
        f"stream {name}: {problem}"
        for name, mapped in settings.streams.items()
        for problem in mapping_problems(mapped, schema)
    ]
    if problems:
        raise SettingsError(f"The setting Streams cannot work: {'; '.join(problems)}.")


def _sign_in(endpoint: Endpoint) -> None:
    """Log where the endpoint is signed in. Raises SettingsError where Acumatica chose the tenant among several."""
    summary = endpoint.connection_summary()
    log_connection(_log, "destination-acumatica", summary)
    if error := tenant_left_open(summary):
        raise error


def discover_operations(
    config: object, *, open_endpoint: OpenEndpoint = open_client, interruption: Interruption | None = None
) -> dict[str, object]:
    """What can be done with which entity: a destination catalog. Raises AcumaticaError, Interrupted."""
    settings = destination_settings(config)
    with closing(open_endpoint(settings.connection.impatient())) as endpoint:
        return destination_catalog(run_interruptibly(lambda: _schema(endpoint), interruption or Interruption()))


def _schema(endpoint: Endpoint) -> EndpointSchema:
    _sign_in(endpoint)
    return endpoint.schema()


def write_records(
    config: object,
    catalog: bytes,
    lines: Iterable[bytes],
    *,
    open_endpoint: OpenEndpoint = open_client,
    interruption: Interruption | None = None,
) -> Generator[bytes, None, None]:
    """The states of `lines`, each when everything before it is safe. Raises AcumaticaError, SyncFailed, Interrupted.

    A dry run gives no state, and ends with a SettingsError with its result.
    """
    interruption = interruption or Interruption()
    settings, streams = destination_settings(config), read_catalog(catalog)
    settings = _spelled(settings, streams)
    with closing(open_endpoint(settings.connection)) as endpoint:
        used = DryRunEndpoint(endpoint) if settings.dry_run else endpoint
        writers = run_interruptibly(lambda: _plan(streams, settings, used), interruption)
        options = _options(settings, writers)
        joiner = _joiner(streams, settings, options.parents)
        rejects = _rejects(settings, streams)
        sync = Sync(writers, interruption=interruption, options=options, rejects=rejects, joiner=joiner)
        with closing(sync.states(lines)) as states:
            if not settings.dry_run:
                yield from states
                return
            for _ in states:
                continue
    raise dry_run_result([*sync.report.sentences(), *sync.report.warnings()])


def _spelled(settings: DestinationSettings, streams: Sequence[ConfiguredStream]) -> DestinationSettings:
    """The settings with the names of streams and columns as the catalog has them."""
    order = streams_as_in(streams, settings.order)
    return replace(settings, streams=spelled_as_in(streams, settings.streams), order=order)


def _plan(
    streams: Sequence[ConfiguredStream], settings: DestinationSettings, endpoint: Endpoint
) -> dict[StreamName, StreamWriter]:
    plans = plan_writes(streams, _schema(endpoint), settings.streams, custom_field_types(endpoint))
    for stream in streams:
        plan = plans[stream.name]
        if plan.orphans is not None:
            continue
        _log.info(plan.sentence())
        for caution in cautions(stream, plan):
            _log.warning(caution)
    fetch = file_fetcher(settings.connection, os.environ)
    return stream_writers(plans, endpoint, pause=endpoint.pause, fetch=fetch, dry_run=settings.dry_run)


def _joiner(streams: Sequence[ConfiguredStream], settings: DestinationSettings, parents: Parents) -> LineJoiner:
    joins = find_joins(streams, settings.streams)
    for join in joins:
        _log.info(join.sentence())
    joined = {stream for join in joins for stream in (join.documents, join.lines)}
    return LineJoiner(joins, {stream.name for stream in streams}, followers_of(parents, joined))


def _options(settings: DestinationSettings, writers: Mapping[StreamName, StreamWriter]) -> SyncOptions:
    """A dry run shows all that is wrong, so it allows every rejection."""
    parents = parents_of({name: writer.plan for name, writer in writers.items()}, settings.order)
    for sentence in order_sentences(parents):
        _log.info(sentence)
    limits = Limits("skip", in_a_row=0) if settings.dry_run else settings.limits
    return SyncOptions(settings.connection.sessions, limits, parents, settings.dry_run)


def _rejects(settings: DestinationSettings, streams: Sequence[ConfiguredStream]) -> RejectsStore:
    if settings.rejects.place and settings.limits.allows_none and not settings.dry_run:
        _log.warning(_KEPT_NOWHERE)
    sync_id = next((stream.sync_id for stream in streams if stream.sync_id is not None), None)
    formats = settings.rejects.path_format, settings.rejects.file_name_format
    return open_store(settings.rejects, Naming(datetime.now(timezone.utc), sync_id, *formats))
