"""Threads of a program: which of them have rows, in which states, and what a cancel does to them."""

from __future__ import annotations

import _thread
import queue
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import pytest

from taskmon.core.task.snapshot import StopMeans
from taskmon.core.task.state import TaskState as S
from tests.helpers.gates import Gate
from tests.watch.stage import Watch, watch

__all__ = ["watch"]  # a fixture


def work_until(stop: threading.Event) -> None:
    while not stop.is_set():
        stop.wait(0.01)


class Worker(threading.Thread):
    def __init__(self) -> None:
        super().__init__(name="the worker")
        self.running = True

    def run(self) -> None:
        pause = threading.Event()
        while self.running:
            pause.wait(0.01)


def test_a_thread_is_shown_and_stopped_by_its_own_flag(watch: Watch) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=work_until, args=(stop,))
    thread.start()
    row = watch.row("work_until", S.RUNNING)
    picture = row.snapshot()
    assert picture.origin is not None
    assert (picture.origin.kind, picture.thread_id, picture.why_not_cancellable) == ("thread", thread.ident, "")
    assert picture.stop_means is not None
    assert picture.stop_means.means == "sets stop"

    assert row.cancel("no need")
    assert not row.cancel(), "the first request is the only one"
    assert row.state is S.STOPPING
    assert not stop.is_set(), "that is done in the agent's thread"
    watch.look()
    thread.join()
    watch.row("work_until", S.CANCELLED)
    assert watch.states(row) == [S.RUNNING, S.STOPPING, S.CANCELLED]
    assert not watch.names()


def test_a_subclass_with_a_boolean(watch: Watch) -> None:
    thread = Worker()
    thread.start()
    row = watch.row("the worker")
    assert row.cancel()
    watch.look()
    thread.join()
    watch.row("the worker", S.CANCELLED)


def test_it_is_not_cancelled_before_its_thread_has_ended(watch: Watch) -> None:
    stop, gate = threading.Event(), Gate()
    rounds: list[int] = []

    def work() -> None:
        while not stop.is_set():
            rounds.append(1)
            stop.wait(0.01)
        gate.pass_through()

    thread = threading.Thread(target=work, name="slow to leave", daemon=True)
    thread.start()
    row = watch.row("slow to leave")
    assert row.cancel() or row.use_offer(0)  # it works on after its loop, so a plain cancel may be refused
    watch.look()
    gate.await_arrival()
    watch.look(3)
    assert row.state is S.STOPPING
    gate.open()
    thread.join()
    watch.row("slow to leave", S.CANCELLED)


