"""`python -m benchmarks.read_memory 10000 100000`: peak memory and time of the source over that many sales orders.

Further words choose columns, such as `OrderNbr,Details`; without them every linked entity and detail is read.

A page server in a process of its own serves the orders, so that only the source is measured.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.stage import config, files, machine, pages, stream


def main() -> None:
    counts = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
    columns = [name for argument in sys.argv[1:] if not argument.isdigit() for name in argument.split(",")]
    print(machine())
    for count in counts:
        print(_measure(count, columns), flush=True)


def _measure(count: int, columns: list[str]) -> str:
    catalog = {"streams": [stream("SalesOrder", columns)]}
    with tempfile.TemporaryDirectory() as folder, pages(count) as url:
        arguments = files(Path(folder), config=config(url), catalog=catalog)
        began = time.monotonic()
        command = [sys.executable, "-m", "source_acumatica.run", "read", *arguments]
        read = subprocess.Popen(command, stdout=subprocess.PIPE)
        lines = size = 0
        for line in read.stdout or ():
            lines += line.startswith(b'{"type":"RECORD"')
            size += len(line)
        _, status, usage = os.wait4(read.pid, 0)
        seconds = time.monotonic() - began
    return (
        f"{lines:>9,} records, {size / 1e6:8.1f} MB, exit {os.waitstatus_to_exitcode(status)}: "
        f"peak {usage.ru_maxrss / 1024:5.0f} MiB, wall {seconds:6.1f} s, CPU {usage.ru_utime + usage.ru_stime:6.1f} s, "
        f"{lines / seconds:,.0f} records/s"
    )


if __name__ == "__main__":
    main()
