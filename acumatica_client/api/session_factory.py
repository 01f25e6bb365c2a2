"""Builds the sessions of a client, for either kind of sign-in, and checks the tenant that they reached."""

from __future__ import annotations

import logging
from collections.abc import Callable

from acumatica_client.api.settings import ConnectionSettings
from acumatica_client.auth.sign_in import CookieSignIn, SignIn
from acumatica_client.auth.tenant_check import TENANT_PAGE, check_tenant
from acumatica_client.auth.tokens import TokenStore
from acumatica_client.session.bearer_session import BearerSession
from acumatica_client.session.leased_session import leased
from acumatica_client.session.session import Session
from acumatica_client.transport import Transport

_log = logging.getLogger("acumatica_client")


class SessionFactory:
    """One for each client: all of its sessions share the transport, the access token and the shared pool.

    `shrink(n)` is called when another connection of a shared pool waits for a session: go down to n sessions.
    """

    def __init__(self, settings: ConnectionSettings, *, shrink: Callable[[int], object]) -> None:
        self._settings = settings
        self.tokens = _token_store(settings)
        self._transport = Transport(settings.transport, settings.address.base_url)
        self._member = settings.shared_pool.join(shrink=shrink) if settings.shared_pool else None
        self._tenant_unknown_logged = False
        for secret in settings.shared_pool.secrets() if settings.shared_pool else ():
            settings.on_secret(secret)

    def new_session(self, sign_in: SignIn | None = None) -> Session:
        """A session that is not signed in yet. No I/O. `sign_in`: another one than that of the settings."""
        settings = self._settings
        given = (settings.timeouts, settings.user_agent)
        secret, prepare = settings.on_secret, self._transport.prepare
        session = (
            Session(settings.address, sign_in or settings.sign_in, *given, on_secret=secret, prepare=prepare)
            if sign_in is not None or self.tokens is None
            else BearerSession(settings.address, self.tokens, *given, on_secret=secret, prepare=prepare)
        )
        return leased(session, self._member) if self._member else session

    @property
    def admit(self) -> Callable[[Session], None] | None:
        """The check of each new session, None where the tenant cannot be another one: a token is bound to its tenant,
        while a login is routed by a name that the server may not know."""
        sign_in = self._settings.sign_in
        return self._check_tenant if isinstance(sign_in, CookieSignIn) and sign_in.company else None

    def close(self) -> None:
        """Close what the sessions shared. Never raises; may be called twice."""
        self._transport.close()

    def _check_tenant(self, session: Session) -> None:
        """Refuse a session in another tenant. Raises WrongTenant."""
        company = self._settings.sign_in.company
        if not check_tenant(session.send(TENANT_PAGE), company) and not self._tenant_unknown_logged:
            self._tenant_unknown_logged = True
            _log.info("This build of Acumatica does not show whether the sign-in reached the company %s.", company)


def _token_store(settings: ConnectionSettings) -> TokenStore | None:
    """The one for all sessions of the client, where the sign-in uses tokens."""
    if isinstance(settings.sign_in, CookieSignIn):
        return None
    return TokenStore(
        settings.sign_in, sessions=settings.sessions, on_secret=settings.on_secret, on_rotation=settings.on_rotation
    )
