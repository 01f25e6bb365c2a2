"""PEM texts as people paste them, and error texts without credentials."""

from __future__ import annotations

import re

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_USER_INFO = re.compile(r"//\S.*@")


def normalize_pem(text: str) -> str:
    r"""PEM text with its lines back, empty for a blank one.

    A form, an environment variable or a template makes blanks of line feeds or into the two characters `\n`, and no
    reader of PEM takes a block on one line.
    """
    unescaped = text.replace("\\r", "").replace("\\n", "\n")
    lines = (line.strip() for line in _BLOCK.sub(_rewrapped, unescaped).splitlines())
    straight = "\n".join(line for line in lines if line)
    return f"{straight}\n" if straight else ""


def _rewrapped(block: re.Match[str]) -> str:
    label, body = block.group(1), block.group(2).strip()
    # Only a block on one line is cut at its blanks: an old encrypted key has header lines with blanks of their own.
    lines = [body] if "\n" in body else body.split()
    return "\n".join(["", f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


def without_credentials(text: str) -> str:
    """The same without user names and passwords of URLs.

    A proxy's address in the environment contains its password, and an address that cannot be parsed is quoted in the
    error. Since it is malformed, everything up to the last @ is taken out.
    """
    return _USER_INFO.sub("//***@", text)
