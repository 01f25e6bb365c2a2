"""The custom fields of an entity, as the instance tells them: path -> type. Asked only where a stream writes some."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from acumatica_client.errors import AccessDenied, NotFound, ServerFault, Unexpected
from destination_acumatica.erp.endpoint import Endpoint

_log = logging.getLogger("airbyte.destination-acumatica")
_UNTOLD = (
    "Acumatica does not tell the custom fields of %s (%s). Their names are not checked: a value for a field that does "
    "not exist is dropped by Acumatica without a word."
)


def customs_of(endpoint: Endpoint) -> Callable[[str], Mapping[str, str] | None]:
    """A function that tells the custom fields of an entity; None where the instance does not tell them."""

    def ask(entity: str) -> Mapping[str, str] | None:
        try:
            fields = endpoint.custom_fields(entity)
        except (AccessDenied, NotFound, ServerFault, Unexpected) as error:
            _log.warning(_UNTOLD, entity, error.message)
            return None
        # Rows know their custom fields by view and name alone, whatever detail they stand in.
        return {**{f"{one.view}.{one.name}": one.type for one in fields}, **{one.path: one.type for one in fields}}

    return ask
