"""Configured streams -> readable streams: joins catalog, incoming state and schema, refuses what cannot be read."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from airbyte_cdk.models import ConfiguredAirbyteCatalog, ConfiguredAirbyteStream, DestinationSyncMode, SyncMode
from airbyte_cdk.sources.connector_state_manager import ConnectorStateManager

from acumatica_client.api.client import AcumaticaClient
from acumatica_client.errors import AcumaticaError, SettingsError
from source_acumatica.catalog.inquiries import Inquiry, InquiryReader, inquiries_of
from source_acumatica.catalog.stream_definitions import Offer, offers
from source_acumatica.catalog.stream_schema import row_key
from source_acumatica.cdk.record_router import Outlet, Tap
from source_acumatica.cdk.streams import EntityStream, InquiryPartition, ReadPartition
from source_acumatica.cdk.unique_rows import UniqueRows
from source_acumatica.config.settings import SourceSettings
from source_acumatica.fetch.entity_reader import EntityReader
from source_acumatica.selection.request_builder import columns_in, reading_of
from source_acumatica.selection.stream_groups import Family, Member, families
from source_acumatica.sync.cursor import Emit, WholeCursor, WindowCursor
from source_acumatica.sync.progress import Tally
from source_acumatica.sync.start_positions import member_of, tell_of_whole_read
from source_acumatica.windows.filter_time import Literals
from source_acumatica.windows.server_clock import ServerClock
from source_acumatica.windows.timestamps import Moment

_log = logging.getLogger("airbyte.source-acumatica")
_WORKERS = 2  # of a stream at least: one may be writing a page out while another asks for the next


class StreamFactory:
    """Builds the configured streams.

    After `streams`, `refusals` holds what cannot be read and why, `tallies` which streams are fetched together.
    """

    def __init__(
        self,
        client: AcumaticaClient,
        settings: SourceSettings,
        states: ConnectorStateManager,
        *,
        emit: Emit,
        clock: Callable[[], float],
    ) -> None:
        self._client, self._settings, self._states = client, settings, states
        self._emit, self._clock, self._literals = emit, clock, Literals()
        self._server_clock = ServerClock(client.server_date)
        self.refusals: dict[str, AcumaticaError] = {}
        self.tallies: list[Tally] = []

    def streams(self, configured: ConfiguredAirbyteCatalog) -> list[EntityStream]:
        """One for each family and inquiry; it is named as the first of its streams and stands for all of them.

        Raises AcumaticaError when the endpoint itself cannot be read, or a stream is named twice.
        """
        names = Counter(entry.stream.name for entry in configured.streams)
        if twice := [name for name, count in names.items() if count > 1]:
            raise SettingsError(f"The configured catalog names {', '.join(twice)} more than once.")
        self._warn_of_idle_rules()
        inquiries = inquiries_of(self._client.schema(), self._settings.scope.inquiries)
        members = self._members(entry for entry in configured.streams if entry.stream.name not in inquiries)
        known = list(members)
        self._look_at_positions(known)
        built = [self._attempt(family.names, partial(self._family, family)) for family in families(known)]
        for entry in configured.streams:
            if inquiry := inquiries.get(entry.stream.name):
                built.append(self._attempt([inquiry.name], partial(self._inquiry, inquiry, entry)))
        return [stream for stream in built if stream is not None]

    def _look_at_positions(self, members: Iterable[Member]) -> None:
        """Saved ones are made of stamps; one as young as the server's clock proves that clock for every stream."""
        for member in members:
            if member.lower and member.lower != self._settings.start:
                self._server_clock.proved_by(Moment.parse(member.lower), ago=self._settings.lookback)

    def _warn_of_idle_rules(self) -> None:
        """The connection test refuses them; here they may have worked until the endpoint changed."""
        schema = self._client.schema()
        idle = self._settings.scope.idle_rules(entity.name for entity in schema.readable())
        if idle:
            _log.warning("The settings of %s apply to no stream of %s.", ", ".join(idle), schema.endpoint)

    def _attempt(self, names: Sequence[str], build: Callable[[], EntityStream]) -> EntityStream | None:
        """The stream, or its refusal: the other streams are read all the same."""
        try:
            return build()
        except AcumaticaError as error:
            self.refusals |= dict.fromkeys(names, error)
            return None

    def _members(self, entries: Iterable[ConfiguredAirbyteStream]) -> Iterator[Member]:
        known = offers(self._client.schema())
        for entry in entries:
            stream = entry.stream
            try:
                offer = known.get(stream.name) or self._no_offer(stream.name)
                state = self._states.get_stream_state(stream.name, stream.namespace)
                yield member_of(self._client.schema(), offer, entry, state, start=self._settings.start)
            except SettingsError as error:
                self.refusals[stream.name] = error

    def _no_offer(self, name: str) -> Offer:
        """Raises SettingsError that tells why there is none."""
        entity = self._client.entity(name)
        raise SettingsError(
            f"{name} is not a list of records: it is read with parameters ({entity.access.value}).",
            advice="Name it among the inquiries of the connection.",
        )

    def _family(self, family: Family) -> EntityStream:
        reading = reading_of(self._client, family, self._settings)
        reader = EntityReader(self._client, reading, literals=self._literals)
        outlet = self._outlet([self._tap(member) for member in family.members])
        described, field = family.first.configured.stream, family.entity.cursor
        partition = partial(ReadPartition, family.first.name, reader, outlet=outlet)
        if field is None:
            whole = WholeCursor(family.names, emit=self._emit)
            return EntityStream(described, whole, cursor_field=None, partitions=lambda: [partition()])
        cursor = self._cursor(family, field)
        workers = range(max(_WORKERS, self._settings.connection.sessions))
        return EntityStream(
            described,
            cursor,
            cursor_field=field,
            partitions=lambda: (partition(cursor=cursor, number=number) for number in workers),
        )

    def _cursor(self, family: Family, field: str) -> WindowCursor:
        return WindowCursor(
            family.names,
            field,
            lower=family.lower,
            lookback=self._settings.lookback,
            emit=self._emit,
            clock=self._clock,
            server_now=self._client.server_date,
            resumable_refresh=not family.first.incremental,
            proved_by=self._server_clock.proved_by,
        )

    def _outlet(self, taps: Sequence[Tap]) -> Outlet:
        tally = Tally([tap.stream for tap in taps], clock=self._clock)
        self.tallies.append(tally)
        return Outlet(taps, tally)

    def _tap(self, member: Member) -> Tap:
        """Keys are watched where the user reads all columns of them."""
        offer, columns = member.offer, columns_in(member)
        if not offer.detail:
            return Tap(offer.name)
        key = row_key(self._client.schema(), offer)
        strict = member.configured.destination_sync_mode == DestinationSyncMode.append_dedup
        watched = not columns or all(name in columns for name in key)
        unique = UniqueRows(offer.name, key, strict=strict) if watched else None
        return Tap(offer.name, offer.detail, unique)

    def _inquiry(self, inquiry: Inquiry, entry: ConfiguredAirbyteStream) -> EntityStream:
        if entry.cursor_field and entry.sync_mode != SyncMode.full_refresh:
            raise SettingsError(f"{inquiry.name} is an inquiry, which can be read by full refresh only.")
        tell_of_whole_read(entry)
        outlet = self._outlet([Tap(inquiry.name, inquiry.results)])
        whole = InquiryPartition(inquiry.name, InquiryReader(self._client, inquiry), outlet)
        cursor = WholeCursor([inquiry.name], emit=self._emit)
        return EntityStream(entry.stream, cursor, cursor_field=None, partitions=lambda: [whole])
