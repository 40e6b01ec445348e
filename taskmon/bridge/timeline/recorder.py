"""Looks at the rows of the table, and records what their lanes do. In the UI thread.

A row has a lane from its start on: its own, or, of a call that a thread of a pool executes, that of the thread.
Nothing is asked of the tasks but their pictures, as the table asks.
"""

from __future__ import annotations

import time
from array import array
from collections import deque
from collections.abc import Callable, Hashable, Iterable
from typing import Final, NamedTuple

from taskmon.bridge.table.kinds import WAITS, Kind
from taskmon.bridge.table.model import TaskTableModel
from taskmon.bridge.table.rows import TaskRow, is_internal, is_program
from taskmon.bridge.timeline.record import BUDGET, GAP, NOTHING, UNSEEN, Lane, Moment, Record, steady
from taskmon.core.stacks.facts import ThreadFacts
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import TaskState

#: Tasks that began and ended between two looks and are shown all the same, the newest ones …
_MOST_BRIEF: Final = 500
#: … if they lasted so long, in seconds: less is not seen.
_BRIEF: Final = 0.02
#: The thread of another program is looked at so soon after it has been shown, in seconds. Up to then nothing is known.
_FIRST_FACTS: Final = 1.0
_COMPUTING: Final = frozenset({Kind.COMPUTING, Kind.OUTSIDE})


class LaneRow(NamedTuple):
    """A lane, and the row that stands for it in the table now."""

    lane: Lane
    row: TaskRow
    ended: bool
    """Whether it has ended for good: a thread of a pool waits for its next call as long as the pool lives."""
    pooled: bool = False
    """Whether it is such a thread, and not what the row stands for: a call that has a thread to itself is its lane."""


class _Open:
    """A lane that was there at the last look."""

    __slots__ = ("code", "facts", "facts_due", "lane", "row", "state")

    def __init__(self, lane: Lane, row: TaskRow) -> None:
        self.lane = lane
        self.row = row
        self.state: TaskState | None = None
        self.facts: ThreadFacts | None = None
        self.facts_due = 0.0  # until when the first look at its thread may be still to come
        self.code = NOTHING


