"""What an SSH error means: whose fault it is, whether it is worth another try, and what the user reads."""

from __future__ import annotations

import asyncio

import asyncssh
import pytest

from acumatica_client.errors import SettingsError, Unreachable
from acumatica_client.transport import BastionSettings
from acumatica_client.transport.ssh_errors import connect_error, forward_error

BY_KEY = BastionSettings("bastion.example.com", "airbyte", key="k3y-hidden")
BY_PASSWORD = BastionSettings("bastion.example.com", "airbyte", port=2222, password="p4ssword-hidden")
TARGET = "erp.corp.test:443"


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (asyncssh.PermissionDenied("no"), SettingsError, "bastion.example.com:22 refused the SSH key"),
        (asyncssh.HostKeyNotVerifiable("no"), SettingsError, "shows another host key than the one in the settings"),
        (asyncssh.KeyExchangeFailed("no match"), SettingsError, "no encryption method in common"),
        (ConnectionRefusedError(111, "refused"), Unreachable, "bastion.example.com:22 cannot be reached"),
        (OSError(-2, "Name or service not known"), Unreachable, "cannot be reached"),
        (asyncio.TimeoutError(), Unreachable, "cannot be reached"),
        (asyncssh.ConnectionLost("gone"), Unreachable, "closed the connection"),
        (asyncssh.ProtocolError("HTTP/1.1 400 Bad Request"), Unreachable, "closed the connection"),
    ],
)
def test_a_bastion_that_refuses_the_sign_in(error: Exception, kind: type[Exception], words: str) -> None:
    error_ = connect_error(error, BY_KEY)

    assert type(error_) is kind
    assert words in error_.message
    assert error_.advice


def test_a_refused_password_is_not_called_a_key() -> None:
    error_ = connect_error(asyncssh.PermissionDenied("no"), BY_PASSWORD)

    assert error_.message == "The SSH bastion bastion.example.com:2222 refused the password."
    assert "allows passwords" in error_.advice


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (asyncssh.ChannelOpenError(1, "open failed"), SettingsError, f"does not allow a tunnel to {TARGET}"),
        (asyncssh.ChannelOpenError(2, "Connection refused"), Unreachable, f"could not reach {TARGET}"),
        (asyncssh.ChannelOpenError(4, "no room"), Unreachable, f"could not reach {TARGET}"),
        (asyncio.TimeoutError(), Unreachable, f"could not reach {TARGET}"),
        (asyncssh.ConnectionLost("gone"), Unreachable, f"could not reach {TARGET}"),
    ],
)
def test_a_bastion_that_gives_no_connection(error: Exception, kind: type[Exception], words: str) -> None:
    error_ = forward_error(error, BY_KEY, TARGET)

    assert type(error_) is kind
    assert words in error_.message
    assert error_.advice


def test_nothing_was_sent_to_the_instance_so_everything_may_be_repeated() -> None:
    errors = [connect_error(OSError(), BY_KEY), forward_error(asyncio.TimeoutError(), BY_KEY, TARGET)]

    assert [error.sent for error in errors if isinstance(error, Unreachable)] == [False, False]


@pytest.mark.parametrize("bastion", [BY_KEY, BY_PASSWORD])
@pytest.mark.parametrize("error", [asyncssh.PermissionDenied("no"), OSError(), asyncssh.ConnectionLost("gone")])
def test_no_error_contains_a_secret(error: Exception, bastion: BastionSettings) -> None:
    for error_ in (connect_error(error, bastion), forward_error(error, bastion, TARGET)):
        assert "hidden" not in error_.sentence() + error_.detail + repr(vars(error_))