def test_a_shared_flag_says_with_whom_and_stops_both(watch: Watch) -> None:
    stop = threading.Event()
    threads = [threading.Thread(target=work_until, args=(stop,), name=name) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    one, two = watch.row("one"), watch.row("two")
    watch.look()
    means = one.snapshot().stop_means
    assert means is not None
    assert means.shared_with == ("two",)
    one.cancel()
    watch.look()
    reason = two.snapshot().reason
    assert reason is not None
    assert "one" in reason.text
    for thread in threads:
        thread.join()
    watch.row("two", S.CANCELLED)


def consume(jobs: queue.Queue[object]) -> None:
    while True:
        job = jobs.get()
        if job is None:
            break


def test_each_consumer_of_a_queue_says_how_many_there_are(watch: Watch) -> None:
    """The first was looked at when it was the only one."""
    jobs: queue.Queue[object] = queue.Queue()
    threads = [threading.Thread(target=consume, args=(jobs,), name=name) for name in ("one", "two")]
    threads[0].start()
    one = watch.row("one")
    watch.look()
    assert one.snapshot().stop_means == StopMeans("puts None into jobs")
    threads[1].start()
    watch.row("two")
    watch.look()
    assert one.snapshot().stop_means == StopMeans("puts None into jobs (2 consumers)", ("two",))
    one.cancel()
    watch.row("one", S.CANCELLED)
    watch.row("two", S.CANCELLED)
    for thread in threads:
        thread.join()


def test_one_without_a_flag_cannot_be_cancelled_and_says_why(watch: Watch) -> None:
    gate = Gate()
    thread = threading.Thread(target=gate.pass_through, name="no way")
    thread.start()
    row = watch.row("no way")
    assert not row.cancel()
    assert "no way to stop" in row.snapshot().why_not_cancellable
    gate.open()
    thread.join()
    watch.row("no way", S.SUCCEEDED)


def test_a_failure_is_told_with_its_traceback(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", told.append)

    def fail() -> None:
        raise ValueError("three")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    row = watch.row("fail", S.FAILED)
    picture = row.snapshot()
    assert picture.error == "ValueError: three"
    assert 'raise ValueError("three")' in picture.details
    assert [args.exc_type for args in told] == [ValueError], "and the program hears of it as always"


def test_a_timer_waits_fires_or_is_cancelled(watch: Watch) -> None:
    gate = Gate()
    soon, late = threading.Timer(0.01, gate.pass_through), threading.Timer(3600, gate.pass_through)
    late.name = "late"
    late.start()
    row = watch.row("late", S.QUEUED)
    assert row.kind == "timer"
    assert row.cancel()
    watch.look()
    late.join()
    watch.row("late", S.CANCELLED)
    soon.name = "soon"
    soon.start()
    gate.await_arrival()
    watch.row("soon", S.RUNNING)
    gate.open()
    soon.join()
    watch.row("soon", S.SUCCEEDED)


def test_threads_of_libraries_are_not_shown(watch: Watch) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()
        watch.look(3)
        assert not [row for row in watch.board.tasks() if row.kind == "thread"]


def test_they_are_shown_when_asked_for_but_not_cancelled() -> None:
    watch = Watch(library=True)
    try:
        with ThreadPoolExecutor(1, "pool") as pool:
            pool.submit(int).result()
            row = watch.row("pool_0")
            assert "library" in row.snapshot().why_not_cancellable
            assert not row.cancel()
    finally:
        watch.close()


def test_a_raw_thread_is_at_least_seen(watch: Watch) -> None:
    gate = Gate()

    def raw() -> None:
        gate.pass_through()

    _thread.start_new_thread(raw, ())
    gate.await_arrival()
    row = watch.row("raw")
    assert "threading module" in row.snapshot().why_not_cancellable
    gate.open()
    watch.row("raw", S.SUCCEEDED)


def test_a_raw_thread_that_raised_has_failed(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    printed: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: printed.append(unraisable.exc_value))
    gates = [Gate(), Gate()]

    def raw(gate: Gate, error: Exception | None) -> None:
        gate.pass_through()
        if error is not None:
            raise error

    error = ValueError("so it is")
    _thread.start_new_thread(raw, (gates[0], error))
    _thread.start_new_thread(raw, (gates[1], None))
    for gate in gates:
        gate.await_arrival()
    watch.row("raw", S.RUNNING)
    watch.look(2)
    gates[0].open()
    failed = watch.row("raw", S.FAILED)
    assert failed.snapshot().error == "ValueError: so it is"
    assert printed == [error], "as without us"
    gates[1].open()
    watch.row("raw", S.SUCCEEDED)


def test_nothing_of_a_thread_is_kept_alive(watch: Watch) -> None:
    """Neither by the hook, before anybody has looked, nor by a row, once it has ended."""
    import gc
    import weakref

    class Thing:
        pass

    thing = Thing()
    gone = weakref.ref(thing)
    thread = threading.Thread(target=lambda _: None, args=(thing,))
    thread.start()
    thread.join()
    del thing, thread
    gc.collect()
    assert gone() is None
    watch.look(2)


def test_a_hook_that_fails_for_one_thread_goes_on_with_the_next(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    ran = []
    with monkeypatch.context() as patched:
        patched.setattr(watch.hooks.threads, "note", broken)
        thread = threading.Thread(target=ran.append, args=(1,))
        thread.start()
        thread.join()
    assert ran == [1]
    stop = threading.Event()
    thread = threading.Thread(target=work_until, args=(stop,), name="the next")
    thread.start()
    watch.row("the next")
    stop.set()
    thread.join()


class NameIsAMethod(threading.Thread):
    def name(self) -> str:  # type: ignore[override]
        return "arm"


class NameRaises(threading.Thread):
    @property
    def name(self) -> str:
        raise RuntimeError("the title comes later")

    @name.setter
    def name(self, value: str) -> None:
        """Too early."""


class Liar(threading.Thread):
    """Runs code of its own for whatever it is asked."""

    asked: ClassVar[list[str]] = []

    def __getattribute__(self, name: str) -> Any:
        if not Liar.quiet:
            Liar.asked.append(name)
        return object.__getattribute__(self, name)

    quiet: ClassVar[bool] = True

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no equality")

    def __hash__(self) -> int:
        return 7

    def __repr__(self) -> str:
        raise SystemExit("no repr")


@pytest.mark.parametrize("kind", [NameIsAMethod, NameRaises, Liar])
def test_an_odd_thread_hides_no_other(watch: Watch, kind: type[threading.Thread]) -> None:
    """It has a row under the name that Python has given it, and so has what was started before and after it."""
    stop = threading.Event()
    before = threading.Thread(target=work_until, args=(stop,), name="before")
    odd = kind(target=work_until, args=(stop,))
    after = threading.Thread(target=work_until, args=(stop,), name="after")
    for thread in (before, odd, after):
        thread.start()
    try:
        watch.row("before")
        watch.row("Thread-")
        watch.row("after")
        assert watch.looking.program.troubles == ""
    finally:
        stop.set()
        for thread in (before, odd, after):
            thread.join()
    watch.row("after", S.SUCCEEDED)


def test_a_thread_that_cannot_be_shown_is_told_of(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a sentence on the program's row; the others have theirs."""
    stop = threading.Event()
    make = watch.looking._threads._make

    def sometimes(record: Any) -> Any:
        if record.name == "impossible":
            raise KeyError("what it was called before")
        return make(record)

    monkeypatch.setattr(watch.looking._threads, "_make", sometimes)
    threads = [threading.Thread(target=work_until, args=(stop,), name=name) for name in ("impossible", "possible")]
    for thread in threads:
        thread.start()
    try:
        watch.row("possible")
        told = watch.looking.program.snapshot().details
        assert told.startswith("The thread “impossible” cannot be shown: KeyError")
        watch.look(3)
        assert watch.looking.program.snapshot().details == told, "once"
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_a_part_that_is_given_up_is_told_of(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(watch.looking._coroutines, "look", broken)
    for _ in range(4):
        watch.looking.look()
    assert watch.looking.program.snapshot().details == (
        "Its coroutines are not shown any more: RuntimeError: a fault of ours"
    )
    watch.looking._failures.clear()
    monkeypatch.undo()


def test_the_main_thread_is_no_row_of_its_own_though_its_ident_is_another(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """gevent gives the main thread the number of a greenlet, in ``threading`` alone."""
    main = threading.main_thread()
    monkeypatch.setattr(main, "_ident", -1)
    monkeypatch.setattr(threading, "_active", {-1: main})
    watch.look(3)
    assert watch.names() == []


def test_green_threads_are_rows_that_nobody_touches_from_outside(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their locks work within their own thread of the system; gevent's can be told from another."""
    stop = threading.Event()
    thread = threading.Thread(target=work_until, args=(stop,), name="green")
    thread.start()
    row = watch.row("green")
    assert row.snapshot().why_not_cancellable == ""
    real = threading.get_ident

    def get_ident() -> int:
        return real()

    monkeypatch.setattr(threading, "get_ident", get_ident)
    get_ident.__module__ = "eventlet.green.thread"
    watch.look()
    assert "green threads (eventlet)" in row.snapshot().why_not_cancellable
    assert not row.cancel()
    assert not row.use_offer(0)
    get_ident.__module__ = "gevent.thread"
    watch.look()
    assert row.cancel()
    watch.look()
    thread.join()
    watch.row("green", S.CANCELLED)
