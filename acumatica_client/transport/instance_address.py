"""Where an instance is: what people paste as its address, and the links that it gives.

    https://erp.example.com                                       root site
    https://erp.example.com/AcumaticaERP/                         site path, kept
    erp.example.com/AcumaticaERP/(W(12))/Main?ScreenId=SO301000   from the browser: cut at `Main`
    https://erp.example.com/isv/entity/Default/24.200.001/Bill    an endpoint: cut at `entity`, name and version kept

UNVERIFIED: that no site is installed under a path such as `/Main` or `/entity`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from urllib.parse import SplitResult, quote, unquote, urlsplit

from acumatica_client.errors import SettingsError, Unexpected

_EXAMPLE = "Give the address of the site, for example https://erp.example.com or https://erp.example.com/AcumaticaERP."

# Path segments that belong to pages and services of a site and not to its address.
_PAGES = frozenset({"entity", "main", "frames", "pages", "odata", "identity", "soap", "scripts"})
_NOT_ENDPOINTS = frozenset({"auth", "maintenance"})
_API = re.compile(r"/entity/", re.IGNORECASE)
_COOKIELESS = re.compile(r"\([A-Za-z]\(.*\)\)")  # /(W(12))/ counts browser windows, /(S(...))/ is a session in the URL
_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://")
_FEW_SLASHES = re.compile(r"^(https?):/*(?=[^/0-9])", re.IGNORECASE)
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_VERSION = re.compile(r"[vV]?[0-9].*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_UNSAFE = re.compile(r"[\s\x00-\x1f\x7f\\]")
_KEPT_IN_PATHS = "~!$&()*+,;=:%"
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class InstanceAddress:
    """`base_url` is scheme, host and site path, without a slash at the end; the rest is what else the URL said."""

    base_url: str
    endpoint_name: str | None = None
    endpoint_version: str | None = None

    @property
    def origin(self) -> str:
        """Scheme and host, without the site path."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    def resolve(self, href: str) -> str:
        """The URL of a link that the instance gave: `_links`, `href`, `Location`.

        They are paths with the site in front (`/AcumaticaERP/entity/...`), so they are joined to the origin. Where they
        are absolute, only the host is compared: behind a proxy an instance may not know its own scheme and port. The
        result is always on our origin; a link to another host raises `Unexpected`: our cookies would travel with it.
        """
        if _CONTROL.search(href):
            raise Unexpected("The instance sent a link that is not a valid URL.", detail=repr(href))
        try:
            link = urlsplit(href)
            host, _ = link.hostname, link.port
        except ValueError as error:
            raise Unexpected("The instance sent a link that is not a valid URL.", detail=repr(href)) from error
        ours = urlsplit(self.base_url).hostname
        foreign = (link.netloc and host != ours) or (link.scheme and link.scheme not in _DEFAULT_PORTS)
        if foreign or not link.path.startswith("/"):
            raise Unexpected("The instance sent a link that does not lead to itself.", detail=repr(href))
        return self.origin + link.path + (f"?{link.query}" if link.query else "")

    def below(self, href: str) -> str:
        """The path of such a link under the base URL, as a Request takes it: `/entity/...`.

        Cut where the API begins: whatever stands before is the path of the site, and a proxy may have another one.
        """
        path = self.resolve(href)[len(self.origin) :]
        found = _API.search(path)
        if found is None:
            raise Unexpected("The instance sent a link that does not lead into its API.", detail=repr(href))
        return path[found.start() :]


def is_loopback(host: str) -> bool:
    """Whether a host name or IP address is this machine itself (RFC 6761 for names)."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def parse_instance_uri(text: str) -> InstanceAddress:
    """The address in a pasted text. Raises `SettingsError`, which never repeats a password in the address."""
    pasted = text.strip().strip("<>\"'").strip()
    if not pasted:
        raise SettingsError("The instance URI is empty.", advice=_EXAMPLE)
    parts = _split(pasted)
    segments = [segment for segment in parts.path.split("/") if segment]
    segments = [segment for segment in segments if not _COOKIELESS.fullmatch(unquote(segment))]
    cut = next((at for at, segment in enumerate(segments) if _is_page(segment)), len(segments))
    name, version = _endpoint(segments[cut:])
    site = "".join(f"/{_checked(segment)}" for segment in segments[:cut])
    return InstanceAddress(f"{parts.scheme}://{_host(parts)}{site}", name, version)


def _split(pasted: str) -> SplitResult:
    pasted = _FEW_SLASHES.sub(r"\1://", pasted)
    with_scheme = pasted if _SCHEME.match(pasted) else f"https://{pasted.lstrip('/')}"
    address = with_scheme.partition("?")[0]
    if "@" in address:
        raise SettingsError("The instance URI has a user name in it.", advice="Take it out; the form asks for it.")
    if _UNSAFE.search(address):
        raise SettingsError("The instance URI has spaces or backslashes in it.", advice=_EXAMPLE)
    try:
        parts = urlsplit(with_scheme)
        _ = parts.port
    except ValueError as error:
        raise SettingsError("The instance URI is not a valid address.", advice=_EXAMPLE) from error
    if parts.scheme not in _DEFAULT_PORTS:
        raise SettingsError("The instance URI must begin with https:// or http://.", advice=_EXAMPLE)
    return parts


def _host(parts: SplitResult) -> str:
    """Host and port in one spelling: small letters, ASCII, no default port."""
    host = parts.hostname or ""
    port = "" if parts.port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{parts.port}"
    try:
        if "[" in parts.netloc:
            return f"[{IPv6Address(host)}]{port}"
        host = host.encode("idna").decode("ascii").lower()
    except (UnicodeError, ValueError) as error:
        raise SettingsError("The instance URI has no valid host name.", advice=_EXAMPLE) from error
    if host in _DEFAULT_PORTS or not all(map(_LABEL.fullmatch, host.removesuffix(".").split("."))):
        raise SettingsError("The instance URI has no valid host name.", advice=_EXAMPLE)
    return host + port


def _is_page(segment: str) -> bool:
    plain = unquote(segment).casefold()
    return plain in _PAGES or plain.endswith(".aspx")


def _checked(segment: str) -> str:
    plain = unquote(segment)
    if plain in (".", "..") or "/" in plain or _UNSAFE.search(plain):
        raise SettingsError("The path in the instance URI is not the path of a site.", advice=_EXAMPLE)
    return quote(segment, safe=_KEPT_IN_PATHS)


def _endpoint(segments: list[str]) -> tuple[str | None, str | None]:
    """Name and version out of `entity/Default/24.200.001/...`; sign-in and swagger addresses have none."""
    after = [unquote(segment) for segment in segments[1:3]]
    if not segments or unquote(segments[0]).casefold() != "entity" or not after:
        return None, None
    if after[0].casefold() in _NOT_ENDPOINTS or after[0].endswith(".json"):
        return None, None
    return after[0], next((segment for segment in after[1:] if _VERSION.fullmatch(segment)), None)
