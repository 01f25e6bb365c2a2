"""A stream that waits because Acumatica is busy says so; a thread that reads none says nothing."""

from __future__ import annotations

import threading

import orjson
import pytest
from airbyte_cdk.models import AirbyteMessageSerializer

from source_acumatica.cdk.rate_limit_status import teller
from source_acumatica.sync.progress import Tally, reading


@pytest.fixture
def told():
    return []


def tally(stream: str) -> Tally:
    return Tally([stream], clock=lambda: 0.0)


def status(message) -> dict:
    return orjson.loads(orjson.dumps(AirbyteMessageSerializer.dump(message)))["trace"]["stream_status"]


def test_the_stream_that_is_read_is_told_as_rate_limited(told):
    with reading(tally("SalesOrder")):
        teller(told.append)(12.5)

    (message,) = told
    assert status(message)["stream_descriptor"] == {"name": "SalesOrder"}
    assert status(message)["status"] == "RUNNING"
    assert status(message)["reasons"][0]["type"] == "RATE_LIMITED"


def test_outside_of_a_stream_nothing_is_told(told):
    teller(told.append)(1.0)
    with reading(tally("Bill")):
        pass
    teller(told.append)(1.0)

    assert told == []


def test_each_thread_tells_its_own_stream(told):
    both = threading.Barrier(2)

    def work(name):
        with reading(tally(name)):
            both.wait(10)
            teller(told.append)(1.0)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("Bill", "Payment")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert sorted(status(message)["stream_descriptor"]["name"] for message in told) == ["Bill", "Payment"]


def test_a_stream_read_inside_another_gives_way_to_it_again(told):
    with reading(tally("Bill")):
        with reading(tally("Payment")):
            pass
        teller(told.append)(1.0)

    assert status(told[0])["stream_descriptor"]["name"] == "Bill"
