"""Workers and streams: who reads what, in which order, and how a read ends."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from source_acumatica.sync.message_queue import Ended, Message, MessageQueue, Started
from source_acumatica.sync.scheduler import Scheduler
from source_acumatica.sync.work_queue import Task, WorkItem
from source_acumatica.windows.windows import Window


class Work:
    """The read of one stream: so many items, each done by a function of its number."""

    def __init__(self, name: str, items: int, do: Callable[[str, int], object], queue: MessageQueue) -> None:
        self.streams = (name,)
        self._waiting, self._left, self._do, self._queue = list(range(items)), items, do, queue
        self._lock = threading.Lock()

    def take(self) -> WorkItem | None:
        with self._lock:
            return WorkItem(Task.WINDOW, Window(str(self._waiting.pop(0)))) if self._waiting else None

    def work(self, item: WorkItem) -> None:
        try:
            self._do(self.streams[0], int(item.window.start or 0))
            self._queue.put(Started(self.streams))
        finally:
            with self._lock:
                self._left -= 1

    @property
    def over(self) -> bool:
        with self._lock:
            return not self._left

    def finish(self) -> None:
        self._queue.put(Ended(self.streams, complete=True, summary=""))


def read(*works: tuple[str, int], do: Callable[[str, int], object], sessions: int) -> tuple[list[Message], Scheduler]:
    queue = MessageQueue(100)
    scheduler = Scheduler([Work(name, items, do, queue) for name, items in works], queue, sessions=sessions)
    scheduler.start()
    messages = []
    while (message := queue.queue.get(timeout=10)) is not None:
        messages.append(message)
    return messages, scheduler


@pytest.mark.parametrize("sessions", [1, 2, 4, 25])
def test_every_item_is_done_once_and_each_stream_ends_behind_its_own(sessions):
    done, lock = [], threading.Lock()

    def do(name: str, number: int) -> None:
        with lock:
            done.append((name, number))

    messages, scheduler = read(("Big", 30), ("Small", 2), ("Other", 5), do=do, sessions=sessions)
    scheduler.raise_defect()
    assert sorted(done) == sorted(
        [(n, i) for n, count in (("Big", 30), ("Small", 2), ("Other", 5)) for i in range(count)]
    )
    for name in ("Big", "Small", "Other"):
        own = [type(message) for message in messages if message.streams == (name,)]
        assert own[-1] is Ended
        assert own.count(Ended) == 1


@pytest.mark.parametrize("sessions", [2, 4, 25])
def test_all_workers_read_one_big_stream_side_by_side(sessions):
    together = threading.Barrier(sessions)
    read(("Big", sessions * 2), do=lambda _name, _number: together.wait(10), sessions=sessions)
    assert not together.broken


def test_a_worker_without_work_in_one_stream_takes_that_of_the_next():
    """The item of the first stream ends only once the second stream is read."""
    other = threading.Event()

    def do(name: str, _number: int) -> None:
        if name == "First":
            assert other.wait(10)
        else:
            other.set()

    messages, _ = read(("First", 1), ("Second", 1), do=do, sessions=1)
    assert [message.streams[0] for message in messages if isinstance(message, Ended)] == ["Second", "First"]


def test_workers_end_when_the_queue_is_closed():
    queue, begun = MessageQueue(1), threading.Event()
    before = set(threading.enumerate())
    work = Work("Big", 1000, lambda _name, _number: begun.set(), queue)
    Scheduler([work], queue, sessions=4).start()
    assert begun.wait(10)
    queue.close()
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
        assert not thread.is_alive()
    assert not work.over


def test_a_defect_outside_of_a_streams_own_work_ends_the_read_and_is_raised():
    class Broken(Work):
        def take(self) -> WorkItem | None:
            raise KeyError("a defect")

    queue = MessageQueue(1)
    scheduler = Scheduler([Broken("Big", 1, lambda *_: None, queue)], queue, sessions=2)
    scheduler.start()
    assert queue.queue.get(timeout=10) is None
    with pytest.raises(KeyError):
        scheduler.raise_defect()
