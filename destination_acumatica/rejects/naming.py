"""What a file of rejected records is called: the platform's placeholders filled in. Pure.

    path_format       {sync_id}/{namespace}/{stream_name}/                          what is unknown leaves no empty step
    file_name_format  {date}_{timestamp}_{part_number}{format_extension}

The platform links to `s3://bucket/path/<number of the job>/`, and the job's number is the sync's id, so a path format
of one's own should begin with it (Airbyte's own object storage destinations have the same form).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from destination_acumatica.config.configured_catalog import StreamName
from destination_acumatica.config.reject_settings import FILE_NAME_FORMAT, PATH_FORMAT, PLACEHOLDER

_EXTENSION = ".jsonl"
_UNSAFE = re.compile(r"[^\w.\-=]+")  # in a name that becomes a step of a path


@dataclass(frozen=True)
class Naming:
    """The names of one sync; `started` in UTC."""

    started: datetime
    sync_id: int | None = None
    path_format: str = PATH_FORMAT
    file_name_format: str = FILE_NAME_FORMAT

    def path(self, stream: StreamName, part: int) -> str:
        """The whole path of a part, without a slash at its beginning."""
        values = {
            "sync_id": "" if self.sync_id is None else str(self.sync_id),
            "namespace": _safe(stream.namespace or ""),
            "stream_name": _safe(stream.name),
            "date": self.started.strftime("%Y_%m_%d"),
            "timestamp": str(int(self.started.timestamp() * 1000)),
            "part_number": str(part),
            "format_extension": _EXTENSION,
        }
        filled = PLACEHOLDER.sub(lambda found: values[found.group(1)], f"{self.path_format}/{self.file_name_format}")
        return "/".join(step for step in filled.split("/") if step)


def _safe(name: str) -> str:
    """A name that stays where it is put: a stream may be called `../../etc`."""
    return _UNSAFE.sub("_", name).strip(".")
