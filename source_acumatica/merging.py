"""Joins what several requests gave of one record into one payload, as bytes; the digits of numbers stay. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_views = msgspec.json.Decoder(dict[str, dict[str, msgspec.Raw]]).decode
_CUSTOM = "custom"


def join(payloads: Sequence[bytes | msgspec.Raw]) -> bytes:
    """One payload with the members of all; of a member that several have, the last one's, but custom fields together.

    Raises msgspec.DecodeError when one of them is no JSON object.
    """
    joined: dict[str, msgspec.Raw] = {}
    custom: dict[str, dict[str, msgspec.Raw]] = {}
    for payload in payloads:
        members = _members(payload)
        for view, fields in _views(members.pop(_CUSTOM, b"{}")).items():
            custom.setdefault(view, {}).update(fields)
        joined |= members
    return msgspec.json.encode({**joined, _CUSTOM: custom})
