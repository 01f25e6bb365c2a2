"""How a record is addressed in a path: by its business key, or by its id where the key cannot be part of a path."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from acumatica_client.api.endpoint import Endpoint
from acumatica_client.api.request_sender import RequestSender
from acumatica_client.errors import NoSuchRecord, Unexpected
from acumatica_client.record.identity import plain_value
from acumatica_client.rest.addresses import key_fits_address
from acumatica_client.rest.query import Query
from acumatica_client.schema.system_members import ID

_MOST_ALIKE = 10  # the server may compare without regard to case or blanks at the end


class RecordAddresses:
    """Finds the address of a record. One request more for a key that cannot be part of a path."""

    def __init__(self, sender: RequestSender, endpoint: Endpoint) -> None:
        self._sender, self._endpoint = sender, endpoint

    def address(self, entity: str, keys: Sequence[str], *, archived: bool = True) -> Sequence[str]:
        """The parts of the path: `keys` (a business key, or `[id]`) where they fit, else the id of that record.

        Raises NoSuchRecord where no record has this key, SettingsError for a value that is not of the key's type.
        """
        if not keys or key_fits_address(keys):
            return keys
        names = self._endpoint.entity(entity).keys
        if len(names) != len(keys):
            return keys  # neither a business key nor an id: the server says so
        return [self._id_of(entity, dict(zip(names, keys, strict=True)), archived)]

    def _id_of(self, entity: str, key: dict[str, str], archived: bool) -> str:
        kinds, dialect = self._endpoint.entity(entity).shape.fields, self._endpoint.dialect
        condition = dialect.all_of(*(dialect.equals(name, value, kinds[name]) for name, value in key.items()))
        query = Query(select=tuple(key), filter=condition, top=_MOST_ALIKE, archived=archived)
        rows = _rows(self._sender.send(self._endpoint.read_request(entity, query)).body)
        same = [row for row in rows if all(str(plain_value(row.get(name))) == value for name, value in key.items())]
        found = same or (rows if len(rows) == 1 else [])
        if not found or not found[0].get(ID):
            shown = ", ".join(f"{name} {value!r}" for name, value in key.items())
            raise NoSuchRecord(f"No record of {entity} has the key {shown}.")
        return str(found[0][ID])


def _rows(answer: bytes) -> list[dict[str, object]]:
    try:
        return msgspec.json.decode(answer, type=list[dict[str, object]])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unexpected("A list answer is not a JSON array.", detail=str(error)) from error
