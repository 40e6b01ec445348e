"""What the table knows of one task: its last picture, its rate, its place in the tree. No Qt."""

from __future__ import annotations

import time
from collections.abc import Iterable
from enum import Enum, IntEnum
from functools import lru_cache
from math import floor
from typing import TYPE_CHECKING, Final, NamedTuple

from taskmon.bridge.table.activity import Activity, CpuMinute
from taskmon.bridge.table.categories import Category
from taskmon.core.base.translate import mark
from taskmon.core.stacks.words import how_long
from taskmon.core.task.handle import TaskHandle
from taskmon.core.task.progress import Progress, RateMeter
from taskmon.core.task.snapshot import Origin, TaskSnapshot
from taskmon.core.task.state import TaskState

if TYPE_CHECKING:
    from taskmon.core.stacks.facts import ThreadFacts

#: A thread that each look has found computing for so long is told to, in seconds.
_BUSY_AFTER: Final = 10.0
#: No wait tells oftener than this how long it has lasted, in seconds.
_STEP: Final = 10.0


class TaskColumn(IntEnum):
    """The columns, in their default order."""

    NAME = 0
    STATE = 1
    CPU = 2
    PROGRESS = 3
    RATE = 4
    LEFT = 5
    ELAPSED = 6
    GROUP = 7
    SOURCE = 8
    THREAD = 9
    STARTED = 10
    ATTEMPT = 11
    REASON = 12
    CHECKPOINT = 13
    ACTION = 14


class RowAction(Enum):
    """What the button of a row does."""

    CANCEL = "cancel"
    CANCELLING = "cancelling"
    """Nothing: the stop has been requested."""
    DETAILS = "details"
    """Show why the task does not stop."""
    LOCKED = "locked"
    """Show why the task cannot be cancelled, and what can be done; the tooltip says it in short."""
    RETRY = "retry"
    OPEN = "open"
    """Show what the task has made."""
    CLEAR = "clear"
    """Take what has ended out of the table."""
    NONE = "none"


class Change(IntEnum):
    """How much of a row a new picture changes."""

    NOTHING = 0
    FIGURES = 1
    """Progress, rate and times; not the name with its message, the state or the button."""
    ROW = 2


class Grouping(Enum):
    """What tasks are grouped by."""

    NONE = "none"
    GROUP = "group"
    PROGRAM = "program"


_S = TaskState
CATEGORY_OF: dict[TaskState, Category] = {
    _S.QUEUED: Category.WAITING,
    _S.HELD: Category.WAITING,
    _S.RUNNING: Category.RUNNING,
    _S.STOPPING: Category.RUNNING,
    _S.PAUSING: Category.RUNNING,  # until it reaches a checkpoint, if it ever does
    _S.PAUSED: Category.PAUSED,
    _S.SUCCEEDED: Category.FINISHED,
    _S.CANCELLED: Category.FINISHED,
    _S.CUT_OFF: Category.FINISHED,
    _S.FAILED: Category.FAILED,
    _S.LOST: Category.FAILED,
}


#: What is counted where the subtasks count different things, or some do not know how much they have to do.
SUBTASKS: Final = mark("subtasks")
#: More subtasks than these are added up anew after so many seconds for each of them, at the earliest.
_FEW: Final = 100
_SUM_PACE: Final = 2e-5
#: A message is renewed this often at most, in seconds: nobody reads thirty a second, and words cost the most to paint.
MESSAGE_INTERVAL: Final = 0.25
_NEVER: Final = float("-inf")
#: Rows take turns at that, in so many groups: all at once would be one long frame and seven short ones.
_TURNS: Final = 8


#: What a filter finds by the program. What stands beneath the row of its program is found with that.
_NAMES_PROGRAM: Final = frozenset({"task", "program", "process"})


