"""Whether the rows of each record differ in the key that their stream claims. Knows no entity and no wire.

The keys of details are concluded from names (`line_keys`). A wrong one must show before a destination that keeps one
row a key has thrown the others away.
"""

from __future__ import annotations

import logging
import operator
from collections.abc import Sequence

import msgspec

from acumatica_client.errors import SettingsError

_log = logging.getLogger("airbyte.source-acumatica")
_ABSENT = msgspec.Raw(b"null")


class UniqueRows:
    """Watches the rows of one stream. `strict`: rows with one key would replace each other."""

    def __init__(self, stream: str, key: Sequence[str], *, strict: bool) -> None:
        self._stream, self._key, self._strict, self._told = stream, tuple(key), strict, False
        names = [(f"k{number}", msgspec.Raw, _ABSENT) for number in range(len(self._key))]
        rename = dict(zip((name for name, *_ in names), self._key, strict=True))
        self._decode = msgspec.json.Decoder(msgspec.defstruct("Key", names, rename=rename, gc=False)).decode
        self._values = operator.attrgetter(*rename) if rename else None

    def check(self, rows: Sequence[bytes]) -> None:
        """The rows of one record. Raises SettingsError when two share a key and the stream is a strict one."""
        if self._values is None or len(rows) < 2 or self._told:
            return
        if len({self._key_of(row) for row in rows}) == len(rows):
            return
        self._told = True
        what = f"{self._stream}: two rows of one record have the same {', '.join(self._key)}"
        if self._strict:
            raise SettingsError(
                f"{what}, so one would replace the other.",
                advice="Choose a sync mode without deduplication for this stream: overwrite, or append.",
            )
        _log.warning("%s; do not deduplicate this stream by its primary key.", what)

    def _key_of(self, row: bytes) -> tuple[bytes, ...] | bytes:
        assert self._values is not None
        found = self._values(self._decode(row))
        return tuple(map(bytes, found)) if isinstance(found, tuple) else bytes(found)
