"""The connection test: sign in once, find endpoint, version and the mapped entities, sign out. Writes nothing."""

from __future__ import annotations

from acumatica_client.errors import SettingsError
from destination_acumatica.config.settings import DestinationSettings
from destination_acumatica.erp.endpoint import Endpoint
from destination_acumatica.plan.write_plan import mapping_problems


def verify(endpoint: Endpoint, settings: DestinationSettings) -> None:
    """Raises AcumaticaError with one sentence about what is wrong."""
    schema = endpoint.schema()
    problems = [
        f"stream {name}: {problem}"
        for name, mapped in settings.streams.items()
        for problem in mapping_problems(mapped, schema)
    ]
    if problems:
        raise SettingsError(f"The setting Streams cannot work: {'; '.join(problems)}.")
