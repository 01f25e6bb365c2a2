"""Run by PyAirbyte's own Python: the public source-faker into destination-acumatica. Not imported by tests.

write_users.py FAKER DESTINATION CONFIG COUNT
"""

from __future__ import annotations

import json
import sys

import airbyte


def main(faker: str, executable: str, config: str, count: str) -> None:
    form = {"count": int(count), "seed": 7, "parallelism": 1, "always_updated": True}
    source = airbyte.get_source("source-faker", local_executable=faker, config=form)
    source.check()
    destination = airbyte.get_destination(
        "destination-acumatica", local_executable=executable, config=json.loads(config)
    )
    destination.check()
    result = destination.write(source, streams=["users"], cache=False, state_cache=False, write_strategy="merge")
    sys.stdout.write(f"\nRESULT {json.dumps({'written': result.processed_records})}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
