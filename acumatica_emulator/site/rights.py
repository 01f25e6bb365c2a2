"""What a user may do with an entity.

    right     reading              writing
    none      403, with its text   403
    read      allowed              PUT and PATCH answer 200 and save nothing; DELETE is 403
    write     allowed              allowed (every entity that is not named)

A user's rights are bound when his session begins, as operators found out after granting some; the switches `forbidden`
and `read_only` hold for everybody, at once.
"""

from __future__ import annotations

from collections.abc import Mapping

from acumatica_emulator.catalog import EntityType
from acumatica_emulator.site import refusals
from acumatica_emulator.site.behavior import Behavior
from acumatica_emulator.site.sessions import Session

ANY = "*"


def refuse_closed_form(entity: EntityType, session: Session, behavior: Behavior) -> None:
    """Raises the 403 of a form the user may not open."""
    if entity.name in behavior.forbidden or _right(session.rights, entity.name) == "none":
        raise refusals.insufficient_rights(entity.name, entity.screen)


def may_write(entity: str, session: Session, behavior: Behavior) -> bool:
    return entity not in behavior.read_only and _right(session.rights, entity) == "write"


def _right(rights: Mapping[str, str], entity: str) -> str:
    return rights.get(entity, rights.get(ANY, "write"))
