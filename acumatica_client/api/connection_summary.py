"""Where a client is signed in: instance, tenant, branch, user, endpoint and version, on one line for a log.

An instance with several tenants signs a user without a tenant in to its default tenant, without an error. No answer of
the API shows how many tenants there are. Known live (build 26.101): a sign-in with a tenant that does not exist is
refused with PXUndefinedCompanyException where there are several tenants, and accepted where there is one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from acumatica_client.api.endpoint import Endpoint
from acumatica_client.api.request_sender import RequestSender
from acumatica_client.api.settings import ConnectionSettings
from acumatica_client.auth.sign_in import CookieSignIn, SignIn
from acumatica_client.auth.tenant_check import TENANT_PAGE, tenant_on_page
from acumatica_client.errors import AcumaticaError, UnknownTenant
from acumatica_client.session.session import Session

_NO_SUCH_TENANT = "airbyte-no-such-tenant"


@dataclass(frozen=True)
class ConnectionSummary:
    """No secrets. `tenant` and `build` are empty where they are unknown, `branch` where the user's default counts.

    `several_tenants`: the settings name no tenant although the instance has several, so the server chose one; None
    where that is unknown.
    """

    instance: str
    tenant: str
    branch: str
    user: str
    endpoint: str
    version: str
    build: str = ""
    several_tenants: bool | None = False

    def sentence(self) -> str:
        """`Signed in to https://erp.example.com: tenant Acme, branch MAIN, user admin, endpoint Default/24.200.001.`"""
        parts = (
            f"tenant {self.tenant or '(unknown)'}",
            f"branch {self.branch or '(default of the user)'}",
            f"user {self.user}",
            f"endpoint {self.endpoint}/{self.version}",
            f"build {self.build}" if self.build else "",
        )
        return f"Signed in to {self.instance}: {', '.join(filter(None, parts))}."


def summarize(
    settings: ConnectionSettings,
    endpoint: Endpoint,
    sender: RequestSender,
    new_session: Callable[[SignIn], Session],
) -> ConnectionSummary:
    """The summary of a client with these parts. Raises what `RequestSender.send` raises."""
    sign_in = settings.sign_in
    several = _several_tenants(sign_in, new_session)  # first: then one seat is enough
    version = endpoint.version
    tenant = sign_in.company or tenant_on_page(sender.read_page(TENANT_PAGE)) or ""
    return ConnectionSummary(
        instance=settings.address.base_url,
        tenant=tenant,
        branch=sign_in.branch,
        user=sign_in.user,
        endpoint=version.name,
        version=version.version,
        build=endpoint.offered.build or "",
        several_tenants=several,
    )


def _several_tenants(sign_in: SignIn, new_session: Callable[[SignIn], Session]) -> bool | None:
    """Whether the server chose the tenant among several; one sign-in more where the settings name no tenant.

    None where that cannot be found out, for example because no seat is free. Its seat is given back at once.
    """
    if not isinstance(sign_in, CookieSignIn) or sign_in.company:
        return False
    session = new_session(replace(sign_in, company=_NO_SUCH_TENANT))
    try:
        session.log_in()
    except UnknownTenant:
        return True
    except AcumaticaError:
        return None
    finally:
        session.log_out()
    return False