class TaskRow:
    """One row. Belongs to the UI thread."""

    __slots__ = (
        "action_since", "activity", "children", "cpu", "depth", "expanded", "folded", "hogging", "holds", "id",
        "known", "last_run", "left", "left_at", "message", "message_due", "meter", "parent", "parts", "parts_at",
        "parts_stale", "phase", "place", "sequence", "snapshot", "source", "task", "unseen",
    )  # fmt: skip

    is_group = False
    """Whether it is a heading, see `taskmon.bridge.table.grouping`."""
    is_fold = False
    """Whether it stands for several others, see `taskmon.bridge.table.folding`."""

    def __init__(self, task: TaskHandle, snapshot: TaskSnapshot, sequence: int) -> None:
        self.id = snapshot.id
        self.task = task
        self.snapshot = snapshot
        self.sequence = sequence
        self.place = 0
        """Where it was shown when `RowOrder` last noted that."""
        folded = snapshot.name.casefold()
        self.folded = snapshot.name if folded == snapshot.name else folded  # not the same text twice
        """The name as it is sorted by. A filter looks in it, in `source` and in the message. Only that changes."""
        self.source = _source(snapshot.group, snapshot.origin) if snapshot.group or snapshot.origin is not None else ""
        self.parent: TaskRow | None = None
        self.children: list[TaskRow] | tuple[()] = ()  # most of a hundred thousand have none
        self.depth = 0
        self.expanded = True
        self.last_run: int | None = None
        """Where its bar would stand if it went as its last run, in `BAR_STEPS`: set by `bridge.history.last_run`."""
        self.hogging = False
        """Whether it keeps the interpreter to itself: set by `taskmon.bridge.controller`."""
        self.holds: tuple[tuple[str, int], ...] = ()
        """The names of locks that its thread has, and how many wait for each: set by the model."""
        self.unseen = False
        """Whether it has failed and nobody has looked at it since."""
        self.action_since = _NEVER
        """When its button became another one that does something, in seconds of `time.monotonic`."""
        self.activity: Activity | None = None
        """How fast it has gone so far; None until it has run for a second."""
        self.cpu: CpuMinute | None = None
        """What its thread has used of a processor over the last minute; None until a look has told it."""
        self.meter: RateMeter | None = None
        self.phase = 0
        """Counts the changes of progress seen: what an indeterminate bar moves by."""
        self.left: float | None = None
        self.left_at = 0.0
        self.message = snapshot.progress.message
        """What it says it is doing, as was last told to be shown."""
        self.message_due = 0.0
        """When another message may be told, in seconds of `time.monotonic`."""
        self.known = snapshot.progress
        """How far it was at the last update: what is shown, whatever its subtasks have come to since."""
        self.parts = _NO_PARTS
        """How far its subtasks are, as of `parts_at`."""
        self.parts_at = 0.0
        self.parts_stale = False

    def add_child(self, row: TaskRow) -> None:
        """Have another row beneath this one."""
        if isinstance(self.children, tuple):
            self.children = []
        self.children.append(row)
        row.parent, row.depth = self, self.depth + 1
        self.part_changed()

    @property
    def progress(self) -> Progress:
        """How far it is: what it reports itself; as long as that is nothing, how far its subtasks are, all together."""
        own = self.snapshot.progress
        if own.done is not None or not self.children:
            return own
        if self.parts_stale:
            now = self.snapshot.taken_at
            count = len(self.children)
            if count <= _FEW or self.snapshot.state.is_final or now - self.parts_at >= count * _SUM_PACE:
                self.parts_stale, self.parts_at = False, now
                self.parts = _parts_of(self)
        return self.parts.progress or own

    @property
    def tells_activity(self) -> bool:
        """Whether the table says what its thread does: of threads that were not written to tell of themselves, and of
        those in a deadlock. What a task reports says more; of that, the details tell.
        """
        snapshot = self.snapshot
        return is_watched(snapshot) or self.in_deadlock

    @property
    def in_deadlock(self) -> bool:
        """Whether its thread is one of some that wait for each other."""
        snapshot = self.snapshot
        return snapshot.facts is not None and bool(snapshot.facts.circle) and snapshot.state.has_thread

    @property
    def is_stuck(self) -> bool:
        """Whether somebody should look at it: it is in a deadlock, or was asked to stop and goes on."""
        snapshot = self.snapshot
        return (snapshot.overdue and not snapshot.detached) or self.in_deadlock

    @property
    def shows_progress(self) -> bool:
        """Whether there is a bar to show. Most threads of other programs never report, and empty bars are noise."""
        snapshot = self.snapshot
        if self.progress.done is None and (snapshot.state.is_final or snapshot.origin is not None):
            return False
        return snapshot.started_at is not None

    def part_changed(self) -> None:
        """One of its subtasks is further than it was, or has come or ended."""
        row: TaskRow | None = self
        while row is not None and not row.parts_stale:
            row.parts_stale = True
            row = row.parent

    def update(self, snapshot: TaskSnapshot) -> Change:
        """Take a newer picture; return how much of the row changes on the screen. An older one is ignored."""
        old = self.snapshot
        if snapshot.revision < old.revision:
            return Change.NOTHING
        if (
            snapshot.state is not old.state
            or snapshot.overdue is not old.overdue
            or snapshot.why_not_cancellable != old.why_not_cancellable
        ):
            action = self.action
            self.snapshot = snapshot
            if self.action not in (action, RowAction.NONE):
                self.action_since = time.monotonic()
        before = self.known
        was_busy = self.busy_for // _STEP
        self.snapshot = snapshot
        self.known = progress = self.progress
        facts = snapshot.facts
        if facts is not None and facts.cpu is not None:
            self._note_cpu(snapshot.taken_at, facts)
        if self.parent is not None and (progress != before or snapshot.state is not old.state):
            self.parent.part_changed()
        if self.activity is not None:
            self.activity.add(snapshot if progress is snapshot.progress else snapshot._replace(progress=progress))
        elif progress.done is not None and snapshot.elapsed >= 1 and not snapshot.state.is_final:
            self.activity = Activity()  # not for those that are over in no time: there may be ten thousand
            self.activity.add(snapshot if progress is snapshot.progress else snapshot._replace(progress=progress))
        if snapshot.state is not old.state:
            if snapshot.state in (_S.PAUSED, _S.RUNNING) and self.meter is not None:
                self.meter.restart()
            self.unseen = snapshot.state in (_S.FAILED, _S.LOST)
            self._measure(progress)
            self.message = snapshot.progress.message
            return Change.ROW
        self._measure(progress)
        moved = progress.done != before.done
        if moved:
            self.phase += 1
        if (
            self._has_news_to_say(snapshot)
            or snapshot.stopping_for != old.stopping_for  # shown in seconds, and the last checkpoint in tenths
            or snapshot.shield != old.shield
            or snapshot.after_item_since is not None  # shown in seconds
            or snapshot.why_not_cancellable != old.why_not_cancellable
            or snapshot.stop_means != old.stop_means  # found out some time after the row has come
            or snapshot.facts != old.facts
            or self.stalled_for
            or self.busy_for // _STEP != was_busy
            or (progress[:2] != before[:2] and is_pool(snapshot))  # whose name has them beside it
            or (facts is not None and _is_told_otherwise(facts, old.taken_at, snapshot.taken_at))
        ):
            return Change.ROW
        if moved or progress[:3] != before[:3] or int(snapshot.elapsed) != int(old.elapsed):
            return Change.FIGURES
        return Change.NOTHING

    def _note_cpu(self, moment: float, facts: ThreadFacts) -> None:
        if self.cpu is None:
            self.cpu = CpuMinute()
        does = facts.activity
        self.cpu.add(moment, facts.cpu or 0.0, computes=does is not None and does.computes)

    @property
    def busy_for(self) -> float:
        """Seconds for which each look has found its thread computing, once they are worth telling; 0 otherwise."""
        since = self.cpu.busy_since if self.cpu is not None else None
        if since is None or self.snapshot.state is not _S.RUNNING:
            return 0.0
        busy = self.snapshot.taken_at - since
        return busy if busy >= _BUSY_AFTER else 0.0

    def _has_news_to_say(self, snapshot: TaskSnapshot) -> bool:
        """Whether there is a message that has not been told, and may be now."""
        message = snapshot.progress.message
        if message == self.message or snapshot.taken_at < self.message_due:
            return False
        self.message = message
        # Each at a point of its own within the interval. A message that comes after a while comes at once; the next may
        # then come a little early or late, to be at that point from there on.
        offset = self.id % _TURNS * (MESSAGE_INTERVAL / _TURNS)
        passed = floor((snapshot.taken_at - offset) / MESSAGE_INTERVAL + 0.75)
        self.message_due = (passed + 1) * MESSAGE_INTERVAL + offset
        return True

    def _measure(self, progress: Progress) -> None:
        snapshot, done = self.snapshot, progress.done
        if done is None:  # no longer, perhaps: its subtasks are done, and it goes on with other work
            self.meter = self.left = None
            return
        if snapshot.state is not _S.RUNNING:
            return
        if self.meter is None:
            self.meter = RateMeter()
        self.meter.add(snapshot.taken_at, done, progress.unit)
        # A time left that changes thirty times a second cannot be read: take a new one each second.
        if snapshot.taken_at - self.left_at >= 1.0:
            of_parts = progress is not snapshot.progress
            total = progress.total
            if total is not None and of_parts:
                total -= self.parts.lost
            self.left = None if total is None else self.meter.seconds_left(total)
            if self.left is not None and of_parts:  # they work side by side, and one may have most of what is left
                self.left = max(self.left, self.parts.left)
            self.left_at = snapshot.taken_at

    @property
    def rate(self) -> float | None:
        """Amount a second, while it runs and can be believed."""
        if self.meter is None or self.snapshot.state is not _S.RUNNING or self._unmoved_for:
            return None
        return self.meter.rate

    @property
    def seconds_left(self) -> float | None:
        """Seconds that it will still take, while that can be believed."""
        return self.left if self.snapshot.state is _S.RUNNING and not self._unmoved_for else None

    @property
    def stalled_for(self) -> float:
        """Seconds without progress, once they are out of proportion. Not while it waits for its own subtasks."""
        if self.children and any(not child.snapshot.state.is_final for child in self.children):
            return 0.0
        return self._unmoved_for

    @property
    def _unmoved_for(self) -> float:
        """The same, whatever it waits for: what it has done by then says nothing of what is left."""
        if self.meter is None or self.snapshot.state is not _S.RUNNING:
            return 0.0
        return self.meter.stalled_for(self.snapshot.taken_at)

    @property
    def action(self) -> RowAction:
        """What its button does now."""
        snapshot = self.snapshot
        state = snapshot.state
        if state is _S.STOPPING:
            return RowAction.DETAILS if snapshot.overdue else RowAction.CANCELLING
        if not state.is_final:
            return RowAction.LOCKED if snapshot.why_not_cancellable else RowAction.CANCEL
        if snapshot.origin is not None:
            return RowAction.NONE  # a hand that has just cancelled it may come again: nothing must happen then
        if state is _S.SUCCEEDED:
            return RowAction.OPEN if snapshot.result_path else RowAction.NONE
        if state is not _S.LOST and self.can_retry:
            return RowAction.RETRY
        return RowAction.NONE

    @property
    def can_retry(self) -> bool:
        """Whether it can be started anew: not as a part of another task, nor of another program, whose work it was."""
        snapshot = self.snapshot
        return snapshot.state.is_final and snapshot.parent_id is None and snapshot.origin is None

    @property
    def has_ended(self) -> bool:
        """Whether the task and everything beneath it has ended."""
        return self.snapshot.state.is_final and all(child.has_ended for child in self.children)

    @property
    def category(self) -> Category:
        return CATEGORY_OF[self.snapshot.state]


