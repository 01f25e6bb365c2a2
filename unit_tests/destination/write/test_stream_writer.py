"""Whether a record makes an earlier one of its key needless."""

from __future__ import annotations

from dataclasses import replace

import pytest

from destination_acumatica.config.configured_catalog import read_catalog
from destination_acumatica.config.stream_settings import ActionSetting, FileSetting
from destination_acumatica.input.messages import RecordLine, read_message
from destination_acumatica.payload.document import Document
from destination_acumatica.plan.write_plan import plan_writes
from destination_acumatica.write.stream_writer import stream_writers
from unit_tests.destination.builders import CUSTOMERS, Erp, catalog, endpoint_schema, record, stream

UPSERT, INSERT = CUSTOMERS, stream("Customer", "append")


def covered(
    earlier: dict[str, object], later: dict[str, object], described: dict[str, object] = UPSERT, **more: object
) -> bool:
    (plan,) = plan_writes(read_catalog(catalog(described)), endpoint_schema(), {}).values()
    writer = stream_writers({plan.stream: replace(plan, **more)}, Erp(), pause=lambda seconds: None)[plan.stream]

    def document(values: dict[str, object]) -> Document:
        message = read_message(record("Customer", CustomerID="C1", **values))
        assert isinstance(message, RecordLine)
        return writer.document(message.columns)

    return writer.covers(document(later), document(earlier))


@pytest.mark.parametrize(
    ("earlier", "later", "enough"),
    [
        ({"CustomerName": "a"}, {"CustomerName": "b"}, True),
        ({"CustomerName": "a"}, {"CustomerName": "b", "Active": True}, True),
        ({"CustomerName": None}, {"CustomerName": "b"}, True),
        ({"CustomerName": None}, {"CustomerName": None}, True),
        ({"CustomerName": "a", "Active": True}, {"CustomerName": "b"}, False),
        ({"CustomerName": "a"}, {"CustomerName": None}, False),
        ({"CustomerName": None}, {}, False),
        ({"MainContact": {"Email": "a"}}, {"MainContact": {"Email": "b"}}, False),
        ({"Attributes": [{"AttributeID": "A"}]}, {"Attributes": [{"AttributeID": "A"}]}, False),
        ({"CustomerName": "a", "_ab_cdc_deleted_at": "now"}, {"CustomerName": "b"}, False),
        ({"CustomerName": "a"}, {"CustomerName": "b", "_ab_cdc_deleted_at": "now"}, False),
    ],
)
def test_only_a_record_that_says_all_that_the_earlier_one_says(
    earlier: dict[str, object], later: dict[str, object], enough: bool
) -> None:
    assert covered(earlier, later) is enough


def test_an_insert_is_never_made_needless() -> None:
    assert not covered({"CustomerName": "a"}, {"CustomerName": "b"}, INSERT)


@pytest.mark.parametrize("more", [{"actions": (ActionSetting("Release"),)}, {"files": (FileSetting("pdf"),)}])
def test_what_is_done_behind_each_record_is_done_behind_each(more: dict[str, object]) -> None:
    assert not covered({"CustomerName": "a"}, {"CustomerName": "b"}, **more)
