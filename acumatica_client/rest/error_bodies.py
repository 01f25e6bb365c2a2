"""Acumatica's own words in the body of an error.

Two shapes. The envelope is that of ASP.NET (HttpError):

    {"message": "An error has occurred.", "exceptionMessage": ..., "exceptionType": ..., "stackTrace": ...,
     "innerException": {the same}}

A refused record comes back as the record itself, with `error` members beside the values, in linked entities, custom
fields and detail rows; the whole carries a summary ("Inserting  'AP Transactions' record raised at least one error...")
that only repeats that something below is wrong. Evidence: ErrorMessagesTests of Acumatica's C# client, the schemas
`HttpError` and `CustomField` of the swagger documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from acumatica_client.errors import FieldError
from acumatica_client.rest.json_repair import valid_json
from acumatica_client.schema.system_members import ERROR, LINKS

_SUMMARY = re.compile(r"^(Inserting|Updating|Deleting)\s+'.*' record raised at least one error\b", re.S)


@dataclass(frozen=True)
class ErrorEnvelope:
    """The envelope; every member may be missing, then it is empty."""

    message: str = ""
    message_detail: str = ""
    exception_message: str = ""
    exception_type: str = ""
    error: str = ""
    stack_trace: str = ""
    model_state: tuple[str, ...] = ()
    inner: ErrorEnvelope | None = None

    def words(self) -> str:
        """Acumatica's own explanation, the causes behind it after it; empty where the body has none."""
        return "; ".join(self._lines())

    def causes(self) -> tuple[str, ...]:
        """The explanation and its causes one by one; summaries only where there is nothing more exact."""
        lines = self._lines()
        return tuple(line for line in lines if not _SUMMARY.match(line)) or lines

    def _lines(self) -> tuple[str, ...]:
        own = self.exception_message or self.error or f"{self.message} {self.message_detail}"
        behind = self.inner._lines() if self.inner else ()  # noqa: SLF001  of the same class
        return tuple(dict.fromkeys(line for line in (*map(_one_line, (own, *self.model_state)), *behind) if line))

    def stack(self) -> str:
        """The stack traces, those of the causes included."""
        return self.stack_trace + (self.inner.stack() if self.inner else "")


def parse_envelope(body: bytes) -> ErrorEnvelope:
    """The envelope in the body, empty where the body is something else."""
    return _envelope(_tree(body))


def field_errors(body: bytes) -> tuple[FieldError, ...]:
    """Every message in the body with its path; summaries only where there is nothing more exact."""
    found = list(_walk(_tree(body), ""))
    exact = [error for error in found if not _SUMMARY.match(error.text)]
    return tuple(dict.fromkeys(exact or found))


def _tree(body: bytes) -> object:
    try:
        tree: object = msgspec.json.decode(valid_json(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return tree


def _envelope(node: object) -> ErrorEnvelope:
    if isinstance(node, str):
        return ErrorEnvelope(message=node)
    if not isinstance(node, dict):
        return ErrorEnvelope()
    # ASP.NET writes `ExceptionMessage` of itself; all recorded bodies of Acumatica have `exceptionMessage`.
    members = {name.lower(): value for name, value in node.items()}
    texts = {name: value for name, value in members.items() if isinstance(value, str)}
    return ErrorEnvelope(
        message=texts.get("message", ""),
        message_detail=texts.get("messagedetail", ""),
        exception_message=texts.get("exceptionmessage", ""),
        exception_type=texts.get("exceptiontype", ""),
        error=texts.get("error", ""),
        stack_trace=texts.get("stacktrace", ""),
        model_state=tuple(_texts(members.get("modelstate"))),
        inner=_envelope(members["innerexception"]) if isinstance(members.get("innerexception"), dict) else None,
    )


def _texts(node: object) -> Iterator[str]:
    """Every string below: `modelState` is {place: [message]}."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, list):
        for child in node:
            yield from _texts(child)
    elif isinstance(node, dict):
        for name, child in node.items():
            yield from (f"{name}: {text}" for text in _texts(child))


def _walk(node: object, path: str) -> Iterator[FieldError]:
    if isinstance(node, list):
        for index, row in enumerate(node):
            yield from _walk(row, f"{path}[{index}]")
    elif isinstance(node, dict):
        for name, child in node.items():
            if name == ERROR and isinstance(child, str):
                if child.strip():
                    yield FieldError(path, _one_line(child))
            elif name != LINKS:
                yield from _walk(child, f"{path}.{name}" if path else name)


def _one_line(text: str) -> str:
    """Without line breaks; blanks inside stay as they are, keys are padded with them (`'TES2323T  '`)."""
    return " ".join(line.strip() for line in text.splitlines() if line.strip())
