"""What each lane of the timeline has done, as runs of equal moments. No Qt, and no clock of its own.

A look at a lane that finds what the look before has found makes the last run longer and costs nothing. Otherwise a
run begins, of nine bytes: when, the number of what it does, and how much processor it uses. What it does is kept once,
however often it is found. There is room for so many bytes altogether; when they are used up, the oldest go first, of
all lanes alike, and `Record.begins` says where the record begins from then on.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterator
from typing import Final, NamedTuple

from taskmon.bridge.table.kinds import Kind, kind_of
from taskmon.core.stacks.facts import ThreadFacts
from taskmon.core.task.state import TaskState

#: Bytes that a record may take.
BUDGET: Final = 28_000_000
#: What is let go when they are used up: a tenth, so that it does not happen all the time.
_KEPT: Final = 0.9
#: What the moments may take of it before those are looked for that nothing refers to any more.
_MOMENTS: Final = 0.1
#: Bytes for a run, for a mark, and about as many for what else a lane, a call and a kept moment take.
_RUN: Final = 9
_MARK: Final = 4
_LANE: Final = 1_000
_CALL: Final = 200
_MOMENT: Final = 1_200
#: A lane that was not looked at for longer than this, in seconds, has a gap.
GAP: Final = 3.0
#: Moments are kept in hundredths of a second since the record was begun, in 32 bits: those are enough for a year.
_TICKS: Final = 100.0
_LAST_TICK: Final = 2**32 - 1
#: A share of processor that is not known.
_NO_CPU: Final = 255

#: The lane is not there: it has ended, or waits for its next call.
NOTHING: Final = 0
#: The lane is there, but nobody looked.
UNSEEN: Final = 1
_UNSEEN_KIND: Final = int(Kind.UNSEEN)


class Moment(NamedTuple):
    """What a lane does, without what is different at each look."""

    state: TaskState
    facts: ThreadFacts | None = None

    @property
    def kind(self) -> Kind:
        if self.state is TaskState.PAUSED:
            return Kind.PAUSED
        facts = self.facts
        if facts is None or facts.activity is None:
            return Kind.RUNNING
        return Kind.DEADLOCK if facts.circle else kind_of(facts.activity)


class Run(NamedTuple):
    """A time in which a lane did one thing. Moments are seconds of `time.monotonic()`."""

    begin: float
    end: float
    code: int
    """Of what it did: see `Record.moment`."""
    cpu: float | None
    """The share of a processor that it used on average; None if that is not known."""


class Call(NamedTuple):
    """One of the calls that the thread of a pool has executed."""

    begin: float
    name: str
    task_id: int


class Lane:
    """One line of the timeline: a thread, a task, a child, a coroutine, or a thread of a pool with its calls."""

    __slots__ = ("_begins", "_codes", "_cpu", "_cpus", "_looks", "_origin", "_seen", "_ticks", "calls", "key", "stops")

    def __init__(self, key: Hashable, origin: float) -> None:
        self.key = key
        self._origin = origin
        self._begins = array("I")
        self._codes = array("I")
        self._cpus = array("B")
        self._ticks = array("I")
        self._seen = 0
        self._cpu, self._looks = 0.0, 0  # of the run that goes on
        self.stops: list[float] = []
        """When it was asked to stop."""
        self.calls: list[Call] = []
        """What it has executed, of a pool's thread."""

    # -- what was --------------------------------------------------------------------------------------

    @property
    def begin(self) -> float:
        """When it begins, as far as that is kept; of an empty one, when the record does."""
        return self._moment(self._begins[0]) if self._begins else self._origin

    @property
    def end(self) -> float:
        """When it was last there."""
        last = self._begins[-1] if self._codes and self._codes[-1] == NOTHING else self._seen
        return self._moment(last)

    @property
    def code(self) -> int:
        """What it did at the last look."""
        return self._codes[-1] if self._codes else NOTHING

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return _LANE + len(self._begins) * _RUN + (len(self._ticks) + len(self.stops)) * _MARK + len(self.calls) * _CALL

    def runs(self, begin: float, end: float) -> Iterator[Run]:
        """What it did between two moments, the first and the last run cut off there."""
        first, last = self._tick(begin), self._tick(end)
        begins, codes, cpus = self._begins, self._codes, self._cpus
        number = max(0, bisect_right(begins, first) - 1)
        while number < len(begins) and begins[number] < last:
            starts = max(first, begins[number])
            stops = min(last, begins[number + 1] if number + 1 < len(begins) else self._seen)
            if stops > starts:
                yield Run(self._moment(starts), self._moment(stops), codes[number], _to_share(cpus[number]))
            number += 1

    def pieces(self, begin: float, step: float, columns: int, kinds: bytearray) -> list[tuple[int, int, int]]:
        """What it did, for a picture: the first column of each piece, the column after its last, and its `Kind`.

        Columns are `step` seconds wide, the first one begins at `begin`. A column shows what went on at its end, so one
        that is over never changes, and a picture of an hour takes no longer than one of a minute. Pieces in which the
        lane is not there, or was not seen, are left out.
        """
        begins, codes = self._begins, self._codes
        count = len(begins)
        first = (begin - self._origin) * _TICKS
        step *= _TICKS
        found: list[tuple[int, int, int]] = []
        number = max(0, bisect_right(begins, first) - 1)
        while number < count:
            column = max(0, int((begins[number] - first) // step))
            if column >= columns:
                break
            following = begins[number + 1] if number + 1 < count else self._seen
            after = min(columns, int((following - first) // step))
            if after > column:
                kind = kinds[codes[number]]
                if kind > _UNSEEN_KIND:
                    if found and found[-1][1] == column and found[-1][2] == kind:
                        found[-1] = (found[-1][0], after, kind)
                    else:
                        found.append((column, after, kind))
                number += 1
            else:  # it is over within the column: on to what goes on at the end of that
                number = max(number + 1, bisect_left(begins, first + (column + 1) * step) - 1)
        return found

    def run_at(self, moment: float) -> Run | None:
        """The run at a moment, whole; None where the lane was not there."""
        tick = self._tick(moment)
        number = bisect_right(self._begins, tick) - 1
        if number < 0 or (tick > self._seen and self.code != NOTHING) or self._codes[number] == NOTHING:
            return None
        stops = self._begins[number + 1] if number + 1 < len(self._begins) else self._seen
        share = _to_share(self._cpus[number])
        return Run(self._moment(self._begins[number]), self._moment(stops), self._codes[number], share)

    def call_at(self, moment: float) -> Call | None:
        """What a pool's thread executed at a moment."""
        number = bisect_right(self.calls, moment, key=_call_begin) - 1
        return self.calls[number] if number >= 0 and self.run_at(moment) is not None else None

    def calls_between(self, begin: float, end: float) -> list[Call]:
        """What a pool's thread began to execute from one moment on and before another."""
        calls = self.calls
        return calls[bisect_left(calls, begin, key=_call_begin) : bisect_left(calls, end, key=_call_begin)]

    @property
    def has_checkpoints(self) -> bool:
        """Whether any were seen."""
        return bool(self._ticks)

    def checkpoints(self, begin: float, end: float) -> list[float]:
        """When it passed checkpoints, as far as that was seen."""
        ticks = self._ticks
        found = ticks[bisect_left(ticks, self._tick(begin)) : bisect_right(ticks, self._tick(end))]
        return [self._moment(tick) for tick in found]

    def cpu(self, begin: float, end: float) -> float | None:
        """The share of a processor that it used on average between two moments, while that was known."""
        first, last = self._tick(begin), min(self._tick(end), self._seen)
        begins, cpus = self._begins, self._cpus
        used = known = 0.0
        number = max(0, bisect_right(begins, first) - 1)
        count = len(begins)
        while number < count and begins[number] < last:  # in one piece: it is asked for every lane in view
            byte = cpus[number]
            if byte != _NO_CPU:
                following = begins[number + 1] if number + 1 < count else last
                seconds = max(0, min(last, following) - max(first, begins[number]))
                used += seconds * (byte if byte <= 100 else 100 + (byte - 100) * 10)
                known += seconds
            number += 1
        return used / known / 100 if known else None

    # -- what is ---------------------------------------------------------------------------------------

    def copy(self) -> Lane:
        """What it did so far, as something that does not change."""
        made = Lane(self.key, self._origin)
        made._begins, made._codes, made._cpus, made._ticks = (
            self._begins[:], self._codes[:], self._cpus[:], self._ticks[:],
        )  # fmt: skip
        made._seen, made.stops, made.calls = self._seen, self.stops.copy(), self.calls.copy()
        return made

    @property
    def codes(self) -> set[int]:
        """Of everything that it did."""
        return set(self._codes)

    def look(self, at: float, code: int, cpu: float | None, *, anew: bool = False) -> int:
        """Note a look, for the record; return how many runs have come. With `anew`, it is not what it was before."""
        tick = self._tick(at)
        begins = self._begins
        before = len(begins)
        if begins and self._codes[-1] != NOTHING and tick - self._seen > GAP * _TICKS:
            self._append(self._seen, UNSEEN)
        tick = max(tick, self._seen)
        if not begins or self._codes[-1] != code or anew:
            self._append(tick, code)
            self._cpu, self._looks = 0.0, 0
        if cpu is not None and code != NOTHING:
            self._cpu += cpu
            self._looks += 1
            self._cpus[-1] = _from_share(self._cpu / self._looks)
        self._seen = tick
        return len(begins) - before

    def _append(self, tick: int, code: int) -> None:
        if self._begins and self._begins[-1] >= tick and self._codes[-1] != NOTHING:  # it took no time
            self._codes[-1] = code
            self._cpus[-1] = _NO_CPU
            return
        self._begins.append(tick)
        self._codes.append(code)
        self._cpus.append(_NO_CPU)

    def pass_checkpoint(self, moment: float) -> bool:
        """Note a checkpoint, for the record; return whether it is another than the last one."""
        tick = self._tick(moment)
        if self._ticks and tick <= self._ticks[-1] + 1:  # the same one, as near as it is known
            return False
        self._ticks.append(tick)
        return True

    def drop(self, moment: float) -> None:
        """Let go of what was before a moment, for the record."""
        tick = self._tick(moment)
        first = bisect_right(self._begins, tick) - 1
        if first > 0:
            del self._begins[:first], self._codes[:first], self._cpus[:first]
        if self._begins and self._begins[0] < tick:
            self._begins[0] = min(tick, self._seen)
        del self._ticks[: bisect_left(self._ticks, tick)]
        self.stops = [stop for stop in self.stops if stop >= moment]
        number = bisect_right(self.calls, moment, key=_call_begin) - 1
        if number > 0:
            del self.calls[:number]

    def _moment(self, tick: int) -> float:
        return self._origin + tick / _TICKS

    def _tick(self, moment: float) -> int:
        return _clamp((moment - self._origin) * _TICKS)


class Record:
    """What all lanes did. Belongs to one thread.

    Args:
        now: the present, in seconds of `time.monotonic()`, as every moment here.
        budget: how many bytes it may take.
    """

    def __init__(self, now: float, budget: int = BUDGET) -> None:
        self._origin = now
        self._budget = budget
        self._begins = now
        self._size = 0
        self.lanes: dict[Hashable, Lane] = {}
        """By their keys, in the order in which they came."""
        self._codes: dict[Moment, int] = {}
        self._moments: list[Moment | None] = [None, None]
        self._free: list[int] = []
        self.kinds = bytearray((Kind.NOTHING, Kind.UNSEEN))
        """What each code is drawn as."""

    @property
    def begins(self) -> float:
        """Where the record begins: what was before has been let go, or was never seen."""
        return self._begins

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return self._size

    def moment(self, code: int) -> Moment | None:
        """What a code means; None for `NOTHING` and `UNSEEN`."""
        return self._moments[code]

    def moments(self) -> list[Moment | None]:
        """What all codes mean now."""
        return self._moments.copy()

    def lane(self, key: Hashable) -> Lane:
        """The lane with a key, made if there is none yet."""
        lane = self.lanes.get(key)
        if lane is None:
            lane = self.lanes[key] = Lane(key, self._origin)
            self._size += _LANE
        return lane

    def note(self, lane: Lane, at: float, moment: Moment, cpu: float | None = None, *, anew: bool = False) -> int:
        """Note what a lane does at a moment; return the code of that.

        Args:
            lane: which.
            at: when. Before the last look at it counts as then.
            moment: what it does; see `steady`.
            cpu: the share of a processor that it uses, if that is known.
            anew: whether it was something else meanwhile, though it looks the same.
        """
        code = self._codes.get(moment)
        if code is None:
            code = self._keep(moment)
        self.note_code(lane, at, code, cpu, anew=anew)
        return code

    def note_code(self, lane: Lane, at: float, code: int, cpu: float | None = None, *, anew: bool = False) -> None:
        """`note`, where the code is known: it was the last one of the lane."""
        self._size += lane.look(at, code, cpu, anew=anew) * _RUN
        if self._size > self._budget:
            self._make_room(lane.end)

    def end(self, lane: Lane, at: float) -> None:
        """Note that a lane has ended, or has nothing to execute."""
        if lane.code != NOTHING:
            self._size += lane.look(at, NOTHING, None) * _RUN

    def begin_call(self, lane: Lane, at: float, name: str, task_id: int) -> None:
        """Note that the thread of a pool begins with a call."""
        lane.calls.append(Call(max(at, lane.calls[-1].begin if lane.calls else self._origin), name, task_id))
        self._size += _CALL

    def ask_to_stop(self, lane: Lane, at: float) -> None:
        """Note that a lane was asked to stop. Again: nothing."""
        if at not in lane.stops:
            lane.stops.append(at)
            self._size += _MARK

    def pass_checkpoint(self, lane: Lane, at: float) -> None:
        """Note that a lane has passed a checkpoint."""
        if at >= self._begins and lane.pass_checkpoint(at):
            self._size += _MARK

    def forget(self, key: Hashable) -> None:
        """Let go of a lane."""
        lane = self.lanes.pop(key, None)
        if lane is not None:
            self._size -= lane.size

    def _keep(self, moment: Moment) -> int:
        kind = moment.kind
        if self._free:
            code = self._free.pop()
            self._moments[code], self.kinds[code] = moment, kind
        else:
            code = len(self._moments)
            self._moments.append(moment)
            self.kinds.append(kind)
        self._codes[moment] = code
        self._size += _MOMENT
        return code

    def _make_room(self, now: float) -> None:
        """Let the oldest go, a tenth of the time at once, until there is room again."""
        enough = int(self._budget * _KEPT)
        while self._size > enough and self._begins < now:
            self._begins = min(now, self._begins + max(1.0, (now - self._begins) / 10))
            for key, lane in list(self.lanes.items()):
                lane.drop(self._begins)
                if lane.code == NOTHING and lane.end <= self._begins:
                    del self.lanes[key]
            if len(self._codes) * _MOMENT > self._budget * _MOMENTS:
                self._forget_moments()
            self._size = sum(lane.size for lane in self.lanes.values()) + len(self._codes) * _MOMENT

    def _forget_moments(self) -> None:
        used: set[int] = set()
        for lane in self.lanes.values():
            used |= lane.codes
        for moment, code in list(self._codes.items()):
            if code not in used:
                del self._codes[moment]
                self._moments[code] = None
                self._free.append(code)


def steady(facts: ThreadFacts | None) -> ThreadFacts | None:
    """Facts without what is different at each look, so that equal ones are kept once."""
    if facts is None:
        return None
    return facts._replace(native_id=None, cpu=None, wakes_at=None, endless=False, since=0.0, seen_coming=False)


def _call_begin(call: Call) -> float:
    return call.begin


def _clamp(ticks: float) -> int:
    return max(0, min(_LAST_TICK, round(ticks)))


def _from_share(share: float) -> int:
    """A byte for a share of processors: in hundredths up to one, in tenths beyond, where several are used."""
    return round(share * 100) if share <= 1 else min(_NO_CPU - 1, 100 + round((share - 1) * 10))


def _to_share(byte: int) -> float | None:
    if byte == _NO_CPU:
        return None
    return byte / 100 if byte <= 100 else 1 + (byte - 100) / 10
