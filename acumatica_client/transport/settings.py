"""The transport settings, from the form; checked as far as that is possible without a connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from acumatica_client.errors import SettingsError
from acumatica_client.transport.pem import normalize_pem
from acumatica_client.transport.tls_trust import check_ca_certificate

_SSH_PORT = 22


@dataclass(frozen=True)
class BastionSettings:
    """An SSH server in front of the instance; signs in with `key` (PEM or OpenSSH form) or with `password`.

    `host_key` has its public keys as `ssh-keyscan` prints them; empty: whatever key it shows is accepted.
    """

    host: str
    user: str
    port: int = _SSH_PORT
    key: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    host_key: str = ""

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True)
class TransportSettings:
    """`ca_certificate`: PEM of authorities that are trusted besides those of the machine."""

    ca_certificate: str = field(default="", repr=False)
    verify_tls: bool = True
    bastion: BastionSettings | None = None


def transport_settings(form: Mapping[str, object]) -> TransportSettings:
    """The settings behind the fields `ca_certificate`, `verify_tls` and `tunnel_method` of a checked form.

    Raises SettingsError with one sentence for a certificate or an SSH key that cannot be used.
    """
    authority = normalize_pem(_text(form, "ca_certificate"))
    if authority:
        check_ca_certificate(authority)
    tunnel = form.get("tunnel_method")
    return TransportSettings(
        ca_certificate=authority,
        verify_tls=form.get("verify_tls") is not False,
        bastion=_bastion(tunnel) if isinstance(tunnel, Mapping) else None,
    )


def _bastion(tunnel: Mapping[str, object]) -> BastionSettings | None:
    method, port = tunnel.get("tunnel_method"), tunnel.get("tunnel_port")
    if method not in ("SSH_KEY_AUTH", "SSH_PASSWORD_AUTH"):
        return None
    by_key = method == "SSH_KEY_AUTH"
    settings = BastionSettings(
        host=_filled_in(tunnel, "tunnel_host", "The host of the SSH tunnel").strip(),
        user=_filled_in(tunnel, "tunnel_user", "The user of the SSH tunnel").strip(),
        port=int(port) if isinstance(port, (int, float)) else _SSH_PORT,
        key=normalize_pem(_filled_in(tunnel, "ssh_key", "The SSH private key")) if by_key else "",
        password="" if by_key else _filled_in(tunnel, "tunnel_user_password", "The password of the SSH tunnel"),
        host_key=_text(tunnel, "tunnel_host_key"),
    )
    _check_keys(settings)
    return settings


def _check_keys(settings: BastionSettings) -> None:
    # The SSH library takes a quarter of a second to load: loaded only where there is a bastion.
    from acumatica_client.transport.ssh_keys import host_keys, private_key

    if settings.key:
        private_key(settings.key)
    host_keys(settings.host_key)


def _text(form: Mapping[str, object], name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


def _filled_in(form: Mapping[str, object], name: str, what: str) -> str:
    value = _text(form, name)
    if not value.strip():
        raise SettingsError(f"{what} must be filled in.")
    return value
