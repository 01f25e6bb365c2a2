"""The specification of the configuration, as shipped beside this file. Imports nothing that takes time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def spec() -> Mapping[str, object]:
    """The content of a SPEC message."""
    found: Mapping[str, object] = json.loads(Path(__file__).with_name("spec.json").read_text(encoding="utf-8"))
    return found


def connection_specification() -> Mapping[str, object]:
    """The JSON schema of the configuration."""
    schema = spec()["connectionSpecification"]
    return schema if isinstance(schema, Mapping) else {}
