"""The specification of a connector's configuration, shipped as spec.json. Imports no CDK, so that `spec` is quick."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path


@lru_cache
def load_spec(path: Path) -> Mapping[str, object]:
    """The content of the SPEC message of a connector."""
    content: Mapping[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return content


def connection_schema(path: Path) -> Mapping[str, object]:
    """The JSON schema of the configuration."""
    schema = load_spec(path)["connectionSpecification"]
    return schema if isinstance(schema, Mapping) else {}
