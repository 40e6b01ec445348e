"""The one writer: takes events from any thread, and writes them in batches from a thread of its own.

The thread exists only while there is something to write. Nothing that goes wrong with the database reaches a task: what
cannot be written is kept for a while, told about once, and given up in the end.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from taskmon.core.base.errors import TaskmonError
from taskmon.core.base.threads import try_spawn
from taskmon.core.base.translate import tr
from taskmon.core.stacks.sampler import StackSample
from taskmon.core.task.events import StateChanged, TaskAdded, TaskEvent, TaskFinished, TaskLogged
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.history import database, schema
from taskmon.history.course import Course
from taskmon.history.database import Fault, NewerDatabaseError, fault_of
from taskmon.history.limits import Limits, prune
from taskmon.history.runs import RunLock, close_run, process_mark, sweep
from taskmon.history.values import RestartInfo, Value, stack_text, task_values, wall

if TYPE_CHECKING:
    from taskmon.core.task.handle import TaskHandle

Task = Callable[[sqlite3.Connection], object]

#: How long news is gathered before it is written, in seconds.
GATHER: Final = 0.05
#: Pauses between attempts while the database cannot be written, in seconds.
_RETRIES: Final = (0.5, 2.0, 10.0, 30.0)
#: News kept meanwhile; beyond that the oldest is given up.
_MOST_WAITING: Final = 100_000
#: The limits are looked at again after so many rows.
_PRUNE_EVERY: Final = 5_000
_DEFAULTS: Final = Limits()


class Recorder:
    """Writes the history of one run of the program. All methods may be called from any thread; only `close` waits.

    Args:
        folder: tells where the database is, or raises OSError if it can be nowhere. It is made if it is missing.
            Called in the writer's thread.
        describe: finds out what it would take to start a task's work again. Called in the writer's thread.
        limits: what is forgotten.
        on_opened: called with the rows of the tasks that an earlier run has lost, once the database is open.
        on_trouble: called with what the user should know; once for each kind of trouble.
        on_written: called after a batch.
        prepare: called with the new connection; a test may put limits on it there.
    """

    def __init__(
        self,
        folder: Callable[[], Path],
        *,
        describe: Callable[[TaskHandle], RestartInfo | None] = lambda _: None,
        limits: Limits = _DEFAULTS,
        on_opened: Callable[[list[int]], object] = lambda _: None,
        on_trouble: Callable[[TaskmonError], object] = lambda _: None,
        on_written: Callable[[], object] = lambda: None,
        prepare: Callable[[sqlite3.Connection], object] = lambda _: None,
    ) -> None:
        self.key = os.urandom(16).hex()
        self._folder = folder
        self._describe = describe
        self._limits = limits
        self._on_opened = on_opened
        self._on_trouble = on_trouble
        self._on_written = on_written
        self._prepare = prepare
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._notes: deque[TaskEvent | Sighted] = deque()
        self._orders: deque[Task] = deque()
        self._busy = False
        self._closing = False
        self._given_up = False
        self._told: set[str] = set()
        # The writer's own:
        self._path: Path | None = None
        self._connection: sqlite3.Connection | None = None
        self._alive: RunLock | None = None
        self._run = 0
        self._restarts: dict[int, RestartInfo | None] = {}
        self._unpruned = 0
        self._set_aside = 0

    # -- any thread -----------------------------------------------------------------------------------

    def start(self) -> None:
        """Open the database, in the background."""
        self.order(lambda _: None)

    def post(self, event: TaskEvent | Sighted) -> None:
        """Take an event; the sink of a source of tasks. Quick; never raises."""
        if type(event) is TaskLogged:
            return
        with self._lock:
            if self._given_up or self._closing:
                return
            self._notes.append(event)
            if len(self._notes) > _MOST_WAITING:
                self._notes.popleft()
            self._wake()

    def sight(self, snapshot: TaskSnapshot) -> None:
        """Keep how far a task has come, should the program die."""
        self.post(Sighted(snapshot))

    def keep_stack(self, task_id: int, sample: StackSample) -> None:
        """Keep where a task that does not respond was."""
        self.order(lambda connection: connection.execute(schema.SET_STACK, (stack_text(sample), self._run, task_id)))

    def keep_course(self, work: str, course: Course) -> None:
        """Keep how a task went that has succeeded; `work` is `taskmon.history.values.work_key` of it."""
        self.order(lambda connection: connection.execute(schema.SET_COURSE, (work, time.time(), course.to_text())))

    def order(self, task: Task) -> bool:
        """Run ``task(connection)`` in the writer's thread, after what has been posted. False if nothing is written."""
        with self._lock:
            if self._given_up or self._closing:
                return False
            self._orders.append(task)
            self._wake()
            return True

    def set_limits(self, limits: Limits) -> None:
        """Forget what is beyond these from now on."""
        self._limits = limits
        self.order(lambda connection: prune(connection, limits))

    @property
    def path(self) -> Path | None:
        """Where the database is, once it has been opened."""
        return self._path

    def wait_idle(self, timeout: float | None = None) -> bool:
        """Wait until all that was posted is written, or given up; return whether it is."""
        with self._lock:
            return self._changed.wait_for(lambda: not self._busy, timeout)

    def close(self, timeout: float = 2.0) -> bool:
        """Write what waits and close the database, within `timeout` seconds; return whether that was done.

        Tasks that have not ended are noted as lost with the program; those of other programs as left running.
        """
        with self._lock:
            if not self._closing:
                self._closing = True
                self._wake()
                self._changed.notify_all()  # it may be waiting for another attempt
            return self._changed.wait_for(lambda: not self._busy, timeout)

    def _wake(self) -> None:
        """See that the writer runs. The lock is held."""
        if self._busy:
            return
        self._busy = True
        if try_spawn(self._write, "taskmon-history", self._cannot_write) is not None:
            self._busy = False  # no thread can be had: the next event tries again

    def _cannot_write(self, error: BaseException) -> None:
        del error
        with self._lock:
            self._busy = False
            self._changed.notify_all()

    # -- the writer's thread --------------------------------------------------------------------------

    def _write(self) -> None:
        attempt = 0
        while True:
            with self._lock:
                self._changed.wait_for(lambda: self._closing, _RETRIES[attempt - 1] if attempt else GATHER)
                notes, orders = list(self._notes), list(self._orders)
                self._notes.clear()
                self._orders.clear()
                closing = self._closing
            fault = self._try_to_write(notes, orders)
            while fault is Fault.DAMAGED:  # that file has been set aside: into the new one
                fault = self._try_to_write(notes, orders)
            attempt = min(attempt + 1, len(_RETRIES)) if fault is Fault.WAIT else 0
            if closing:
                self._let_go()
            with self._lock:
                if fault is not None:  # first come, first written
                    self._notes.extendleft(reversed(notes))
                    self._orders.extendleft(reversed(orders))
                if fault is Fault.REFUSED or closing:
                    self._given_up = self._given_up or fault is Fault.REFUSED
                    self._notes.clear()
                    self._orders.clear()
                if not self._notes and not self._orders and (closing or not self._closing):
                    self._busy = False  # under the lock: what is posted now starts a new thread
                    self._changed.notify_all()
                    return

    def _try_to_write(self, notes: list[TaskEvent | Sighted], orders: list[Task]) -> Fault | None:
        """Write them. Return what is wrong, if something is; then nothing of them is in the database."""
        ordered = bool(orders)
        try:
            connection = self._open()
            written = self._write_notes(connection, notes)
            notes.clear()  # an order that fails must not have them written again
            while orders:
                orders[0](connection)
                del orders[0]
            if written:
                self._unpruned += written
                if self._unpruned >= _PRUNE_EVERY:
                    self._unpruned = 0
                    prune(connection, self._limits)
        except Exception as error:
            return self._note_fault(error)
        if written or ordered:
            self._on_written()
        return None

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None:
            return self._connection
        folder = self._folder()
        path = self._path = folder / database.FILE_NAME
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        connection = database.open_for_writing(path)
        try:
            self._prepare(connection)
            if self._alive is None:
                self._alive = RunLock(folder, self.key)
                self._alive.acquire()  # before the row that it is for can be seen
            connection.execute(
                "INSERT OR IGNORE INTO runs (key, pid, mark, began) VALUES (?, ?, ?, ?)",
                (self.key, os.getpid(), process_mark(os.getpid()), time.time()),
            )
            self._run = connection.execute("SELECT id FROM runs WHERE key = ?", (self.key,)).fetchone()[0]
            lost = sweep(connection, folder, self.key)
            prune(connection, self._limits)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        self._on_opened(lost)
        return connection

    def _write_notes(self, connection: sqlite3.Connection, notes: list[TaskEvent | Sighted]) -> int:
        if not notes:
            return 0
        batch = Batch(self._run, time.time() - time.monotonic())
        for note in notes:
            if isinstance(note, TaskAdded):
                self._restarts[note.snapshot.id] = self._describe(note.task)
            if isinstance(note, (TaskAdded, StateChanged, Sighted)):
                batch.take(note, self._restarts.get(note.snapshot.id))
        connection.execute("BEGIN IMMEDIATE")
        try:
            batch.write(connection)
            connection.execute("COMMIT")
        except BaseException:
            connection.rollback()
            raise
        for note in notes:
            if isinstance(note, TaskFinished):
                self._restarts.pop(note.snapshot.id, None)
        return batch.rows

    def _note_fault(self, error: Exception) -> Fault:
        fault = fault_of(error) if isinstance(error, (sqlite3.Error, OSError)) else Fault.REFUSED
        if not isinstance(error, (sqlite3.Error, OSError, NewerDatabaseError)):  # a bug of ours
            import logging

            logging.getLogger("taskmon.history").error("The history cannot be written", exc_info=error)
        path = self._path
        if path is None:
            self._tell(
                TaskmonError(
                    tr("The history is not saved"),
                    tr("There is no folder to keep it in: {problem}.").format(problem=error),
                )
            )
            return Fault.REFUSED
        if fault is Fault.DAMAGED and self._set_aside < 3:
            self._disconnect()
            try:
                aside = database.set_aside(path)
            except OSError as problem:
                self._tell(database.explain(problem, path))
                return Fault.REFUSED
            self._set_aside += 1
            self._tell(
                TaskmonError(
                    tr("The history was damaged, and a new one has been started"),
                    tr("The old one is kept as “{path}”.").format(path=aside),
                )
            )
            return fault
        self._tell(database.explain(error, path))
        return Fault.REFUSED if fault is Fault.DAMAGED else fault

    def _tell(self, trouble: TaskmonError) -> None:
        if trouble.title not in self._told:
            self._told.add(trouble.title)
            self._on_trouble(trouble)

    def _let_go(self) -> None:
        if self._connection is not None:
            try:
                close_run(self._connection, self._run)
            except sqlite3.Error:  # the next run of the program will note it
                self._disconnect()
        self._disconnect()
        if self._alive is not None:
            self._alive.release()

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Sighted(NamedTuple):
    """How far a running task has come."""

    snapshot: TaskSnapshot


