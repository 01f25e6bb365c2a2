"""Requests and answers as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import parse_qsl, unquote

import msgspec

JSON = "application/json; charset=utf-8"
ENCODER = msgspec.json.Encoder(decimal_format="number")  # every digit, as a number


@dataclass(frozen=True)
class Request:
    """One request. `path` is raw. An encoded slash in it is a separator, as it is to IIS, if `slash_splits`."""

    method: str
    path: str
    query_text: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    host: str = "127.0.0.1"
    slash_splits: bool = True

    @property
    def query(self) -> dict[str, str]:
        """A plus is a blank here, which is why the plus of an offset has to be sent as %2B."""
        return dict(_pairs(self.query_text))

    @property
    def segments(self) -> list[str]:
        if self.slash_splits:
            return [part for part in unquote(self.path).strip("/").split("/") if part]
        return [unquote(part) for part in self.path.strip("/").split("/") if part]

    @property
    def cookies(self) -> dict[str, str]:
        pairs = (part.strip().partition("=") for part in self.headers.get("cookie", "").split(";"))
        return {name: value for name, _, value in pairs if name}

    @property
    def sized(self) -> bool:
        """Whether the request states the length of its body; IIS requires it even for an empty one."""
        return "content-length" in self.headers or "transfer-encoding" in self.headers


@lru_cache(maxsize=64)
def _pairs(query: str) -> tuple[tuple[str, str], ...]:
    """Cached, because the handler and the log read it, and a $select of every field is long."""
    return tuple(parse_qsl(query, keep_blank_values=True))


@dataclass
class Response:
    """One answer. Header names may repeat (cookies do), so they are pairs."""

    status: int = 200
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)
    session: str | None = None

    @classmethod
    def json(cls, text: str, status: int = 200) -> Response:
        return cls(status, text.encode(), [("Content-Type", JSON)])

    @classmethod
    def html(cls, text: str, status: int = 200) -> Response:
        return cls(status, text.encode(), [("Content-Type", "text/html; charset=utf-8")])

    def header(self, name: str) -> str | None:
        return next((value for known, value in self.headers if known.lower() == name.lower()), None)


@dataclass(frozen=True)
class Call:
    """A request that was answered, as the instance's log keeps it. `path` is what follows the site."""

    method: str
    path: str
    query: dict[str, str]
    status: int
    session: str | None
    headers: dict[str, str]
    body: bytes


@dataclass
class Reply:
    """An answer and what the wire does with it: waits, then sends `cut` bytes of it only (None: all)."""

    response: Response
    delay: float = 0.0
    cut: int | None = None
    truncate: int | None = None
