"""A signal sets a flag, and the main thread ends what it waits for; nothing is raised out of a handler."""

from __future__ import annotations

import os
import queue
import signal
import threading

import pytest

from acumatica_client.errors import LoginLimit
from connector_runtime.signals import Interrupted, Interruption, catch_signals, next_item, run_interruptibly


def interrupted(number: int = signal.SIGTERM) -> Interruption:
    interruption = Interruption()
    interruption.request(number)
    return interruption


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_sets_the_flag_and_the_handlers_come_back(number: int, code: int) -> None:
    before = signal.getsignal(number)
    with catch_signals() as interruption:
        assert not interruption.requested
        os.kill(os.getpid(), number)
        with pytest.raises(Interrupted) as raised:
            next_item(queue.SimpleQueue(), interruption, timeout=5)
    assert raised.value.exit_code == code
    assert signal.getsignal(number) is before


def test_a_second_signal_changes_nothing() -> None:
    with catch_signals() as interruption:
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(Interrupted) as raised:
            next_item(queue.SimpleQueue(), interruption, timeout=5)
    assert raised.value.exit_code == 143


def test_outside_the_main_thread_signals_stay_as_they_are() -> None:
    seen: list[object] = []

    def other_thread() -> None:
        with catch_signals() as interruption:
            seen.extend((signal.getsignal(signal.SIGTERM), interruption.requested))

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=other_thread)
    thread.start()
    thread.join(5)
    assert seen == [before, False]


def test_the_age_counts_from_the_first_signal() -> None:
    times = iter([10.0, 12.5])
    interruption = Interruption(clock=lambda: next(times))
    assert interruption.age == 0.0
    interruption.request(signal.SIGTERM)
    interruption.request(signal.SIGINT)
    assert interruption.age == 2.5


@pytest.mark.parametrize("items", [queue.Queue(), queue.SimpleQueue()], ids=["Queue", "SimpleQueue"])
def test_an_item_that_is_there_is_given_and_none_in_time_is_empty(items) -> None:
    items.put("here")
    assert next_item(items, Interruption(), timeout=0.0) == "here"
    with pytest.raises(queue.Empty):
        next_item(items, Interruption(), timeout=0.0)
    with pytest.raises(queue.Empty):
        next_item(items, Interruption(), timeout=0.001)


def test_after_a_signal_no_further_item_is_given() -> None:
    items: queue.SimpleQueue[str] = queue.SimpleQueue()
    items.put("here")
    with pytest.raises(Interrupted):
        next_item(items, interrupted())


def test_interruptible_work_gives_its_result_or_raises_its_error() -> None:
    def fails() -> None:
        raise LoginLimit("no seat")

    assert run_interruptibly(lambda: 7, Interruption()) == 7
    assert run_interruptibly(lambda: None, Interruption()) is None
    with pytest.raises(LoginLimit, match="no seat"):
        run_interruptibly(fails, Interruption())


def test_interruptible_work_runs_on_another_thread() -> None:
    assert run_interruptibly(threading.get_ident, Interruption()) != threading.get_ident()


def test_a_signal_ends_the_wait_for_interruptible_work() -> None:
    gate, interruption = threading.Event(), Interruption()

    def work() -> None:
        interruption.request(signal.SIGTERM)
        gate.wait(10)

    with pytest.raises(Interrupted):
        run_interruptibly(work, interruption)
    gate.set()
