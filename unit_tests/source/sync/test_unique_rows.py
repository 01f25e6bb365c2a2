"""A key that two rows of one record share is reported before a destination relies on it."""

from __future__ import annotations

import json
import logging

import pytest

from acumatica_client.errors import SettingsError
from source_acumatica.sync.record_router import UniqueRows


def rows(*lines: dict) -> list[bytes]:
    return [json.dumps(line).encode() for line in lines]


@pytest.mark.parametrize(
    ("key", "lines"),
    [
        (["LineNbr"], [{"LineNbr": 1}, {"LineNbr": 2}]),
        (["LineNbr", "SplitLineNbr"], [{"LineNbr": 1, "SplitLineNbr": 1}, {"LineNbr": 1, "SplitLineNbr": 2}]),
        (["AttributeID"], [{"AttributeID": "A"}, {"AttributeID": "a"}]),
        (["LineNbr"], [{"LineNbr": 1}]),
        ([], [{"LineNbr": 1}, {"LineNbr": 1}]),
    ],
)
@pytest.mark.parametrize("strict", [False, True])
def test_rows_that_differ_pass(key, lines, strict, caplog):
    UniqueRows("Order_Details", key, strict=strict).check(rows(*lines))
    assert caplog.records == []


def test_rows_of_different_records_may_share_it():
    unique = UniqueRows("Order_Details", ["LineNbr"], strict=True)
    for _ in range(2):
        unique.check(rows({"LineNbr": 1}, {"LineNbr": 2}))


SHARED = [{"LineNbr": 1, "Qty": 1}, {"LineNbr": 2}, {"LineNbr": 1, "Qty": 2}]


def test_a_shared_key_stops_a_stream_that_deduplicates_and_names_stream_and_key():
    with pytest.raises(SettingsError) as raised:
        UniqueRows("Order_Details", ["LineNbr"], strict=True).check(rows(*SHARED))
    assert "Order_Details: two rows of one record have the same LineNbr" in raised.value.sentence()
    assert "append" in raised.value.sentence()


def test_a_shared_key_is_a_warning_once_where_every_row_is_kept(caplog):
    unique = UniqueRows("Order_Details", ["LineNbr"], strict=False)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            unique.check(rows(*SHARED))
    assert len(caplog.records) == 1


def test_rows_without_the_key_share_it_too():
    with pytest.raises(SettingsError):
        UniqueRows("Order_Details", ["LineNbr"], strict=True).check(rows({"LineNbr": None}, {}))
