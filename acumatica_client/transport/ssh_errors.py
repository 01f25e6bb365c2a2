"""What an SSH error means to the user.

A refused sign-in is a matter of settings and is not tried again: a bastion may lock out users that fail too often.
"""

from __future__ import annotations

import asyncio

import asyncssh

from acumatica_client.errors import AcumaticaError, SettingsError, Unreachable
from acumatica_client.transport.settings import BastionSettings

_CHECK_BASTION = "Check host and port of the SSH tunnel, and that this machine may reach them (network, firewall)."


def connect_error(error: Exception, bastion: BastionSettings) -> AcumaticaError:
    """The error for a bastion that could not be reached or refused the sign-in."""
    detail, where = f"{type(error).__name__}: {error}"[:300], bastion.address
    if isinstance(error, asyncssh.PermissionDenied):
        return SettingsError(f"The SSH bastion {where} refused the {_means(bastion)}.", advice=_advice(bastion))
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return SettingsError(
            f"The SSH bastion {where} shows another host key than the one in the settings.",
            advice="Ask its administrator whether the key was changed; if not, another machine may be in between.",
        )
    if isinstance(error, asyncssh.KeyExchangeFailed):
        return SettingsError(
            f"The SSH bastion {where} and this connector have no encryption method in common.",
            advice="Update the SSH server of the bastion.",
            detail=detail,
        )
    if isinstance(error, (OSError, asyncio.TimeoutError)):
        return Unreachable(f"The SSH bastion {where} cannot be reached.", advice=_CHECK_BASTION, detail=detail)
    return Unreachable(f"The SSH bastion {where} closed the connection.", advice=_CHECK_BASTION, detail=detail)


def forward_error(error: Exception, bastion: BastionSettings, target: str) -> AcumaticaError:
    """The error for a bastion that accepted the sign-in but gave no connection to the target."""
    detail, where = f"{type(error).__name__}: {error}"[:300], bastion.address
    if isinstance(error, asyncssh.ChannelOpenError) and error.code == asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED:
        return SettingsError(
            f"The SSH bastion {where} does not allow a tunnel to {target}.",
            advice="Allow it in its sshd_config (AllowTcpForwarding, PermitOpen) and in authorized_keys.",
            detail=detail,
        )
    return Unreachable(
        f"The SSH bastion {where} could not reach {target}.",
        advice="Check that the instance URI is right as seen from the bastion, and that the instance is up.",
        detail=detail,
    )


def _means(bastion: BastionSettings) -> str:
    return "password" if bastion.password else "SSH key"


def _advice(bastion: BastionSettings) -> str:
    if bastion.password:
        return "Check user and password of the SSH tunnel, and that the bastion allows passwords."
    return "Check the user of the SSH tunnel, and that its authorized_keys on the bastion has this key."
