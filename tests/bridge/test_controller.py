"""The controller: commands act on ids and never wait, news come in order, nothing ticks while nothing runs."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from multiprocessing import resource_tracker
from types import SimpleNamespace
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from taskmon import TaskContext, TaskRunner, TaskSnapshot, TaskState
from taskmon.bridge.controller import FRAME, TaskController, next_beside_waiting_workers, next_frame
from taskmon.bridge.table import text
from taskmon.bridge.table.rows import Change, TaskRow
from taskmon.core.stop import StopKind
from taskmon.core.task.progress import Progress
from taskmon.core.task.snapshot import new_task_id
from taskmon.core.task.thread_looks import thread_looks
from taskmon.jobs import BUILTIN_JOBS
from taskmon.link.window.remote_source import RemoteSource
from taskmon.link.window.remote_task import RemoteTask
from tests.helpers import children
from tests.helpers.gates import Gate
from tests.qt_helpers import LONG, Worker, controller, runner, until

__all__ = ["controller", "runner"]  # fixtures


@pytest.fixture(autouse=True, scope="module")
def _resource_tracker() -> None:
    """One process that multiprocessing starts with the first child, and keeps."""
    resource_tracker.ensure_running()


class News:
    """What a controller has told, as (signal, task, state)."""

    def __init__(self, controller: TaskController) -> None:
        self.all: list[tuple[str, int, TaskState]] = []
        self.threads: set[int] = set()
        for name in ("task_added", "state_changed", "progressed", "task_finished"):
            getattr(controller, name).connect(lambda picture, name=name: self._note(name, picture))

    def _note(self, name: str, picture: object) -> None:
        self.all.append((name, picture.id, picture.state))  # type: ignore[attr-defined]
        self.threads.add(threading.get_ident())

    def of(self, task_id: int) -> list[tuple[str, str]]:
        return [(name, state.value) for name, number, state in self.all if number == task_id and name != "progressed"]


class Screen:
    """A view of the first rows, that notes what it is to paint."""

    def __init__(self, first: int = 0, last: int = 10) -> None:
        self.places = (first, last)
        self.painted: list[list[int]] = []

    def visible_places(self) -> tuple[int, int]:
        return self.places

    def show_changes(self, changed: Iterable[tuple[TaskRow, Change]], *, at_once: bool = False) -> None:
        self.painted.append([row.id for row, _ in changed])


class Pictured:
    """A task whose next picture is what a test says."""

    name = "pictured"

    def __init__(self, number: int) -> None:
        self.id = number
        self.done = 0
        self.fails = False

    def snapshot(self) -> TaskSnapshot:
        if self.fails:
            raise ValueError("no picture")
        progress = Progress(self.done, 1_000)
        return TaskSnapshot(self.id, self.name, TaskState.RUNNING, 1, 10.0, 0.0, started_at=0.0, progress=progress)


def show(controller: TaskController, count: int) -> list[Pictured]:
    """Rows of tasks that are told what to be."""
    tasks: Any = [Pictured(number) for number in range(1, count + 1)]
    controller.model.add((task, task.snapshot()) for task in tasks)
    return list(tasks)


def test_a_task_is_told_from_its_start_to_its_end_in_order(qtbot: QtBot, controller: TaskController) -> None:
    """Added, each state once, finished: in this order, in the UI thread, and nothing after the end."""
    news, worker = News(controller), Worker()
    worker.go.set()

    task = controller.start(worker.finish, name="one")
    assert task is not None
    until(qtbot, lambda: news.of(task.id)[-1:] == [("task_finished", "succeeded")])

    assert news.of(task.id) == [
        ("task_added", "queued"),
        ("state_changed", "running"),
        ("state_changed", "succeeded"),
        ("task_finished", "succeeded"),
    ]
    assert news.threads == {threading.get_ident()}


def test_cancelled_is_said_only_after_the_thread_has_left(qtbot: QtBot, controller: TaskController) -> None:
    """The promise: until the worker has returned it is "Cancelling…", however long that takes."""
    news, worker = News(controller), Worker()
    task = controller.start(worker.ignore)
    assert task is not None
    until(qtbot, lambda: worker.started.is_set() and controller.model.row(task.id))

    assert controller.cancel(task.id)
    until(qtbot, lambda: ("state_changed", "stopping") in news.of(task.id))
    assert not worker.returned.is_set()
    assert ("state_changed", "cancelled") not in news.of(task.id)
    assert not controller.cancel(task.id), "the second request is not the first"
    worker.go.set()
    until(qtbot, lambda: news.of(task.id)[-1] == ("task_finished", "cancelled"))

    assert task.snapshot().reason is not None
    assert task.snapshot().reason.kind is StopKind.USER


def test_stop_callbacks_do_not_run_in_the_ui_thread(qtbot: QtBot, controller: TaskController) -> None:
    """A stop callback that blocks must not freeze the window: the flag is set here, the callback runs elsewhere."""
    release, ran_in = threading.Event(), []

    def job(ctx: TaskContext) -> None:
        def slow() -> None:
            ran_in.append(threading.get_ident())
            release.wait(60)

        ctx.stop.on_stop(slow)
        worker.started.set()
        ctx.sleep(60)

    worker = Worker()
    task = controller.start(job)
    assert task is not None
    until(qtbot, lambda: worker.started.is_set() and controller.model.row(task.id))

    assert controller.cancel(task.id)
    assert task.stop_requested
    until(qtbot, lambda: task.done() and ran_in)
    release.set()

    assert ran_in != [threading.get_ident()]
    assert controller._callbacks.wait_idle(20)


def test_nothing_ticks_while_nothing_runs(qtbot: QtBot, controller: TaskController) -> None:
    """The frame timer runs as long as some task has a thread, not a moment longer; a waiting task does not count."""
    worker = Worker()
    assert not controller._frames.isActive()

    held = controller.start(worker.finish, paused=True)
    task = controller.start(worker.finish)
    assert task is not None
    assert held is not None
    until(qtbot, controller._frames.isActive)
    worker.go.set()
    until(qtbot, lambda: not controller.model.has_active)
    until(qtbot, lambda: not controller._frames.isActive())
    held.cancel()


def test_progress_is_told_and_coalesced(qtbot: QtBot, controller: TaskController) -> None:
    """However often a worker reports, the window hears the newest value a bounded number of times."""
    pictures: list[int] = []
    controller.progressed.connect(lambda picture: pictures.append(picture.progress.done))
    controller.shown_by(Screen())
    done = threading.Event()

    def job(ctx: TaskContext) -> None:
        for number in range(1, 50_001):
            ctx.progress(number, 50_000)
        done.set()
        ctx.sleep(60)

    task = controller.start(job)
    assert task is not None
    until(qtbot, lambda: pictures and pictures[-1] == 50_000)

    assert done.is_set()
    assert pictures == sorted(pictures)
    assert len(pictures) < 1000


def test_a_frame_paints_what_has_changed_before_it_ends(controller: TaskController) -> None:
    screen = Screen()
    controller.shown_by(screen)
    tasks = show(controller, 3)

    tasks[1].done = 5
    controller.look()

    assert screen.painted == [[2]]


def test_what_is_asked_is_painted_before_anything_else_happens(qtbot: QtBot, controller: TaskController) -> None:
    """In the slot of the click, and before others are told: they hear of it all the same, once."""
    worker = Worker()
    task = controller.start(worker.ignore)
    assert task is not None
    until(qtbot, lambda: (row := controller.model.row(task.id)) and row.snapshot.state is TaskState.RUNNING)
    happened: list[tuple[str, TaskState]] = []

    class Painter(Screen):
        def show_changes(self, changed: Iterable[tuple[TaskRow, Change]], *, at_once: bool = False) -> None:
            if at_once:
                happened.extend(("painted", row.snapshot.state) for row, change in changed if change is Change.ROW)

    controller.shown_by(Painter())
    controller.state_changed.connect(lambda snapshot: happened.append(("told", snapshot.state)))

    controller.cancel(task.id)

    assert happened == [("painted", TaskState.STOPPING), ("told", TaskState.STOPPING)]
    worker.go.set()
    until(qtbot, lambda: happened[-1] == ("told", TaskState.CANCELLED))
    assert happened.count(("told", TaskState.STOPPING)) == 1


def test_what_many_are_asked_is_painted_once(qtbot: QtBot, controller: TaskController) -> None:
    workers = [Worker() for _ in range(3)]
    controller.make_room(3)
    tasks = [task for worker in workers if (task := controller.start(worker.ignore)) is not None]
    running = {TaskState.RUNNING}
    until(qtbot, lambda: {row.snapshot.state for row in controller.model.rows()} == running)
    screen = Screen()
    controller.shown_by(screen)

    controller.cancel_all()

    assert [sorted(ids) for ids in screen.painted] == [sorted(task.id for task in tasks)]
    for worker in workers:
        worker.go.set()


def test_each_of_several_views_is_served(controller: TaskController) -> None:
    """What the one shows is looked at in each frame, and what the other does, until it goes."""
    top, bottom = Screen(0, 0), Screen(199, 199)
    tasks = show(controller, 200)
    for screen in (top, bottom):
        controller.shown_by(screen)

    for done in (1, 2):
        tasks[0].done = tasks[199].done = done
        controller.look()
    controller.not_shown_by(bottom)
    controller.look()

    assert top.painted == [[1, 200], [1, 200], []]
    assert len(bottom.painted) == 2


def test_what_nobody_listens_to_is_not_told(controller: TaskController) -> None:
    """A follower is called without a signal being emitted for it."""
    followed: list[int] = []
    controller.tell_progress(lambda picture: followed.append(picture.progress.done))
    controller.shown_by(Screen())
    [task] = show(controller, 1)
    emitted: list[int] = []

    def note(picture: TaskSnapshot) -> None:
        emitted.append(picture.progress.done)

    task.done = 1
    controller.look()
    controller.progressed.connect(note)
    task.done = 2
    controller.look()
    controller.progressed.disconnect(note)
    task.done = 3
    controller.look()

    assert followed == [1, 2, 3]
    assert emitted == [2]


@pytest.mark.parametrize(
    ("due", "ended", "worked", "then"),
    [
        (1.0, 1.002, 0.002, 1.0 + FRAME),  # in time
        (1.0, 1.042, 0.002, 1.042),  # forty milliseconds of waiting for the interpreter: the next one follows at once
        (1.0, 1.030, 0.030, 1.15),  # thirty of work: no more than a fifth of the time
        (1.0, 1.500, 0.030, 1.5),  # what has kept the UI thread from it is not made up for
    ],
)
def test_a_frame_that_waited_for_the_interpreter_does_not_put_off_the_next(
    due: float, ended: float, worked: float, then: float
) -> None:
    assert next_frame(due, ended, worked) == pytest.approx(then)


def test_workers_that_wait_for_a_frame_have_four_fifths_of_the_time() -> None:
    """Half of it if the frame has waited for the interpreter for most of its own: else few frames would be left."""
    assert next_beside_waiting_workers(1.0, 1.002, 0.002) == pytest.approx(1.0 + FRAME)
    assert next_beside_waiting_workers(1.0, 1.040, 0.040) == pytest.approx(1.2)
    assert next_beside_waiting_workers(1.0, 1.080, 0.004) == pytest.approx(1.16)


def test_a_frame_that_fails_is_not_the_last_and_lets_workers_go_on(qtbot: QtBot, controller: TaskController) -> None:
    """Workers wait at the turnstile while a frame is made: they are let through whatever becomes of it."""
    counted: list[int] = []

    def count(ctx: TaskContext) -> None:
        for number in ctx.track(range(10**9)):
            counted[:] = [number]

    controller.start(count)
    until(qtbot, lambda: counted)
    screen = Screen()
    controller.shown_by(screen)
    task: Any = Pictured(new_task_id())  # not the first number, which the worker may have
    controller.model.add([(task, task.snapshot())])

    task.fails = True
    with pytest.raises(ValueError, match="no picture"):
        controller.look()
    task.fails = False
    painted, before = len(screen.painted), counted[0]
    until(qtbot, lambda: len(screen.painted) > painted + 1 and counted[0] > before + 1_000)


def test_tasks_that_ran_before_are_shown_as_well(qtbot: QtBot, runner: TaskRunner) -> None:
    """A controller made late shows the runner's live tasks and hears of their end."""
    worker = Worker()
    task = runner.start(worker.finish)
    assert worker.started.wait(20)

    controller = TaskController(runner)
    news = News(controller)
    row = controller.model.row(task.id)
    worker.go.set()
    until(qtbot, lambda: news.of(task.id)[-1:] == [("task_finished", "succeeded")])

    assert row is not None
    controller.close()


