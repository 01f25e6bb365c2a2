"""The transport fields of the form: what they become, one sentence for each that is of no use, and no secret in it."""

from __future__ import annotations

import base64
from collections.abc import Mapping

import asyncssh
import pytest
import trustme

from acumatica_client.errors import SettingsError
from acumatica_client.transport import BastionSettings, TransportSettings, transport_settings, without_credentials
from acumatica_client.transport.pem import normalize_pem
from acumatica_client.transport.ssh_keys import host_keys, public_line

KEY = asyncssh.generate_private_key("ssh-ed25519")
PRIVATE = KEY.export_private_key().decode()
PUBLIC = KEY.export_public_key().decode().strip()
AUTHORITY = trustme.CA().cert_pem.bytes().decode()
BY_KEY = {
    "tunnel_method": "SSH_KEY_AUTH",
    "tunnel_host": "bastion.example.com",
    "tunnel_port": 2222,
    "tunnel_user": "airbyte",
    "ssh_key": PRIVATE,
}
BY_PASSWORD = {
    "tunnel_method": "SSH_PASSWORD_AUTH",
    "tunnel_host": "bastion.example.com",
    "tunnel_user": "airbyte",
    "tunnel_user_password": " with blanks ",
}


def settings(**form: object) -> TransportSettings:
    return transport_settings(form)


def bastion(**tunnel: object) -> BastionSettings:
    found = settings(tunnel_method=tunnel).bastion
    assert found is not None
    return found


def refusal(**form: object) -> SettingsError:
    with pytest.raises(SettingsError) as raised:
        settings(**form)
    text = raised.value.sentence() + raised.value.detail + repr(raised.value.__cause__)
    assert "MII" not in text
    assert "b3BlbnNzaC1rZXk" not in text
    assert "\n" not in raised.value.sentence()
    return raised.value


def openssh_key_with_a_passphrase() -> str:
    """The outside of one, which is read before anything is decrypted."""

    def string(content: bytes) -> bytes:
        return len(content).to_bytes(4, "big") + content

    salt = string(bytes(16)) + (16).to_bytes(4, "big")
    outside = b"".join(map(string, (b"aes256-ctr", b"bcrypt", salt))) + (1).to_bytes(4, "big")
    body = base64.b64encode(b"openssh-key-v1\0" + outside + string(KEY.public_data) + string(bytes(64))).decode()
    # pragma: allowlist nextline secret
    return f"-----BEGIN OPENSSH PRIVATE KEY-----\n{body}\n-----END OPENSSH PRIVATE KEY-----\n"


def flattened(text: str, between: str) -> str:
    """What is left when line feeds are lost on the way."""
    return between.join(text.strip().splitlines())


# What the fields become


@pytest.mark.parametrize(
    "form", [{}, {"tunnel_method": {"tunnel_method": "NO_TUNNEL"}}, {"ca_certificate": " \n", "verify_tls": True}]
)
def test_without_a_word_about_it_the_transport_is_a_plain_one_with_checked_certificates(
    form: Mapping[str, object],
) -> None:
    assert transport_settings(form) == TransportSettings(ca_certificate="", verify_tls=True, bastion=None)


def test_only_a_plain_false_turns_the_checking_off() -> None:
    assert not settings(verify_tls=False).verify_tls
    assert settings(verify_tls=None).verify_tls


def test_a_bastion_with_a_key() -> None:
    found = bastion(**BY_KEY)

    assert (found.address, found.user, found.password) == ("bastion.example.com:2222", "airbyte", "")
    assert found.key == PRIVATE


def test_a_bastion_with_a_password_listens_on_the_usual_port_and_the_password_keeps_its_blanks() -> None:
    found = bastion(**BY_PASSWORD)

    assert (found.address, found.key) == ("bastion.example.com:22", "")
    assert found.password == " with blanks "


def test_blanks_around_host_and_user_are_not_meant() -> None:
    found = bastion(**{**BY_PASSWORD, "tunnel_host": " bastion.example.com\n", "tunnel_user": " airbyte "})

    assert (found.host, found.user) == ("bastion.example.com", "airbyte")


def test_what_belongs_to_the_other_sign_in_is_left_out() -> None:
    # pragma: allowlist nextline secret
    assert bastion(**{**BY_KEY, "tunnel_user_password": "left over"}).password == ""
    assert bastion(**{**BY_PASSWORD, "ssh_key": "left over"}).key == ""


def test_no_secret_shows_when_settings_are_printed() -> None:
    shown = repr(settings(tunnel_method=BY_KEY)) + repr(settings(tunnel_method=BY_PASSWORD))

    assert "PRIVATE KEY" not in shown
    assert "with blanks" not in shown


# What people paste


@pytest.mark.parametrize("between", ["\n", "\r\n", "\\n", "\\r\\n", " ", "\n    "])
def test_line_feeds_that_were_lost_in_a_form_are_found_again(between: str) -> None:
    found = settings(ca_certificate=flattened(AUTHORITY, between), tunnel_method={**BY_KEY, "ssh_key": PRIVATE})

    assert found.ca_certificate == AUTHORITY
    assert bastion(**{**BY_KEY, "ssh_key": flattened(PRIVATE, between)}).key == PRIVATE


def test_a_chain_of_authorities_keeps_all_its_certificates() -> None:
    chain = AUTHORITY + trustme.CA().cert_pem.bytes().decode()

    assert settings(ca_certificate=flattened(chain, " ")).ca_certificate == chain


def test_words_between_certificates_stay_where_they_are() -> None:
    assert normalize_pem("Subject: Example\n" + AUTHORITY) == "Subject: Example\n" + AUTHORITY


