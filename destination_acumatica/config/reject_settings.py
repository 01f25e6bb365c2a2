"""What the user says about rejected records: how many a sync accepts, and where they are kept.

path_format       {sync_id}/{namespace}/{stream_name}/
file_name_format  {date}_{timestamp}_{part_number}{format_extension}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

from acumatica_client.api.connection_form import Form, number, text
from acumatica_client.errors import SettingsError

OnRecordError = Literal["fail", "skip"]

PATH_FORMAT = "{sync_id}/{namespace}/{stream_name}/"
FILE_NAME_FORMAT = "{date}_{timestamp}_{part_number}{format_extension}"
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
IN_A_ROW = 25  # rejections with the same words, and nothing accepted, after which a sync ends

_SETTING = "object_storage_config"
_KNOWN = frozenset({"sync_id", "namespace", "stream_name", "date", "timestamp", "part_number", "format_extension"})


@dataclass(frozen=True)
class Limits:
    """`most_records` of a stream may be rejected, 0: any number; `most_percent` of a stream's records, once there are
    enough; `in_a_row`: so many with the same words and nothing accepted end the sync, 0: never."""

    on_record_error: OnRecordError = "fail"
    most_records: int = 0
    most_percent: int = 100
    in_a_row: int = IN_A_ROW

    @property
    def allows_none(self) -> bool:
        return self.on_record_error == "fail"


@dataclass(frozen=True)
class BucketSettings:
    """Where the bucket is. `endpoint` empty: Amazon. Without keys, those of the machine or container are used."""

    bucket: str
    region: str
    path: str
    endpoint: str = ""
    access_key_id: str = ""
    secret_access_key: str = field(default="", repr=False)
    role_arn: str = ""


@dataclass(frozen=True)
class RejectsSettings:
    """`place` None: rejected records are kept nowhere."""

    place: Path | BucketSettings | None = None
    path_format: str = PATH_FORMAT
    file_name_format: str = FILE_NAME_FORMAT


def reject_limits(form: Form) -> Limits:
    """The limits of a checked form."""
    return Limits(
        on_record_error=cast(OnRecordError, text(form, "on_record_error") or "fail"),
        most_records=number(form, "max_rejected_records", 0),
        most_percent=number(form, "max_rejected_percent", 100),
    )


def rejects_settings(form: Form) -> RejectsSettings:
    """Where rejected records are kept, of a checked form. Raises SettingsError for a wrong placeholder."""
    chosen = form.get(_SETTING)
    if not isinstance(chosen, Mapping):
        return RejectsSettings()
    path_format = text(chosen, "path_format") or PATH_FORMAT
    file_name_format = text(chosen, "file_name_format") or FILE_NAME_FORMAT
    _check_formats(path_format, file_name_format)
    return RejectsSettings(_place(chosen), path_format, file_name_format)


def _check_formats(path_format: str, file_name_format: str) -> None:
    """Raises SettingsError for an unknown placeholder, and for names that would replace one another."""
    for name in PLACEHOLDER.findall(path_format + file_name_format):
        if name not in _KNOWN:
            known = ", ".join(sorted(_KNOWN))
            raise SettingsError(f"The placeholder {{{name}}} of the rejected records is not known; there are {known}.")
    if "{part_number}" not in file_name_format or "{timestamp}" not in file_name_format:
        raise SettingsError("The file name format of rejected records needs {timestamp} and {part_number}.")


def _place(chosen: Form) -> Path | BucketSettings | None:
    kind = text(chosen, "storage_type")
    if kind == "Local":
        return Path(text(chosen, "folder"))
    return _bucket(chosen) if kind == "S3" else None


def _bucket(chosen: Form) -> BucketSettings:
    return BucketSettings(
        bucket=text(chosen, "s3_bucket_name"),
        region=text(chosen, "s3_bucket_region"),
        path=text(chosen, "bucket_path"),
        endpoint=text(chosen, "s3_endpoint"),
        access_key_id=text(chosen, "access_key_id"),
        secret_access_key=text(chosen, "secret_access_key"),
        role_arn=text(chosen, "role_arn"),
    )
