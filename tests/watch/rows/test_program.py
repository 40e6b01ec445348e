"""The end of a watched program, and what becomes of what was still at work in it."""

from __future__ import annotations

import asyncio
import io
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from taskmon.core.task.snapshot import StopMeans
from taskmon.core.task.state import TaskState as S
from taskmon.watch import looking, qt_objects
from taskmon.watch.own_threading import main_thread_ident
from taskmon.watch.rows.watched_task import WatchedTask
from tests.helpers.gates import PATIENCE, Gate
from tests.watch.stage import Watch, watch

__all__ = ["watch"]  # a fixture


def test_threads_at_work_are_cut_off(watch: Watch) -> None:
    """Nobody asked them and nothing failed, but they have not done their work either."""
    gate = Gate()
    thread = threading.Thread(target=gate.pass_through, name="daemon", daemon=True)
    thread.start()
    try:
        row = watch.row("daemon", S.RUNNING)

        watch.looking.finish()

        assert row.state is S.CUT_OFF
        assert row.snapshot().error == ""
    finally:
        gate.open()
        thread.join()


def test_one_that_was_asked_and_had_not_left_is_no_cancelled_one(watch: Watch) -> None:
    gate = Gate()
    thread = threading.Thread(target=gate.pass_through, name="slow to leave", daemon=True)
    thread.start()
    try:
        row = watch.row("slow to leave", S.RUNNING)
        assert row.note_stop("its flag is shared")

        watch.looking.finish()

        assert watch.states(row) == [S.RUNNING, S.STOPPING, S.CUT_OFF]
    finally:
        gate.open()
        thread.join()


@pytest.mark.parametrize("file", ["gevent/hub.py", "eventlet/hubs/hub.py"])
def test_greenlets_that_are_not_shown_are_told_of(watch: Watch, file: str) -> None:
    names: dict[str, Any] = {}
    exec(compile("def run(look):\n    look()\n", f"/lib/site-packages/{file}", "exec"), names)
    program = watch.looking.program
    program.look_for_greenlets({main_thread_ident: sys._getframe()})
    assert program.snapshot().progress.message == ""

    names["run"](lambda: program.look_for_greenlets({main_thread_ident: sys._getframe()}))

    library = file.partition("/")[0]
    assert program.snapshot().progress.message == f"runs greenlets of {library}, which are not shown one by one"


