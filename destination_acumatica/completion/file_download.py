"""Where the files of records may come from: https unless the instance itself is plain http, and on a shared platform
public machines only. Knows no files."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from acumatica_client.api.client import ConnectionSettings
from acumatica_client.transport.download import Bounds, NoSuchFile, fetch_elsewhere
from destination_acumatica.completion.attachments import MOST_BYTES


def fetcher(connection: ConnectionSettings, environment: Mapping[str, str]) -> Callable[[str], bytes]:
    """A function that gives the bytes at an address. Airbyte Cloud calls itself so in the environment, as the CDK's
    `is_cloud_environment` reads it; there, other customers' machines are neighbours."""
    https_only = connection.address.base_url.startswith("https:")
    shared = environment.get("DEPLOYMENT_MODE", "").casefold() == "cloud"
    bounds = Bounds(MOST_BYTES, https_only=https_only, public_only=shared)
    return lambda url: fetch_elsewhere(url, bounds)


def fetch_nothing(url: str) -> bytes:
    """For who attaches no files by their address. Raises NoSuchFile."""
    raise NoSuchFile("No file is fetched from any address here.")
