"""The tasks of other programs, as one `taskmon.core.task.live_tasks.TaskSource`, and those of one connection."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from typing import Any, Final

from taskmon.core.stop.reason import StopKind, StopReason
from taskmon.core.task.events import TaskEvent, TaskFinished
from taskmon.core.task.live_tasks import LiveTasks
from taskmon.core.task.snapshot import Origin, TaskSnapshot, new_task_id
from taskmon.core.task.state import TaskState
from taskmon.link.window.process import Process, ancestors_of
from taskmon.link.window.remote_task import Line, RemoteTask, sent_by_cancel
from taskmon.link.window.server_connection import ServerConnection
from taskmon.link.window.verdict import Ending, of_program, of_task
from taskmon.link.wire.codec import SnapshotError, from_item, from_move, from_stack, text, whole
from taskmon.link.wire.connection import Message

#: Tasks shown of one program, ended ones included until they are cleared. Any more of it are passed over.
MOST_TASKS: Final = 10_000
#: Rows of processes that are remembered by their number.
_MOST_PROCESSES: Final = 1_000
#: Clocks that differ by less than this many seconds are one: on Linux all processes have the same.
_SAME_CLOCK: Final = 5.0
_NOT_KNOWN_YET: Final = "nothing is known of it yet"
_AT_ITS_END: Final = "it is at its end"
_NO_CONTACT: Final = "there is no contact with it any more"
_BROKEN_OFF: Final = "The program is still there, but has broken off its connection"
_SHOWN_NO_MORE: Final = "The program is still there, but shows its tasks no more"
#: Seconds within which what a program said about becoming another has happened.
_REPLACING: Final = 10.0
#: Programs above one that are remembered.
_MOST_STARTERS: Final = 16
_SAME_SIGNAL: Final = "its program was sent the same signal"
_LINES: Final = 200
_LINE_LIMIT: Final = 4_096


class RemoteSource(LiveTasks[RemoteTask]):
    """What the window is shown. Any thread."""

    def __init__(self) -> None:
        super().__init__(threading.RLock())  # a sink may look at a task
        self.programs: dict[int, RemoteTask] = {}
        """The rows of the programs that tell of themselves, by process. With the lock."""
        self.above: dict[int, int] = {}
        """The processes that have started those."""
        self.processes: dict[int, RemoteTask] = {}
        """The rows of processes of which another program tells."""
        self.second_hand: dict[str | tuple[int, str], tuple[PeerTasks, RemoteTask]] = {}
        """The rows of which their own programs may tell as well, and who tells of them so far. By what the tasks are
        known as; parts of such, by the numbers of those rows and their own names."""
        self.first_hand: dict[str, None] = {}
        """What the tasks are known as of which their own programs have told."""

    def note_process(self, pid: int, task: RemoteTask) -> None:
        """There is a row of a process. With the lock."""
        if len(self.processes) >= _MOST_PROCESSES:
            live = {number: row for number, row in self.processes.items() if not row.has_ended}
            self.processes = live if len(live) < _MOST_PROCESSES else {}
        self.processes[pid] = task

    def look_closely(self) -> None:
        """Have all programs look at what their threads do four times a second, for the next seconds. Never waits."""
        with self.lock:
            lines = {id(task.line): task.line for task in self.by_id.values()}
        for line in lines.values():
            line.ask({"t": "closely"})

    def post(self, event: TaskEvent) -> None:
        """Hand on what has happened to a task. The lock is held."""
        if event.__class__ is TaskFinished:
            self.forget(event.snapshot.id)
        self.hub.post(event)


class PeerTasks:
    """The tasks of one connected program. Its messages are heard in the server's thread."""

    def __init__(self, source: RemoteSource, line: Line, program: str, pid: int, their_now: object) -> None:
        self.program = program
        self.pid = pid
        self.process: Process | None = None
        """Its process, where that is one of this machine's."""
        self.place = ""
        """Where its tasks run, shown instead of the names of their threads."""
        self._source = source
        self._post = source.post  # one for all of its tasks
        self._origin: Origin | None = None  # of the task that came last
        self._line = line
        self._tasks: dict[int, RemoteTask] = {}  # by their numbers; ended ones too, until they are cleared
        self._live = 0
        self.refused = 0
        """What was passed over because it made no sense, or was too much."""
        self._unconfirmed: set[int] = set()  # numbers of tasks that it has not told of since it came back
        self._passed_over: set[int] = set()  # numbers of processes that tell of themselves
        self._elsewhere: set[int] = set()  # numbers of tasks that have their rows elsewhere, with all their parts
        self._ancestors: list[int] | None = None
        self._program: RemoteTask | None = None  # the row of the program itself, where it is watched
        self._starters: list[RemoteTask] = []  # the rows of what has started that program, the nearest first
        self._farewell = False
        self._stopped = False
        self._told: TaskSnapshot | None = None  # how the program says that it ended, before it has
        self._replaced: tuple[str, float] | None = None
        self._sent: list[str] = []  # the names of the signals that the user has sent it from here
        self._set_clock(their_now)

    def _set_clock(self, their_now: object) -> None:
        now = time.monotonic()
        theirs = float(their_now) if type(their_now) in (int, float) and abs(their_now) < 1e12 else now  # type: ignore[arg-type]
        # Elsewhere each machine-wide clock may count from another moment: what matters is how long ago something was.
        self._offset = 0.0 if abs(now - theirs) < _SAME_CLOCK else now - theirs
        self._heard_at = now

    def announce(self) -> None:
        """A program is about to begin: it has a row from now on, whatever becomes of it."""
        now = time.monotonic()
        row = TaskSnapshot(
            0, self.program, TaskState.RUNNING, 0, now, now, now, created=time.time(),
            why_not_cancellable=_NOT_KNOWN_YET, origin=Origin(self.program, self.pid, kind="program"), pausable=False,
        )  # fmt: skip
        self._ancestors = ancestors_of(self.pid)
        with self._source.lock:
            self._take_new(row, ())

    @property
    def replaced_by(self) -> str | None:
        """What the program was about to become just now; empty for itself, None if nothing of the kind was said."""
        if self._replaced is None or time.monotonic() - self._replaced[1] > _REPLACING:
            return None
        return self._replaced[0]

    def come_back(self, line: Line, their_now: object) -> None:
        """The program has a new connection. It tells of its tasks, and then that these were all."""
        self._set_clock(their_now)
        with self._source.lock:
            self._line = line
            self._unconfirmed = {theirs for theirs, task in self._tasks.items() if not task.has_ended}

    def ask(self, message: Message, answered: Callable[[bool], None] | None = None) -> bool:
        """See `taskmon.link.window.remote_task.Line`: by the connection that there is now."""
        return self._line.ask(message, answered)

    def send_signal(self, name: str) -> bool:
        """Send a signal to the program soon, whatever it does. Any thread, never waits; False if it has gone."""
        process = self.process
        if process is None or not process.send(name):
            return False
        self._sent.append(name)
        return True

    @property
    def group(self) -> int | None:
        """See `taskmon.link.window.remote_task.TaskLine`."""
        return self.process.group if self.process is not None else None

    @property
    def live(self) -> int:
        """How many of its tasks have not ended."""
        return self._live

    def clock(self, value: object) -> float | None:
        """A moment of the program as one of this process; never in the future."""
        if type(value) not in (int, float) or not abs(value) < 1e12:  # type: ignore[arg-type]
            return None
        return min(float(value) + self._offset, self._heard_at)  # type: ignore[arg-type]

    def hear(self, message: Message) -> None:
        """Take what the program tells. What makes no sense is counted and passed over."""
        self._heard_at = time.monotonic()
        kind = message["t"]
        # The lock is taken for each task anew, and nothing is read under it: the UI thread wants it, too.
        if kind == "tasks":
            for item in _list(message.get("tasks")):
                self._take_snapshot(item)
        elif kind == "moves":
            for values in _list(message.get("moves")):
                self._take_move(values)
        elif kind == "log":
            self._take_log(message)
        elif kind == "stack":
            self._take_stack(message)
        elif kind == "all":
            if self.replaced_by is not None:
                ending = Ending(TaskState.CUT_OFF, consequence="Its program started itself anew")
            else:
                ending = Ending(TaskState.LOST, "It ended while its program could not be heard")
            self._end(self._unconfirmed, ending)
            self._unconfirmed = set()
            self._replaced = None
        elif kind == "replaced":
            self._replaced = text(message.get("by")), self._heard_at

    def make(self, picture: TaskSnapshot, theirs: int) -> RemoteTask:
        """Return the row of a new task, which the program calls `theirs`."""
        return RemoteTask(picture, theirs, self, self._source.lock, self._post)

    def adopt(self, number: int, task: RemoteTask) -> None:
        """What the program calls `number` has its row here already: `task`. Before a message speaks of it."""
        with self._source.lock:
            self._tasks[number] = task
            self._live += 1

    def pass_over(self, number: int) -> None:
        """What the program calls `number` has its row elsewhere, as has whatever is a part of it."""
        self._elsewhere.add(number)

    def _find(self, number: object) -> RemoteTask | None:
        return self._tasks.get(number) if type(number) is int else None

    def _take_snapshot(self, item: object) -> None:
        try:
            picture, via = from_item(item, self.clock, self.program, self.pid)
        except SnapshotError:
            self.refused += 1
            return
        if picture.id in self._passed_over:
            return
        if picture.id in self._elsewhere or picture.parent_id in self._elsewhere:
            (self._elsewhere.discard if picture.state.is_final else self._elsewhere.add)(picture.id)
            return
        if self._ancestors is None and picture.origin is not None and picture.origin.kind == "program":
            self._ancestors = ancestors_of(self.pid)
        if self.place and picture.origin is not None:
            picture = picture._replace(origin=picture.origin._replace(thread=self.place))
        with self._source.lock:
            known = self._tasks.get(picture.id) or self._take_over(picture)
            if picture.origin is not None and picture.origin.kind == "program":
                known = self._same_program(picture.id, known)
            self._unconfirmed.discard(picture.id)
            if known is not None:
                shown = known.snapshot()
                if shown.state.is_final:
                    self.refused += 1
                    return
                picture = picture._replace(id=known.id, parent_id=shown.parent_id, retry_of=shown.retry_of)
                if known is self._program:
                    picture = self._not_ended_yet(picture, shown)
                follow_up = known.take(picture, via)
                if known.has_ended:
                    self._live -= 1
            elif len(self._tasks) < MOST_TASKS:
                follow_up = self._take_new(picture, via)
            else:
                self.refused += 1
                return
        for call in follow_up:
            call()

    def _same_program(self, theirs: int, known: RemoteTask | None) -> RemoteTask | None:
        """The row of the program, also if that began anew and numbers its tasks from the start."""
        program = self._program
        if known is None and program is not None and not program.has_ended:
            self._unconfirmed.discard(program.their_id)
            self._tasks.pop(program.their_id, None)
            program.their_id = theirs
            self._tasks[theirs] = program
            return program
        return known

    def _take_over(self, picture: TaskSnapshot) -> RemoteTask | None:
        """The row of a task of ours of which only another program has told so far: from now on, we do."""
        source, parent, origin = self._source, self._find(picture.parent_id), picture.origin
        if origin is None or origin.second_hand:
            return None
        if origin.known_as:
            source.first_hand[origin.known_as] = None
            if len(source.first_hand) > MOST_TASKS:
                del source.first_hand[next(iter(source.first_hand))]
        by, row = source.second_hand.pop(origin.known_as or (parent.id if parent else 0, picture.name), (self, None))
        if row is None or row.has_ended:
            return None
        by.pass_over(row.their_id)
        del by._tasks[row.their_id]
        by._live -= 1
        row.lead_to(self, picture.id)
        self.adopt(picture.id, row)
        return row

    def _note_second_hand(self, task: RemoteTask, parent: RemoteTask | None, known_as: str) -> None:
        source = self._source
        if len(source.second_hand) >= MOST_TASKS:
            source.second_hand = {key: told for key, told in source.second_hand.items() if not told[1].has_ended}
        source.second_hand[known_as or (parent.id if parent else 0, task.name)] = self, task

    def _not_ended_yet(self, picture: TaskSnapshot, shown: TaskSnapshot) -> TaskSnapshot:
        """What a program says of its own end is said before it: the process's status decides."""
        if picture.state is TaskState.LOST or picture.goes_on:
            return picture  # it goes on, but is not watched any more
        self._told = picture if picture.state.is_final else None
        if self._told is None:
            return picture
        return picture._replace(
            state=shown.state, ended_at=None, error="", details="", why_not_cancellable=_AT_ITS_END,
            stop_means=sent_by_cancel(shown),
        )  # fmt: skip

    def _take_new(self, picture: TaskSnapshot, via: tuple[TaskState, ...]) -> list[Callable[[], None]]:
        theirs = picture.id
        kind = picture.origin.kind if picture.origin is not None else ""
        if kind == "process" and self._tells_of_itself(picture):
            self._passed_over.add(theirs)
            return []
        parent, before = self._find(picture.parent_id), self._find(picture.retry_of)
        if kind == "program" and parent is None:
            parent = self._started_by()
            self._starters = self._with_those_above(parent)
        origin = picture.origin
        if origin is not None and origin.second_hand and origin.known_as in self._source.first_hand:
            self.pass_over(theirs)
            return []
        if picture.origin != self._origin:
            self._origin = picture.origin
        picture = picture._replace(
            id=new_task_id(),
            origin=self._origin,  # one for all that have the same: there may be ten thousand
            parent_id=parent.id if parent is not None else None,
            retry_of=before.id if before is not None else None,
        )
        first = next((state for state in (*via, picture.state) if not state.is_final), TaskState.QUEUED)
        beginning = picture if first is picture.state else picture._replace(state=first, ended_at=None)
        task = self.make(beginning, theirs)
        self._tasks[theirs] = task
        self._live += 1
        self._source.add(task)
        if origin is not None and origin.second_hand:
            self._note_second_hand(task, parent, origin.known_as)
        if kind == "process" and picture.facts is not None and picture.facts.native_id:
            self._source.note_process(picture.facts.native_id, task)
        if kind == "program" and self._program is None:
            self._program = self._source.programs[self.pid] = task
            self._source.above[self.pid] = self._ancestors[0] if self._ancestors else 0
            picture = self._not_ended_yet(picture, beginning)
        follow_up = task.take(picture, via)
        if task.has_ended:
            self._live -= 1
        return follow_up

    def _tells_of_itself(self, picture: TaskSnapshot) -> bool:
        """Whether a process of which this program tells is watched, too, and shows more than that."""
        pid = picture.facts.native_id if picture.facts is not None else None
        programs, above = self._source.programs, self._source.above
        # Or that which it was started for does: a shell, a server that forks.
        told = [programs.get(pid or 0), *(program for number, program in programs.items() if above.get(number) == pid)]
        return any(program is not None and not program.has_ended for program in told)

    def _started_by(self) -> RemoteTask | None:
        """The row of what has started this program, if that is shown. The system knows; nobody is to be believed."""
        programs, processes = self._source.programs, self._source.processes
        candidates = [processes.get(self.pid)]
        for pid in self._ancestors or ():
            candidates += [programs.get(pid), processes.get(pid)]
        return next((row for row in candidates if row is not None and not row.has_ended), None)

    def _with_those_above(self, row: RemoteTask | None) -> list[RemoteTask]:
        found: list[RemoteTask] = []
        while row is not None and len(found) < _MOST_STARTERS:
            found.append(row)
            row = self._source.by_id.get(row.snapshot().parent_id or 0)
        return found

    def _note_interrupt(self, program: RemoteTask) -> None:
        """The program is at its end. If one above it was interrupted, so was it, which itself cannot tell by whom."""
        for above in self._starters:
            if above.was_interrupted and self.group is not None and above.line.group == self.group:
                with self._source.lock:
                    program.note_stop(StopReason(StopKind.PARENT, "", _SAME_SIGNAL, time.monotonic()))
                return

    def _take_move(self, values: object) -> None:
        try:
            move = from_move(values, self.clock, self._heard_at)
        except SnapshotError:
            self.refused += 1
            return
        with self._source.lock:
            task = self._tasks.get(move.id)
            if task is None:
                self.refused += move.id not in self._passed_over and move.id not in self._elsewhere
            else:
                task.move(move, self._heard_at)

    def _take_log(self, message: Message) -> None:
        task, first, count = self._find(message.get("id")), whole(message.get("from")), whole(message.get("count"))
        given = _list(message.get("lines"))
        if task is None or first is None or count is None or not first + len(given) <= count:
            self.refused += 1
            return
        shown = [text(line, _LINE_LIMIT) for line in given[:_LINES]]
        with self._source.lock:
            task.add_log(first, count, shown)

    def _take_stack(self, message: Message) -> None:
        task = self._find(message.get("id"))
        if task is None:
            return
        try:
            sample = from_stack(message, self.clock) if "at" in message else None
        except SnapshotError:
            self.refused += 1
            return
        with self._source.lock:
            task.set_stack(sample)

    def forget(self, ids: Collection[int]) -> None:
        """Let ended tasks go that are no longer shown."""
        with self._source.lock:
            gone = [theirs for theirs, task in self._tasks.items() if task.id in ids and task.has_ended]
            for theirs in gone:
                del self._tasks[theirs]

    @property
    def may_return(self) -> bool:
        """Whether it has not said goodbye."""
        return not self._farewell

    def take_leave(self) -> bool:
        """It has said goodbye. Return whether it is a watched program, which does that only at its end.

        Then its tasks have ended with it; what it comes to itself is known once it has. Another may go on.
        """
        watched = self._program is not None
        self._farewell = True
        if watched:
            parts = [number for number in self._parts(works=False) if not self._tasks[number].is_call_in_main]
            self._end(parts, of_task(None, watched=True, farewell=True))  # of the others the status tells
        with self._source.lock:
            for task in self._tasks.values():
                task.cannot_be_asked(_AT_ITS_END if watched else _NO_CONTACT)
        return watched

    def process_ended(self, status: int | None) -> None:
        program = self._program
        watched = program is not None
        for number in self._parts(works=not watched):
            task = self._tasks[number]
            in_main, is_call = task.is_call_in_main, task.kind in ("future", "coroutine")
            ending = of_task(status, watched=watched, farewell=self._farewell, in_main=in_main, is_call=is_call)
            self._end([number], ending)
        if program is not None:
            with self._source.lock:
                if self._source.programs.get(self.pid) is program:
                    del self._source.programs[self.pid], self._source.above[self.pid]
            if status:  # with 0, it took no notice, or may have done its work all the same
                self._note_interrupt(program)
            shown = program.snapshot()
            ending = of_program(
                shown,
                self._told,
                status,
                sent=self._sent,
                started=shown.parent_id is not None,
                starter_asked=any(row.snapshot().stop_requested_at is not None for row in self._starters[:1]),
            )
            self._end(list(self._tasks), ending, time.monotonic())  # with what comes to the same

    def tell_stopped(self, stopped: bool) -> None:
        """Whether it says nothing because its process has been stopped by a signal or a debugger."""
        if stopped is self._stopped:
            return
        self._stopped = stopped
        with self._source.lock:
            for task in self._tasks.values():
                task.show_stopped(self._heard_at if stopped else None)

    def lose_contact(self) -> bool:
        """It lives, but cannot be heard any more. Return whether its end is still of interest: of its own row."""
        parts = self._parts()
        other = self.replaced_by
        if other:
            became = f"has become another program, {other}, which is not watched"
            self._end(parts, Ending(TaskState.CUT_OFF, consequence=f"Its program {became}"))
        else:
            became = ""
            self._end(parts, Ending(TaskState.LOST, _SHOWN_NO_MORE if self._farewell else _BROKEN_OFF))
        with self._source.lock:
            for number in parts:  # should it be heard again after all, they are shown anew
                del self._tasks[number]
            if self._program is not None:
                self._program.cannot_be_asked(f"it {became}" if became else _NO_CONTACT)
            return self._program is not None and not self._program.has_ended

    def lose(self, why: str) -> None:
        """Nobody listens any more."""
        self._end(list(self._tasks), Ending(TaskState.LOST, why))

    def _parts(self, *, works: bool = True) -> list[int]:
        """What the program tells of besides itself; with `works`, also what ends as it does."""
        tasks = self._tasks.items()
        return [number for number, task in tasks if task is not self._program and (works or task.kind != "work")]

    def _end(self, numbers: Collection[int], ending: Ending, at: float | None = None) -> None:
        for number in numbers:
            with self._source.lock:  # for each anew, as in `hear`: there may be thousands
                task = self._tasks.get(number)
                if task is None or task.has_ended:
                    continue
                follow_up = task.conclude(ending, self._heard_at if at is None else at)
                self._live -= 1
            for call in follow_up:
                call()


