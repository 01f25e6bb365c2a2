"""`python -m benchmarks.emulator_pages [orders]`: is a page served ten times faster than the source reads it?

One emulator with that many sales orders (5,000 unless told otherwise) serves readers in turn, round after round: a bare
loop over a socket that throws the pages of 1,000 away, and the source itself as a process. They take turns so that a
busy machine slows all of them. Printed for each shape of page: the medians of records a second, and the ratios; for
pages that nobody asked for before, which is what a sync meets, in the source's rhythm (the loop pauses between its
requests as long as the source takes for a page; the emulator makes the next page meanwhile) and without any pause.

What counts as serving is the time from a request to the last byte of its answer. The sign-in, and the look at what
came, are the client's own time and do not count; nor does the start of the source, up to the end of its first page.

    flat      every field of the header, no part
    filtered  the same, from a moment of the cursor on
    details   every field of the header, and the lines
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from urllib.parse import quote, urlsplit
from urllib.request import urlopen

from benchmarks.stage import config, emulator, files, machine, stream

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
    print(machine())
    print(f"{orders:,} orders, pages of {PAGE:,}, medians over {ROUNDS} rounds, load at start {os.getloadavg()[0]:.1f}")
    with emulator("--scale", str(orders), "--seats", "9") as url:
        slow = [shape.name for shape in shapes(url) if _measured(url, shape) < WANTED]
    if slow:
        sys.exit(f"less than {WANTED} times faster: {', '.join(slow)}")


def _measured(url: str, shape: Shape) -> float:
    """The ratio of the medians in the source's rhythm, printed with the rest."""
    paced, rushed, read = [], [], []
    for number in range(ROUNDS):
        read.append(_read(url, shape))
        paced += _served(url, shape, 2 * number, pause=PAGE / read[-1])
        rushed += _served(url, shape, 2 * number + 1)
    ratio = median(paced) / median(read)
    print(
        f"{shape.name:>9}: read {_rate(read)}, served {_rate(paced)} = {ratio:.1f} times faster; "
        f"without a pause {_rate(rushed)} = {median(rushed) / median(read):.1f} times",
        flush=True,
    )
    return ratio


def _rate(rates: list[float]) -> str:
    return f"{median(rates):,.0f} records/s ({PAGE / median(rates) * 1000:.1f} ms a page)"


def _served(url: str, shape: Shape, first: int, pause: float = 0.0) -> list[float]:
    """Records a second of each page but the first, as of the source, for a client that does nothing with them. Each
    round begins at another record, because the emulator keeps pages that were asked for before.
    """
    count, rates = 0, []
    with Wire(url) as wire:
        wire.send("POST", "/entity/auth/login", json.dumps(LOGIN))
        while True:
            began = time.perf_counter()
            page = wire.send("GET", f"/entity/Default/24.200.001/SalesOrder?{shape.query(first + count)}")
            took = time.perf_counter() - began
            rows = bytes(page).count(b'"OrderTotal":')
            if rows < PAGE:  # the last page is a short one, and would be taken for a quick one
                break
            count += rows
            rates.append(rows / took)
            time.sleep(pause)
        wire.send("POST", "/entity/auth/logout")
    return rates[1:]


class Wire:
    """A client as bare as can be: one socket, one buffer, cookies. Only answers that tell their length."""

    def __init__(self, url: str) -> None:
        place = urlsplit(url)
        self._site, self._host, self._cookie = place.path, place.netloc, ""
        self._buffer = bytearray(32 * 1024 * 1024)
        self._socket = socket.create_connection((place.hostname or "", place.port or 80))

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *error: object) -> None:
        self._socket.close()

    def send(self, method: str, path: str, body: str = "") -> memoryview:
        """The body of the answer, in the buffer of all answers."""
        head = f"{method} {self._site}{path} HTTP/1.1\r\nHost: {self._host}\r\nCookie: {self._cookie}\r\n"
        rest = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        self._socket.sendall((head + rest).encode())
        view, got = memoryview(self._buffer), 0
        while (end := self._buffer.find(b"\r\n\r\n", 0, got)) < 0:
            got += self._received(view[got:])
        fields = [line.partition(b": ") for line in bytes(view[:end]).splitlines()]
        length = next((int(value) for name, _, value in fields if name.lower() == b"content-length"), 0)
        while got < end + 4 + length:
            got += self._received(view[got:])
        cookies = [value.partition(b";")[0].decode() for name, _, value in fields if name.lower() == b"set-cookie"]
        self._cookie = "; ".join(cookies) or self._cookie
        return view[end + 4 : got]

    def _received(self, view: memoryview) -> int:
        count = self._socket.recv_into(view)
        if not count:
            sys.exit("the emulator hung up")
        return count


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
    orders = stream("SalesOrder", shape.columns, sync_mode="incremental" if shape.since else "full_refresh")
    since = {"start_date": shape.since.replace("+00:00", "Z")} if shape.since else {}
    return files(folder, config=config(url, **since), catalog={"streams": [orders]})


if __name__ == "__main__":
    main()
