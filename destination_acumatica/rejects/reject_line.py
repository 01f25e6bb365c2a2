"""A rejected record as one line: the RECORD message as it came, and the reason beside it. Pure.

    {"type":"RECORD","record":{...},"rejected":{"stream":..,"record":..,"time":..,"errors":[{"field":..,"message":..}]}}

It is a message of the protocol with one more member, and readers ignore members they do not know. So a file of such
lines is an input of this destination: fed to the same connection once the cause is gone, it writes what was rejected.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from acumatica_client.errors import FieldError
from destination_acumatica.config.configured_catalog import StreamName

_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_OURS = "rejected"


def reject_line(
    message: bytes,
    *,
    stream: StreamName,
    record: str,
    time: datetime,
    errors: Iterable[FieldError],
    key: str = "",
    dry_run: bool = False,
) -> bytes:
    """The line, with its end. `message` is the line of the input; the record in it keeps every byte. `record` is what
    messages call it, `key` is that of what Acumatica has of it, if anything.

    A record that was rejected before, and came again from such a file, carries the newest reason alone.
    """
    reason = {
        "stream": stream.name,
        "namespace": stream.namespace,
        "record": record,
        "time": time.isoformat(timespec="milliseconds"),
        "errors": [{"field": error.path, "message": error.text} for error in errors],
        **({"key": key} if key else {}),
        **({"dry_run": True} if dry_run else {}),
    }
    try:
        members = {name: raw for name, raw in _members(message).items() if name != _OURS}
    except msgspec.DecodeError:  # half a character (an unpaired surrogate) in it: the line stays as it came
        return message.rstrip()[:-1] + b',"' + _OURS.encode() + b'":' + msgspec.json.encode(reason) + b"}\n"
    return msgspec.json.encode({**members, _OURS: reason}) + b"\n"
