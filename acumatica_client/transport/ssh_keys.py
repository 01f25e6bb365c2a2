"""SSH keys as people paste them. Loads the SSH library: import it only where there is a bastion."""

from __future__ import annotations

import re

import asyncssh

from acumatica_client.errors import SettingsError

# A line of a known_hosts file or of a .pub file: `[host] type base64 [comment]`.
_PUBLIC = re.compile(r"(?:^|\s)((?:ssh|ecdsa|sk)-[\w.@-]+)\s+(AAAA[\w+/=]+)")
_KEY_ADVICE = (
    "Paste the whole private key, from -----BEGIN to END-----; one in PuTTY's form (.ppk) can be exported as an "
    "OpenSSH key by PuTTYgen."
)


def private_key(text: str) -> asyncssh.SSHKey:
    """Raises SettingsError when it is none, or needs a passphrase."""
    try:
        if "ENCRYPTED" in text:
            raise asyncssh.KeyEncryptionError("It says so.")
        return asyncssh.import_private_key(text)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        if isinstance(error, asyncssh.KeyEncryptionError) or "passphrase" in str(error).lower():
            raise SettingsError(
                "The SSH private key is protected by a passphrase.",
                advice="Use a key without one (ssh-keygen -p removes it): it cannot be typed in.",
            ) from None
        raise SettingsError("The SSH private key cannot be read.", advice=_KEY_ADVICE, detail=str(error)) from None


def host_keys(text: str) -> list[asyncssh.SSHKey]:
    """The public keys in the text, none in an empty one. Raises SettingsError when it has none."""
    try:
        found = [asyncssh.import_public_key(" ".join(pair)) for line in _lines(text) for pair in _PUBLIC.findall(line)]
    except (asyncssh.KeyImportError, ValueError):
        found = []
    if text.strip() and not found:
        raise SettingsError(
            "The SSH host key cannot be read.",
            advice="Paste what ssh-keyscan prints for the bastion, such as ssh-ed25519 AAAAC3...",
        )
    return found


def _lines(text: str) -> list[str]:
    lines = text.replace("\\n", "\n").splitlines()
    return [line for line in lines if not line.lstrip().startswith("#")]


def public_line(key: asyncssh.SSHKey) -> str:
    """The key as the form takes it."""
    return " ".join(key.export_public_key().decode("ascii").split()[:2])
