"""What the timeline shows at one moment, in sentences: for the panel beneath it, and for those who listen. No Qt."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from taskmon.bridge.language import tr
from taskmon.bridge.table import text
from taskmon.bridge.table.kinds import WAITS, Kind
from taskmon.bridge.table.rows import is_called
from taskmon.bridge.timeline.record import NOTHING, UNSEEN, Lane, Moment, Record, Run
from taskmon.bridge.timeline.recorder import LaneRow
from taskmon.core.base.text import format_duration, plain
from taskmon.core.stacks import words as facts_words
from taskmon.core.task.state import STATE_LABELS, TaskState

_LIMIT: Final = 80
#: Runs that are looked through for the beginning of what a lane does.
_FARTHEST: Final = 4_000
#: So long before a run is another, in seconds: moments are kept in hundredths.
_BEFORE: Final = 0.011
#: Moments of lanes are rounded, that of the look is not; in seconds.
_SETTLED: Final = 0.02
_COUNT_LABELS: Final = {
    Kind.COMPUTING: "{n} computing",
    Kind.OUTSIDE: "{n} outside Python",
    Kind.LOCK: "{n} waiting for locks",
    Kind.DEADLOCK: "{n} in a deadlock",
    Kind.TRANSFER: "{n} reading or writing",
    Kind.SLEEPING: "{n} asleep or waiting",
    Kind.PAUSED: "{n} paused",
    Kind.RUNNING: "{n} running",
}
KIND_LABELS: Final = {
    Kind.COMPUTING: "Computing",
    Kind.OUTSIDE: "Outside Python",
    Kind.LOCK: "Waiting for a lock",
    Kind.DEADLOCK: "Deadlock",
    Kind.TRANSFER: "Reading, writing",
    Kind.SLEEPING: "Sleeping, waiting",
    Kind.PAUSED: "Paused",
    Kind.RUNNING: "Running",
}
"""What the shapes mean."""


class Told(NamedTuple):
    """One moment."""

    clock: str
    """The time of day."""
    ago: str
    what: str
    """What the lane in question did, and for how long."""
    more: str
    """What the one did that held what it waited for; empty if there is none."""
    where: str
    """The calls that it was in, the innermost first."""
    all_of_them: str
    """How many did what."""

    def spoken(self) -> str:
        """All of it, for listeners."""
        return ". ".join(part for part in (f"{self.clock}, {self.ago}", *self[2:]) if part)


def tell(record: Record, lanes: Sequence[LaneRow], chosen: LaneRow | None, moment: float, now: float) -> Told:
    """Tell of a moment.

    Args:
        record: what was recorded.
        lanes: those that are shown.
        chosen: the one to tell more of, if any.
        moment: which, in seconds of `time.monotonic()`.
        now: when was last looked.
    """
    ago = (
        tr("now")
        if now - moment < 0.5
        else tr("{time} ago").format(time=format_duration(now - moment, precise=now - moment < 9.95))
    )
    what = more = where = ""
    if chosen is not None:
        what = lane_sentence(record, chosen, moment, now)
        where = calls_line(record, chosen.lane, moment)
        other = holder_of(record, lanes, chosen, moment)
        if other is not None and other.lane is not chosen.lane:
            more = lane_sentence(record, other, moment, now)
            there = calls_line(record, other.lane, moment)
            more = f"{more} ({there})" if there else more
    return Told(clock(moment), ago, what, more, where, counts_line(record, lanes, moment))


def clock(moment: float) -> str:
    """A moment in seconds of `time.monotonic()` as the time of day."""
    return time.strftime("%H:%M:%S", time.localtime(moment + time.time() - time.monotonic()))


def lane_name(shown: LaneRow) -> str:
    """What a lane is called: as its row in the table; but the thread of a pool by its own name, not by its call's."""
    return thread_name(shown) if shown.pooled else text.name(shown.row)


def beside_name(shown: LaneRow) -> str:
    """What tells a lane with calls from others: the call that the thread of a pool is in, or the thread of a call."""
    if not shown.pooled:
        return thread_name(shown)
    return "" if shown.lane.code == NOTHING else plain(shown.row.snapshot.name, _LIMIT)


def thread_name(shown: LaneRow) -> str:
    """What the program calls the thread of a lane with calls; empty if that is not known."""
    origin = shown.row.snapshot.origin
    return plain(origin.thread, _LIMIT) if origin is not None else ""


def lane_sentence(record: Record, shown: LaneRow, moment: float, now: float) -> str:
    """What a lane did at a moment, and for how long then and in all."""
    lane = shown.lane
    name = lane_name(shown)
    call = lane.call_at(moment) if lane.calls else None
    if call is not None:
        made = plain(call.name, _LIMIT)
        name = tr("{thread}, in {call}").format(thread=name, call=made) if shown.pooled else made
    run = lane.run_at(moment)
    if run is None:
        return _absence(record, shown, name, moment)
    if run.code == UNSEEN:
        return tr("{name}: nobody looked then").format(name=name)
    words = words_of(record.moment(run.code))
    begin, end = _extent(record, lane, run, _is_alike)
    if (begin, end) != stretch(record, lane, run):
        words = tr("{what}, again and again").format(what=words)
    so_far = format_duration(max(0.0, moment - begin), precise=moment - begin < 10)
    cut_off = _may_have_begun_before(record, shown, begin)
    if cut_off:
        so_far = tr("at least {time}").format(time=so_far)
    if end >= lane.end and lane.end >= now - _SETTLED:
        return tr("{name}: {what}, for {time} so far").format(name=name, what=words, time=so_far)
    whole = format_duration(end - begin, precise=end - begin < 10)
    return tr("{name}: {what}, for {time} by then, {whole} in all").format(
        name=name, what=words, time=so_far, whole=tr("at least {time}").format(time=whole) if cut_off else whole
    )


