"""What became of a record, as values. Written, rejected (Acumatica said no), or failed (the road broke)."""

from __future__ import annotations

from dataclasses import dataclass

from acumatica_client.errors import AcumaticaError, FieldError

_MOST, _LONGEST = 20, 500


@dataclass(frozen=True)
class Written:
    """Acumatica accepted it. Inserted or updated, HTTP 200 does not tell; nor that it is there as it was sent: the
    fields in `otherwise` came back with other values."""

    otherwise: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rejected:
    """It is not in Acumatica, or nobody can tell; `errors` keep the words, field by field."""

    errors: tuple[FieldError, ...]

    def words(self) -> str:
        """All on one line; of a document with hundreds of wrong lines, the first of them."""
        told = "; ".join(str(error)[:_LONGEST] for error in self.errors[:_MOST])
        return told + (f"; and {len(self.errors) - _MOST} more" if len(self.errors) > _MOST else "")


@dataclass(frozen=True)
class Failed:
    """Nothing is known about the record itself: it could not be written now. The sync ends."""

    error: AcumaticaError


Outcome = Written | Rejected | Failed
