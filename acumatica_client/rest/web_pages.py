"""Web pages where an answer of the API must be: who sent them, and the error that they stand for.

    Acumatica's sign-in page     the session is gone, see `answers`
    a page of IIS                an address, query or body that IIS or ASP.NET refuses before Acumatica sees the request
    a page of another server     a firewall, gateway, proxy or bot check in front of the instance

None of them is Acumatica's own answer: a 403 says nothing about the role of the user, a 404 nothing about a record.
Evidence: pages of IIS noted live (404.11 for `+`, 404.13 for a body over 30,000,000 bytes, 500 of request validation).
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from acumatica_client.errors import FailureType, IntermediaryRefused

_TITLE = re.compile(rb"<title[^>]*>(.*?)</title", re.I | re.S)
_HEADING = re.compile(rb"<h[12][^>]*>(.*?)</h[12]", re.I | re.S)
_TAG = re.compile(r"<[^>]*>")
_LONGEST_NAME = 100  # characters of a title, and of a server's name
_SEARCHED = 1 << 16  # bytes at the beginning of a page
_FINAL = frozenset({501, 505})  # a method or a protocol that will be refused tomorrow as well

_SITE_ADVICE = (
    "Check that the instance URI is the address of an Acumatica site, and that the site is not in maintenance; a "
    "firewall or bot check in front of it must let API requests from this machine through."
)
_REFUSED_ADVICE = (
    "Let the firewall, gateway or proxy in front of the instance allow API requests (GET, PUT, POST, DELETE) from this "
    "machine. The role of the user in Acumatica is not the cause."
)
_ADDRESS_ADVICE = (
    "The web server refuses the address: it is too long, has characters that the server does not let through, or there "
    "is no Acumatica site."
)
_SIZE_ADVICE = (
    "The request is larger than the web server allows (maxAllowedContentLength): send smaller files or records."
)
_LATER_ADVICE = "Try again later; if it lasts, look into the log of the web server."
_SIZE = re.compile(r"\b404\.13\b|too large", re.I)


def intermediary_refused(status: int, headers: Mapping[str, str], body: bytes) -> IntermediaryRefused:
    """The error for such a page. `headers` with lower-case names. The page itself is never repeated, only its title."""
    title, server = _title(body[:_SEARCHED]), " ".join(headers.get("server", "").split())[:_LONGEST_NAME]
    who = ", ".join(filter(None, (f"HTTP {status}", f"page {title!r}" if title else "", server and f"server {server}")))
    final = 400 <= status < 500 or status in _FINAL
    happened = "refused the request" if status >= 400 else "answered with a web page instead of data"
    failure_type: FailureType = "config" if final else "transient"
    return IntermediaryRefused(
        f"The web server, or a firewall or proxy in front of Acumatica, {happened} ({who}).",
        advice=_advice(status, title),
        failure_type=failure_type,
        status=status,
        title=title,
        server=server,
    )


def _advice(status: int, title: str) -> str:
    if status == 413 or _SIZE.search(title):
        return _SIZE_ADVICE
    if status in (400, 404, 414, 431):
        return _ADDRESS_ADVICE
    if 400 <= status < 500 or status in _FINAL:
        return _REFUSED_ADVICE
    return _LATER_ADVICE if status >= 500 else _SITE_ADVICE


def _title(page: bytes) -> str:
    """The title of a page, else its first heading, on one line without tags."""
    found = _TITLE.search(page) or _HEADING.search(page)
    text = html.unescape(_TAG.sub(" ", found[1].decode("utf-8", "replace"))) if found else ""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:_LONGEST_NAME]
