"""The old place of what others still import from here."""

from destination_acumatica.config.configured_catalog import ConfiguredStream as ConfiguredStream
from destination_acumatica.config.configured_catalog import Stream as Stream
from destination_acumatica.config.configured_catalog import read_catalog as read_catalog
