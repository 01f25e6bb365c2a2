"""The credentials of the form: the sign-in they stand for, and the form to save after a token rotation."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import datetime, timezone
from urllib.parse import urlsplit

from acumatica_client.auth.oauth import Rotation
from acumatica_client.auth.sign_in import CookieSignIn, OAuthPasswordSignIn, OAuthSignIn, SignIn
from acumatica_client.errors import SettingsError
from acumatica_client.transport.instance_address import InstanceAddress, is_loopback

Fields = Mapping[str, str]

_SAVED = ("refresh_token", "access_token", "token_expiry_date")


def sign_in_of(
    fields: Fields, address: InstanceAddress, *, company: str = "", branch: str = "", locale: str = ""
) -> SignIn:
    """The sign-in behind the filled-in fields of a choice. Raises SettingsError."""
    kind = fields.get("auth_type", "")
    if not kind.startswith("oauth2.0"):
        return CookieSignIn(fields.get("username", ""), fields.get("password", ""), company, branch, locale)
    _check_scheme(address)
    client_id, client_secret = _checked_client(fields.get("client_id", ""), company), fields.get("client_secret", "")
    if kind == "oauth2.0_password":
        return OAuthPasswordSignIn(
            client_id=client_id,
            client_secret=client_secret,
            branch=branch,
            locale=locale,
            username=fields.get("username", ""),
            password=fields.get("password", ""),
        )
    return OAuthSignIn(
        client_id=client_id,
        client_secret=client_secret,
        branch=branch,
        locale=locale,
        refresh_token=fields.get("refresh_token", ""),
        access_token=fields.get("access_token", ""),
        access_ends=_seconds(fields.get("token_expiry_date", "")),
    )


def renewed_form(form: Mapping[str, object], rotation: Rotation) -> dict[str, object]:
    """The whole form as it is to be saved: the platform replaces the old one by it."""
    ends = datetime.fromtimestamp(rotation.access_ends, timezone.utc)
    values = (rotation.refresh_token, rotation.access_token, f"{ends:%Y-%m-%dT%H:%M:%SZ}")
    renewed = copy.deepcopy(dict(form))
    credentials = renewed.get("credentials")
    renewed["credentials"] = {
        **(credentials if isinstance(credentials, Mapping) else {}),
        **dict(zip(_SAVED, values, strict=True)),
    }
    return renewed


def _checked_client(client_id: str, company: str) -> str:
    """The client id, when its tenant is the one that is meant. Hazard: the token decides on the tenant, so with the id
    of another one everything works and reaches the wrong company (the guide, on the suffix of the client id)."""
    before, _, tenant = client_id.rpartition("@")
    if not before or not tenant:
        raise SettingsError(
            "The client ID does not say its company.",
            advice="Copy it whole, with @ and the login name, from the Connected Applications form (SM303010).",
        )
    if company and company.casefold() != tenant.casefold():
        raise SettingsError(
            "The client ID belongs to another company than the setting Company names.",
            advice="Register the application in that company, or leave Company empty to use the one of the client ID.",
        )
    return client_id


def _check_scheme(address: InstanceAddress) -> None:
    """UNVERIFIED: what Acumatica answers over plain http; its guide says that OAuth needs https. Loopback is exempt, as
    in RFC 8252."""
    parts = urlsplit(address.base_url)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise SettingsError(
            "OAuth 2.0 needs an instance URI that begins with https://.",
            advice="Acumatica gives no tokens over plain http; sign in with user name and password there.",
        )


def _seconds(text: str) -> float | None:
    """Seconds since 1970, None for a text that is no date; a date without an offset is UTC."""
    try:
        parsed = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return parsed.replace(tzinfo=parsed.tzinfo or timezone.utc).timestamp()
