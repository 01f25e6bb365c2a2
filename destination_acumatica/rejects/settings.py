"""The setting Object Storage Configuration: nowhere, a folder, or a bucket. Reads the form and opens the place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from acumatica_client.api.connection_form import Form, text
from destination_acumatica.rejects.bucket import BucketRejects, BucketSettings, check_bucket
from destination_acumatica.rejects.folder import FileRejects, check_folder
from destination_acumatica.rejects.naming import FILE_NAME_FORMAT, PATH_FORMAT, Naming, check_formats
from destination_acumatica.rejects.store import NoRejects, RejectsStore

_SETTING = "object_storage_config"


@dataclass(frozen=True)
class RejectsSettings:
    """`place` None: rejected records are kept nowhere."""

    place: Path | BucketSettings | None = None
    path_format: str = PATH_FORMAT
    file_name_format: str = FILE_NAME_FORMAT

    def open(self, naming: Naming) -> RejectsStore:
        """The place, for one sync. Makes and connects to nothing yet."""
        if isinstance(self.place, BucketSettings):
            return BucketRejects(self.place, naming)
        return FileRejects(self.place, naming) if self.place else NoRejects()

    def check(self) -> None:
        """Raises AcumaticaError unless the place takes records."""
        if isinstance(self.place, BucketSettings):
            check_bucket(self.place)
        elif self.place:
            check_folder(self.place)


def rejects_settings(form: Form) -> RejectsSettings:
    """The setting of a checked form. Raises SettingsError for a wrong placeholder."""
    chosen = form.get(_SETTING)
    if not isinstance(chosen, Mapping):
        return RejectsSettings()
    path_format = text(chosen, "path_format") or PATH_FORMAT
    file_name_format = text(chosen, "file_name_format") or FILE_NAME_FORMAT
    check_formats(path_format, file_name_format)
    return RejectsSettings(_place(chosen), path_format, file_name_format)


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