@lru_cache(maxsize=64)
def _source(group: str, origin: Origin | None) -> str:
    """Where a task comes from, for a filter to look in: one text for all that come from there."""
    told = f"{group}\n{origin.thread}" if origin is not None else group
    if origin is not None and origin.kind in _NAMES_PROGRAM:
        told += f"\n{origin.program} {origin.pid}"
    return told.casefold()


def _is_told_otherwise(facts: ThreadFacts, before: float, now: float) -> bool:
    """Whether a wait that has not changed is told otherwise: how long it has lasted, or when it ends."""
    wakes_at = facts.wakes_at
    if wakes_at is not None:
        return int(max(0.0, wakes_at - now)) != int(max(0.0, wakes_at - before))
    if facts.activity is None or (now - facts.since) // _STEP == (before - facts.since) // _STEP:
        return False
    return how_long(facts, before) != how_long(facts, now)


def is_called(snapshot: TaskSnapshot, name: str) -> bool:
    """Whether a thread's facts mean the thread of this task by a name: its own, or with the number of its thread."""
    known = (snapshot.name, snapshot.origin.thread if snapshot.origin is not None else "")
    if name in known:
        return True
    number = snapshot.facts.native_id if snapshot.facts is not None else None
    return number is not None and name.endswith(f" ({number})") and name.removesuffix(f" ({number})") in known


