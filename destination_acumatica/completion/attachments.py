"""The files of a record: from a column with their bytes, or from an address in one. Each once.

    no file of that name at the record            attached
    one with the mark of these bytes              left alone: its comment carries their SHA-256
    one without such a mark                       downloaded and compared; attached where it differs

The same name again makes a new revision, and the database of the ERP grows by it. So each upload is marked in its
comment, which costs nothing to look at; builds before 2024 R2 keep no comments, and there one download a file shows it.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import msgspec

from acumatica_client.api.client import ConnectionSettings
from acumatica_client.api.files import FileLink, can_be_named, files_of
from acumatica_client.errors import AcumaticaError, FieldError, IntermediaryRefused, NotFound, ServerFault, Unexpected
from acumatica_client.rest.query import Query
from acumatica_client.schema.model import EntitySchema
from acumatica_client.transport.download import DownloadLimits, NoSuchFile, download_file
from destination_acumatica.config.stream_settings import FileSetting, FileSource
from destination_acumatica.erp.endpoint import FileEndpoint
from destination_acumatica.fields.json_values import decoded, key_text

Payload = Mapping[str, object]
Columns = Mapping[str, msgspec.Raw]
Read = Callable[[Mapping[str, str], Query], Payload | None]

MOST_BYTES = 25_000_000  # UNVERIFIED: IIS takes bodies of 30 MB unless it is configured otherwise
_MARK = re.compile(r"\bsha256:([0-9a-f]{64})\b")
_DATA_URL = re.compile(r"^data:[^,]*;base64,")
_NOT_ATTACHED = "the record was written, and this file was not attached: {words}"
_BAD_NAME = "there is no name that a file in Acumatica can have"
_TWICE = "another file of the record has the same name"
_TOO_LONG = f"it is longer than {MOST_BYTES // 1_000_000} MB"


@dataclass(frozen=True)
class Attached:
    """The files of a record: the names of those attached, what went wrong with some, or why the sync must end."""

    names: tuple[str, ...] = ()
    errors: tuple[FieldError, ...] = ()
    failure: AcumaticaError | None = None


@dataclass(frozen=True)
class Attacher:
    """Attaches the files of one stream. Safe for many threads.

    `read` gets a record by key fields (or by `id` alone), with a query; `fetch` downloads the bytes at an address.
    """

    entity: EntitySchema
    files: Sequence[FileSetting]
    endpoint: FileEndpoint
    read: Read
    fetch: Callable[[str], bytes]

    def attach(self, record: Mapping[str, str], columns: Columns) -> Attached:
        """`record` are the key fields of a record that was written, or its `id` alone. Never raises AcumaticaError."""
        wanted = [one for one in self.files if _text(columns, one.column)]
        if not wanted:
            return Attached()
        try:
            there = self.read(record, Query(select=tuple(self.entity.keys), expand=("files",)))
        except AcumaticaError as error:
            return Attached(failure=error)
        if there is None:
            return Attached(errors=tuple(_failed(one.column, "the record is not found") for one in wanted))
        return self._attach_all(wanted, record, there, columns)

    def _attach_all(
        self, wanted: Sequence[FileSetting], record: Mapping[str, str], there: Payload, columns: Columns
    ) -> Attached:
        names: list[str] = []
        errors: list[FieldError] = []
        seen: set[str] = set()
        for one in wanted:
            try:
                name = _name(one, columns)
                if name.casefold() in seen:  # each would replace the other, in every sync
                    raise _NoFile(_TWICE)
                seen.add(name.casefold())
                if self._put(name, self._content(one, columns), record, there):
                    names.append(name)
            except _NoFile as error:
                errors.append(_failed(one.column, str(error)))
            except AcumaticaError as error:
                if not _is_the_files(error):
                    return Attached(tuple(names), tuple(errors), error)
                errors.append(_failed(one.column, error.message))
        return Attached(tuple(names), tuple(errors))

    def _content(self, one: FileSetting, columns: Columns) -> bytes:
        text = _text(columns, one.column)
        content = self.fetch(text) if one.source is FileSource.URL else _bytes_of(text)
        if len(content) > MOST_BYTES:
            raise _NoFile(_TOO_LONG)
        return content

    def _put(self, name: str, content: bytes, record: Mapping[str, str], there: Payload) -> bool:
        """Whether the file had to be put."""
        mark = hashlib.sha256(content).hexdigest()
        if any(self._is_same(link, content, mark) for link in files_of(there) if link.is_named(name)):
            return False
        keys = tuple(record.values())
        comment = f"sha256:{mark}"
        self.endpoint.upload(self.entity.name, keys, there, name=name, content=content, comment=comment)
        return True

    def _is_same(self, link: FileLink, content: bytes, mark: str) -> bool:
        marked = _MARK.search(link.comment)
        if marked:
            return marked[1] == mark
        try:
            return self.endpoint.download(link.href) == content
        except (NotFound, ServerFault):
            return False


def file_fetcher(connection: ConnectionSettings, environment: Mapping[str, str]) -> Callable[[str], bytes]:
    """A function that downloads the bytes at an address: https only where Acumatica is reached so, and on Airbyte
    Cloud, where other customers' machines are neighbours, public machines only.

    Airbyte Cloud is recognised in the environment as the CDK's `is_cloud_environment` does it.
    """
    https_only = connection.address.base_url.startswith("https:")
    shared = environment.get("DEPLOYMENT_MODE", "").casefold() == "cloud"
    bounds = DownloadLimits(MOST_BYTES, https_only=https_only, public_only=shared)
    return lambda url: download_file(url, bounds)


def fetch_nothing(_url: str) -> bytes:
    """For streams without files from addresses. Raises NoSuchFile."""
    raise NoSuchFile("No file is fetched from any address here.")


class _NoFile(Exception):
    """A record does not give the file that it should; the text says why."""


def _name(one: FileSetting, columns: Columns) -> str:
    last = unquote(_path(_text(columns, one.column)).rpartition("/")[2]) if one.source is FileSource.URL else ""
    name = (one.name or (_text(columns, one.name_column) if one.name_column else last)).strip()
    if not can_be_named(name):
        raise _NoFile(_BAD_NAME)
    return name


def _path(address: str) -> str:
    try:
        return urlsplit(address).path
    except ValueError:
        return ""


def _bytes_of(text: str) -> bytes:
    """Of base64, in lines or not, or of a data URL."""
    plain = _DATA_URL.sub("", "".join(text.split()), count=1)
    if len(plain) > MOST_BYTES * 4 // 3 + 4:
        raise _NoFile(_TOO_LONG)
    try:
        return b64decode(plain, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _NoFile("the column does not hold base64") from error


def _text(columns: Columns, name: str) -> str:
    raw = columns.get(name)
    return "" if raw is None or decoded(raw) is None else key_text(raw)


def _is_the_files(error: AcumaticaError) -> bool:
    """Whether the next record may fare better: this file was refused, is not to be had, or its host is in trouble. IIS
    refuses a file that is too long for it with a page of its own."""
    if isinstance(error, IntermediaryRefused):
        return True
    if isinstance(error, Unexpected):
        return 400 <= error.status < 500
    return isinstance(error, (NoSuchFile, ServerFault, NotFound)) and error.failure_type != "transient"


def _failed(column: str, words: str) -> FieldError:
    return FieldError(column, _NOT_ATTACHED.format(words=words.rstrip(".")))
