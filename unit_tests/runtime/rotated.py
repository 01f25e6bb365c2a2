"""A configuration whose refresh token is replaced by a new one, and the one that the platform gets then."""

from __future__ import annotations

from acumatica_client.auth.oauth import Rotation

CREDENTIALS = {
    "auth_type": "oauth2.0",
    "client_id": "4B6D@Company",
    "client_secret": "p4ssword-hidden",
    "refresh_token": "refresh-hidden-1",
}
CONFIG = {"instance_uri": "https://erp.example.com/Site", "company": "Company", "credentials": CREDENTIALS}
ROTATION = Rotation("refresh-hidden-2", "access-hidden-2", 1795417200.0)
RENEWED = {
    **CONFIG,
    "credentials": {
        **CREDENTIALS,
        "refresh_token": "refresh-hidden-2",
        "access_token": "access-hidden-2",
        "token_expiry_date": "2026-11-23T07:00:00Z",
    },
}
