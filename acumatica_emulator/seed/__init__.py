"""The rows of a fresh tenant.

Everything follows from the seed: the same seed gives the same rows, whichever entity is looked at first. The modules
are split as a company is: setup and items (what a consultant enters first), people (accounts and contacts),
selling and buying (documents), production (MANUFACTURING). A reference always points to a row that exists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from acumatica_emulator.records.rows import Row
from acumatica_emulator.seed import buying, items, people, production, selling, setup
from acumatica_emulator.seed.world import Sizes, World

Maker = Callable[[World], Iterable[Row]]

SETUP: Mapping[str, Maker] = {**setup.MAKERS, **items.MAKERS, **production.SETUP_MAKERS}
BUSINESS: Mapping[str, Maker] = {**people.MAKERS, **selling.MAKERS, **buying.MAKERS, **production.MAKERS}

__all__ = ["BUSINESS", "SETUP", "Sizes", "World", "seeded"]


def seeded(world: World, entity: str, empty: bool = False) -> Iterable[Row]:
    """The rows a fresh tenant has of an entity. An empty tenant has its setup, and no business yet."""
    maker = SETUP.get(entity) or (None if empty else BUSINESS.get(entity))
    return maker(world) if maker else ()
