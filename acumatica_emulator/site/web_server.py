r"""Refusals of IIS and ASP.NET, which look at a request before the application does: each is a web page.

a plus in the path, encoded or not             404.11   double escaping
a segment that ends with a dot or a blank      404      no such file for Windows
a device name (CON, NUL, LPT1, AUX.txt)        404      reserved by Windows
< > * % & : ? \ in the path                   400      a dangerous request path
a body of more than 30,000,000 bytes           404.13   content length
markup in the query                            500      request validation
"""

from __future__ import annotations

import re
from urllib.parse import unquote, unquote_plus

from acumatica_emulator.site.http import Request, Response

LARGEST_BODY = 30_000_000
_DANGEROUS = re.compile(r"[<>*%&:?\\]")
_DEVICE = re.compile(r"(CON|PRN|AUX|NUL|COM\d|LPT\d)(\..*)?", re.IGNORECASE)
_MARKUP = re.compile(r"<[A-Za-z!/?]|&#")


def refusal_of(request: Request) -> Response | None:
    """The page that answers the request, if the application does not get to see it."""
    path = unquote(request.path)
    segments = path.split("/")
    if "+" in path:
        return _page(404, "404.11 - The request filtering module denies a request with a double escape sequence.")
    if _DANGEROUS.search(path):
        return _page(400, "A potentially dangerous Request.Path value was detected from the client.")
    if any(part.endswith((".", " ")) or _DEVICE.fullmatch(part) for part in segments):
        return not_found_page()
    if len(request.body) > LARGEST_BODY:
        return _page(404, "404.13 - The request filtering module denies a request that exceeds the content length.")
    if _MARKUP.search(unquote_plus(request.query_text)):
        return _page(500, "A potentially dangerous Request.QueryString value was detected from the client.")
    return None


def not_found_page() -> Response:
    return _page(404, "404 - File or directory not found.")


def _page(status: int, title: str) -> Response:
    return Response.html(
        f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>", status
    )