def _may_have_begun_before(record: Record, shown: LaneRow, begin: float) -> bool:
    """Whether nobody looked at a lane right before a moment, though it was there."""
    lane, started = shown.lane, shown.row.snapshot.started_at
    if begin > lane.begin:
        before = lane.run_at(begin - _BEFORE)
        return before is not None and before.code == UNSEEN
    return begin <= record.begins + _SETTLED or (started is not None and started < begin - _SETTLED)


def _absence(record: Record, shown: LaneRow, name: str, moment: float) -> str:
    lane = shown.lane
    if moment < record.begins:
        return tr("{name}: not recorded").format(name=name)
    if moment < lane.begin:
        return tr("{name}: had not begun, or was not seen yet").format(name=name)
    if moment >= lane.end and (shown.ended or (lane.calls and not shown.pooled)):
        return tr("{name}: had ended").format(name=name)
    if lane.calls and not shown.pooled:
        name = thread_name(shown)  # the call that it is called by came later
    return tr("{name}: had nothing to do").format(name=name)


def words_of(moment: Moment | None) -> str:
    """What a lane did, in the words of the table."""
    if moment is None:
        return ""
    facts = moment.facts
    if moment.state is TaskState.RUNNING and facts is not None:
        return facts_words.activity(facts, 0.0, tr) or tr(STATE_LABELS[TaskState.RUNNING])
    return tr(STATE_LABELS[moment.state])


def stretch(record: Record, lane: Lane, run: Run) -> tuple[float, float]:
    """From when until when a lane did what it does in `run`: computing, wherever in the code that was; one wait."""
    return _extent(record, lane, run, _is_one_wait if record.kinds[run.code] in WAITS else _is_alike)


def _extent(
    record: Record, lane: Lane, run: Run, goes_on: Callable[[Moment | None, Moment | None], bool]
) -> tuple[float, float]:
    """From when until when a lane was in runs that each go on with the one before."""
    first = last = run
    for _ in range(_FARTHEST):
        before = lane.run_at(first.begin - _BEFORE)
        if before is None or not goes_on(record.moment(before.code), record.moment(first.code)):
            break
        first = before
    for _ in range(_FARTHEST):
        after = lane.run_at(last.end) if last.end < lane.end else None
        if after is None or after.end <= last.end or not goes_on(record.moment(last.code), record.moment(after.code)):
            break
        last = after
    return first.begin, last.end


def _is_alike(before: Moment | None, after: Moment | None) -> bool:
    return words_of(before) == words_of(after)


def _is_one_wait(before: Moment | None, after: Moment | None) -> bool:
    """Whether only more was found of a wait: that it is part of a deadlock. Another wait that looks alike is equal."""
    if before is None or after is None or before.facts is None or after.facts is None or before == after:
        return False
    return before.facts._replace(circle=()) == after.facts._replace(circle=())


def calls_line(record: Record, lane: Lane, moment: float) -> str:
    """Where in the code a lane was, the innermost call first; empty if that is not known."""
    run = lane.run_at(moment)
    return calls_of(record.moment(run.code)) if run is not None else ""


def calls_of(moment: Moment | None) -> str:
    """Where in the code that was, the innermost call first; empty if that is not known."""
    if moment is None or moment.facts is None:
        return ""
    facts = moment.facts
    return "    ".join(map(facts_words.call, facts.calls)) or facts_words.place(facts)


def holder_of(record: Record, lanes: Sequence[LaneRow], chosen: LaneRow, moment: float) -> LaneRow | None:
    """The lane of the thread that had what a lane waited for at a moment; None if that is not known or not shown."""
    run = chosen.lane.run_at(moment)
    found = record.moment(run.code) if run is not None else None
    origin = chosen.row.snapshot.origin
    if found is None or found.facts is None or not found.facts.holder:
        return None
    pid = origin.pid if origin is not None else None
    for shown in lanes:
        theirs = shown.row.snapshot.origin
        if (theirs.pid if theirs is not None else None) != pid or shown.lane is chosen.lane:
            continue
        if is_called(shown.row.snapshot, found.facts.holder):
            return shown
    return None


def counts_line(record: Record, lanes: Sequence[LaneRow], moment: float) -> str:
    """How many of the lanes did what: ``3 computing · 2 waiting for locks``."""
    counts = dict.fromkeys(_COUNT_LABELS, 0)
    for shown in lanes:
        run = shown.lane.run_at(moment)
        if run is not None and run.code != UNSEEN:
            kind = Kind(record.kinds[run.code])
            counts[Kind.RUNNING if kind is Kind.CALL else kind] += 1
    parts = [tr(_COUNT_LABELS[kind]).format(n=count) for kind, count in counts.items() if count]
    return " · ".join(parts)
