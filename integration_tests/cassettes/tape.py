"""Makes requests and answers canonical and removes secrets before they are written to a cassette.

    http://127.0.0.1:34567/AcumaticaERP/entity/...  --+
    https://erp.acme.example/entity/...             --+--> https://acumatica.example/AcumaticaERP/entity/...

The requests of a replay pass the same code, so they are compared in this canonical form. Headers that are not listed
here are dropped; sign-ins lose their bodies, cookies and tokens their values. Idempotent.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, quote_plus, unquote, urlsplit, urlunsplit

from requests.adapters import HTTPAdapter
from vcr.request import Request

from acumatica_client.transport.http_adapter import TransportAdapter
from integration_tests.cassettes.pseudonyms import Pseudonyms, dump, load
from integration_tests.cassettes.swagger import is_swagger, pruned

CANONICAL = "https://acumatica.example/AcumaticaERP"
SCRUBBED = "scrubbed"
FAKE = "secret"  # replaces secrets in forms and tokens
ENDPOINTS = ("Default", "MANUFACTURING", "eCommerce")  # a tenant's own endpoints may have the name of their owner
_SIGN_IN = re.compile(r"/entity/auth/login$|/identity/connect/", re.I)
_REQUEST_HEADERS = frozenset({"accept", "content-type", "if-none-match"})
_RESPONSE_HEADERS = frozenset({"content-type", "date", "location", "retry-after", "set-cookie"})
_TOKENS = ("access_token", "refresh_token", "id_token")
_COMPANY = re.compile(r"<input\b[^>]*txtSingleCompany[^>]*>", re.I)

# A cassette replaces urllib3's own connections, not those that the client derives from them.
_PLAIN_POOLS = tuple(
    (TransportAdapter, name, getattr(HTTPAdapter, name)) for name in ("init_poolmanager", "proxy_manager_for")
)
MATCH_ON = ("method", "scheme", "host", "path", "query", "body")


@dataclass(frozen=True)
class Tape:
    """`base_url`: the instance of this run. `keep`: entities that stay in swagger documents; None keeps all.
    `names`: words of the tenant and what they become. `pseudonyms`: for records of a real tenant.
    `date`: the Date header of all answers; None keeps the original, by which the source cuts its windows."""

    base_url: str = CANONICAL
    keep: Collection[str] | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    pseudonyms: Pseudonyms | None = None
    date: str | None = None

    def options(self) -> dict[str, Any]:
        """For `vcr.use_cassette`."""
        return {
            "match_on": MATCH_ON,
            "before_record_request": self.request,
            "before_record_response": self.response,
            "decode_compressed_response": True,
            "allow_playback_repeats": False,
            "custom_patches": _PLAIN_POOLS,
        }

    def request(self, request: Request) -> Request:
        uri = self._named(self._canonical(request.uri))
        body = request.body
        if self.pseudonyms and uri.startswith(CANONICAL):
            uri = self.pseudonyms.uri(uri)
            body = self._rows(body) if body else body
        if _SIGN_IN.search(urlsplit(uri).path):
            body = SCRUBBED.encode()
        headers = {name: value for name, value in request.headers.items() if name.lower() in _REQUEST_HEADERS}
        return Request(request.method, _one_spelling(uri), body, headers)

    def response(self, response: dict[str, Any]) -> dict[str, Any]:
        named = {name: values for name, values in response["headers"].items() if name.lower() in _RESPONSE_HEADERS}
        headers = {name: [self._header(name.lower(), value) for value in values] for name, values in named.items()}
        text = response["body"]["string"].decode("utf-8")
        return {"status": response["status"], "headers": headers, "body": {"string": self._body(text).encode("utf-8")}}

    def _header(self, name: str, value: str) -> str:
        if name == "set-cookie":
            cookie, _, attributes = value.partition(";")
            return f"{cookie.partition('=')[0]}={SCRUBBED};{attributes}"
        if name == "date":
            return self.date or value
        return self._canonical(value) if name == "location" else value

    def _body(self, text: str) -> str:
        if _COMPANY.search(text) or "<html" in text.lower():
            found = _COMPANY.search(text)
            return f"<html><body>{self._named(found.group()) if found else ''}</body></html>"
        try:
            document = load(text)
        except ValueError:
            return self._canonical(self._named(text))
        return self._canonical(dump(self._document(document)))

    def _document(self, document: object) -> object:
        if is_swagger(document) and self.keep is not None:
            return pruned(document, self.keep)  # type: ignore[arg-type]
        if isinstance(document, list) and document and {"name", "version", "href"} <= document[0].keys():
            return _public(document)
        if not isinstance(document, dict):
            return self.pseudonyms.payload(document) if self.pseudonyms else document
        if "endpoints" in document:
            return {**document, "endpoints": _public(document["endpoints"])}
        if any(name in document for name in _TOKENS):
            return {name: FAKE if name in _TOKENS else value for name, value in document.items()}
        if "exceptionMessage" in document or "message" in document:
            kept = {name: value for name, value in document.items() if name != "stackTrace"}
            return {name: self._message(value) for name, value in kept.items()}
        return self.pseudonyms.payload(document) if self.pseudonyms and not is_swagger(document) else document

    def _message(self, value: object) -> object:
        text = self._named(value) if isinstance(value, str) else value
        return self.pseudonyms.words(text) if self.pseudonyms and isinstance(text, str) else text

    def _rows(self, body: bytes) -> bytes:
        try:
            document = load(body.decode("utf-8"))
        except ValueError:
            return body
        return dump(self.pseudonyms.payload(document)).encode("utf-8") if self.pseudonyms else body

    def _named(self, text: str) -> str:
        for word, canonical in self.names.items():
            for spelled in (word, quote(word), quote_plus(word)):
                text = text.replace(spelled, canonical)
        return text

    def _canonical(self, text: str) -> str:
        """The instance's address, whole or as a path from the root of its host, becomes the canonical one."""
        here, there = urlsplit(self.base_url), urlsplit(CANONICAL)
        text = text.replace(self.base_url + "/", CANONICAL + "/").replace(f"//{here.netloc}", f"//{there.netloc}")
        return re.sub(rf'((?:^|["\s]){re.escape(here.path)})(/(?:entity|identity|Frames)/)', self._moved, text)

    def _moved(self, found: re.Match[str]) -> str:
        lead = found[1][: len(found[1]) - len(urlsplit(self.base_url).path)]
        return lead + urlsplit(CANONICAL).path + found[2]


def _public(endpoints: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [endpoint for endpoint in endpoints if endpoint.get("name") in ENDPOINTS]


def _one_spelling(uri: str) -> str:
    """The path with the same characters escaped on both sides."""
    parts = urlsplit(uri)
    return urlunsplit((parts.scheme, parts.netloc, quote(unquote(parts.path), safe="/,()$'"), parts.query, ""))
