"""`python -m benchmarks.emulator_pages [orders]`: is a page served ten times faster than the source reads it?

One emulator with that many sales orders (5,000 unless told otherwise) serves readers in turn, round after round: a bare
loop over a socket that throws the pages of 1,000 away, and the source itself as a process. They take turns so that a
busy machine slows all of them. Printed for each shape of page: the medians of records a second, and the ratios; for
pages the emulator has kept, and for pages that nobody asked for before.

    flat      every field of the header, no part
    filtered  the same, from a moment of the cursor on
    details   every field of the header, and the lines
"""

from __future__ import annotations

import http.client
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from urllib.parse import quote, urlsplit
from urllib.request import urlopen

ROUNDS = 5
PAGE = 1000
WANTED = 10
LOGIN = {"name": "admin", "password": "secret", "company": "Company"}  # pragma: allowlist secret


@dataclass(frozen=True)
class Shape:
    """A page and the columns that make the source ask for the same; `since` narrows both by the cursor."""

    name: str
    columns: tuple[str, ...]
    since: str = ""

    def query(self, skip: int) -> str:
        options = {"$select": ",".join(self.columns), "$top": str(PAGE), "$skip": str(skip)}
        if "Details" in self.columns:
            options["$expand"] = "Details"
        if self.since:
            options["$filter"] = f"LastModified ge datetimeoffset'{self.since}'"
        return "&".join(f"{name}={quote(value)}" for name, value in options.items())


def shapes(url: str) -> list[Shape]:
    """The shapes, with the header's fields from the endpoint's own document."""
    with urlopen(f"{url}/entity/Default/24.200.001/swagger.json") as answer:
        properties = json.load(answer)["components"]["schemas"]["SalesOrder"]["allOf"][1]["properties"]
    flat = tuple(name for name, schema in properties.items() if schema.get("$ref", "").endswith("Value"))
    since = "2020-01-01T00:00:00+00:00"
    return [Shape("flat", flat), Shape("filtered", flat, since=since), Shape("details", (*flat, "Details"))]


def main() -> None:
    orders = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{orders:,} orders, pages of {PAGE:,}, medians of {ROUNDS} rounds, load at start {os.getloadavg()[0]:.1f}")
    command = [sys.executable, "-m", "acumatica_emulator", "--port", "0", "--scale", str(orders), "--seats", "9"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        url = server.stdout.readline().split()[1] if server.stdout else ""
        try:
            slow = [shape.name for shape in shapes(url) if _measured(url, shape) < WANTED]
        finally:
            server.terminate()
    if slow:
        sys.exit(f"less than {WANTED} times faster: {', '.join(slow)}")


def _measured(url: str, shape: Shape) -> float:
    """The ratio of the medians for kept pages, printed with the rest."""
    fresh, kept, read = [], [], []
    for number in range(ROUNDS):
        fresh.append(_served(url, shape, number))
        kept.append(_served(url, shape, number))
        read.append(_read(url, shape))
    ratio = median(kept) / median(read)
    print(
        f"{shape.name:>9}: read {_rate(read)}, served {_rate(kept)} = {ratio:.1f} times faster; "
        f"new pages {_rate(fresh)} = {median(fresh) / median(read):.1f} times",
        flush=True,
    )
    return ratio


def _rate(rates: list[float]) -> str:
    return f"{median(rates):,.0f} records/s ({PAGE / median(rates) * 1000:.1f} ms a page)"


def _served(url: str, shape: Shape, first: int) -> float:
    """Records a second of a client that does nothing with them. Each round begins at another record, because the
    emulator keeps pages that were asked for before.
    """
    place = urlsplit(url)
    wire = http.client.HTTPConnection(place.netloc)
    cookie = _signed_in(wire, place.path)
    count, began = 0, time.perf_counter()
    while rows := _page(
        wire, f"{place.path}/entity/Default/24.200.001/SalesOrder?{shape.query(first + count)}", cookie
    ):
        count += rows
        if rows < PAGE:
            break
    seconds = time.perf_counter() - began
    wire.request("POST", f"{place.path}/entity/auth/logout", headers={"Cookie": cookie, "Content-Length": "0"})
    wire.getresponse().read()
    return count / seconds


def _signed_in(wire: http.client.HTTPConnection, site: str) -> str:
    kind = {"Content-Type": "application/json"}
    wire.request("POST", f"{site}/entity/auth/login", json.dumps(LOGIN), kind)
    answer = wire.getresponse()
    answer.read()
    cookies = answer.headers.get_all("Set-Cookie") or []
    return "; ".join(cookie.partition(";")[0] for cookie in cookies)


def _page(wire: http.client.HTTPConnection, path: str, cookie: str) -> int:
    """How many records the page had; the count of a member that each record has once, so that nothing is parsed."""
    wire.request("GET", path, headers={"Cookie": cookie})
    return wire.getresponse().read().count(b'"OrderTotal":')


def _read(url: str, shape: Shape) -> float:
    """Records a second of the source, from the end of its first page to its last record: its start does not count."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "source_acumatica.run", "read", *_files(Path(folder), url, shape)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as source:
            count, first, last = 0, 0.0, 0.0
            for line in source.stdout or ():
                if line.startswith(b'{"type":"RECORD"'):
                    count += 1
                    last = time.perf_counter()
                    first = last if count <= PAGE else first
        if source.returncode or count <= PAGE:
            sys.exit(f"the source ended with {source.returncode} after {count} records")
    return (count - PAGE) / (last - first)


def _files(folder: Path, url: str, shape: Shape) -> list[str]:
    properties: dict[str, dict[str, str]] = {name: {} for name in shape.columns}
    stream = {"name": "SalesOrder", "json_schema": {"type": "object", "properties": properties}}
    configured = {
        "stream": {**stream, "supported_sync_modes": ["full_refresh", "incremental"]},
        "sync_mode": "incremental" if shape.since else "full_refresh",
        "destination_sync_mode": "append",
    }
    config = {
        "instance_uri": url,
        "credentials": {"auth_type": "cookie", "username": "admin", "password": "secret"},  # pragma: allowlist secret
        "company": "Company",
        **({"start_date": shape.since.replace("+00:00", "Z")} if shape.since else {}),
    }
    arguments = []
    for name, content in (("config", config), ("catalog", {"streams": [configured]})):
        path = folder / f"{name}.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        arguments.append(f"--{name}={path}")
    return arguments


if __name__ == "__main__":
    main()
