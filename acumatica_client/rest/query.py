"""One request to the API, as a value: path, parameters, headers, body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from acumatica_client.rest.addresses import SAFE_URL_LENGTH
from acumatica_client.rest.dialect import Dialect

__all__ = ["SAFE_URL_LENGTH", "Query", "Request"]

# "$" and "," are legal in a query and every client sends them so; "+" must be %2B, else the server reads the plus of an
# offset as a blank.
_LEGAL_IN_QUERY = "$',()/:*"


_LOGGED_PARTS = 5  # `/entity/Default/24.200.001/Customer` has an empty one before the first slash


@dataclass(frozen=True)
class Query:
    """The options of a list or a single record, the same for every contract.

    `select` are fields as slash paths (`OrderNbr`, `MainContact/Email`), empty for every field; `expand` are linked
    entities, details and `files`; `custom` are custom fields (`Document.AttributeX`, `Details/Transactions.UsrY`).
    What a path of `select` or `custom` passes through is expanded with it. `archived`: archived records come too.
    """

    select: tuple[str, ...] = ()
    expand: tuple[str, ...] = ()
    filter: str | None = None
    top: int | None = None
    skip: int = 0
    custom: tuple[str, ...] = ()
    archived: bool = False

    def params(self, dialect: Dialect) -> dict[str, str]:
        """The query parameters; absent options are left out."""
        options = {
            **dialect.options(self.select, self.expand, self.custom),
            "$filter": self.filter or "",
            "$top": "" if self.top is None else str(self.top),
            "$skip": str(self.skip) if self.skip else "",
        }
        return {name: value for name, value in options.items() if value}

    def headers(self) -> dict[str, str]:
        """Guide: archived records are left out unless a header asks for them."""
        return {"PX-ApiArchive": "SHOW"} if self.archived else {}


@dataclass(frozen=True)
class Request:
    """`path` is below the instance's base URL and already quoted. `repeatable`: sending it twice does no harm.
    `counted`: the license counts it. `binary`: the answer is a file, whatever its bytes look like.
    `once`: the sender looks for its effect before any repetition, whatever the answer says."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    repeatable: bool = True
    counted: bool = True
    binary: bool = False
    once: bool = False

    @property
    def log_path(self) -> str:
        """The part of the path that may be logged: the entity, but no key, which may be the name of a person."""
        return "/".join(self.path.split("/")[:_LOGGED_PARTS])

    def url(self, base_url: str) -> str:
        """The whole address, every reserved character of values escaped."""
        query = urlencode(self.params, safe=_LEGAL_IN_QUERY, quote_via=quote)
        return f"{base_url}{self.path}" + (f"?{query}" if query else "")
