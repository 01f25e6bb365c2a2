r"""Files of records: their links, the requests for them, and what an answer with a file means.

    GET  /E/keys?$expand=files   -> "files": [{"id", "filename", "href", "comment" (2024 R2 and newer)}]
    GET  <href>                  -> 200, the bytes
    PUT  <_links["files:put"]>   -> 204; the same name again is a new revision
    PUT  /E/keys/files/<name>    -> the same, for builds before 2023 that give no `_links`

A name comes back as `<Form title> (<KEY>)\<name>`. Evidence: recorded records of 25 R2, Integration Development Guide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from acumatica_client.errors import AcumaticaError, Unexpected
from acumatica_client.rest.answers import Answer, error_of
from acumatica_client.rest.query import Request

LONGEST_COMMENT = 500  # characters (guide, PX-CbFileComment)
_PLACEHOLDER = re.compile(r"\{filename\}|%7Bfilename%7D", re.IGNORECASE)
_NO_NAME = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')  # what Windows, and so the instance, has in no file name


@dataclass(frozen=True)
class FileLink:
    """One file of a record; `name` is its own, without the form and the key in front."""

    id: str
    name: str
    href: str
    comment: str = ""

    def is_named(self, name: str) -> bool:
        """Acumatica compares names without regard to case, as Windows does (UNVERIFIED)."""
        return self.name.casefold() == name.casefold()


def files_of(record: Mapping[str, object]) -> tuple[FileLink, ...]:
    """The files of a payload record that was read with `$expand=files`."""
    rows = record.get("files")
    return tuple(_links(rows)) if isinstance(rows, list) else ()


def _links(rows: Sequence[object]) -> Iterator[FileLink]:
    for row in rows:
        if isinstance(row, Mapping) and isinstance(row.get("filename"), str):
            texts = {name: value for name, value in row.items() if isinstance(value, str)}
            name = texts["filename"].rpartition("\\")[2]
            yield FileLink(texts.get("id", ""), name, texts.get("href", ""), texts.get("comment", ""))


def upload_link(record: Mapping[str, object], name: str) -> str | None:
    """The link that takes a file of this name, None where the build gives no links."""
    links = record.get("_links")
    link = links.get("files:put") if isinstance(links, Mapping) else None
    if not isinstance(link, str):
        return None
    if not _PLACEHOLDER.search(link):
        raise Unexpected("The link for files that the instance gave has no place for a name.", detail=repr(link))
    return _PLACEHOLDER.sub(lambda _: quote(name, safe=""), link)


def upload_request(path: str, content: bytes, comment: str = "") -> Request:
    """The PUT of a file. Repeatable: at worst it makes one more revision with the same content."""
    headers = {"Content-Type": "application/octet-stream"}
    if comment:
        headers["PX-CbFileComment"] = comment[:LONGEST_COMMENT]
    return Request("PUT", path, headers=headers, body=content)


def can_be_named(name: str) -> bool:
    """Whether a file of the instance can have this name."""
    return bool(name.strip(" .")) and not _NO_NAME.search(name)


def file_error_of(answer: Answer) -> AcumaticaError | None:
    """Like `error_of`, for an answer that is a file: it may be empty, a web page, or half a JSON text, and be right."""
    is_page = "html" in answer.headers.get("content-type", "").lower()
    return None if answer.status == 200 and not is_page else error_of(answer)