def test_a_failed_task_can_be_retried(qtbot: QtBot, controller: TaskController) -> None:
    """Retry starts a new task that is linked to the old one; the old row stays as it is."""
    worker = Worker()
    worker.go.set()
    task = controller.start(worker.fail, name="flaky")
    assert task is not None
    until(qtbot, lambda: (row := controller.model.row(task.id)) and row.can_retry)

    again = controller.retry(task.id)

    assert again is not None
    assert (again.retry_of, again.attempt, again.name) == (task.id, 2, "flaky")
    until(qtbot, lambda: again.done() and (row := controller.model.row(again.id)) and row.snapshot.state.is_final)
    assert task.state is TaskState.FAILED


def test_commands_for_unknown_tasks_do_nothing(controller: TaskController) -> None:
    """A click that comes after its row has gone is no error."""
    assert not controller.cancel(10**9)
    assert not controller.pause(10**9)
    assert not controller.resume(10**9)
    assert controller.retry(10**9) is None
    assert controller.cancel_many([1, 2, 3]) == 0


def test_starting_after_shutdown_is_told_not_raised(
    qtbot: QtBot, controller: TaskController, runner: TaskRunner
) -> None:
    """What cannot be started becomes a sentence for the user."""
    runner.shutdown()

    with qtbot.waitSignal(controller.failed, timeout=LONG) as told:
        assert controller.start(Worker().finish) is None

    assert "not started" in told.args[0].title


