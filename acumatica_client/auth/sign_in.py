"""How a user signs in, and what a refused sign-in means.

    CookieSignIn           POST /entity/auth/login takes the seat; its cookies are the session
    OAuthSignIn            a refresh token from a consent in a browser; saved again at each rotation
    OAuthPasswordSignIn    user name and password at the token endpoint; nothing has to be saved

Two hazards. A sign-in that is refused must not be tried again, because wrong passwords lock the user out: so whatever
is not certainly an error of the connection is not repeated. And Acumatica reports most refusals as one
exception (PXException, HTTP 500): so only known texts are translated, and the others are shown in its own words.
Evidence for the texts: LoginTest of a public PHP client (recorded), live notes of 2026 on builds 25 R2 and 26.1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import msgspec

from acumatica_client import errors
from acumatica_client.auth import oauth
from acumatica_client.rest.answers import Answer, envelope_of, error_of, is_login_limit, login_limit, redirect_message
from acumatica_client.rest.query import Request
from acumatica_client.rest.web_pages import intermediary_refused


@dataclass(frozen=True)
class CookieSignIn:
    """User name and password for `/entity/auth/login`. An empty company lets the server choose its default tenant."""

    username: str
    password: str = field(repr=False)
    company: str = ""
    branch: str = ""
    locale: str = ""

    @property
    def user(self) -> str:
        return self.username

    def body(self) -> bytes:
        """The JSON of the login request; empty members are left out.

        `tenant` is the documented name; old builds know `company` only, and both are understood by current ones.
        UNVERIFIED: a build that has only `company` ignores `tenant`, so both are sent.
        """
        wanted = {
            "name": self.username,
            "password": self.password,
            "tenant": self.company,
            "company": self.company,
            "branch": self.branch,
            "locale": self.locale,
        }
        return msgspec.json.encode({name: value for name, value in wanted.items() if value})

    def opening(self) -> Request:
        """The request that takes the seat."""
        return Request("POST", "/entity/auth/login", body=self.body(), repeatable=False)

    def refusal(self, answer: Answer) -> errors.AcumaticaError | None:
        """What the answer to `opening` refuses, None when the session is open."""
        return refusal_of(answer, self.company)


@dataclass(frozen=True, kw_only=True)
class _ConnectedApplication:
    """A row of the Connected Applications form (SM303010). The suffix of its client id is the tenant, and no request
    says it otherwise."""

    client_id: str
    client_secret: str = field(repr=False)
    branch: str = ""
    locale: str = ""

    @property
    def company(self) -> str:
        return self.client_id.rpartition("@")[2]

    @property
    def user(self) -> str:
        """Who consented to the application is not known here."""
        return "of the connected application"

    def opening(self) -> Request:
        """The request that takes the seat: a token takes one with its first use.

        INFERRED: that the list of endpoints counts as a use. It shows a signed-in user more than others.
        """
        return Request("GET", "/entity")

    def refusal(self, answer: Answer) -> errors.AcumaticaError | None:
        """What the answer to `opening` refuses, None when the session is open."""
        return opening_refusal(answer)

    def refresh(self, token: str) -> Request:
        return oauth.refresh_request(self.client_id, self.client_secret, token)


@dataclass(frozen=True, kw_only=True)
class OAuthSignIn(_ConnectedApplication):
    """`access_token` and `access_ends` (seconds since 1970) as saved with the refresh token; None: unknown."""

    refresh_token: str = field(repr=False)
    access_token: str = field(default="", repr=False)
    access_ends: float | None = None

    saved = True  # the platform keeps the refresh token for the next run, so a new one must be saved

    def grants(self, refresh_token: str, *, sessions: int) -> tuple[Request, ...]:
        """The requests for an access token, each for when the one before is refused."""
        return (self.refresh(refresh_token),)


@dataclass(frozen=True, kw_only=True)
class OAuthPasswordSignIn(_ConnectedApplication):
    """OAuth with a user name and a password."""

    username: str
    password: str = field(repr=False)

    saved = False

    @property
    def user(self) -> str:
        return self.username

    refresh_token = access_token = ""
    access_ends = None

    def grants(self, refresh_token: str, *, sessions: int) -> tuple[Request, ...]:
        """The requests for an access token, each for when the one before is refused.

        The refresh goes first, since it carries the session on and the password opens a second one (the guide on
        signing out of OAuth sessions).
        """
        scope = oauth.scope_for(sessions)
        password = oauth.password_request(self.client_id, self.client_secret, self.username, self.password, scope)
        return (self.refresh(refresh_token), password) if refresh_token else (password,)


TokenSignIn = OAuthSignIn | OAuthPasswordSignIn
SignIn = CookieSignIn | TokenSignIn


_UNKNOWN_TENANT = re.compile(r"PXUndefinedCompanyException|proper company ID cannot be determined", re.I)

# In this order; {company} and {words} are filled in. The last row matches everything.
_REFUSALS: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (
        _UNKNOWN_TENANT,
        "Acumatica does not know the company (tenant) {company}.",
        "Enter the Login Name that the Tenants form (SM203520) shows.",
    ),
    (
        re.compile(r"change your password|password (has |is )?expired", re.I),
        "The password of this user must be changed before it can be used.",
        "Sign in once with a browser, set a new password, and enter it here.",
    ),
    (
        # UNVERIFIED: the wording of a lock-out; no answer is on record.
        re.compile(r"\blocked\b|lockout|(user|account|login)\b.{0,40}\bdisabled", re.I),
        "The user is locked out or disabled ({words}).",
        "Unlock the user on the Users form (SM201010); wrong passwords lock it again.",
    ),
    (
        re.compile(r"licen[sc]e", re.I),
        "Acumatica refuses the sign-in because of its license ({words}).",
        "Check the License Monitoring Console (SM604000).",
    ),
    (
        re.compile(r"invalid credentials|(incorrect|invalid|wrong) (user|login|password)", re.I),
        "The user name or the password is wrong.",
        "Check both, and the company; sign in with a browser to be sure.",
    ),
    (
        re.compile(r""),
        "Acumatica refused the sign-in: {words}",
        "Check the user on the Users form (SM201010): it must be active, and its type must allow API sign-ins.",
    ),
)

_NO_API_ADVICE = "Check the instance URI, with the site name if there is one, such as https://host/AcumaticaERP."


def refusal_of(answer: Answer, company: str) -> errors.AcumaticaError | None:
    """The error behind a login answer, or None when the sign-in worked (204, or another 2xx without a page)."""
    if answer.status < 300:
        return _no_api("a web page") if answer.is_html and answer.body else None
    # IIS replaces the JSON of the login limit by a text of its own, so a bare 429 at login means the limit
    # (a client's test fixture: "The custom error module does not recognize this error.").
    if is_login_limit(answer) or answer.status == 429:
        return login_limit(envelope_of(answer).words() or answer.excerpt())
    if answer.status in (404, 405):
        return _no_api(f"HTTP {answer.status}")
    return _refused(answer, company) or _trouble(answer)


def opening_refusal(answer: Answer) -> errors.AcumaticaError | None:
    """The error behind the first answer to a token, None where the answer is the API's own: then the seat is taken."""
    error = error_of(answer)
    if isinstance(error, errors.SessionLost):
        return errors.SignInRefused(
            "Acumatica does not accept the access token that it gave out.",
            advice="Check that the user's type allows API sign-ins (Users form, SM201010), then authenticate again.",
            detail=envelope_of(answer).words(),
        )
    if isinstance(error, errors.Overloaded):
        return error.replace(declined=True)  # the request that waits for this session was not sent
    own_words = (errors.ServerFault, errors.AccessDenied, errors.NotFound, errors.EmptyAnswer)
    return None if isinstance(error, own_words) else error


