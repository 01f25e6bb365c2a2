"""Configured streams, saved states and schema -> reads; refuses what cannot be read."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from acumatica_client.api.client import AcumaticaClient
from acumatica_client.errors import AcumaticaError, SettingsError
from source_acumatica.catalog.inquiries import Inquiry, inquiries_of, inquiry_pages
from source_acumatica.catalog.stream_definitions import StreamDefinition, stream_definitions
from source_acumatica.catalog.stream_schema import row_key
from source_acumatica.config.settings import SourceSettings
from source_acumatica.fetch.entity_reader import EntityReader
from source_acumatica.selection.request_builder import build_selection
from source_acumatica.selection.stream_groups import ConfiguredMember, ConfiguredStream, StreamGroup, group_streams
from source_acumatica.sync.cursor import Emit, WholeCursor, WindowCursor
from source_acumatica.sync.message_queue import Checkpoint, Message
from source_acumatica.sync.progress import Progress, ThreadProgress
from source_acumatica.sync.record_router import RecordRouter, StreamRoute, UniqueRows
from source_acumatica.sync.state import place_member, state_field, warn_read_whole
from source_acumatica.sync.stream_read import Cursor, Fetch, StreamRead, WindowFetcher
from source_acumatica.windows.server_time import FilterShift, ServerClock
from source_acumatica.windows.timestamps import Timestamp
from source_acumatica.windows.windows import Window

_log = logging.getLogger("airbyte.source-acumatica")
StateOf = Callable[[str], Mapping[str, object]]  # the saved state of a stream, empty when there is none


class StreamFactory:
    """Builds the reads of configured streams. After `reads`, `refusals` holds what cannot be read, and why."""

    def __init__(
        self,
        client: AcumaticaClient,
        settings: SourceSettings,
        state_of: StateOf,
        *,
        put: Callable[[Message], None],
        threads: ThreadProgress,
        clock: Callable[[], float],
    ) -> None:
        self._client, self._settings, self._state_of = client, settings, state_of
        self._put, self._threads, self._clock = put, threads, clock
        self._filter_shift, self._server_clock = FilterShift(), ServerClock(client.server_date)
        self.refusals: dict[str, AcumaticaError] = {}

    def reads(self, configured: Sequence[ConfiguredStream]) -> list[StreamRead]:
        """One for each group and inquiry.

        Raises AcumaticaError when the endpoint itself cannot be read, or a stream is named twice.
        """
        names = Counter(stream.name for stream in configured)
        if twice := [name for name, count in names.items() if count > 1]:
            raise SettingsError(f"The configured catalog names {', '.join(twice)} more than once.")
        self._warn_of_idle_rules()
        inquiries = inquiries_of(self._client.schema(), self._settings.options.inquiries)
        members = list(self._members(stream for stream in configured if stream.name not in inquiries))
        self._look_at_positions(members)
        built = [self._attempt(group.names, partial(self._group, group)) for group in group_streams(members)]
        built.extend(
            self._attempt([inquiry.name], partial(self._inquiry, inquiry, stream))
            for stream in configured
            if (inquiry := inquiries.get(stream.name))
        )
        return [read for read in built if read is not None]

    def _look_at_positions(self, members: Iterable[ConfiguredMember]) -> None:
        """Saved ones are made of stamps; one as young as the server's clock confirms that clock for every stream."""
        for member in members:
            if member.lower and member.lower != self._settings.start:
                self._server_clock.confirmed_by(Timestamp.parse(member.lower), ago=self._settings.lookback)

    def _warn_of_idle_rules(self) -> None:
        """The connection test refuses them; here they may have worked until the endpoint changed."""
        schema = self._client.schema()
        idle = self._settings.options.idle_rules(entity.name for entity in schema.readable())
        if idle:
            _log.warning("The settings of %s apply to no stream of %s.", ", ".join(idle), schema.endpoint)

    def _attempt(self, names: Sequence[str], build: Callable[[], StreamRead]) -> StreamRead | None:
        """The read, or its refusal: the other streams are read all the same."""
        try:
            return build()
        except AcumaticaError as error:
            self.refusals |= dict.fromkeys(names, error)
            return None

    def _members(self, configured: Iterable[ConfiguredStream]) -> Iterator[ConfiguredMember]:
        schema = self._client.schema()
        known = stream_definitions(schema)
        for stream in configured:
            try:
                definition = known.get(stream.name) or self._no_definition(stream.name)
                state = self._state_of(stream.name)
                yield place_member(schema, definition, stream, state, start=self._settings.start)
            except SettingsError as error:
                self.refusals[stream.name] = error

    def _no_definition(self, name: str) -> StreamDefinition:
        """Raises SettingsError that says why there is none."""
        entity = self._client.entity(name)
        raise SettingsError(
            f"{name} is not a list of records: it is read with parameters ({entity.access.value}).",
            advice="Name it among the inquiries of the connection.",
        )

    def _group(self, group: StreamGroup) -> StreamRead:
        selection = build_selection(self._client, group, self._settings)
        reader = EntityReader(self._client, selection, filter_shift=self._filter_shift)
        router = RecordRouter([self._route(member) for member in group.members], lambda: reader.unreadable)
        progress = Progress(group.names, clock=self._clock)

        def emit(checkpoint: Checkpoint) -> None:
            """A stream whose rows cannot be read keeps its state, so that it misses nothing once they can."""
            if checkpoint.stream not in router.lost():
                self._put(checkpoint)

        if group.entity.cursor is None:
            whole = WholeCursor(group.names, emit=emit)
            return self._read(whole, lambda _item: reader.read(Window()), router, progress)
        cursor = self._cursor(group, group.entity.cursor, emit)
        return self._read(cursor, WindowFetcher(reader, cursor, progress).pages, router, progress)

    def _read(self, cursor: Cursor, fetch: Fetch, router: RecordRouter, progress: Progress) -> StreamRead:
        return StreamRead(cursor, fetch, router, progress, put=self._put, threads=self._threads)

    def _cursor(self, group: StreamGroup, field: str, emit: Emit) -> WindowCursor:
        return WindowCursor(
            group.names,
            field,
            fields={member.name: state_field(self._client.schema(), member.definition) for member in group.members},
            lower=group.lower,
            lookback=self._settings.lookback,
            emit=emit,
            clock=self._clock,
            server_now=self._client.server_date,
            resumable_refresh=not group.first.incremental,
            confirmed_by=self._server_clock.confirmed_by,
        )

    def _route(self, member: ConfiguredMember) -> StreamRoute:
        """Keys are compared where the user reads all columns of them."""
        definition, columns = member.definition, member.configured.columns
        if not definition.detail:
            return StreamRoute(definition.name)
        key = row_key(self._client.schema(), definition)
        compared = not columns or all(name in columns for name in key)
        unique = UniqueRows(definition.name, key, strict=member.configured.deduplicated) if compared else None
        return StreamRoute(definition.name, definition.detail, unique)

    def _inquiry(self, inquiry: Inquiry, configured: ConfiguredStream) -> StreamRead:
        if configured.cursor_field and configured.incremental:
            raise SettingsError(f"{inquiry.name} is an inquiry, which can be read by full refresh only.")
        warn_read_whole(configured)
        cursor, progress = WholeCursor([inquiry.name], emit=self._put), Progress([inquiry.name], clock=self._clock)
        router = RecordRouter([StreamRoute(inquiry.name, inquiry.results)])
        return self._read(cursor, lambda _item: inquiry_pages(self._client, inquiry), router, progress)