def test_pause_and_resume_through_the_controller(qtbot: QtBot, controller: TaskController) -> None:
    """Paused is said once the worker has reached a checkpoint; resume lets it go on."""
    news, worker = News(controller), Worker()
    task = controller.start(worker.obey)
    assert task is not None
    until(qtbot, lambda: worker.started.is_set() and controller.model.row(task.id))

    assert controller.pause(task.id)
    until(qtbot, lambda: task.state is TaskState.PAUSED)
    assert controller.resume(task.id)
    worker.go.set()
    controller.cancel(task.id)
    until(qtbot, lambda: news.of(task.id)[-1:] == [("task_finished", "cancelled")])

    assert [state for name, state in news.of(task.id) if name == "state_changed"] == [
        "running", "pausing", "paused", "running", "stopping", "cancelled",
    ]  # fmt: skip


def test_a_closed_controller_is_deaf(qtbot: QtBot, controller: TaskController, runner: TaskRunner) -> None:
    """After close() the runner goes on, and nothing reaches the table any more."""
    controller.close()
    controller.close()

    runner.submit(int, "1").result(20)
    with qtbot.assertNotEmitted(controller.task_added, wait=50):
        pass

    assert controller.model.rowCount() == 0


def test_a_task_is_run_again_as_a_process_once_it_has_ended(qtbot: QtBot, controller: TaskController) -> None:
    """Offered where the work can travel; the old task is cancelled first, and the new one starts after its end."""
    task = controller.start(children.wait_asleep, name="hungry")
    assert task is not None
    until(qtbot, lambda: task.state is TaskState.RUNNING and controller.model.row(task.id))
    assert controller.can_run_as_process(task.id)

    controller.run_as_process(task.id)
    until(qtbot, lambda: len(controller.model.rows()) == 2)
    again = controller.model.rows()[1].task

    assert task.state is TaskState.CANCELLED
    assert again.retry_of == task.id
    until(qtbot, lambda: again.snapshot().progress.message == "here")
    again.cancel()
    until(qtbot, again.done)
    assert again.state is TaskState.CANCELLED


