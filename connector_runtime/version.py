"""Which version of the connectors is running."""

from __future__ import annotations

_DISTRIBUTION = "airbyte-acumatica"


def connector_version() -> str:
    """The version of the installed distribution; `unknown` where the code runs without being installed."""
    from importlib.metadata import PackageNotFoundError, version  # takes longer than all of `spec`

    try:
        return version(_DISTRIBUTION)
    except PackageNotFoundError:
        return "unknown"