class Recorder:
    """Records what the rows of a table do. Belongs to the UI thread.

    Args:
        model: the table.
        clock: seconds of `time.monotonic()`; for tests.
        budget: how many bytes the record may take.
    """

    def __init__(
        self, model: TaskTableModel, clock: Callable[[], float] = time.monotonic, budget: int = BUDGET
    ) -> None:
        self._model = model
        self._clock = clock
        self._budget = budget
        self._record: Record | None = None
        self._crowd: Crowd | None = None
        self._open: dict[int, _Open] = {}
        self._brief: deque[TaskSnapshot] = deque(maxlen=_MOST_BRIEF)
        self.looked_at = 0.0
        """When it last looked, in seconds of `time.monotonic()`; 0 before the first time."""

    @property
    def record(self) -> Record | None:
        """What was recorded; None before the first look."""
        return self._record

    @property
    def crowd(self) -> Crowd | None:
        """How many lanes computed over the whole of it; None before the first look."""
        return self._crowd

    def look(self) -> None:
        """Look at all rows that are at work."""
        now = self._clock()
        record, crowd = self._record, self._crowd
        if record is None or crowd is None:
            record, crowd = self._record, self._crowd = Record(now, self._budget), Crowd(now)
        self.looked_at = now
        pictures = [(row, row.task.snapshot()) for row in self._model.active_rows()]
        working = [(row, picture) for row, picture in pictures if picture.state.has_thread and not is_internal(picture)]
        for task_id in self._open.keys() - {row.id for row, _ in working}:  # first: a thread may have its next call
            gone = self._open.pop(task_id)
            ended_at = gone.row.task.snapshot().ended_at
            record.end(gone.lane, now if ended_at is None else min(now, ended_at))
        for row, snapshot in working:
            self._look_at(record, row, snapshot, now)
        self._take_brief(record)
        kinds = [record.kinds[each.code] for each in self._open.values()]
        crowd.add(now, sum(kind in _COMPUTING for kind in kinds), stuck=Kind.DEADLOCK in kinds)

    def note_end(self, snapshot: TaskSnapshot) -> None:
        """A task has ended, perhaps without any look at it."""
        began, ended = snapshot.started_at, snapshot.ended_at
        if began is None or ended is None or snapshot.id in self._open or is_internal(snapshot):
            return
        if ended - began >= _BRIEF:
            self._brief.append(snapshot)

    def forget(self, task_ids: Iterable[int]) -> None:
        """Tasks were taken out of the table: their lanes go as well."""
        if self._record is not None:
            for task_id in task_ids:
                self._record.forget(task_id)

    def key_of(self, task_id: int) -> Hashable:
        """The key of the lane that a task of the table is shown on; None if there is no such task."""
        row = self._model.row(task_id)
        return None if row is None else lane_key(row.snapshot)

    def lanes(self) -> list[LaneRow]:
        """The lanes of the rows that the table shows, in its order."""
        record, model = self._record, self._model
        if record is None:
            return []
        found: dict[Hashable, LaneRow] = {}
        shown = (model.row_at(place) for place in range(model.rowCount()))
        # What has ended is folded in the table; its lane still tells what it has done.
        unfolded = (one for row in shown if row is not None for one in (row.children if row.is_fold else [row]))
        for each in unfolded:
            if each.is_group:
                continue
            row, key = each, lane_key(each.snapshot)
            lane = record.lanes.get(key)
            if lane is None:
                continue
            pool = row.parent if key != row.id else None
            pooled = pool is not None and not is_program(pool.snapshot)
            ended = row.has_ended
            if key != row.id:  # several calls: what the newest one does is what the thread does
                ended = ended and (pool.has_ended if pool is not None and pooled else self._has_rested(row))
                known = found.get(key)
                if known is not None:
                    newer = (row.snapshot.started_at or 0.0) >= (known.row.snapshot.started_at or 0.0)
                    row, ended = row if newer else known.row, ended and known.ended
            found[key] = LaneRow(lane, row, ended, pooled)
        return _with_threads_in_order(list(found.values()))

    def _has_rested(self, row: TaskRow) -> bool:
        """Whether a call has ended so long ago that its thread, if it is there at all, is not about to have another."""
        ended_at = row.snapshot.ended_at
        return ended_at is None or self.looked_at - ended_at >= GAP

    def _look_at(self, record: Record, row: TaskRow, snapshot: TaskSnapshot, now: float) -> None:
        known = self._open.get(row.id) or self._begin(record, row, snapshot, now)
        lane, facts, state = known.lane, snapshot.facts, snapshot.state
        if facts is None and state is TaskState.RUNNING and now < known.facts_due:
            record.note_code(lane, now, UNSEEN)
        elif state is known.state and facts is known.facts:
            record.note_code(lane, now, known.code, facts.cpu if facts is not None else None)
        else:
            # A wait that begins where the last one ended is another: the thread has gone on in between.
            before = known.facts
            anew = before is not None and facts is not None and facts.since != before.since
            known.state, known.facts = state, facts
            at = now  # or since when the thread has been seen doing this, if that is after the look before
            if facts is not None and lane.end < facts.since < now:
                at = facts.since
            shown = state if state in (TaskState.PAUSED, TaskState.PAUSING) else TaskState.RUNNING
            cpu = facts.cpu if facts is not None else None
            moment = Moment(shown, steady(facts))
            known.code = record.note(lane, at, moment, cpu, anew=anew and moment.kind in WAITS)
            record.note_code(lane, now, known.code)
        if snapshot.stop_requested_at is not None:
            record.ask_to_stop(lane, snapshot.stop_requested_at)
        reading = snapshot.checkpoint
        if reading is not None and reading.last_seen:
            record.pass_checkpoint(lane, snapshot.taken_at - reading.last_seen)

    def _begin(self, record: Record, row: TaskRow, snapshot: TaskSnapshot, now: float) -> _Open:
        key = lane_key(snapshot)
        lane = record.lane(key)
        known = self._open[row.id] = _Open(lane, row)
        began = snapshot.started_at if snapshot.started_at is not None else now
        if key != row.id:
            record.begin_call(lane, began, snapshot.name, row.id)
        elif snapshot.facts is None and snapshot.origin is not None and snapshot.origin.thread:
            known.facts_due = now + _FIRST_FACTS
        # What a thread did before this look was not seen; where it will not be seen either, it has run all the while.
        if snapshot.facts is None and not known.facts_due and began > max(record.begins, now - GAP):
            record.note(lane, min(began, now), Moment(TaskState.RUNNING))
        return known

    def _take_brief(self, record: Record) -> None:
        while self._brief:
            snapshot = self._brief.popleft()
            key = lane_key(snapshot)
            if snapshot.started_at is None or snapshot.ended_at is None or snapshot.ended_at <= record.begins:
                continue
            if key == snapshot.id and key in record.lanes:
                continue
            if self._model.row(snapshot.id) is None:  # cleared meanwhile
                continue
            lane = record.lane(key)
            began = max(record.begins, snapshot.started_at)
            if key != snapshot.id:
                record.begin_call(lane, began, snapshot.name, snapshot.id)
            if lane.code == NOTHING:
                record.note(lane, began, Moment(TaskState.RUNNING))
                record.end(lane, snapshot.ended_at)


