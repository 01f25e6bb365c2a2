"""Files of records over the wire: every byte arrives, and a second sync puts nothing."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace

import msgspec
import pytest

from acumatica_client.api.files import files_of
from acumatica_client.rest.query import Query
from acumatica_client.transport.download import DownloadLimits, NoSuchFile, download_file
from acumatica_emulator import Emulator
from destination_acumatica.completion.attachments import Attached
from destination_acumatica.config.stream_settings import FileSetting, FileSource
from integration_tests.destination.erp_access import ErpAccess, open_erp

BYTES = bytes(range(256)) * 300 + b"<html>\r\n{"
SCAN = FileSetting("scan", name="a scan, (1) é.pdf")
PICTURE = FileSetting("picture", FileSource.URL)
ANYWHERE = DownloadLimits(most_bytes=10_000_000, https_only=False, public_only=False)
SWITCHES = [("links", True), ("links", False), ("file_comment", False), ("contract5", True), ("site", "")]


@pytest.fixture
def erp(instance: Emulator) -> Iterator[ErpAccess]:
    with open_erp(instance) as found:
        yield found


@pytest.fixture
def key(instance: Emulator) -> dict[str, str]:
    return {"CustomerID": str(instance.records("Customer")[0]["CustomerID"])}


def attach(erp: ErpAccess, key: dict[str, str], content: bytes) -> Attached:
    columns = {"scan": msgspec.Raw(msgspec.json.encode(b64encode(content).decode()))}
    return erp.attacher("Customer", SCAN).attach(key, columns)


def stored(erp: ErpAccess, key: dict[str, str]) -> dict[str, bytes]:
    record = erp.read("Customer", key, Query(expand=("files",)))
    assert record is not None
    return {link.name: erp.client.download(link.href) for link in files_of(record)}


def uploads(instance: Emulator) -> int:
    return len([call for call in instance.calls if call.method == "PUT" and "/files/" in call.path])


@pytest.mark.parametrize(("switch", "position"), SWITCHES)
def test_every_byte_arrives_once_and_other_bytes_are_a_new_revision(
    instance: Emulator, erp: ErpAccess, key: dict[str, str], switch: str, position: object
) -> None:
    instance.switches.set(switch, position)
    with open_erp(instance) as erp:
        assert attach(erp, key, BYTES) == Attached((SCAN.name,))
        assert stored(erp, key) == {SCAN.name: BYTES}
        assert attach(erp, key, BYTES) == Attached()
        assert uploads(instance) == 1

        assert attach(erp, key, b"other") == Attached((SCAN.name,))
        assert stored(erp, key) == {SCAN.name: b"other"}


@pytest.mark.parametrize("content", [b"", b"<html>saved</html>", b'[1, "half', b"{", b"\xff" * 3_000_000])
def test_bytes_that_look_like_a_broken_answer_come_back_as_they_are(
    erp: ErpAccess, key: dict[str, str], content: bytes
) -> None:
    columns = {"picture": msgspec.Raw(b'"https://e.com/file.bin"')}
    erp.attacher("Customer", PICTURE, fetch=lambda url: content).attach(key, columns)

    assert stored(erp, key) == {"file.bin": content}


def test_a_file_that_a_person_replaced_is_put_again(instance: Emulator, erp: ErpAccess, key: dict[str, str]) -> None:
    attach(erp, key, BYTES)
    record = erp.read("Customer", key, Query(expand=("files",)))
    assert record is not None
    erp.client.upload("Customer", list(key.values()), record, name=SCAN.name, content=b"manual")

    assert attach(erp, key, BYTES) == Attached((SCAN.name,))
    assert stored(erp, key) == {SCAN.name: BYTES}


@pytest.mark.parametrize("processed", [False, True])
def test_an_upload_without_an_answer_is_repeated(
    instance: Emulator, erp: ErpAccess, key: dict[str, str], processed: bool
) -> None:
    instance.faults.add("status", method="PUT", path="*/files/*", status=503, processed=processed)

    assert attach(erp, key, BYTES) == Attached((SCAN.name,))
    assert stored(erp, key) == {SCAN.name: BYTES}


def test_a_session_lost_at_the_upload_is_no_trouble(instance: Emulator, erp: ErpAccess, key: dict[str, str]) -> None:
    instance.faults.add("recycle", method="PUT", path="*/files/*")

    assert attach(erp, key, BYTES) == Attached((SCAN.name,))


def test_a_file_is_fetched_from_its_address_byte_for_byte(
    instance: Emulator, erp: ErpAccess, key: dict[str, str]
) -> None:
    """Any web server will do; the instance itself is one."""
    address = f"{instance.url}/entity"
    columns = {"picture": msgspec.Raw(msgspec.json.encode(address))}
    attacher = erp.attacher("Customer", PICTURE, fetch=lambda url: download_file(url, ANYWHERE))

    assert attacher.attach(key, columns) == Attached(("entity",))
    assert stored(erp, key) == {"entity": download_file(address, ANYWHERE)}
    assert b"acumaticaBuildVersion" in download_file(address, ANYWHERE)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_on_a_shared_platform_no_private_machine_is_reached(instance: Emulator, host: str) -> None:
    before = len(instance.calls)
    address = f"{instance.url}/entity".replace("127.0.0.1", host)
    with pytest.raises(NoSuchFile, match="not on the public internet"):
        download_file(address, replace(ANYWHERE, public_only=True))

    assert len(instance.calls) == before
