"""The sign-ins of tests: configurations and credentials, consent to a connected application, a search for leaks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qs, urlsplit

from acumatica_emulator import Emulator
from acumatica_emulator.site.oauth import CLIENT, SECRET
from integration_tests.transcript import DEFAULT_PASSWORD, PASSWORD

ONE, MANY = "api offline_access", "api offline_access api:concurrent_access"
REDIRECT = "https://cloud.airbyte.com/auth_flow"
TOKEN_PATH = "/identity/connect/token"


def by_cookie(username: str = "admin", password: str = DEFAULT_PASSWORD) -> dict[str, str]:
    """Credentials of a form: user name and password."""
    return {"auth_type": "cookie", "username": username, "password": password}


def form_for(instance: Emulator, company: str = "Company") -> dict[str, object]:
    """The smallest configuration for an emulated instance."""
    return {"instance_uri": instance.url, "company": company, "credentials": by_cookie()}


def application(tenant: str = "Company") -> dict[str, str]:
    return {"client_id": f"{CLIENT}@{tenant}", "client_secret": SECRET}


def by_password(**more: str) -> dict[str, str]:
    """Credentials of a form: user name and password for the token endpoint."""
    sign_in = {"auth_type": "oauth2.0_password", "username": "admin", "password": PASSWORD}
    return {**sign_in, **application(), **more}


def by_consent(instance: Emulator, scope: str = ONE, **more: str) -> dict[str, str]:
    """Credentials of a form after the user has consented to the scope; as pasted, without the access token."""
    request = {**application(), "redirect_uri": REDIRECT, "scope": scope}
    tokens = instance.instance.tokens
    code = parse_qs(urlsplit(tokens.authorize(request)).query)["code"][0]
    granted = tokens.grant({**request, "grant_type": "authorization_code", "code": code})
    return {"auth_type": "oauth2.0", **application(), "refresh_token": str(granted["refresh_token"]), **more}


def token_requests(instance: Emulator) -> list[str]:
    """The grants that were requested, in order."""
    bodies = [call.body.decode() for call in instance.calls if call.path == TOKEN_PATH]
    return [parse_qs(body)["grant_type"][0] for body in bodies]


def saved_credentials(messages: Iterable[Mapping[str, object]]) -> list[dict[str, str]]:
    """The credentials of each configuration that was sent to the platform."""
    return [
        message["control"]["connectorConfig"]["config"]["credentials"] for message in messages if is_control(message)
    ]


def is_control(message: Mapping[str, object]) -> bool:
    return message["type"] == "CONTROL"


def leaks(instance: Emulator, messages: Iterable[Mapping[str, object]]) -> list[str]:
    """Secrets of the instance (tokens, cookies, the client secret) in messages other than CONTROL."""
    printed = "\n".join(json.dumps(message) for message in messages if not is_control(message))
    tokens, seats = instance.instance.tokens, instance.instance.seats
    secrets = {SECRET, *tokens._access, *tokens._refresh, *seats._sessions}
    for call in instance.calls:
        secrets |= {
            value for name in ("refresh_token",) for value in parse_qs(call.body.decode(errors="replace")).get(name, [])
        }
    return [secret for secret in secrets if secret in printed]
