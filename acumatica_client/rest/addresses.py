r"""Paths of the API, and whether a business key can be part of one.

IIS, and ASP.NET behind it, answer some addresses themselves, before Acumatica sees the request:

    +                                  404.11, encoded or not (double escaping)
    < > * % & : ? \                    400 (requestPathInvalidCharacters), encoded or not
    /                                  decoded first, then taken for a step of the path
    a dot or blank at the end          404 (names of Windows have none)
    CON, PRN, AUX, NUL, COM1, LPT1     404, with any extension (devices of Windows)
    . and ..                           steps of the path, which HTTP libraries resolve themselves
    more than 260 characters           400 (UrlSegmentMaxLength of http.sys)

A bar separates the parts of a key (guide, `k1|k2`). A record with such a key is addressed by its id.
Evidence: noted live on IIS; Integration Development Guide 2026 R1 on keys with a slash. UNVERIFIED: the length.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

# IIS and the servers in front of it refuse long addresses, some from 2,048 characters on; a refusal is a bare 404.
SAFE_URL_LENGTH = 2000

_LONGEST_KEY = 260  # characters of one part
_LONGEST_KEYS = 1000  # characters of all parts, quoted: base URL, endpoint and query need the rest
_FORBIDDEN = re.compile(r"[+<>*%&:?\\/|\x00-\x1f\x7f]")
_DEVICE = re.compile(r"\s*(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)\s*(\..*)?", re.I | re.S)


def entity_path(endpoint: str, version: str, entity: str, keys: Iterable[str] = ()) -> str:
    """`/entity/<endpoint>/<version>/<entity>/<key>/...`, each part quoted.

    Some keys cannot be addressed so, see `key_fits_address`.
    """
    parts = ("entity", endpoint, version, entity, *keys)
    return "".join("/" + quote(part, safe="") for part in parts)


def key_fits_address(keys: Iterable[str]) -> bool:
    """Whether a business key, given as its parts in URL order, can be part of a path; False for no parts at all."""
    parts = tuple(keys)
    length = sum(len(quote(part, safe="")) for part in parts)
    return bool(parts) and length <= _LONGEST_KEYS and all(map(_fits, parts))


def _fits(part: str) -> bool:
    return not (
        not part.strip()
        or len(part) > _LONGEST_KEY
        or part[-1] == "."
        or part[-1].isspace()
        or _FORBIDDEN.search(part)
        or _DEVICE.fullmatch(part)
    )
