"""The controller between widgets and tasks: commands go down as calls, facts come up as signals."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NamedTuple, Protocol

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from taskmon.bridge.pressure import PressureGauge, Sharing
from taskmon.bridge.signals import method_of
from taskmon.bridge.table.model import TaskTableModel
from taskmon.bridge.table.rows import Change, TaskRow
from taskmon.bridge.ui_queue import UiQueue
from taskmon.core.base.errors import TaskmonError
from taskmon.core.base.threads import Background
from taskmon.core.run.runner import TaskRunner
from taskmon.core.stop import StopKind
from taskmon.core.stop.reason import WINDOW
from taskmon.core.task.events import Sink, StateChanged, TaskAdded, TaskChanged, TaskEvent, TaskFinished, TaskLogged
from taskmon.core.task.handle import TaskHandle
from taskmon.core.task.live_tasks import TaskSource
from taskmon.core.task.progress import Progress
from taskmon.core.task.request import STOPS, Request, Verb, to_stop
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.core.task.task import Task
from taskmon.core.task.thread_looks import thread_looks
from taskmon.jobs import JobType, Parameter, ParameterKind

#: The declarations of jobs are for the widgets: `ui` asks the bridge and never reaches for the jobs themselves.
__all__ = ["JobType", "Parameter", "ParameterKind", "TaskController", "Undoable", "Viewer"]

#: The shortest time between two looks at the running tasks, in seconds: thirty frames a second.
FRAME: Final = 0.033
#: A look that takes long is taken less often: at most a fifth of the UI thread's time goes into them.
_FRAME_SHARE: Final = 5
_LOOK_INTERVAL: Final = 1.0
#: The rows of a table that is sorted by figures which change are sorted again this often, in seconds: they can be read.
_SORT_INTERVAL: Final = 3.0
#: The places of a view that shows nothing.
_NOWHERE: Final = (0, -1)
_WAITING: Final = frozenset({TaskState.QUEUED, TaskState.HELD})
_NO_PROGRESS: Final = Progress()


def next_frame(due: float, ended: float, worked: float) -> float:
    """Return when the next frame is due. All moments are of `time.perf_counter()`.

    Frames get a fifth of the UI thread's time at most, counted from when this one was due and not from when it began.
    Beside busy threads that cannot be asked to wait, it has begun late because it waited for the interpreter. That took
    none of the UI thread's time; to add a pause to it would halve the few frames that there are.

    Args:
        due: when this frame was due.
        ended: when it had ended.
        worked: how much processor time it took, in seconds.
    """
    return max(due + max(FRAME, worked * _FRAME_SHARE), ended)


def next_beside_waiting_workers(began: float, ended: float, worked: float) -> float:
    """Return when the next frame is due if workers wait for each frame to end, as `next_frame`.

    The workers lose the whole time of a frame, so they get time after it: four times what it `worked`, or as long as it
    lasted if that is more. It lasts longer than it works where other threads, which cannot be asked to wait, keep the
    interpreter from it. Beside eight of those, four times its length would leave two frames a second.
    """
    return max(began + FRAME, ended + max(worked * (_FRAME_SHARE - 1), ended - began))


def _by_user(verb: Verb, offer: int = 0) -> Request:
    return to_stop(by="user", kind=StopKind.USER, verb=verb, offer=offer)


class Undoable(NamedTuple):
    """A waiting task that is about to be cancelled, and could be put back."""

    task_id: int
    held: bool


class Viewer(Protocol):
    """What shows the rows of a controller. Asked and told in each frame, in the UI thread."""

    def visible_places(self) -> tuple[int, int]:
        """The first and the last place on the screen; (0, -1) if there is none. Only these are looked at each time."""

    def show_changes(self, changed: Iterable[tuple[TaskRow, Change]], *, at_once: bool = False) -> None:
        """Paint what has changed of these rows before this call returns. Most of them may be elsewhere.

        A frame may leave some for the next where that takes long; not so what has to be seen `at_once`.
        """


class TaskController(QObject):
    """Shows the tasks of one runner, and passes on what the user wants of them.

    Commands take task ids, never row numbers: rows move. None of them waits: a cancel sets the stop flag in the
    calling thread and leaves the callbacks, which are foreign code, to a thread in the background.

    Belongs to the UI thread. Close it before the runner's workers can outlive the application.

    Signals:
        task_added(TaskSnapshot): a task was started.
        state_changed(TaskSnapshot): a task entered ``snapshot.state``. Each change once, in order.
        progressed(TaskSnapshot): the progress of a running task moved. At a bounded rate, the newest picture only.
        task_finished(TaskSnapshot): a task reached its final state; its thread has left. Nothing follows.
        failed(TaskmonError): something the user asked for could not be done.
        cleared(set): the tasks with these ids were taken out of the table.
        looked(): the running tasks have been looked at. Once a second, or as often as `look_every` says.
        looks_closely(): they are looked at more often than that. Once a second, as long as that is so.
    """

    task_added = Signal(object)
    state_changed = Signal(object)
    progressed = Signal(object)
    task_finished = Signal(object)
    failed = Signal(object)
    cleared = Signal(object)
    looked = Signal()
    looks_closely = Signal()

    def __init__(
        self,
        runner: TaskRunner,
        jobs: Iterable[JobType] = (),
        parent: QObject | None = None,
        *,
        turnstile: bool = True,
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self._sources: list[TaskSource] = [runner]
        self.jobs: tuple[JobType, ...] = tuple(jobs)
        self.model = TaskTableModel(self)
        self._callbacks = Background("taskmon-callbacks")
        self._viewers: list[Viewer] = []
        self._followers: list[Callable[[TaskSnapshot], object]] = []
        self._progressed, self._looked = (method_of(self, name) for name in ("progressed", "looked"))
        self._frames = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._frames.timeout.connect(self.look)
        self._frame_due = 0.0
        self._listeners: list[Sink] = []
        self._worst_lateness = 0.0
        self._pressure = PressureGauge()
        self._judged_at = self._sorted_at = 0.0
        self._look_wishes: dict[str, float] = {}
        self._look_interval = _LOOK_INTERVAL
        self._looked_at = 0.0
        self._facts_wanted = False
        self._news = UiQueue(self)
        self._news.arrived.connect(self._on_arrived)
        self._sharing = Sharing(runner, self, turnstile=turnstile)
        self._take_in(runner.attach(self._post))

    # -- starting ---------------------------------------------------------------------------------

    def start(self, fn: Callable[..., Any], *args: Any, name: str | None = None, **kwargs: Any) -> Task | None:
        """Start ``fn(ctx, *args, **kwargs)``; see `TaskRunner.start`. None if that failed, after `failed`."""
        try:
            return self._runner.start(fn, *args, name=name, **kwargs)
        except RuntimeError as error:
            self.failed.emit(TaskmonError("The task was not started", str(error)))
            return None

    @property
    def folder_job(self) -> JobType | None:
        """The job that folders are for when they are dropped on the window."""
        kinds = ParameterKind.FOLDERS
        return next((job for job in self.jobs if any(each.kind is kinds for each in job.parameters)), None)

    def start_job(self, job: JobType, values: Mapping[str, object]) -> Task | None:
        """Start a built-in job with what the user gave. None if that makes no sense, after `failed`."""
        try:
            arguments = job.bind(values)
        except TaskmonError as error:
            self.failed.emit(error)
            return None
        return self.start(job.function, name=job.task_name(arguments), **arguments)

    def ask(self, task_id: int, request: Request) -> bool:
        """Ask something of one task, in the user's name. Return whether that was new and possible."""
        row = self.model.row(task_id)
        if row is None or (request.verb in STOPS and row.snapshot.why_not_cancellable):
            return False
        with self._shown_at_once():
            done = row.task.ask(request, self._callbacks.post)
            if request.verb is Verb.CANCEL:
                self._sharing.make_way()
        if done and request.verb is Verb.DETACH:  # nothing else tells it: its state is the same
            self.model.update(row.task.snapshot())
            self.model.counts_changed.emit()
        return done

    def cancel(self, task_id: int) -> bool:
        """Ask one task to stop. Return whether this was the first request."""
        return self.ask(task_id, _by_user(Verb.CANCEL))

    def cancel_after_item(self, task_id: int) -> bool:
        """Ask one task to finish its current item and stop then. Return whether that was new and possible."""
        return self.ask(task_id, _by_user(Verb.AFTER_ITEM))

    def detach(self, task_id: int) -> bool:
        """Give up waiting for a task that was asked to stop and does not. Return whether that was possible."""
        return self.ask(task_id, Request(Verb.DETACH))

    def use_offer(self, task_id: int, number: int) -> bool:
        """Stop a task by something that was found in its program and that the user has picked."""
        return self.ask(task_id, _by_user(Verb.OFFER, number))

    def cancel_many(self, task_ids: Iterable[int]) -> int:
        """Ask several tasks to stop; return how many had not been asked before."""
        wanted = list(task_ids)
        if len(wanted) == 1:  # nor is anything loaded between a click and what it shows
            return int(self.cancel(wanted[0]))
        from taskmon.core.task.ladder import in_turn  # the first frame needs none

        rows = [row for task_id in wanted if (row := self.model.row(task_id)) is not None]
        asked, _left = in_turn(row.snapshot for row in rows)
        with self._shown_at_once():
            return sum(self.cancel(snapshot.id) for snapshot in asked)

    def cancel_all(self) -> int:
        """Ask every live task to stop, those of other programs included; return how many had not been asked before."""
        return self.cancel_many([task.id for task in self._tasks()])

    def cancel_own_tasks(self) -> int:
        """Ask this program's tasks to stop, because it quits. Other programs go on."""
        return self._runner.cancel_all(by=WINDOW, kind=StopKind.SHUTDOWN, dispatch=self._callbacks.post)

    def make_room(self, tasks: int) -> None:
        """Let at least so many tasks run at once."""
        self._runner.max_workers = max(self._runner.max_workers, tasks)

    def pause(self, task_id: int) -> bool:
        """Ask a task to wait at its next checkpoint, or hold a waiting one."""
        return self.ask(task_id, Request(Verb.PAUSE))

    def resume(self, task_id: int) -> bool:
        """Let a paused or held task go on."""
        return self.ask(task_id, Request(Verb.RESUME))

    def pause_all(self) -> int:
        """Pause every task that can be; return how many."""
        return sum(task.ask(Request(Verb.PAUSE)) for task in self._tasks())

    def resume_all(self) -> int:
        """Resume every paused or held task; return how many."""
        return sum(task.ask(Request(Verb.RESUME)) for task in self._tasks())

    def retry(self, task_id: int) -> TaskHandle | None:
        """Start the work of an ended task anew. None if that is not possible, after `failed`."""
        row = self.model.row(task_id)
        if row is None or not row.can_retry:
            return None
        try:
            return row.task.retry()
        except RuntimeError as error:
            self.failed.emit(TaskmonError("The task was not started again", str(error)))
            return None

    def can_run_as_process(self, task_id: int) -> bool:
        """Whether a task's work could be done by a process of its own. Takes milliseconds."""
        row = self.model.row(task_id)
        if row is None or row.snapshot.parent_id is not None or not isinstance(row.task, Task):
            return False
        from taskmon.core.process.isolated import can_run_isolated  # few ever ask

        return can_run_isolated(row.task)

    def run_as_process(self, task_id: int) -> None:
        """Start a task's work anew in a process of its own: at once if the task has ended, else cancel it first.

        The new one waits for the old one to end, so that the same work is never done by two at the same time.
        """
        row = self.model.row(task_id)
        if row is None or not isinstance(row.task, Task):
            return

        self.cancel(task_id)
        task = row.task

        def start(_: object) -> None:
            """In whichever thread the old task ended: nothing of Qt here."""
            try:
                from taskmon.core.process.isolated import retry_isolated

                retry_isolated(task)
            except RuntimeError:  # the runner has been shut down meanwhile
                return

        task.add_done_callback(start)

    def clear_finished(self) -> int:
        """Take ended tasks out of the table; return how many."""
        return self.clear(None)

    def clear(self, task_ids: Iterable[int] | None) -> int:
        """Take those of these tasks out of the table, of all if None, that have ended, with their subtasks."""
        before = {row.id for row in self.model.rows()}
        count = self.model.remove_ended(task_ids)
        self.cleared.emit(before - {row.id for row in self.model.rows()})
        return count

    # -- what lives ----------------------------------------------------------------------------------

    def live_tasks(self) -> list[TaskSnapshot]:
        """Pictures of this program's tasks that have not ended, straight from the runner.

        Other programs and what they run go on without the window. Detached tasks are not waited for by anybody.
        """
        pictures = [task.snapshot() for task in self._runner.tasks()]
        return [picture for picture in pictures if not picture.detached]

    def leaves_nothing_half_written(self) -> bool:
        """Whether all of `live_tasks` are of jobs that promise that, should they be cancelled."""
        whole = [job.function for job in self.jobs if job.whole]
        live = [task for task in self._runner.tasks() if task.parent is None and not task.snapshot().detached]
        return all(task.fn in whole for task in live)

    def all_live_tasks(self) -> list[TaskSnapshot]:
        """Pictures of all tasks that have not ended, those of other programs included."""
        return [task.snapshot() for task in self._tasks()]

    def _tasks(self) -> list[TaskHandle]:
        """The tasks that have not ended, of all sources."""
        return [task for source in self._sources for task in source.tasks()]

    # -- the queue --------------------------------------------------------------------------------

    def can_move(self, row: TaskRow) -> bool:
        """Whether a task waits in this program's queue, so that it could start earlier."""
        return row.snapshot.state is TaskState.QUEUED and isinstance(row.task, Task)

    def move_up(self, task_ids: Iterable[int]) -> int:
        """Let waiting tasks start before what is before them now; return how many wait."""
        moved = sum(self._runner.move_up(task) for task in self._in_line(task_ids))
        self._show_queue()
        return moved

    def move_to_top(self, task_ids: Iterable[int]) -> int:
        """Let waiting tasks be the next to start, in the order they have now; return how many wait."""
        moved = sum(self._runner.move_to_top(task) for task in reversed(self._in_line(task_ids)))
        self._show_queue()
        return moved

    def _in_line(self, task_ids: Iterable[int]) -> list[Task]:
        wanted = set(task_ids)
        return [task for task in self._runner.waiting() if task.id in wanted]

    def _show_queue(self) -> None:
        self.model.follow_queue(task.id for task in self._runner.waiting())

    @property
    def max_at_once(self) -> int:
        """How many of this program's tasks may run at once."""
        return self._runner.max_workers

    @max_at_once.setter
    def max_at_once(self, limit: int) -> None:
        self._runner.max_workers = max(1, limit)

    def undoable(self, task_ids: Iterable[int]) -> list[Undoable]:
        """Those among tasks whose cancel could be undone: they wait in this program, and for themselves."""
        rows = [row for task_id in task_ids if (row := self.model.row(task_id)) is not None]
        return [
            Undoable(row.id, row.snapshot.state is TaskState.HELD)
            for row in rows
            if row.snapshot.state in _WAITING and row.snapshot.parent_id is None and isinstance(row.task, Task)
        ]

    def restore(self, undoable: Iterable[Undoable]) -> list[TaskHandle]:
        """Put tasks that were cancelled while they waited back in line, where they stood.

        A final state is final: each comes back as a new task, and its row takes the place of the old one.
        """
        restored: list[TaskHandle] = []
        for task_id, held in undoable:
            row = self.model.row(task_id)
            if row is None or not isinstance(row.task, Task):
                continue
            try:
                task = self._runner.restore(row.task, held=held)
            except RuntimeError as error:
                self.failed.emit(TaskmonError("The task was not restored", str(error)))
                continue
            self.model.replace(task_id, task)
            restored.append(task)
        return restored

    def retry_failed(self) -> list[TaskHandle]:
        """Start all failed work anew that has not been already; return the new tasks."""
        return [task for row in self.failed_to_retry() if (task := self.retry(row.id)) is not None]

    def failed_to_retry(self) -> list[TaskRow]:
        """What has failed, can be started anew and has not been."""
        rows = self.model.rows()
        retried = {row.snapshot.retry_of for row in rows}
        return [
            row for row in rows if row.snapshot.state is TaskState.FAILED and row.can_retry and row.id not in retried
        ]

    # -- looking ----------------------------------------------------------------------------------

    def shown_by(self, viewer: Viewer) -> None:
        """A view shows the rows from now on."""
        self._viewers.append(viewer)

    def not_shown_by(self, viewer: Viewer) -> None:
        """A view does no longer, and may have been deleted."""
        self._viewers = [each for each in self._viewers if each is not viewer]

    def tell_progress(self, follower: Callable[[TaskSnapshot], object]) -> None:
        """Have `follower` called for all that `progressed` tells of: a call costs no hand-over of the interpreter."""
        self._followers.append(follower)

    def look_every(self, seconds: float, who: str) -> None:
        """Tell by `looked` as often as this, in seconds, for `who` shows more than the table does; 0: as others wish.

        Threads of other programs are looked at as often, once a second otherwise.
        """
        self._look_wishes.pop(who, None)
        if seconds:
            self._look_wishes[who] = seconds
        self._look_interval = min(self._look_wishes.values(), default=_LOOK_INTERVAL)

    def add_source(self, source: TaskSource) -> None:
        """Show the tasks of another source as well, such as those of other programs."""
        self._sources.append(source)
        for sink in self._listeners:
            self._attach(source, sink)
        self._take_in(source.attach(self._post))

    def also_tell(self, sink: Sink) -> None:
        """Have all sources call `sink`, those to come included; tasks that are known already are told as added."""
        self._listeners.append(sink)
        for source in self._sources:
            self._attach(source, sink)

    def _attach(self, source: TaskSource, sink: Sink) -> None:
        for task in source.attach(sink):
            sink(TaskAdded(task.snapshot(), task))

    def _take_in(self, tasks: Iterable[TaskHandle]) -> None:
        self.model.add((task, task.snapshot()) for task in tasks)
        self._keep_looking()

    def close(self) -> None:
        """Hear nothing more of the runner and stop looking. The tasks go on. Idempotent."""
        for source in self._sources:
            source.detach(self._post)
        self._news.close()
        self._frames.stop()
        self._sharing.close()
        if self._facts_wanted:
            self._facts_wanted = False
            thread_looks.rest()

    def _post(self, event: TaskEvent) -> None:
        """The sink of the sources. Any thread. Lines of a log are read from their task, by who shows them."""
        if event.__class__ is not TaskLogged:
            self._news.post(event)

    # -- news -------------------------------------------------------------------------------------

    @Slot(object)
    def _on_arrived(self, events: list[TaskEvent], *, at_once: bool = False) -> None:
        """Take in news; `at_once`: paint them before anybody is told, which costs hand-overs of the interpreter."""
        # New rows in one go: a thousand single insertions cost ten times as much. An event of a task can only come
        # after the one that added it, so adding first keeps the order of each task.
        with self.model.batch():
            added = [event for event in events if isinstance(event, TaskAdded)]
            if added:
                self.model.add((event.task, event.snapshot) for event in added)
            changed = [event.snapshot for event in events if isinstance(event, (StateChanged, TaskChanged))]
            for snapshot in changed:
                self.model.update(snapshot)
            if at_once:
                rows = [row for snapshot in changed if (row := self.model.row(snapshot.id)) is not None]
                for viewer in self._viewers:
                    viewer.show_changes([(row, Change.ROW) for row in rows], at_once=True)
            for event in events:
                if isinstance(event, StateChanged):
                    self.state_changed.emit(event.snapshot)
                elif isinstance(event, TaskFinished):
                    self.task_finished.emit(event.snapshot)
                elif isinstance(event, TaskAdded):
                    self.task_added.emit(event.snapshot)
        self._keep_looking()

    @contextmanager
    def _shown_at_once(self) -> Iterator[None]:
        """Have what is asked of tasks inside painted when this is left: in the slot of the click that asks it.

        With the event loop in between, beside busy threads, it would have to win the interpreter once more to hear of
        the change, and again to paint it.
        """
        try:
            with self._news.gathered() as news:
                yield
        finally:
            if news:
                self._on_arrived(news, at_once=True)

    @Slot()
    def look(self) -> None:
        """Make one frame: look at the running tasks, show what has changed, and look again soon. A timer calls it."""
        began, used = time.perf_counter(), time.thread_time()
        late = self._sharing.begin_frame(began - self._frame_due)
        try:
            self._make_frame(began, late)
        finally:  # whatever went wrong: workers wait
            self._sharing.end_frame(late)
            ended, worked = time.perf_counter(), time.thread_time() - used
            if self._sharing.takes_turns:
                self._keep_looking(next_beside_waiting_workers(began, ended, worked))
            else:
                self._keep_looking(next_frame(self._frame_due, ended, worked))

    def _make_frame(self, began: float, late: float) -> None:
        places = [viewer.visible_places() for viewer in self._viewers] or [_NOWHERE]
        changed = self.model.sample(*places[0], *places[1:])
        self._tell_of(changed)
        self._worst_lateness = max(self._worst_lateness, late)
        if began - self._judged_at >= _LOOK_INTERVAL:
            if self._judged_at:  # not at the first frame: what is over at once is left alone
                self._want_facts()
            self._judged_at = began
            self.model.note_holders()
            self._judge_pressure()
            self._worst_lateness = 0.0
        if began - self._sorted_at >= _SORT_INTERVAL:
            self._sorted_at = began
            self.model.resort()
        if began - self._looked_at >= self._look_interval:
            self._looked_at = began
            if self.isSignalConnected(self._looked):
                self.looked.emit()
        # Here, while busy workers wait, rather than when the event loop comes to it.
        for viewer in self._viewers:
            viewer.show_changes(changed)

    def _tell_of(self, changed: Iterable[tuple[TaskRow, Change]]) -> None:
        emits = self.isSignalConnected(self._progressed)
        if not emits and not self._followers:
            return
        for row, _ in changed:
            snapshot = row.snapshot
            if snapshot.progress == _NO_PROGRESS:
                continue
            for follower in self._followers:
                follower(snapshot)
            if emits:
                self.progressed.emit(snapshot)

    def _want_facts(self) -> None:
        """Have the threads of this program's tasks looked at, as long as their rows or lanes can be seen."""
        seen = any(last >= first for first, last in (viewer.visible_places() for viewer in self._viewers))
        closely = self._look_interval < _LOOK_INTERVAL
        if closely:
            self.looks_closely.emit()
        if seen or closely:
            self._facts_wanted = True
            thread_looks.want(self._look_interval)

    def _judge_pressure(self) -> None:
        self.model.repaint_rows(self._pressure.look(self.model.active_rows(), self._worst_lateness))

    def _keep_looking(self, due: float | None = None) -> None:
        """Look again when that is `due`, else soon, if some task has a thread. Nothing ticks while nothing runs."""
        if self._frames.isActive():
            return
        if self.model.has_active:
            now = time.perf_counter()
            self._frame_due = due if due is not None else now + FRAME
            self._frames.start(max(0, round((self._frame_due - now) * 1000)))
        else:
            self._sharing.rest()
