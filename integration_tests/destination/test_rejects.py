"""Rejected records with a real bucket's manners, a real folder, and the replay of what was kept."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from botocore.session import Session
from moto.server import ThreadedMotoServer

from acumatica_emulator import Emulator
from integration_tests.destination.conftest import Destination
from integration_tests.processes import await_true
from unit_tests.destination.builders import Result, record, state, stream

CUSTOMERS = stream("Customer", columns=("CustomerID", "CustomerName"), key=("CustomerID",), sync_id=4711)
SECRET = "bucket-s3cret-hidden"  # pragma: allowlist secret
Register = Callable[["subprocess.Popen[bytes]"], "subprocess.Popen[bytes]"]


@dataclass
class Store:
    """An S3-compatible store on this machine."""

    url: str

    @property
    def client(self):
        keys = {"aws_access_key_id": "key", "aws_secret_access_key": SECRET}
        return Session().create_client("s3", region_name="us-east-1", endpoint_url=self.url, **keys)

    def config(self, **more: object) -> dict[str, object]:
        return {
            "storage_type": "S3",
            "access_key_id": "key",
            "secret_access_key": SECRET,
            "s3_bucket_name": "rejects",
            "s3_bucket_region": "us-east-1",
            "s3_endpoint": self.url,
            "bucket_path": "acu",
            **more,
        }

    def objects(self) -> dict[str, bytes]:
        found = self.client.list_objects_v2(Bucket="rejects").get("Contents", [])
        return {one["Key"]: self.client.get_object(Bucket="rejects", Key=one["Key"])["Body"].read() for one in found}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def store(server: str) -> Store:
    found = Store(server)
    found.client.create_bucket(Bucket="rejects")
    for key in found.objects():
        found.client.delete_object(Bucket="rejects", Key=key)
    return found


def customer(key: str, **more: object) -> bytes:
    return record("Customer", CustomerID=key, CustomerName="Somebody", **more)


def refused(key: str) -> bytes:
    return customer(key, CustomerClass="NOPE")


def kept_in(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for path in sorted(folder.rglob("*.jsonl")) for line in path.read_bytes().splitlines()]


def assert_no_secret(result: Result) -> None:
    assert SECRET not in result.raw.decode()


# --- a bucket


def test_rejected_records_lie_in_the_bucket_where_the_platform_links_to(
    instance: Emulator, destination: Destination, store: Store
) -> None:
    lines = [customer("Z1"), refused("Z2"), state("Customer", 1), refused("Z3"), state("Customer", 2)]
    settings = {"on_record_error": "skip", "object_storage_config": store.config()}
    result = destination.write(lines, CUSTOMERS, **settings)
    assert (result.code, result.counts) == (0, [(1, 1), (0, 1)]), result.raw
    objects = store.objects()
    assert all(key.startswith("acu/4711/Customer/") and key.endswith(".jsonl") for key in objects)
    kept = [json.loads(line) for key in sorted(objects) for line in objects[key].splitlines()]
    assert [one["record"]["data"]["CustomerID"] for one in kept] == ["Z2", "Z3"]
    assert "cannot be found in the system" in kept[0]["rejected"]["errors"][0]["message"]
    assert kept[0]["rejected"]["errors"][0]["field"] == "CustomerClass"
    assert_no_secret(result)


@pytest.mark.parametrize("wrong", [{"s3_bucket_name": "nobodys"}, {"s3_endpoint": "http://127.0.0.1:9"}])
def test_a_bucket_that_does_not_take_them_ends_the_sync_before_the_state(
    instance: Emulator, destination: Destination, store: Store, wrong: dict[str, object]
) -> None:
    lines = [customer("Z1"), state("Customer", 1), refused("Z2"), state("Customer", 2)]
    settings = {"on_record_error": "skip", "object_storage_config": store.config(**wrong)}
    result = destination.write(lines, CUSTOMERS, **settings)
    assert (result.code, result.state_ids) == (1, [1])
    assert "for rejected records" in str(result.error["message"]) or "rejected records:" in str(result.error["message"])
    assert_no_secret(result)


def test_the_connection_test_stores_and_removes_an_object(
    instance: Emulator, destination: Destination, store: Store
) -> None:
    result = destination.check(object_storage_config=store.config())
    assert result.of("CONNECTION_STATUS") == [{"status": "SUCCEEDED"}]
    assert store.objects() == {}


def test_the_connection_test_reports_a_bucket_that_is_not_there(
    instance: Emulator, destination: Destination, store: Store
) -> None:
    result = destination.check(object_storage_config=store.config(s3_bucket_name="nobodys"))
    (status,) = result.of("CONNECTION_STATUS")
    assert status["status"] == "FAILED"
    assert "NoSuchBucket" in status["message"]
    assert_no_secret(result)


def test_a_role_is_taken_before_storing(
    instance: Emulator, destination: Destination, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", store.url)
    role = "arn:aws:iam::123456789012:role/acumatica-rejects"
    result = destination.check(object_storage_config=store.config(role_arn=role))
    assert result.of("CONNECTION_STATUS") == [{"status": "SUCCEEDED"}]


# --- a folder, and the replay


def test_what_was_kept_is_written_by_the_same_connection_once_the_cause_is_gone(
    instance: Emulator, destination: Destination, tmp_path: Path
) -> None:
    instance.switches.inactive_periods = ["032026"]
    seller = instance.records("Vendor")[0]["VendorID"]
    bills = stream("Bill", key=("Type", "ReferenceNbr"))
    lines = [
        record("Bill", Type="Bill", ReferenceNbr=f"Z{month}", Vendor=seller, PostPeriod=f"{month}2026")
        for month in ("02", "03", "04")
    ]
    folder = tmp_path / "rejects"
    settings = {"on_record_error": "skip", "object_storage_config": {"storage_type": "Local", "folder": str(folder)}}
    assert destination.write([*lines, state("Bill", 1)], bills, **settings).counts == [(2, 1)]
    (path,) = folder.rglob("*.jsonl")
    instance.switches.inactive_periods = []
    replayed = destination.write([*path.read_bytes().splitlines(keepends=True), state("Bill", 2)], bills, **settings)
    assert (replayed.code, replayed.counts) == (0, [(1, 0)]), replayed.raw
    assert {"Z02", "Z03", "Z04"} <= {row["ReferenceNbr"] for row in instance.records("Bill")}
    assert len(kept_in(folder)) == 1


def test_a_place_for_rejects_that_gets_none_is_reported(
    instance: Emulator, destination: Destination, tmp_path: Path
) -> None:
    place = {"storage_type": "Local", "folder": str(tmp_path / "rejects")}
    result = destination.write([refused("Z1"), state("Customer", 1)], CUSTOMERS, object_storage_config=place)
    assert (result.code, kept_in(tmp_path / "rejects")) == (1, [])
    assert any("it is not kept in the object storage" in words for words in result.logs("WARN"))


def test_the_log_shows_no_more_of_a_rejected_record_than_its_key_and_the_words(
    instance: Emulator, destination: Destination, tmp_path: Path
) -> None:
    folder = tmp_path / "rejects"
    line = customer("Z1", CustomerClass="NOPE", MainContact={"Email": "ann@example.com"})
    settings = {"on_record_error": "skip", "object_storage_config": {"storage_type": "Local", "folder": str(folder)}}
    result = destination.write([line, state("Customer", 1)], CUSTOMERS, **settings)
    assert b"ann@example.com" not in result.raw
    assert kept_in(folder)[0]["record"]["data"]["MainContact"] == {"Email": "ann@example.com"}


def test_a_connection_test_with_a_folder_that_cannot_be_made_fails(
    instance: Emulator, destination: Destination, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    place = {"storage_type": "Local", "folder": str(tmp_path / "file" / "below")}
    (status,) = destination.check(object_storage_config=place).of("CONNECTION_STATUS")
    assert status["status"] == "FAILED"
    assert "Rejected records cannot be kept" in status["message"]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_what_was_rejected_before_a_signal_is_kept(
    instance: Emulator, destination: Destination, processes: Register, tmp_path: Path, number: signal.Signals
) -> None:
    folder = tmp_path / "rejects"
    settings = {"on_record_error": "skip", "object_storage_config": {"storage_type": "Local", "folder": str(folder)}}
    process = processes(destination.start("write", streams=[CUSTOMERS], **settings))
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(customer("Z1") + refused("Z2") + state("Customer", 1) + refused("Z3"))
    process.stdin.flush()
    for line in process.stdout:
        if b"Customer CustomerID Z3" in line:
            break
    # Logged first, kept a little later, without a state or the end of the input.
    await_true(lambda: len(kept_in(folder)) == 2, "both are kept")
    process.send_signal(number)
    process.wait(15)
    assert [one["record"]["data"]["CustomerID"] for one in kept_in(folder)] == ["Z2", "Z3"]
    if number == signal.SIGKILL:
        instance.tick(11 * 60)  # without a logout; the session ends by itself
