"""The saved state of a stream: how it is read and how it is written. Knows no window and no record.

incremental             {"LastModifiedDateTime": "2026-11-23T07:00:00.04-05:00"}      what is older has been read
full refresh, not over  {"LastModifiedDateTime": "2021-06-01T00:00:00+00:00", "full_refresh": true}
full refresh, over      {"__ab_no_cursor_state_message": true}                        the CDK's word for it
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from airbyte_cdk.models import (
    AirbyteMessage,
    AirbyteStateBlob,
    AirbyteStateMessage,
    AirbyteStateType,
    AirbyteStreamState,
    StreamDescriptor,
    Type,
)

from acumatica_client.errors import SettingsError
from source_acumatica.windows.timestamps import Moment

NO_CURSOR_STATE = "__ab_no_cursor_state_message"  # what a full refresh leaves behind: not a position
_AS_FILTERS_TAKE_IT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d{1,7})?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)
UNDER_WAY = "full_refresh"  # the position is that of a full refresh, which was not finished


def lower_bound(
    state: Mapping[str, object],
    field: str,
    start: str | None,
    *,
    former_fields: Sequence[str] = (),
    refresh: bool = False,
) -> str | None:
    """The position in an incoming state, else `start`. Raises SettingsError for a state that is not ours.

    A position in another form than the server's own (some tools write a blank for the T) is written anew.
    `former_fields` are names that the field had in older endpoint versions. `refresh`: the stream is read in full; then
    only the position of an unfinished full refresh counts. The position of an incremental read would leave out what
    was read before, and an incremental read must not trust that what an unfinished refresh read has been kept.
    """
    if state.get(UNDER_WAY, False) is not refresh:
        return start
    positions = {name: value for name, value in state.items() if name not in (NO_CURSOR_STATE, UNDER_WAY)}
    if not positions:
        return start
    value = next((positions[name] for name in (field, *former_fields) if name in positions), None)
    try:
        moment = Moment.parse(value if isinstance(value, str) else "")
    except ValueError:
        raise SettingsError(
            f"The saved state of this stream is not a date and time of {field}.",
            advice="Reset (refresh) the stream once; it then starts from its beginning.",
        ) from None
    return str(value) if _AS_FILTERS_TAKE_IT.fullmatch(str(value)) else str(moment)


def state_message(stream: str, state: Mapping[str, object]) -> AirbyteMessage:
    blob = AirbyteStreamState(stream_descriptor=StreamDescriptor(name=stream), stream_state=AirbyteStateBlob(state))
    return AirbyteMessage(type=Type.STATE, state=AirbyteStateMessage(type=AirbyteStateType.STREAM, stream=blob))