def is_waiting_timer(snapshot: TaskSnapshot) -> bool:
    """Whether it is a `threading.Timer` that has not fired."""
    return snapshot.state is _S.QUEUED and snapshot.origin is not None and snapshot.origin.kind == "timer"


def is_watched(snapshot: TaskSnapshot) -> bool:
    """Whether it stands for what a program does that knows nothing of taskmon."""
    return snapshot.origin is not None and snapshot.origin.kind != "task"


def is_pool(snapshot: TaskSnapshot) -> bool:
    """Whether it stands for the calls of an executor."""
    return snapshot.origin is not None and snapshot.origin.kind == "pool"


def is_internal(snapshot: TaskSnapshot) -> bool:
    """Whether it stands for the threads that libraries run for themselves, which are counted and not looked at."""
    return snapshot.origin is not None and snapshot.origin.kind == "internal"


def is_program(snapshot: TaskSnapshot) -> bool:
    """Whether it stands for a program as a whole."""
    return snapshot.origin is not None and snapshot.origin.kind == "program"


# -- a whole of parts -----------------------------------------------------------------------------------


class Parts(NamedTuple):
    """How far the subtasks of a row are. One value: most rows have none, and share what says so."""

    progress: Progress | None = None
    """All together; None if nothing is known of any."""
    done: int = 0
    """How many of them have done their work, where they are what is counted."""
    left: float = 0.0
    """Seconds that the one of them which takes longest will still take, as far as that is known."""
    lost: float = 0
    """How much of the total nobody will do any more: what was left of those that have ended."""


