"""What became of a record, as values.

Written    created | updated | unchanged | deleted | actioned      in Acumatica now, as the user wants it
Skipped    the settings say to leave such a record alone           nothing was to be written
Rejected   Acumatica, or the plan, said no; or it is unclear       goes to the rejects
Failed     no usable response: nothing is known of the record      ends the sync
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from acumatica_client.errors import AcumaticaError, FieldError, SettingsError
from destination_acumatica.fields.comparison import Difference as Difference

_MOST, _LONGEST = 20, 500


class Kind(Enum):
    """What Acumatica did, by the word that the summary counts it under."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"  # it was there already as it was sent
    DELETED = "deleted"
    ACTIONED = "actioned"  # the record itself was as it was sent; an action was carried out on it
    WRITTEN = "created or updated"  # HTTP 200 alone does not say which


@dataclass(frozen=True)
class Written:
    """Acumatica accepted it. HTTP 200 does not say that it is there as it was sent: the fields in `otherwise` and
    `differences` came back with other values. `key` is what Acumatica calls the record now (`SO 000123`), if known."""

    otherwise: tuple[str, ...] = ()
    kind: Kind = Kind.WRITTEN
    key: str = ""
    differences: tuple[Difference, ...] = ()

    def differing(self) -> tuple[str, ...]:
        """The paths of all fields that came back with other values, each once."""
        return tuple(dict.fromkeys((*self.otherwise, *(one.path for one in self.differences))))


@dataclass(frozen=True)
class Skipped:
    """Nothing was written, as the settings want it for such a record; `reason` names the rule, without its values."""

    reason: str


@dataclass(frozen=True)
class Rejected:
    """It is not in Acumatica, or that is unclear; `errors` keep the words, field by field. `key` is what Acumatica
    calls the record, where a part of it was written before the rejection (a document whose release was refused).

    `ends_sync`: every further record would meet the same, and each might do harm: the sync ends with this error.
    """

    errors: tuple[FieldError, ...]
    key: str = ""
    ends_sync: SettingsError | None = None

    def words(self) -> str:
        """All on one line; of a document with hundreds of wrong lines, the first of them."""
        shown = "; ".join(str(error)[:_LONGEST] for error in self.errors[:_MOST])
        return shown + (f"; and {len(self.errors) - _MOST} more" if len(self.errors) > _MOST else "")


@dataclass(frozen=True)
class Failed:
    """Nothing is known about the record itself: it could not be written now. The sync ends."""

    error: AcumaticaError


Outcome = Written | Skipped | Rejected | Failed


def rejected(text: str, path: str = "", *, key: str = "") -> Rejected:
    """A rejection with one sentence, about the whole record unless `path` names a field."""
    return Rejected((FieldError(path, text),), key)
