"""Rejected records: the line, its name, the place it is kept in."""

from __future__ import annotations

import json
import resource
import stat
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from acumatica_client.errors import AcumaticaError, FieldError, SettingsError
from destination_acumatica.config.configured_catalog import StreamName
from destination_acumatica.config.reject_settings import BucketSettings, rejects_settings
from destination_acumatica.input.messages import RecordLine, read_message
from destination_acumatica.rejects.bucket import BucketRejects
from destination_acumatica.rejects.folder import FileRejects, check_folder
from destination_acumatica.rejects.naming import Naming
from destination_acumatica.rejects.reject_line import reject_line
from destination_acumatica.rejects.store import NoRejects, open_store
from unit_tests.destination.builders import record

STARTED = datetime(2026, 3, 8, 1, 2, 3, 500_000, tzinfo=timezone.utc)
ORDERS = StreamName("orders", "shop")
MESSAGE = (
    b'{"type":"RECORD","record":{"stream":"orders","namespace":"shop","emitted_at":7,'
    b'"data":{"Amount":10.5000,"Text":"\\u00e9"}}, "more":[1]}'
)


def line_of(message: bytes = MESSAGE, *, dry_run: bool = False, text: str = "is closed") -> bytes:
    errors = (FieldError("Details[0].InventoryID", text), FieldError("", "Nothing works."))
    return reject_line(message, stream=ORDERS, record="SalesOrder SO 1", time=STARTED, errors=errors, dry_run=dry_run)


def test_a_line_shows_why_field_by_field() -> None:
    assert json.loads(line_of())["rejected"] == {
        "stream": "orders",
        "namespace": "shop",
        "record": "SalesOrder SO 1",
        "time": "2026-03-08T01:02:03.500+00:00",
        "errors": [
            {"field": "Details[0].InventoryID", "message": "is closed"},
            {"field": "", "message": "Nothing works."},
        ],
    }


def test_the_record_in_a_line_keeps_every_byte_and_the_line_is_one() -> None:
    line = line_of(text="two\nlines")
    assert b'{"Amount":10.5000,"Text":"\\u00e9"}' in line
    assert (line.count(b"\n"), line[-1:]) == (1, b"\n")


def test_a_line_is_a_message_that_this_destination_reads() -> None:
    before, after = read_message(MESSAGE), read_message(line_of())
    assert isinstance(before, RecordLine)
    assert isinstance(after, RecordLine)
    assert (after.stream, after.columns) == (before.stream, before.columns)


def test_a_record_that_is_rejected_again_carries_the_newest_reason_alone() -> None:
    again = line_of(line_of(text="old").strip(), text="new")
    assert again.count(b'"rejected"') == 1
    assert b"old" not in again


def test_a_record_that_is_half_there_is_named_as_acumatica_names_it() -> None:
    """A document that was saved, and whose release was refused."""
    line = reject_line(MESSAGE, stream=ORDERS, record="order 7", time=STARTED, errors=(), key="SO 000123")
    assert json.loads(line)["rejected"]["key"] == "SO 000123"
    assert "key" not in json.loads(line_of())["rejected"]


def test_a_line_of_a_dry_run_says_so() -> None:
    assert json.loads(line_of(dry_run=True))["rejected"]["dry_run"] is True


@pytest.mark.parametrize(
    ("naming", "stream", "path"),
    [
        (Naming(STARTED, 77), ORDERS, "77/shop/orders/2026_03_08_1772931723500_3.jsonl"),
        (Naming(STARTED), StreamName("orders"), "orders/2026_03_08_1772931723500_3.jsonl"),
        (Naming(STARTED, 77), StreamName("../../etc/pass wd"), "77/_.._etc_pass_wd/2026_03_08_1772931723500_3.jsonl"),
        (Naming(STARTED, 77), StreamName("..", ".."), "77/2026_03_08_1772931723500_3.jsonl"),
        (Naming(STARTED, 7, "x/{date}", "{timestamp}-{part_number}"), ORDERS, "x/2026_03_08/1772931723500-3"),
    ],
)
def test_a_file_is_called_as_the_platform_calls_it(naming: Naming, stream: StreamName, path: str) -> None:
    assert naming.path(stream, 3) == path


# --- a folder


def test_a_folder_is_made_with_the_first_record_and_only_its_owner_may_read(tmp_path: Path) -> None:
    rejects = FileRejects(tmp_path / "new", Naming(STARTED, 1))
    rejects.flush()
    assert not (tmp_path / "new").exists()
    rejects.add(ORDERS, b"one\n")
    (found,) = (tmp_path / "new" / "1" / "shop" / "orders").iterdir()
    assert stat.S_IMODE(found.stat().st_mode) == 0o600


def test_a_line_is_on_its_way_before_anybody_closes_or_flushes(tmp_path: Path) -> None:
    """The process may be killed at any moment."""
    rejects = FileRejects(tmp_path, Naming(STARTED))
    rejects.add(ORDERS, b"one\n")
    rejects.add(StreamName("other"), b"two\n")
    rejects.add(ORDERS, b"three\n")
    found = {path.parent.name: path.read_bytes() for path in tmp_path.rglob("*.jsonl")}
    assert found == {"orders": b"one\nthree\n", "other": b"two\n"}
    rejects.close()