def test_a_process_is_not_offered_for_work_that_cannot_travel(qtbot: QtBot, controller: TaskController) -> None:
    """A method of an object with a lock cannot be pickled."""
    worker = Worker()
    task = controller.start(worker.finish)
    assert task is not None
    until(qtbot, lambda: controller.model.row(task.id))

    assert not controller.can_run_as_process(task.id)
    assert not controller.can_run_as_process(10**9)
    worker.go.set()


def test_a_second_window_leaves_the_turnstile_to_the_first(qtbot: QtBot, controller: TaskController) -> None:
    """Two windows on one runner: the one that came first steers, and the other's end changes nothing."""
    runner = controller._runner
    second = TaskController(runner)

    assert second._sharing._gate is None
    second.close()

    assert runner.has_turnstile


def test_the_two_other_ways_to_be_rid_of_a_worker(qtbot: QtBot, runner: TaskRunner, controller: TaskController) -> None:
    """Finishing an item shows in the row; a detached task does not hold up the departure."""
    with Gate() as gate:

        def work(ctx: TaskContext) -> None:
            for _ in ctx.track(range(3)):
                gate.pass_through()

        itemwise, deaf = runner.start(work), runner.submit(gate.pass_through)
        gate.await_arrival(2)
        until(qtbot, lambda: controller.model.row(deaf.id))
        assert not controller.cancel_after_item(deaf.id)
        assert controller.cancel_after_item(itemwise.id)
        row, other = controller.model.row(itemwise.id), controller.model.row(deaf.id)
        assert row is not None
        assert other is not None
        until(qtbot, lambda: "current item" in text.second_line(row))

        assert not controller.detach(deaf.id)
        controller.cancel(deaf.id)
        assert controller.detach(deaf.id)
        assert [picture.id for picture in controller.live_tasks()] == [itemwise.id]
        assert {picture.id for picture in controller.all_live_tasks()} == {itemwise.id, deaf.id}
        until(qtbot, lambda: "Detached" in text.second_line(other))
    until(qtbot, lambda: itemwise.done() and deaf.done())
    assert itemwise.cancelled()


