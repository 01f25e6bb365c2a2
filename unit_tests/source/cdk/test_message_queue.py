"""The queue between workers and writer: in order, bounded for workers, never waiting for the writer itself."""

from __future__ import annotations

import threading

from airbyte_cdk.models import AirbyteMessage

from source_acumatica.cdk.message_queue import Handover
from source_acumatica.sync.state import state_message


def message(number: int) -> AirbyteMessage:
    return state_message("Customer", {"number": number})


def in_a_worker(work, *, expect_end: bool = True) -> threading.Thread:
    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    worker.join(timeout=5 if expect_end else 0.05)
    assert worker.is_alive() is not expect_end
    return worker


def test_what_workers_emit_goes_through_the_queue_in_order():
    handover = Handover(8)
    in_a_worker(lambda: [handover.emit_message(message(number)) for number in range(3)])
    assert [handover.queue.get() for _ in range(3)] == [message(number) for number in range(3)]
    assert list(handover.consume_queue()) == []


def test_what_the_writer_emits_is_taken_at_once_and_before_the_status_that_follows():
    handover = Handover(8)
    handover.emit_message(message(1))
    assert handover.queue.empty()
    assert list(handover.consume_queue()) == [message(1)]
    assert list(handover.consume_queue()) == []


def test_the_writer_never_waits_for_room():
    handover = Handover(1)
    handover.queue.put(message(0))
    for number in range(5):
        handover.emit_message(message(number))
    assert len(list(handover.consume_queue())) == 5


def test_workers_wait_for_room_until_nobody_reads_any_more():
    handover = Handover(1)
    handover.queue.put(message(0))
    waiting = in_a_worker(lambda: handover.queue.put(message(1)), expect_end=False)
    handover.close()
    waiting.join(timeout=5)
    assert not waiting.is_alive()


def test_after_the_end_no_worker_waits():
    handover = Handover(1)
    handover.close()
    in_a_worker(lambda: [handover.queue.put(message(number)) for number in range(50)])
