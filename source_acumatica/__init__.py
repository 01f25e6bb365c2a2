"""Reads Acumatica ERP into Airbyte. Importing the package costs nothing: the CDK is loaded when the source is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from source_acumatica.source import SourceAcumatica

__all__ = ["SourceAcumatica"]


def __getattr__(name: str) -> type[SourceAcumatica]:
    if name == "SourceAcumatica":
        from source_acumatica.source import SourceAcumatica

        return SourceAcumatica
    raise AttributeError(name)