def _list(value: object) -> list[Any]:
    return value if type(value) is list else []


# Programs among the connections: what they say reaches their tasks, and their end is noticed.

#: Seconds between two looks of a program at its tasks, unless it is asked for fewer.
FASTEST_TICK: Final = 0.1


class PeerRole:
    """A program that describes its tasks."""

    def __init__(
        self,
        connection: ServerConnection,
        tasks: PeerTasks,
        source: RemoteSource,
        process: Process,
        key: tuple[int, str] | None = None,
    ) -> None:
        self._connection = connection
        self.process = tasks.process = process
        self.key = key
        """By which it is known again if its connection ends without a goodbye; None if it does not come back."""
        self._lock = source.lock
        self.tasks = tasks
        self.pace = FASTEST_TICK

    def hear(self, message: Message) -> None:
        kind = message["t"]
        if kind == "did":
            with self._lock:
                answered = self._connection.take_answer(message)
                if answered is not None:
                    answered(message.get("ok") is True)
        elif kind == "bye":
            raise FarewellError
        else:
            self.tasks.hear(message)

    def go_away(self) -> None:
        """Its connection has ended; it may come back. What it was asked for and did not answer was not done."""
        with self._lock:
            for answered in self._connection.take_all_answers():
                answered(False)

    def come_back(self, connection: ServerConnection, their_now: object) -> None:
        """It has a new connection, and tells anew of all its tasks."""
        self._connection = connection
        self.pace = FASTEST_TICK
        self.tasks.come_back(connection, their_now)

    def gone(self) -> None:
        """The window hears no more of it."""
        self.tasks.lose("The window was closed")
        self.process.close()


class FarewellError(Exception):
    """The other end has said goodbye."""
