"""Rejected records in an S3-compatible bucket: lines wait in memory, and leave as an object before a state goes out.

An object cannot be appended to, so each flush makes one part of each stream that has something new. A part that could
not be stored stays in memory, the flush raises, and no state goes out: the platform sends those records again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from acumatica_client.errors import AcumaticaError, Overloaded, SettingsError
from destination_acumatica.config.configured_catalog import StreamName
from destination_acumatica.config.reject_settings import BucketSettings
from destination_acumatica.rejects.naming import Naming

if TYPE_CHECKING:
    from botocore.session import Session

_MOST_BYTES = 8 * 1024 * 1024  # in memory; then a part leaves without waiting for a state
_CONTENT_TYPE = "application/jsonl"
_SESSION_NAME = "airbyte-destination-acumatica"
_PROBE = ".acumatica-check"
# What a person must repair; anything else may pass by itself. Codes of Amazon S3, which compatible stores keep to.
_TO_REPAIR = frozenset(
    {
        "AccessDenied",
        "AllAccessDisabled",
        "InvalidAccessKeyId",
        "InvalidBucketName",
        "InvalidClientTokenId",
        "NoSuchBucket",
        "PermanentRedirect",
        "SignatureDoesNotMatch",
        "403",
        "404",
    }
)


class Client(Protocol):
    """The calls that are made, of the many that the library offers."""

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str) -> object: ...

    def delete_object(self, *, Bucket: str, Key: str) -> object: ...


class BucketRejects:
    """Parts below the settings' path. Connecting is left to the first flush that has something to store."""

    def __init__(
        self,
        settings: BucketSettings,
        naming: Naming,
        *,
        most_bytes: int = _MOST_BYTES,
        connect: Callable[[BucketSettings], Client] | None = None,
    ) -> None:
        self._settings, self._naming, self._most_bytes = settings, naming, most_bytes
        self._connect = connect or connected
        self._pending: dict[StreamName, list[bytes]] = {}
        self._size = 0
        self._parts = 0  # counted over all streams, since a path format may give two of them one folder
        self._client: Client | None = None

    def add(self, stream: StreamName, line: bytes) -> None:
        self._pending.setdefault(stream, []).append(line)
        self._size += len(line)
        if self._size >= self._most_bytes:
            self.flush()

    def flush(self) -> None:
        for stream in list(self._pending):
            self._store(self._naming.path(stream, self._parts), b"".join(self._pending[stream]))
            self._parts += 1
            self._size -= sum(map(len, self._pending.pop(stream)))

    def close(self) -> None:
        """What waits is given up: no state has gone out behind it, and a sync that stops must log out its sessions
        without waiting for a store that does not answer."""
        self._pending.clear()

    def _store(self, name: str, body: bytes) -> None:
        self._client = self._client or self._connect(self._settings)
        put(self._client, self._settings, name, body)


def check_bucket(settings: BucketSettings) -> None:
    """Stores an empty object and removes it again. Raises AcumaticaError when it cannot be stored."""
    client = connected(settings)
    put(client, settings, _PROBE, b"")
    _remove(client, settings, _PROBE)


def put(client: Client, settings: BucketSettings, name: str, body: bytes) -> None:
    """Stores one object below the settings' path. Raises AcumaticaError."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        client.put_object(Bucket=settings.bucket, Key=_key(settings, name), Body=body, ContentType=_CONTENT_TYPE)
    except ClientError as error:
        raise _refusal(settings, error.response) from error
    except BotoCoreError as error:
        # Its text may quote a header or a key, so only its kind is logged.
        raise Overloaded(
            f"The bucket {settings.bucket} for rejected records cannot be reached ({type(error).__name__}).",
            advice="Check the endpoint and the region of the object storage, then try again.",
        ) from error


def _remove(client: Client, settings: BucketSettings, name: str) -> None:
    """A user who may only add leaves an empty object behind: that is no reason to refuse the connection."""
    from contextlib import suppress

    from botocore.exceptions import BotoCoreError, ClientError

    with suppress(BotoCoreError, ClientError):
        client.delete_object(Bucket=settings.bucket, Key=_key(settings, name))


def _key(settings: BucketSettings, name: str) -> str:
    return "/".join(step for step in (settings.path.strip("/"), name) if step)


def _refusal(settings: BucketSettings, response: Mapping[str, Mapping[str, str]]) -> AcumaticaError:
    code = str(response.get("Error", {}).get("Code", "unknown"))
    message = f"The bucket {settings.bucket} does not take rejected records: {code}."
    if code in _TO_REPAIR:
        return SettingsError(message, advice="Check the bucket, its keys and its permissions (s3:PutObject).")
    return Overloaded(message, advice="The next attempt may work.")


def connected(settings: BucketSettings) -> Client:
    """A client. Building it opens no connection."""
    from botocore.config import Config

    # Compatible stores know neither buckets as host names nor the newer checksums.
    config = Config(
        connect_timeout=5,
        read_timeout=10,
        retries={"mode": "standard", "max_attempts": 2},
        s3={"addressing_style": "path" if settings.endpoint else "auto"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    session = _session_of(settings.access_key_id, settings.secret_access_key, settings.role_arn, settings.region)
    client: Client = session.create_client(
        "s3", region_name=settings.region or None, endpoint_url=settings.endpoint or None, config=config
    )
    return client


def _session_of(access_key_id: str, secret_access_key: str, role_arn: str, region: str) -> Session:
    """A session that signs as this identity. Opens no connection: a role is taken when something is signed, and taken
    anew before its hour is over, since a sync may last longer."""
    from botocore.session import Session

    own = Session()
    if access_key_id:
        own.set_credentials(access_key_id, secret_access_key)
    if not role_arn:
        return own
    taken = Session()
    taken.get_component("credential_provider").providers[:] = [_role(own, role_arn, region)]
    return taken


def _role(own: Session, role_arn: str, region: str) -> object:
    from botocore.credentials import (
        AssumeRoleCredentialFetcher,
        Credentials,
        DeferredRefreshableCredentials,
    )

    def creator(service: str, **options: object) -> object:
        return own.create_client(service, **{"region_name": region or None, **options})

    class Role:
        """The role as the only source of credentials; in the shape of the library's own providers."""

        METHOD = "assume-role"

        def load(self) -> Credentials:
            fetcher = AssumeRoleCredentialFetcher(
                creator, own.get_credentials(), role_arn, extra_args={"RoleSessionName": _SESSION_NAME}
            )
            return DeferredRefreshableCredentials(fetcher.fetch_credentials, self.METHOD)

    return Role()
