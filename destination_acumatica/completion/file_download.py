"""The old place of `file_fetcher`."""

from destination_acumatica.completion.attachments import fetch_nothing
from destination_acumatica.completion.attachments import file_fetcher as fetcher

__all__ = ["fetch_nothing", "fetcher"]
