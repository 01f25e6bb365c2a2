"""Sign-in with a password or OAuth 2.0: credentials, tokens, and the check of the tenant that was reached."""

from acumatica_client.auth.credentials import renewed_form
from acumatica_client.auth.oauth import Rotation
from acumatica_client.auth.sign_in import CookieSignIn, OAuthPasswordSignIn, OAuthSignIn

__all__ = ["CookieSignIn", "OAuthPasswordSignIn", "OAuthSignIn", "Rotation", "renewed_form"]