_NO_PARTS: Final = Parts()


def _parts_of(row: TaskRow) -> Parts:
    """Return how far the subtasks of a row are.

    Where all count the same and know how much it is, the amounts are added up: a large part weighs more. Otherwise each
    part is worth the same, and counts by its share. Of other programs only the parts that report count: most of their
    threads never do; and once all of those have ended, the program goes on with something else.
    """
    parts = [(child, child.progress) for child in row.children]
    if row.snapshot.origin is not None:
        parts = [(child, progress) for child, progress in parts if progress.done is not None]
        if not row.snapshot.state.is_final and all(child.snapshot.state.is_final for child, _ in parts):
            return _NO_PARTS
    reported = [progress for _, progress in parts if progress.done is not None]
    if not reported and not any(child.snapshot.state.is_final for child, _ in parts):
        return _NO_PARTS
    message = row.snapshot.progress.message
    left = max((child.seconds_left or 0.0 for child, _ in parts), default=0.0)
    ended = [(child, progress) for child, progress in parts if child.snapshot.state.is_final]
    if len(reported) == len(parts) and len({progress.unit for progress in reported}) == 1:
        totals = [progress.total for progress in reported if progress.total is not None]
        if not totals or len(totals) == len(parts):
            done = sum(progress.done for progress in reported if progress.done is not None)
            together = Progress(done, sum(totals) if totals else None, reported[0].unit, message)
            lost = sum((progress.total or 0) - (progress.done or 0) for _, progress in ended)
            return Parts(together, sum(child.parts.done for child in row.children), left, lost)
    shares = [_share(child, progress) for child, progress in parts]
    if not shares:
        return _NO_PARTS
    together = Progress(sum(shares), len(shares), SUBTASKS, message)
    lost = sum(1 - _share(child, progress) for child, progress in ended)
    return Parts(together, sum(share >= 1 for share in shares), left, lost)


def _share(child: TaskRow, progress: Progress) -> float:
    if child.snapshot.state is _S.SUCCEEDED:
        return 1.0
    return progress.fraction or 0.0


def freeze(rows: Iterable[TaskRow]) -> dict[int, TaskRow]:
    """Return copies by id that no news reaches: what is painted while the picture is frozen.

    A click on the button of one is checked against what is true now. Headings stay as they are: they only count.
    """
    return {row.id: _frozen(row) for row in rows if not row.is_group and not row.is_fold}


def _frozen(row: TaskRow) -> TaskRow:
    _ = row.progress  # which brings its parts up to date
    frozen = TaskRow.__new__(TaskRow)
    for name in TaskRow.__slots__:
        setattr(frozen, name, getattr(row, name))
    frozen.meter = row.meter.copy() if row.meter is not None else None
    frozen.parts, frozen.parts_stale = row.parts, False
    return frozen