def test_what_a_cancel_leaves_behind_is_promised_only_of_jobs_that_keep_it(runner: TaskRunner) -> None:
    """Anybody else's worker may leave half a file."""

    def whole(ctx: TaskContext) -> None:
        ctx.sleep(60)

    def other(ctx: TaskContext) -> None:
        ctx.sleep(60)

    keeping = BUILTIN_JOBS["checksum"]._replace(function=whole)
    made = TaskController(runner, [keeping], None)
    try:
        runner.start(whole, name="checksum")
        assert made.leaves_nothing_half_written()
        runner.start(other, name="other")
        assert not made.leaves_nothing_half_written()
    finally:
        made.close()
        runner.cancel_all()


@pytest.mark.parametrize(("places", "wanted"), [((0, 0), True), ((0, -1), False)])
def test_threads_are_looked_at_only_while_their_rows_can_be_seen(
    qtbot: QtBot,
    controller: TaskController,
    monkeypatch: pytest.MonkeyPatch,
    places: tuple[int, int],
    wanted: bool,
) -> None:
    """A window that is hidden wants to know nothing of what the threads of tasks do."""
    wishes: list[bool] = []
    screen = Screen(*places)
    monkeypatch.setattr("taskmon.bridge.controller._LOOK_INTERVAL", 0.0)
    monkeypatch.setattr(thread_looks, "want", lambda _: wishes.append(True))
    controller.shown_by(screen)
    gate = Gate()

    controller.start(lambda ctx: gate.pass_through())
    until(qtbot, lambda: len(screen.painted) > 4)

    assert bool(wishes) is wanted
    gate.open()


def test_a_row_that_waits_shows_that_it_cannot_be_cancelled_now(qtbot: QtBot, controller: TaskController) -> None:
    """There is no contact with its cluster, say. At what waits nobody looks again and again."""
    source = RemoteSource()
    controller.add_source(source)
    waits = TaskSnapshot(new_task_id(), "waits", TaskState.QUEUED, 0, 0.0, 0.0)
    task = RemoteTask(waits, 1, SimpleNamespace(ask=lambda *_: True), source.lock, source.post)  # type: ignore[arg-type]
    with source.lock:
        source.add(task)
    until(qtbot, lambda: controller.model.row(waits.id) is not None)

    for why in ("No contact with the cluster since 12:00:00", ""):
        with source.lock:
            task.take(waits._replace(why_not_cancellable=why))
        until(qtbot, lambda why=why: controller.model.row(waits.id).snapshot.why_not_cancellable == why)
    with source.lock:
        task.take(waits._replace(progress=Progress(2, 9)))
    until(qtbot, lambda: controller.model.row(waits.id).snapshot.progress.done == 2)