def _refused(answer: Answer, company: str) -> errors.SignInRefused | None:
    """The refusal of this user, None where the answer is about something else."""
    fault = envelope_of(answer)
    words = fault.words() or redirect_message(answer)
    # An exception outside Acumatica's own (a database that times out, a site that starts) says nothing of the user.
    of_the_user = answer.status in (400, 401, 403) or (
        answer.status in (302, 500) and bool(words) and not fault.exception_type.startswith("System.")
    )
    if not of_the_user:
        return None
    if answer.is_page:
        page = intermediary_refused(answer.status, answer.headers, answer.body)
        return errors.SignInRefused(page.message, advice=page.advice, detail=page.title)
    words = words or answer.excerpt() or f"HTTP {answer.status}"
    message, advice = next(
        (message, advice) for pattern, message, advice in _REFUSALS if pattern.search(f"{fault.exception_type} {words}")
    )
    kind = errors.UnknownTenant if _UNKNOWN_TENANT.search(f"{fault.exception_type} {words}") else errors.SignInRefused
    named = {"company": repr(company) if company else "(none given)", "words": words}
    return kind(message.format_map(named), advice=advice, detail=words)


def _trouble(answer: Answer) -> errors.AcumaticaError:
    """What else an answer to a sign-in stands for. Only `Overloaded` is tried again: it came before any password."""
    error = error_of(answer)
    if isinstance(error, errors.Overloaded):
        return error.replace(declined=True)  # the request that waits for this session was not sent
    if isinstance(error, errors.SessionLost):
        return _no_api("its sign-in page")
    if isinstance(error, errors.SettingsError):
        return error
    words = envelope_of(answer).words() or answer.excerpt() or "without an explanation"
    message = f"The sign-in failed inside Acumatica or a server before it (HTTP {answer.status}): {words}"
    return errors.ServerFault(message, status=answer.status, exception_type=envelope_of(answer).exception_type)


def _no_api(what: str) -> errors.SettingsError:
    return errors.SettingsError(f"There is no Acumatica API at this address ({what}).", advice=_NO_API_ADVICE)