def test_a_program_of_several_interpreters_is_not_looked_into(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its threads come and go as ever; what they do is not known, and its row says why."""
    monkeypatch.setattr(looking, "can_be_taken", lambda: False)
    gate = Gate()
    thread = threading.Thread(target=gate.pass_through, name="worker")
    thread.start()
    try:
        gate.await_arrival()
        watch.look()
        row = watch.row("worker")
        assert row.snapshot().state is S.RUNNING
        assert not watch.looking._hooks.pools.wanted, "what nobody takes away is not noted"
        assert watch.looking.program.snapshot().progress.message == (
            "has loaded what runs several interpreters: to look into its threads is not safe on this Python"
        )
    finally:
        gate.open()
        thread.join()
    watch.look()
    assert row.snapshot().state is S.SUCCEEDED


def work_in_turn() -> None:
    raise AssertionError("its turn never came")


def test_calls_at_work_and_in_the_queue_are_cut_off(watch: Watch) -> None:
    gate = Gate()
    pool = ThreadPoolExecutor(1)
    try:
        pool.submit(gate.pass_through)
        pool.submit(work_in_turn)
        running, waiting = watch.row("pass_through", S.RUNNING), watch.row("work_in_turn", S.QUEUED)

        watch.looking.finish()

        assert {running.state, waiting.state} == {S.CUT_OFF}
    finally:
        gate.open()
        pool.shutdown(cancel_futures=True)


def test_coroutines_at_work_are_cut_off(watch: Watch) -> None:
    ready, leave = threading.Event(), threading.Event()

    async def tend() -> None:
        await asyncio.get_running_loop().run_in_executor(None, leave.wait)

    async def main() -> None:
        waiting = asyncio.create_task(tend(), name="tend")
        ready.set()
        await waiting

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    try:
        assert ready.wait(PATIENCE)
        row = watch.row("tend", S.RUNNING)

        watch.looking.finish()

        assert row.state is S.CUT_OFF
    finally:
        leave.set()
        thread.join()


@pytest.mark.parametrize(("done", "state"), [(3, S.SUCCEEDED), (2, S.CUT_OFF)])
def test_a_bar_that_nobody_closed_has_done_its_work_if_it_is_full(watch: Watch, done: int, state: S) -> None:
    tqdm = pytest.importorskip("tqdm")
    tqdm.tqdm.monitor_interval = 0  # no thread of its own that outlives a test
    bar = tqdm.tqdm(total=3, desc="copying", file=io.StringIO())
    try:
        bar.update(done)
        row = watch.row("copying", S.RUNNING)

        watch.looking.finish()

        assert row.state is state
    finally:
        bar.close()


def work_until(stop: threading.Event) -> None:
    rounds = []
    while not stop.wait(0.01):
        rounds.append(1)


def test_a_thread_whose_main_coroutine_was_cancelled_is_cancelled(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its exception only carries the cancel outwards. Python tells of it as always."""
    told = []
    monkeypatch.setattr(threading, "excepthook", lambda args: told.append(args.exc_type))

    async def patient() -> None:
        await asyncio.get_running_loop().create_future()

    thread = threading.Thread(target=lambda: asyncio.run(patient()), name="bearer")
    thread.start()
    bearer = watch.row("bearer", S.RUNNING)
    coroutine = watch.row("patient", S.RUNNING)
    assert coroutine.cancel()
    watch.look()
    thread.join()

    watch.row("patient", S.CANCELLED)
    watch.row("bearer", S.CANCELLED)
    assert bearer.snapshot().error == ""
    assert told == [asyncio.CancelledError]


@pytest.mark.parametrize(("works", "state"), [(False, S.CANCELLED), (True, S.SUCCEEDED)])
def test_a_program_is_cancelled_if_its_own_work_was(
    watch: Watch, works: bool, state: S, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a heartbeat was stopped beside work of the main thread, that was done to its end."""
    at_work: list[bool] = []
    monkeypatch.setattr("taskmon.watch.flags.main_thread.works", lambda: bool(at_work))
    stop = threading.Event()
    thread = threading.Thread(target=work_until, args=(stop,), name="heartbeat")
    thread.start()
    watch.row("heartbeat", S.RUNNING)
    program = watch.looking.program
    watch.look()

    assert program.cancel()
    at_work += [works] if works else []  # it went to work between the last look and the request
    watch.look()
    thread.join()
    watch.looking.finish()

    assert program.state is state
    assert program.snapshot().finished_before_stop is (state is S.SUCCEEDED)


def test_a_program_is_cancelled_if_its_parts_were_asked_beside_it(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by Cancel all: they may have left before the agent comes to ask them, and the main thread tells of its end."""
    works: list[bool] = []
    monkeypatch.setattr("taskmon.watch.flags.main_thread.works", lambda: bool(works))
    stop = threading.Event()
    thread = threading.Thread(target=work_until, args=(stop,), name="heartbeat")
    thread.start()
    heartbeat = watch.row("heartbeat", S.RUNNING)
    program = watch.looking.program
    watch.look()

    assert program.cancel()
    assert heartbeat.cancel()
    stop.set()
    thread.join()
    heartbeat.end()
    works.append(True)
    watch.look()
    watch.looking.finish()

    assert heartbeat.state is S.CANCELLED
    assert program.state is S.CANCELLED


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The signals that the program would have got, which is this test's own process."""
    numbers: list[int] = []
    monkeypatch.setattr("taskmon.core.base.signals.send", lambda number, _to: numbers.append(number))
    return numbers


@pytest.mark.parametrize("quits_by_itself", [True, False])
def test_one_that_quits_when_its_last_task_has_left_is_sent_no_signal(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, sent: list[int], quits_by_itself: bool
) -> None:
    """Its application may be gone before it is asked to quit: a signal would strike it at its end."""
    asked: list[object] = []
    application = with_an_application(monkeypatch, asked)
    stop, seen_to_leave = threading.Event(), threading.Event()
    thread = threading.Thread(target=work_until, args=(stop,), name="scan", daemon=True)
    thread.start()
    watch.row("scan", S.RUNNING)
    watch.look()
    program = watch.looking.program
    monkeypatch.setattr(program, "_are_leaving", lambda: not seen_to_leave.is_set())

    assert program.cancel()
    watch.look()
    thread.join(PATIENCE)
    assert stop.is_set()
    assert not asked, "not before its tasks have left"
    if quits_by_itself:
        application.clear()
    seen_to_leave.set()
    watch.looking.finish()

    assert not sent
    assert asked == ([] if quits_by_itself else ["quit"])
    assert program.state is S.CANCELLED


@pytest.mark.parametrize(
    ("total", "done", "took", "state", "said"),
    [
        (3, 3, 60.0, S.SUCCEEDED, ""),
        (3, 2, 60.0, S.CANCELLED, ""),
        (0, 0, 60.0, S.CANCELLED, "it ended 1 m 0 s after it was asked, and whether its work was complete"),
        (0, 0, 1.0, S.CANCELLED, ""),
    ],
)
def test_one_that_has_caught_an_interrupt_is_told_by_its_bars(
    watch: Watch, sent: list[int], *, total: int, done: int, took: float, state: S, said: str
) -> None:
    """It may go on and complete its work, with the same exit status."""
    tqdm = pytest.importorskip("tqdm")
    tqdm.tqdm.monitor_interval = 0  # no thread of its own that outlives a test
    bar = tqdm.tqdm(total=total, desc="copying", file=io.StringIO()) if total else None
    if bar is not None:
        bar.update(1)
        watch.row("copying", S.RUNNING)
    watch.look()
    program = watch.looking.program
    assert program.cancel()
    watch.look()
    assert sent == [signal.SIGINT]

    if bar is not None:
        bar.update(done - 1)
        bar.close()
        watch.look()
    assert program._interrupted_at is not None
    program._interrupted_at -= took
    watch.looking.finish()

    assert program.state is state
    assert program.snapshot().consequence.replace("\u00a0", " ").startswith(said)
    assert bool(program.snapshot().consequence) is bool(said)


def test_one_in_what_only_looks_like_qts_loop_is_interrupted(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, sent: list[int]
) -> None:
    with_an_application(monkeypatch, []).clear()
    watch.look()
    assert watch.looking.program.cancel()
    watch.look()
    assert sent == [signal.SIGINT]


def with_an_application(monkeypatch: pytest.MonkeyPatch, asked: list[object]) -> list[str]:
    """Have the program seem to be in Qt's loop; return where its application is. What that is asked for is noted."""
    there = ["the application"]
    core: Any = ModuleType("PyQt5.QtCore")
    core.QCoreApplication = SimpleNamespace(instance=lambda: there[0] if there else None)
    core.Qt = SimpleNamespace(ConnectionType=SimpleNamespace(QueuedConnection=2))
    core.QMetaObject = SimpleNamespace(invokeMethod=lambda _application, what, _how: asked.append(what))
    for name in qt_objects.MODULES:
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, core.__name__, core)
    monkeypatch.setattr(qt_objects, "is_in_loop", lambda _frame: True)
    monkeypatch.setattr("taskmon.watch.flags.main_thread.works", lambda: True)
    return there


def means_of(program: WatchedTask) -> StopMeans:
    means = program.snapshot().stop_means
    assert means is not None
    return means


def test_a_program_is_cancelled_by_the_flags_of_all_its_threads(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, sent: list[int]
) -> None:
    """Ctrl-C, and what is firmer, is offered beside that."""
    monkeypatch.setattr("taskmon.watch.flags.main_thread.works", lambda: False)
    stop = threading.Event()
    thread = threading.Thread(target=work_until, args=(stop,), name="heartbeat")
    thread.start()
    row = watch.row("heartbeat", S.RUNNING)
    program = watch.looking.program
    watch.look()
    means = means_of(program)
    assert (means.means, means.by_tasks, means.signal) == ("asks each of its tasks to stop", True, "")
    assert means.signals == ("SIGINT", "SIGTERM", "SIGKILL")

    assert program.cancel()
    watch.look()
    thread.join()
    watch.look()
    assert row.state is S.CANCELLED
    assert not sent


@pytest.mark.parametrize("works", [False, True])
def test_where_a_part_offers_no_way_or_the_main_thread_works_it_is_what_ctrl_c_does(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, sent: list[int], works: bool
) -> None:
    """No flag is set beside that: the program stops its threads itself, in its order."""
    monkeypatch.setattr("taskmon.watch.flags.main_thread.works", lambda: works)
    stop, gate = threading.Event(), Gate()
    heartbeat = threading.Thread(target=work_until, args=(stop,), name="heartbeat")
    worker = threading.Thread(target=gate.pass_through, name="worker")
    heartbeat.start()
    worker.start()
    try:
        watch.row("heartbeat", S.RUNNING)
        watch.row("worker", S.RUNNING)
        program = watch.looking.program
        watch.look()
        means = means_of(program)
        assert means.means == "interrupts it, as Ctrl-C does: raises KeyboardInterrupt in its main thread"
        assert (means.signal, means.signals) == ("SIGINT", ("SIGTERM", "SIGKILL"))

        assert program.cancel()
        watch.look()
        assert sent == [signal.SIGINT]
        assert not stop.is_set()
        assert program.use_offer(0)
        watch.look()
        assert sent == [signal.SIGINT, signal.SIGTERM]
    finally:
        stop.set()
        gate.open()
        heartbeat.join()
        worker.join()


def test_a_coroutine_is_cancelled_by_the_program_itself(watch: Watch, sent: list[int]) -> None:
    """It may be what would stop the others."""
    ready, leave = threading.Event(), threading.Event()

    async def main() -> None:
        ready.set()
        await asyncio.get_running_loop().run_in_executor(None, leave.wait)

    thread = threading.Thread(target=lambda: asyncio.run(main()), name="loop")
    thread.start()
    try:
        assert ready.wait(PATIENCE)
        coroutine = watch.row("main", S.RUNNING)
        program = watch.looking.program
        watch.look()
        assert means_of(program).signal == "SIGINT"
        assert program.cancel()
        watch.look()
        assert sent == [signal.SIGINT]
        assert not coroutine.stop_requested
    finally:
        leave.set()
        thread.join()


def shut_down(number: int, frame: object) -> None:
    raise AssertionError("no signal was sent")


@pytest.mark.parametrize(
    ("handler", "means"),
    [
        (shut_down, "asks it to end, as Ctrl-C does: calls shut_down()"),
        (lambda number, frame: None, "asks it to end, as Ctrl-C does (SIGINT)"),
        (signal.SIG_DFL, "ends it at once, as Ctrl-C does (SIGINT)"),
    ],
)
def test_what_ctrl_c_does_is_said_before(watch: Watch, handler: object, means: str) -> None:
    before = signal.signal(signal.SIGINT, handler)  # type: ignore[arg-type]
    try:
        watch.look()
        assert means_of(watch.looking.program).means == means
    finally:
        signal.signal(signal.SIGINT, before)


def run_with_reloader(look: Callable[[], None]) -> None:
    look()


def restart_with_reloader(look: Callable[[], None]) -> None:
    look()


def test_one_that_a_reloader_starts_ends_that_as_well(watch: Watch) -> None:
    """So it is with werkzeug and Django: the one that is run by the user waits for it, and goes no further."""
    ends: list[str] = []

    def look() -> None:
        watch.looking.program.look_for_end({main_thread_ident: sys._getframe()})
        watch.looking.program.look()
        ends.append(means_of(watch.looking.program).means.partition("; ")[2])

    run_with_reloader(look)
    run_with_reloader(lambda: restart_with_reloader(look))
    assert ends == ["also ends the program: program.py", ""]


def test_a_program_that_ignores_ctrl_c_is_not_asked_in_vain(watch: Watch) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        watch.look()
        program = watch.looking.program
        assert not program.cancel()
        assert program.refusal == "it ignores Ctrl-C (SIGINT)"
        assert means_of(program).signals == ("SIGTERM", "SIGKILL")
        assert means_of(program).ignores
    finally:
        signal.signal(signal.SIGINT, before)
