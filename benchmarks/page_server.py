"""`python -m benchmarks.page_server 1000000`: an instance that serves pages of sales orders faster than any reader.

A benchmark of a reader must not measure the server. So lists of SalesOrder are filled in from a few rendered orders;
everything else (sign-in, documents, keyed reads) is answered by an emulated instance in the same process.

    a rendered order --ids, number, stamp cut out--> template, one per set of query options and prototype
    $skip, $top, filter by LastModified --> numbers of orders --> template % (id, number, stamp), joined

`--latency` adds seconds to every answer. The first line on stdout is `ready URL`.
"""

from __future__ import annotations

import argparse
import re
import sys
import threading
import time
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlencode

from acumatica_emulator.seed.bulk_orders import Stamps
from acumatica_emulator.server.instance import Instance
from acumatica_emulator.site.behavior import Behavior
from acumatica_emulator.site.http import JSON, Request, Response

PROTOTYPES = 16
_LIST = re.compile(r"/\w+/entity/Default/[\d.]+/SalesOrder")
_BOUND = re.compile(r"LastModified (ge|gt|le|lt) datetimeoffset'([^']*)'")
_FILTER = re.compile(rf"\s*\(*{_BOUND.pattern}\)*(\s+and\s+\(*{_BOUND.pattern}\)*)*\s*")
Template = bytes  # of one order, with %(id)s, %(row)d, %(number)s and %(stamp)s


class Pages:
    """Lists of `count` sales orders."""

    def __init__(self, instance: Instance, count: int) -> None:
        self._instance = instance
        self._count = count
        self._stamps = Stamps(count)
        self._templates = lru_cache(maxsize=16)(self._render)
        self._numbers = lru_cache(maxsize=4)(self._within)

    def page(self, request: Request) -> bytes | None:
        """The JSON array of a page; None for a request that the instance has to answer."""
        query = request.query
        condition = query.get("$filter", "")
        if self._instance.router.known_session(request) is None or (condition and not _FILTER.fullmatch(condition)):
            return None
        skip, top = int(query.get("$skip") or 0), int(query.get("$top") or self._count)
        options = tuple((name, query[name]) for name in ("$select", "$expand") if name in query)
        templates = self._templates(request.path, options, request.headers.get("cookie", ""))
        numbers = self._numbers(condition)[skip : skip + top]
        rows = [self._row(templates[at % len(templates)], at, row) for row, at in enumerate(numbers, 1)]
        return b"[%s]" % b",".join(rows)

    def _row(self, template: Template, at: int, row: int) -> bytes:
        stamp = _text(self._stamps.of(at))
        return template % {b"id": b"%08x" % at, b"row": row, b"number": b"SO%07d" % (at + 1), b"stamp": stamp}

    def _within(self, condition: str) -> Sequence[int]:
        """The numbers of the orders in key order; the bounds are read as UTC, which is what every stamp is in."""
        if not condition:
            return range(self._count)
        low, high = 0, self._count
        for sign, text in _BOUND.findall(condition):
            at = datetime.fromisoformat(text.replace("Z", "+00:00")).replace(tzinfo=None)
            side = bisect_left if sign in ("ge", "lt") else bisect_right
            place = side(range(self._count), at, key=self._stamps.at)
            low, high = (max(low, place), high) if sign in ("ge", "gt") else (low, min(high, place))
        return sorted(map(self._stamps.index, range(low, high)))

    def _render(self, path: str, options: tuple[tuple[str, str], ...], cookie: str) -> list[Template]:
        """The prototypes as the instance shows them with these query options."""
        found = []
        for at in range(PROTOTYPES):
            text = urlencode([*options, ("$top", "1"), ("$skip", str(at))])
            answer = self._instance.answer(Request("GET", path, text, {"cookie": cookie}))
            found.append(_template(answer.response.body[1:-1], at, _text(Stamps(PROTOTYPES).of(at))))
        return found


def _text(stamp: datetime) -> bytes:
    text = stamp.isoformat()
    return (text.rstrip("0") if "." in text else text).encode() + b"+00:00"


def _template(order: bytes, at: int, stamp: bytes) -> Template:
    order = order.replace(b"%", b"%%").replace(b'"id":"%08x-' % at, b'"id":"%(id)s-')
    order = order.replace(b'"rowNumber":1,', b'"rowNumber":%(row)d,', 1)
    return order.replace(b'"SO%06d"' % (at + 1), b'"%(number)s"').replace(stamp, b"%(stamp)s")


class PageServer(ThreadingHTTPServer):
    """Answers in a thread for each connection; `latency` seconds pass before each answer."""

    daemon_threads = True

    def __init__(self, port: int, count: int, latency: float = 0.0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        behavior = Behavior(seats=16, session_minutes=24 * 60.0)
        self.instance = Instance(scale=PROTOTYPES, behavior=behavior)
        self.pages, self.latency = Pages(self.instance, count), latency
        self._lock = threading.Lock()  # an instance answers one request after the other

    def response(self, request: Request) -> Response:
        listed = request.method == "GET" and _LIST.fullmatch(request.path)
        with self._lock:
            page = self.pages.page(request) if listed else None
            if page is not None:
                return Response(200, page, [("Content-Type", JSON)])
            return self.instance.answer(request).response


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: PageServer

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline:
            self.close_connection = True
        elif self.parse_request():
            self._answer()

    def _answer(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length") or 0))
        path, _, query = self.path.partition("?")
        host = headers.get("host", "127.0.0.1")
        response = self.server.response(Request(self.command, path, query, headers, body, host))
        time.sleep(self.server.latency)
        self.send_response_only(response.status)
        self.send_header("Date", self.date_time_string())
        for name, value in response.headers:
            self.send_header(name, value)
        if response.status != 204:
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        self.wfile.write(response.body)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page_server")
    parser.add_argument("orders", type=int)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    given = parser.parse_args()
    server = PageServer(given.port, given.orders, given.latency)
    sys.stdout.write(f"ready http://127.0.0.1:{server.server_port}{server.instance.behavior.site}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
