"""Joins what several requests gave of one record into one payload, as bytes; the digits of numbers stay. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_views = msgspec.json.Decoder(dict[str, dict[str, msgspec.Raw]]).decode
_CUSTOM = "custom"
_NOTHING = msgspec.Raw(b"{}")


def join(payloads: Sequence[bytes | msgspec.Raw]) -> bytes:
    """One payload with the members of all; of a member that several have, the last one's, but custom fields together.

    Raises msgspec.DecodeError when one of them is no JSON object.
    """
    joined: dict[str, msgspec.Raw] = {}
    custom: dict[str, dict[str, msgspec.Raw]] = {}
    for payload in payloads:
        members = _members(payload)
        for view, fields in _views_of(members.pop(_CUSTOM, _NOTHING)).items():
            custom.setdefault(view, {}).update(fields)
        joined |= members
    return msgspec.json.encode({**joined, _CUSTOM: custom})


def _views_of(custom: msgspec.Raw) -> dict[str, dict[str, msgspec.Raw]]:
    """The custom fields by view; none where there is something else than views, such as null."""
    try:
        return _views(custom)
    except msgspec.ValidationError:
        return {}
