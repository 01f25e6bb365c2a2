"""The queue between workers and writer: in order, bounded for workers, over for all of them once it is closed."""

from __future__ import annotations

import threading

import pytest

from source_acumatica.sync.message_queue import Checkpoint, MessageQueue, QueueClosed


def message(number: int) -> Checkpoint:
    return Checkpoint("Customer", {"number": number})


def put_in_thread(queue: MessageQueue, *numbers: int) -> tuple[threading.Thread, list[QueueClosed]]:
    closed: list[QueueClosed] = []

    def work() -> None:
        try:
            for number in numbers:
                queue.put(message(number))
        except QueueClosed as error:
            closed.append(error)

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    return worker, closed


def test_messages_come_in_order_and_none_marks_the_end():
    queue = MessageQueue(8)
    for number in range(3):
        queue.put(message(number))
    queue.finish()
    assert [queue.queue.get() for _ in range(4)] == [*(message(number) for number in range(3)), None]


def test_workers_wait_for_room_until_the_queue_is_closed():
    queue = MessageQueue(1)
    queue.put(message(0))
    waiting, closed = put_in_thread(queue, 1)
    waiting.join(timeout=0.05)
    assert waiting.is_alive()
    queue.close()
    waiting.join(timeout=5)
    assert not waiting.is_alive()
    assert len(closed) == 1


def test_a_closed_queue_takes_nothing_and_never_waits():
    queue = MessageQueue(1)
    queue.close()
    for number in range(5):
        with pytest.raises(QueueClosed):
            queue.put(message(number))
    queue.finish()
    queue.finish()
