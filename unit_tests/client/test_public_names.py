"""The names that the package offers, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

import acumatica_client


@pytest.mark.parametrize("name", acumatica_client.__all__)
def test_every_public_name_can_be_used(name: str) -> None:
    assert getattr(acumatica_client, name).__name__ == name


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = acumatica_client.Nothing


def test_importing_the_package_or_its_errors_loads_no_library() -> None:
    code = "import sys, acumatica_client.errors; print(*{'requests', 'msgspec', 'urllib3'} & set(sys.modules))"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout.strip() == b""
