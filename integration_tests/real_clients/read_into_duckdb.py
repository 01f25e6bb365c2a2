"""Run by PyAirbyte's own Python: source-acumatica into DuckDB, twice; prints a query's result. Not imported by tests.

read_into_duckdb.py EXECUTABLE CONFIG FOLDER STREAM,STREAM QUERY
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import airbyte


def main(executable: str, config: str, folder: str, streams: str, query: str) -> None:
    source = airbyte.get_source("source-acumatica", local_executable=executable, config=json.loads(config))
    source.check()
    source.select_streams(streams.split(","))
    cache = airbyte.new_local_cache("acumatica", cache_dir=Path(folder))
    read = [source.read(cache=cache).processed_records for _ in range(2)]
    rows = cache.run_sql_query(query)
    result = {"read": read, "rows": [{name: str(value) for name, value in row.items()} for row in rows]}
    sys.stdout.write(f"\nRESULT {json.dumps(result)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
