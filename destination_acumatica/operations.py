"""Check and write, from the raw configuration to the result. Knows no protocol message but states, and no CDK.

Both borrow the endpoint for their duration: whatever happens, its sessions are signed out before control returns.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from queue import SimpleQueue

from acumatica_client.client import AcumaticaClient, ConnectionSettings
from destination_acumatica.catalog import ConfiguredStream, read_catalog
from destination_acumatica.checking import verify
from destination_acumatica.endpoint import Endpoint, OpenEndpoint
from destination_acumatica.interruption import Events, attend, signals_as_events
from destination_acumatica.messages import StreamName
from destination_acumatica.plan import cautions, plan_writes
from destination_acumatica.settings import DestinationSettings, destination_settings
from destination_acumatica.sync import Sync
from destination_acumatica.target import Target, targets_of

_log = logging.getLogger("airbyte.destination-acumatica")


def open_client(settings: ConnectionSettings) -> Endpoint:
    """The real endpoint. Building it does no I/O."""
    return AcumaticaClient(settings)


def check_connection(config: object, *, open_endpoint: OpenEndpoint = open_client) -> None:
    """Raises AcumaticaError with one sentence about what is wrong, or Interrupted."""
    settings = destination_settings(config)
    events: Events = SimpleQueue()
    # Somebody waits in front of the form: no waiting for a free seat, few attempts.
    with signals_as_events(events), closing(open_endpoint(settings.connection.impatient())) as endpoint:
        attend(lambda: verify(endpoint, settings), events)


def write_records(
    config: object, catalog: bytes, lines: Iterable[bytes], *, open_endpoint: OpenEndpoint = open_client
) -> Generator[bytes, None, None]:
    """The states of `lines`, each when everything before it is safe. Raises AcumaticaError, SyncFailed, Interrupted."""
    settings, streams = destination_settings(config), read_catalog(catalog)
    events: Events = SimpleQueue()
    with signals_as_events(events), closing(open_endpoint(settings.connection)) as endpoint:
        targets = attend(lambda: _plan(streams, settings, endpoint), events)
        workers, policy = settings.connection.sessions, settings.on_record_error
        with closing(Sync(targets, events=events, workers=workers, on_record_error=policy).states(lines)) as states:
            yield from states


def _plan(
    streams: Sequence[ConfiguredStream], settings: DestinationSettings, endpoint: Endpoint
) -> dict[StreamName, Target]:
    plans = plan_writes(streams, endpoint.schema(), settings.streams)
    for stream in streams:
        plan = plans[stream.name]
        _log.info(plan.sentence())
        for caution in cautions(stream, plan):
            _log.warning(caution)
    return targets_of(plans, endpoint, pause=time.sleep)
