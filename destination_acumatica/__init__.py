"""Writes Airbyte records into Acumatica ERP. Importing the package costs nothing: the CDK is loaded when it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from destination_acumatica.destination import DestinationAcumatica

__all__ = ["DestinationAcumatica"]


def __getattr__(name: str) -> type[DestinationAcumatica]:
    if name == "DestinationAcumatica":
        from destination_acumatica.destination import DestinationAcumatica

        return DestinationAcumatica
    raise AttributeError(name)
