"""What an instance offers at `GET /entity`, and which endpoint version to use.

Evidence for the shape of the answer: the guide's sample and the C# client (an object with `version` and `endpoints`).
UNVERIFIED: older builds answered with the bare array of endpoints; a client of that time reads both.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

import msgspec

from acumatica_client.errors import SettingsError, Unexpected, UnknownEndpoint
from acumatica_client.schema.model import SUPPORTED_CONTRACTS

# What people type, in letters and digits only, for a name as instances list it. Case and hyphens need no entry.
ALIASES = {"mfg": "MANUFACTURING", "commerce": "eCommerce"}

# Contracts of which real answers were recorded. What is known of contract 5 is documentation only, so an upgrade
# of the instance does not switch to it: it has to be chosen by its version, or be all there is (docs/decisions/0009).
PROVEN_CONTRACTS = frozenset({4})

_LATEST = frozenset({"", "latest", "newest"})
_SYSTEM_ENDPOINTS = frozenset({"default", "ecommerce", "manufacturing"})
# Contract of the system endpoints from this version on, newest first. There are no versions between 18.200 and 20.200.
# Evidence: `info.version` of the published swagger documents; the endpoint definitions of 26.200.001.
_CONTRACTS = (((26, 200), 5), ((20, 200), 4), ((0,), 3))


@dataclass(frozen=True)
class EndpointVersion:
    """One line of the list. `href` is a path with the site in front, sometimes an absolute URL."""

    name: str
    version: str
    href: str = ""

    @property
    def contract(self) -> int | None:
        """The contract version; None where only the swagger document states it (customers' own endpoints)."""
        if self.name.casefold() not in _SYSTEM_ENDPOINTS or not (rank := _numbers(self.version)):
            return None
        return next((contract for since, contract in _CONTRACTS if rank >= since), None)


@dataclass(frozen=True)
class InstanceEndpoints:
    """What an instance lists: its build, where it says so, and its endpoint versions in the order given."""

    build: str | None
    endpoints: tuple[EndpointVersion, ...]

    def sentence(self) -> str:
        """A sentence for people, such as `The instance offers Default: 22.200.001, 24.200.001`."""
        by_name: dict[str, list[str]] = {}
        for endpoint in sorted(self.endpoints, key=lambda one: _rank(one.version)):
            by_name.setdefault(endpoint.name, []).append(endpoint.version)
        names = "; ".join(f"{name}: {', '.join(by_name[name])}" for name in sorted(by_name, key=str.casefold))
        return f"The instance offers {names}." if names else "The instance offers no endpoint at all."


class _Build(msgspec.Struct, rename={"build": "acumaticaBuildVersion"}):
    build: str | None = None


class _Listed(msgspec.Struct):
    name: str
    version: str
    href: str | None = None


class _Wrapper(msgspec.Struct):
    endpoints: list[_Listed]
    version: _Build | None = None


def parse_endpoints(answer: bytes) -> InstanceEndpoints:
    """Read the answer of `GET /entity`. Raises `Unexpected` for anything else, such as a web page."""
    try:
        answered = msgspec.json.decode(answer, type=_Wrapper | list[_Listed])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unexpected(
            "The address did not answer with a list of endpoints.",
            advice="Check that the instance URI is the address of an Acumatica site.",
            detail=str(error),
        ) from error
    listed = answered.endpoints if isinstance(answered, _Wrapper) else answered
    build = answered.version.build if isinstance(answered, _Wrapper) and answered.version else None
    return InstanceEndpoints(build, tuple(EndpointVersion(line.name, line.version, line.href or "") for line in listed))


def choose_endpoint(
    listed: InstanceEndpoints,
    name: str,
    version: str | None = None,
    *,
    supported: Collection[int] = SUPPORTED_CONTRACTS,
) -> EndpointVersion:
    """The endpoint version to use: the one asked for, or the newest, of a proven contract if there is one.

    `name` is matched as people type it: any case, with or without hyphens. `version` None, "" or "latest" asks for the
    newest; an unknown contract counts as supported here, the swagger document will show. Raises `UnknownEndpoint` with
    the list in the message, `SettingsError` for a contract version that is not supported.
    """
    named = _named(listed, name)
    if not named:
        raise UnknownEndpoint(f"The instance has no endpoint named {name!r}. {listed.sentence()}")
    usable = [endpoint for endpoint in named if endpoint.contract is None or endpoint.contract in supported]
    wanted = (version or "").strip()
    latest = wanted.casefold() in _LATEST
    proven = [endpoint for endpoint in usable if endpoint.contract is None or endpoint.contract in PROVEN_CONTRACTS]
    found = _newest(proven or usable or named) if latest else _versioned(named, wanted)
    if found is None:
        raise UnknownEndpoint(f"The endpoint {named[0].name} has no version {wanted!r}. {listed.sentence()}")
    if found not in usable:
        raise _unsupported(found, listed, supported)
    return found


def _named(listed: InstanceEndpoints, name: str) -> list[EndpointVersion]:
    """The versions of one endpoint: the exact name if there is one, else the first that is alike."""
    typed = name.strip()
    alike = {_letters(typed), _letters(ALIASES.get(_letters(typed), typed))}
    names = [endpoint.name for endpoint in listed.endpoints]
    meant = typed if typed in names else next((listed for listed in names if _letters(listed) in alike), None)
    return [endpoint for endpoint in listed.endpoints if endpoint.name == meant]


def _newest(named: Collection[EndpointVersion]) -> EndpointVersion:
    return max(named, key=lambda endpoint: _rank(endpoint.version))


def _versioned(named: Collection[EndpointVersion], wanted: str) -> EndpointVersion | None:
    exact = next((endpoint for endpoint in named if endpoint.version == wanted), None)
    return exact or next((endpoint for endpoint in named if _rank(endpoint.version) == _rank(wanted)), None)


def _unsupported(endpoint: EndpointVersion, listed: InstanceEndpoints, supported: Collection[int]) -> SettingsError:
    ours = ", ".join(str(contract) for contract in sorted(supported))
    return SettingsError(
        f"{endpoint.name}/{endpoint.version} has contract version {endpoint.contract}; this connector supports {ours}.",
        advice=f"Choose another endpoint version. {listed.sentence()}",
    )


def _letters(name: str) -> str:
    """A name without case, hyphens and spaces; one that has no letter or digit stays as it is."""
    return "".join(filter(str.isalnum, name.casefold())) or name.casefold()


def _numbers(version: str) -> tuple[int, ...]:
    """24.200.001 -> (24, 200, 1); () for a version that is not made of numbers."""
    parts = version.split(".")
    return tuple(int(part) for part in parts) if all(re.fullmatch(r"[0-9]{1,9}", part) for part in parts) else ()


def _rank(version: str) -> tuple[tuple[int, ...], str]:
    """Versions in order: by their numbers; one that is not made of numbers comes before all that are."""
    numbers = _numbers(version)
    return numbers, "" if numbers else version