def test_a_folder_that_cannot_be_written_is_something_to_repair(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for act in (
        lambda: FileRejects(tmp_path / "file", Naming(STARTED)).add(ORDERS, b"one\n"),
        lambda: check_folder(tmp_path / "file"),
    ):
        with pytest.raises(SettingsError) as caught:
            act()
        assert str(tmp_path / "file") in caught.value.sentence()


def test_a_line_that_the_disk_takes_in_part_is_not_kept(tmp_path: Path) -> None:
    """A system may write a part of what it is given, and say so by a number alone."""
    rejects = FileRejects(tmp_path, Naming(STARTED))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (6, hard))
    try:
        rejects.add(ORDERS, b"one\n")
        with pytest.raises(SettingsError, match="cannot be kept"):
            rejects.add(ORDERS, b"three\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_the_check_of_a_folder_leaves_nothing_in_it(tmp_path: Path) -> None:
    check_folder(tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []


# --- a bucket


class Bucket:
    """Keeps what it is given; refuses as the test wants."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.kept: dict[str, bytes] = {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str) -> None:
        if self.error is not None:
            raise self.error
        assert Key not in self.kept
        self.kept[Key] = Body

    def delete_object(self, *, Bucket: str, Key: str) -> None:
        del self.kept[Key]


SETTINGS = BucketSettings("rejects", "eu-central-1", "/acu/", secret_access_key="p4ssword-hidden")


def rejects_in(bucket: Bucket, **options: int) -> BucketRejects:
    return BucketRejects(SETTINGS, Naming(STARTED, 5, "{sync_id}"), connect=lambda settings: bucket, **options)


def test_lines_of_a_bucket_wait_for_a_flush_and_leave_as_one_part_a_stream() -> None:
    bucket = Bucket()
    rejects = rejects_in(bucket)
    rejects.add(ORDERS, b"one\n")
    rejects.add(ORDERS, b"two\n")
    rejects.add(StreamName("other"), b"three\n")
    assert bucket.kept == {}
    rejects.flush()
    rejects.flush()
    rejects.add(ORDERS, b"four\n")
    rejects.flush()
    stem = "acu/5/2026_03_08_1772931723500"
    assert bucket.kept == {
        f"{stem}_0.jsonl": b"one\ntwo\n",
        f"{stem}_1.jsonl": b"three\n",
        f"{stem}_2.jsonl": b"four\n",
    }


def test_one_that_must_stop_does_not_wait_for_the_bucket() -> None:
    """Seats have to be given back in time, and no state has gone out behind what waits."""
    bucket = Bucket(EndpointConnectionError(endpoint_url="http://x"))
    rejects = rejects_in(bucket)
    rejects.add(ORDERS, b"one\n")
    rejects.close()
    assert bucket.kept == {}


def test_what_waits_for_a_bucket_is_bounded() -> None:
    bucket = Bucket()
    rejects = rejects_in(bucket, most_bytes=10)
    for _ in range(3):
        rejects.add(ORDERS, b"12345\n")
    assert list(bucket.kept.values()) == [b"12345\n12345\n"]


def test_a_part_that_was_not_stored_is_stored_by_the_next_flush() -> None:
    bucket = Bucket(EndpointConnectionError(endpoint_url="http://x"))
    rejects = rejects_in(bucket)
    rejects.add(ORDERS, b"one\n")
    with pytest.raises(AcumaticaError):
        rejects.flush()
    bucket.error = None
    rejects.flush()
    assert list(bucket.kept.values()) == [b"one\n"]


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (ClientError({"Error": {"Code": "NoSuchBucket"}}, "PutObject"), "config", "NoSuchBucket"),
        (ClientError({"Error": {"Code": "AccessDenied"}}, "PutObject"), "config", "s3:PutObject"),
        (ClientError({"Error": {"Code": "SlowDown"}}, "PutObject"), "transient", "SlowDown"),
        (EndpointConnectionError(endpoint_url="http://x"), "transient", "EndpointConnectionError"),
    ],
)
def test_a_bucket_that_refuses_is_reported_as_what_it_is(error: Exception, kind: str, words: str) -> None:
    rejects = rejects_in(Bucket(error))
    rejects.add(ORDERS, b"one\n")
    with pytest.raises(AcumaticaError) as caught:
        rejects.flush()
    assert (caught.value.failure_type, words in caught.value.sentence()) == (kind, True)


def test_settings_do_not_show_their_secret() -> None:
    assert "hidden" not in repr(SETTINGS)


# --- the form


@pytest.mark.parametrize("form", [{}, {"object_storage_config": {"storage_type": "None"}}])
def test_without_a_place_nothing_is_kept(form: Mapping[str, object]) -> None:
    rejects = open_store(rejects_settings(form), Naming(STARTED))
    assert isinstance(rejects, NoRejects)
    rejects.add(ORDERS, record("orders"))
    rejects.flush()
    rejects.close()


def test_a_folder_and_a_bucket_are_opened_by_their_settings() -> None:
    bucket = {"storage_type": "S3", "s3_bucket_name": "b", "s3_bucket_region": "r", "bucket_path": "p"}
    for chosen, kind in ((bucket, BucketRejects), ({"storage_type": "Local", "folder": "/x"}, FileRejects)):
        assert isinstance(open_store(rejects_settings({"object_storage_config": chosen}), Naming(STARTED)), kind)


@pytest.mark.parametrize(
    ("formats", "words"),
    [
        ({"path_format": "{job}/"}, "{job} of the rejected records is not known"),
        ({"file_name_format": "{timestamp}"}, "needs {timestamp} and {part_number}"),
    ],
)
def test_a_wrong_format_is_refused_before_the_sync(formats: Mapping[str, str], words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        rejects_settings({"object_storage_config": {"storage_type": "Local", "folder": "/x", **formats}})
    assert words in caught.value.message
