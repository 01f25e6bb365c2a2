"""A record that cannot become a document of its entity, as an exception. Knows nothing of why."""

from __future__ import annotations

from acumatica_client.errors import FieldError


class Unfit(Exception):
    """The record cannot become a document of the entity; `errors` say why, member by member."""

    def __init__(self, *errors: FieldError) -> None:
        super().__init__("; ".join(map(str, errors)))
        self.errors = errors
