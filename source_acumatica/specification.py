"""The specification of the source's configuration. Imports no CDK."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from connector_runtime.spec import connection_schema, load_spec

SPEC_FILE = Path(__file__).with_name("spec.json")


def spec() -> Mapping[str, object]:
    """The content of a SPEC message."""
    return load_spec(SPEC_FILE)


def connection_specification() -> Mapping[str, object]:
    """The JSON schema of the configuration."""
    return connection_schema(SPEC_FILE)