def _moment_of(change: TaskAdded | StateChanged) -> float:
    """When a task entered the state that it is in: news of another program tells of that a while later."""
    snapshot, state = change.snapshot, change.snapshot.state
    known: float | None = None
    if state.is_final:
        known = snapshot.ended_at
    elif state is TaskState.STOPPING:
        known = snapshot.stop_requested_at
    elif state is TaskState.RUNNING and (isinstance(change, TaskAdded) or change.old in _BEFORE_ITS_START):
        known = snapshot.started_at
    return snapshot.taken_at if known is None else known


_BEFORE_ITS_START: Final = frozenset({TaskState.QUEUED, TaskState.HELD})


class Batch:
    """Gathers, and writes it all. Gathering twice what is the same is harmless."""

    def __init__(self, run: int, offset: float) -> None:
        self._run = run
        self._offset = offset
        self._newest: dict[int, tuple[TaskSnapshot, RestartInfo | None]] = {}
        self._changes: list[tuple[Value, ...]] = []

    @property
    def rows(self) -> int:
        """How many rows it writes."""
        return len(self._newest) + len(self._changes)

    def take(self, note: TaskAdded | StateChanged | Sighted, restart: RestartInfo | None) -> None:
        snapshot = note.snapshot
        known = self._newest.get(snapshot.id)
        if known is None or snapshot.revision >= known[0].revision:
            self._newest[snapshot.id] = (snapshot, restart)
        if not isinstance(note, Sighted):
            at = wall(_moment_of(note), self._offset)
            self._changes.append((self._run, snapshot.id, snapshot.revision, snapshot.state.value, at))

    def write(self, connection: sqlite3.Connection) -> None:
        """Write everything, within the transaction that is open."""
        run, offset = self._run, self._offset
        connection.executemany(
            schema.UPSERT, (task_values(run, snapshot, work, offset) for snapshot, work in self._newest.values())
        )
        connection.executemany(schema.ADD_CHANGE, self._changes)