@pytest.mark.parametrize("algorithm", ["ssh-rsa", "ecdsa-sha2-nistp256", "ssh-ed25519"])
@pytest.mark.parametrize("form", ["openssh", "pkcs1-pem", "pkcs8-pem"])
def test_every_usual_form_of_a_private_key_is_read(algorithm: str, form: str) -> None:
    if (algorithm, form) == ("ssh-ed25519", "pkcs1-pem"):
        pytest.skip("there is no such form of this key")
    key = asyncssh.generate_private_key(algorithm).export_private_key(form).decode()

    assert bastion(**{**BY_KEY, "ssh_key": key}).key == key


@pytest.mark.parametrize(
    "text",
    [
        PUBLIC,
        f"{PUBLIC} root@bastion",
        f"bastion.example.com {PUBLIC}",
        f"[bastion.example.com]:2222 {PUBLIC}",
        f"# bastion.example.com:22 SSH-2.0-OpenSSH_9.2\nbastion.example.com {PUBLIC}\n",
        f"# a comment\\nbastion.example.com {PUBLIC}",
    ],
    ids=["bare", "with a comment", "of a host", "of a host and port", "from ssh-keyscan", "behind a comment"],
)
def test_a_host_key_is_read_as_ssh_keyscan_and_as_key_files_show_it(text: str) -> None:
    assert [public_line(key) for key in host_keys(text)] == [public_line(KEY)]
    assert bastion(**BY_KEY, tunnel_host_key=text).host_key == text


def test_several_host_keys_are_all_good() -> None:
    other = asyncssh.generate_private_key("ecdsa-sha2-nistp256").export_public_key().decode()

    assert len(host_keys(f"{PUBLIC}\n{other}")) == 2


def test_no_host_key_is_no_key() -> None:
    assert host_keys(" \n") == []


def test_a_key_is_shown_without_its_comment() -> None:
    assert public_line(host_keys(f"{PUBLIC} root@bastion")[0]) == PUBLIC


# What cannot be used


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("erp.example.com", "The CA certificate is not in PEM form."),
        (AUTHORITY.replace("CERTIFICATE", "CERTIFICATE REQUEST"), "is not in PEM form"),
        (AUTHORITY[:200], "The CA certificate cannot be read."),
        (AUTHORITY.replace("MII", "AAA", 1), "The CA certificate cannot be read."),
        (trustme.CA().private_key_pem.bytes().decode() + AUTHORITY, "has a private key in it"),
    ],
    ids=["a name", "a request", "cut off", "broken", "with its private key"],
)
def test_a_certificate_that_is_none_is_reported(text: str, words: str) -> None:
    error = refusal(ca_certificate=text)

    assert words in error.message
    assert "-----BEGIN CERTIFICATE-----" in error.advice


@pytest.mark.parametrize(
    "text",
    ["no key", PUBLIC, PRIVATE[:120], AUTHORITY, "PuTTY-User-Key-File-3: ssh-ed25519"],
    ids=["words", "the public one", "cut off", "a certificate", "of PuTTY"],
)
def test_a_private_key_that_is_none_is_reported(text: str) -> None:
    error = refusal(tunnel_method={**BY_KEY, "ssh_key": text})

    assert error.message == "The SSH private key cannot be read."
    assert "PuTTYgen" in error.advice


@pytest.mark.parametrize("form", ["pkcs1-pem", "pkcs8-pem"])
@pytest.mark.parametrize("between", ["\n", " ", "\\n"])
def test_a_private_key_with_a_passphrase_is_reported(form: str, between: str) -> None:
    key = asyncssh.generate_private_key("ssh-rsa").export_private_key(form, passphrase="hidden").decode()
    error = refusal(tunnel_method={**BY_KEY, "ssh_key": flattened(key, between)})

    assert error.message == "The SSH private key is protected by a passphrase."
    assert "ssh-keygen -p" in error.advice


def test_an_openssh_key_with_a_passphrase_is_reported() -> None:
    encrypted = refusal(tunnel_method={**BY_KEY, "ssh_key": openssh_key_with_a_passphrase()})

    assert encrypted.message == "The SSH private key is protected by a passphrase."


def test_a_host_key_that_is_none_is_reported() -> None:
    for text in ("SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDvBhrWXvpYZIh3ErY", "ssh-ed25519 AAAAbroken"):
        error = refusal(tunnel_method={**BY_KEY, "tunnel_host_key": text})

        assert error.message == "The SSH host key cannot be read."
        assert "ssh-keyscan" in error.advice


@pytest.mark.parametrize(
    ("tunnel", "name", "words"),
    [
        (BY_KEY, "tunnel_host", "The host of the SSH tunnel must be filled in."),
        (BY_KEY, "tunnel_user", "The user of the SSH tunnel must be filled in."),
        (BY_KEY, "ssh_key", "The SSH private key must be filled in."),
        (BY_PASSWORD, "tunnel_user_password", "The password of the SSH tunnel must be filled in."),
    ],
)
@pytest.mark.parametrize("value", ["", "  ", None])
def test_what_a_tunnel_needs_is_reported(tunnel: Mapping[str, object], name: str, words: str, value) -> None:
    assert refusal(tunnel_method={**tunnel, name: value}).message == words


# What must not leave


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Failed to parse: http://user:pw@proxy:99999", "Failed to parse: http://***@proxy:99999"),
        ("http://user:p@ss w@rd@pro xy", "http://***@pro xy"),
        ("HTTPSConnectionPool(host='erp', port=443): refused", "HTTPSConnectionPool(host='erp', port=443): refused"),
        ("https://erp.example.com/site", "https://erp.example.com/site"),
    ],
)
def test_user_names_and_passwords_of_addresses_are_taken_out(text: str, shown: str) -> None:
    assert without_credentials(text) == shown