def _with_threads_in_order(lanes: list[LaneRow]) -> list[LaneRow]:
    """The threads of a pool by their names: in the order of their calls, they would change places at each."""
    pools: dict[int, list[int]] = {}
    for place, shown in enumerate(lanes):
        if shown.pooled and shown.row.parent is not None:
            pools.setdefault(shown.row.parent.id, []).append(place)
    for places in pools.values():
        for place, shown in zip(places, sorted((lanes[each] for each in places), key=_thread_order), strict=True):
            lanes[place] = shown
    return lanes


def _thread_order(shown: LaneRow) -> tuple[int, str]:
    """As the numbers at the ends of their names."""
    origin = shown.row.snapshot.origin
    name = origin.thread if origin is not None else ""
    return len(name), name


def lane_key(snapshot: TaskSnapshot) -> Hashable:
    """What a lane is known by: the task, or the thread of a pool that executes its calls."""
    origin = snapshot.origin
    if origin is not None and origin.kind == "future" and origin.thread:
        return origin.pid, origin.thread
    return snapshot.id


#: Steps kept. When they are used up, two become one.
MOST_STEPS: Final = 1_024
#: How long a step is at first, in seconds.
FIRST_STEP: Final = 1.0


class Crowd:
    """How many lanes computed over the whole of a run, and when there was a deadlock, in so many steps at most. No Qt.

    Fed with ``add(now, count)`` at each look; belongs to one thread.

    Args:
        now: where it begins, in seconds of `time.monotonic()`.
    """

    def __init__(self, now: float) -> None:
        self.begins = now
        self.step = FIRST_STEP
        """How long a step is, in seconds."""
        self._sums = array("L")
        self._looks = array("L")
        self._stuck = array("L")

    def add(self, now: float, count: int, *, stuck: bool = False) -> None:
        """Note that so many lanes compute, and whether others are in a deadlock."""
        place = max(0, int((now - self.begins) / self.step))
        while place >= MOST_STEPS:
            self._sums, self._looks, self._stuck = _halved(self._sums), _halved(self._looks), _halved(self._stuck)
            self.step *= 2
            place = int((now - self.begins) / self.step)
        missing = place + 1 - len(self._sums)
        if missing > 0:
            self._sums.extend([0] * missing)
            self._looks.extend([0] * missing)
            self._stuck.extend([0] * missing)
        self._sums[place] += count
        self._looks[place] += 1
        self._stuck[place] += stuck

    def counts(self) -> list[float]:
        """How many computed on average in each step; 0 where nobody looked."""
        return [total / looks if looks else 0.0 for total, looks in zip(self._sums, self._looks, strict=True)]

    def stuck(self) -> list[bool]:
        """In which of the steps there was a deadlock."""
        return [bool(looks) for looks in self._stuck]


def _halved(numbers: array[int]) -> array[int]:
    if len(numbers) % 2:
        numbers = numbers + array(numbers.typecode, [0])
    return array(numbers.typecode, map(sum, zip(numbers[::2], numbers[1::2], strict=True)))
