"""Who stores the rejected records: given keys, those of the machine, or a role taken with either. Knows no bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.session import Session

_SESSION_NAME = "airbyte-destination-acumatica"


def session_of(access_key_id: str, secret_access_key: str, role_arn: str, region: str) -> Session:
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
