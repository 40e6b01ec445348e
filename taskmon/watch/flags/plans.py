"""What a cancel does when the button is pressed: each plan looks once more and then sets what is in place."""

from __future__ import annotations

import enum
import functools
import threading
import types
from collections.abc import Callable
from typing import Any

from taskmon.core.base.text import count_of
from taskmon.core.base.threads import try_spawn
from taskmon.core.stacks.frames import current_frames
from taskmon.watch.flags import conditions, inspect_safely, judge, sentinels
from taskmon.watch.flags.closed_queues import Closing
from taskmon.watch.flags.conditions import COLLECTION, EVENT, FLAG, FOREIGN, LOOP_EVENT, MEMBER, PROCESS_EVENT, STATE
from taskmon.watch.flags.finding import Applied, Finding, Offer, Target
from taskmon.watch.flags.footing import Footing
from taskmon.watch.flags.judge import Verdict
from taskmon.watch.flags.sentinels import Sentinel
from taskmon.watch.flags.survey import Candidate, Survey, survey
from taskmon.watch.thread_fields import ident_of, is_alive

_PAST = {
    "sets": "set",
    "clears": "cleared",
    "empties": "emptied",
    "fills": "filled",
    "puts": "put",
    "cancels": "cancelled",
    "calls": "called",
    "takes": "took",
}


def words(verdict: Verdict) -> str:
    """What setting it is called: "sets stop_event", "sets self.running to False"."""
    atom = verdict.candidate.atom
    if verdict.way is not None and verdict.candidate.atom.kind != FOREIGN:
        return f"calls its own {verdict.way.name}()"
    if atom.kind == STATE:
        return f"sets {atom.seen.words} to {_show(verdict.state)}"
    if atom.kind == MEMBER:
        key = _show(atom.constants[0])
        return f"puts {key} into {atom.seen.words}" if atom.value else f"takes {key} out of {atom.seen.words}"
    if is_boolean(verdict):
        return f"sets {atom.seen.words} to {type(atom.seen.value)(atom.value)}"
    verbs = ("fills", "empties") if atom.kind == COLLECTION else ("sets", "clears")
    return f"{verbs[not atom.value]} {atom.seen.words}"


def is_boolean(verdict: Verdict) -> bool:
    """Whether it is a variable rather than an Event."""
    seen = verdict.candidate.atom.seen
    return seen.place is not None and type(seen.value) in (bool, int)


def _show(value: Any) -> str:
    if type(value) in (str, int):
        return repr(value)[:60]
    name = inspect_safely.peek(value, "_name_").value if inspect_safely.is_a(value, enum.Enum) else "…"
    return f"{inspect_safely.name_of(type(value))}.{name}"[:60]


def past(means: str) -> str:
    """ "sets stop_event" → "set stop_event"."""
    verb, _, rest = means.partition(" ")
    return f"{_PAST.get(verb, verb)} {rest}"


def put(verdict: Verdict) -> None:
    """Set a flag, as it was found, or call the method that does. Raises if no thread can be started for that."""
    atom = verdict.candidate.atom
    if verdict.way is not None or atom.kind == PROCESS_EVENT:
        # In a thread of its own: it may join the thread, or wait for long; that of multiprocessing waits for a lock.
        method = (
            verdict.way.method
            if verdict.way is not None
            else atom.seen.value.set
            if atom.value
            else atom.seen.value.clear
        )
        error = call_aside(method)
        if error is not None:
            raise error
    elif atom.kind == LOOP_EVENT:
        change = atom.seen.value.set if atom.value else atom.seen.value.clear
        conditions.loop_of(atom.seen.value, atom.scope.thread).call_soon_threadsafe(change)
    elif atom.kind == COLLECTION and atom.value:
        held = atom.seen.value
        held.add(True) if type(held) is set else held.append(True)
    elif atom.kind == MEMBER:
        held, key = atom.seen.value, atom.constants[0]
        if type(held) is dict:
            held.pop(key, None)
        else:
            (held.add if atom.value else held.discard)(key)
    elif atom.kind == STATE:
        assert atom.seen.place is not None
        atom.seen.place.write(verdict.state)
    elif is_boolean(verdict):
        assert atom.seen.place is not None
        atom.seen.place.write(type(atom.seen.value)(atom.value))
    elif atom.value:
        atom.seen.value.set()
    else:
        atom.seen.value.clear()


class FlagPlan:
    """Sets an Event, a boolean or a state.

    Args:
        target: what runs.
        verdict: the flag, and what was found of it.
        find: looks anew.
        seen: what the thread's work looked like then; with `footing`, what makes it needless to look anew.
        footing: what else the verdict stood on.
    """

    def __init__(
        self,
        target: Target,
        verdict: Verdict,
        find: Callable[[Target], Finding],
        seen: Survey | None = None,
        footing: Footing | None = None,
    ) -> None:
        self.target, self.verdict, self._find = target, verdict, find
        self._look = seen.look if seen is not None else None
        self._footing = footing
        #: What `follow_up` has done: see there.
        self.done: set[str] = set()

    def apply_as_found(self, *, settled: bool) -> Applied | None:
        """Set what was found if all that this stood on is as it was; None, with nothing done, if that is not sure.

        It costs a fraction of a millisecond, in which the interpreter is not let go of once.
        """
        candidate, footing = self.verdict.candidate, self._footing
        atom = candidate.atom
        if footing is None or atom.kind not in (EVENT, FLAG) or judge.present(candidate) is not (not atom.value):
            return None
        seen = survey(self.target)
        if (
            seen.top is None
            or seen.look != self._look
            or not footing.holds(seen.top.function.__globals__, settled=settled)
        ):
            return None
        if self.verdict.way is not None:
            self.done.add("stop")
        put(self.verdict)
        return Applied(True, past(words(self.verdict)))

    def apply(self) -> Applied:
        """Look again, and set what is in place now. A function that keeps the old object is not helped."""
        seen = self.verdict.candidate.atom.seen
        fresh = self._find(self.target)
        if fresh.plan is None:
            if judge.present(self.verdict.candidate) is self.verdict.candidate.atom.value:
                return Applied(True, f"{seen.words} is set already")
            return Applied(False, f"{seen.words} is no longer the thread's stop flag")
        if not isinstance(fresh.plan, FlagPlan):
            return fresh.plan.apply()  # type: ignore[no-any-return]
        if fresh.key != self.verdict.candidate.key and seen.kept:
            return Applied(False, f"{seen.words} was replaced: the thread still has the old one")
        self.verdict = fresh.plan.verdict
        if self.verdict.way is not None:
            self.done.add("stop")
        put(self.verdict)
        return Applied(True, past(words(self.verdict)))


class SentinelPlan:
    """Puts a sentinel into the queue that the thread takes from."""

    def __init__(self, found: Sentinel) -> None:
        self.found = found
        self.done: set[str] = set()

    def now(self) -> str:
        """How many items will be taken before it."""
        count = sentinels.waiting_items(self.found.queue)
        return f"after {count_of(count, 'items')}" if count else ""

    def apply(self) -> Applied:
        """Put it for each consumer that has not been sent one."""
        return put_sentinel(self.found)


def put_sentinel(found: Sentinel) -> Applied:
    """Put it, or have the program's own method put it."""
    if found.way is not None:
        return CallPlan(found.way.method, f"its own {found.way.name}()").apply()
    return sentinels.put(found)


class TimerPlan:
    """Cancels a Timer that has not fired, or one that repeats."""

    def __init__(self, timer: threading.Timer, repeats: bool = False) -> None:
        self.timer, self.repeats = timer, repeats

    def apply(self) -> Applied:
        """Cancel, unless it has just fired."""
        if not self.repeats and not is_waiting(self.timer):
            return Applied(False, "the timer has fired: its function runs")
        self.timer.cancel()
        return Applied(True, "cancelled the timer")


class CallPlan:
    """Calls a method that ends the loop and may wait for that: in a thread of its own."""

    def __init__(self, method: Callable[[], object], what: str) -> None:
        self.method, self.what = method, what

    def apply(self) -> Applied:
        """Start the call. What it raises there is nobody's."""
        error = call_aside(self.method)
        return (
            Applied(True, f"called {self.what}")
            if error is None
            else Applied(False, "no further thread can be started")
        )


def call_aside(method: Callable[[], object]) -> BaseException | None:
    """Call it in a daemon thread: the program's `stop` may join the thread, or wait for long."""

    def call() -> None:
        try:
            method()
        except Exception:  # its own affair, as when the user's code calls it; the row still says what the thread does
            return

    return try_spawn(call, "taskmon-stop", lambda _: None)


def waiting_timer(target: Target) -> Finding | None:
    """A finding for a Timer that still waits; None for anything else."""
    thread = target.thread
    if thread is None or not inspect_safely.is_a(thread, threading.Timer):
        return None
    changed = any(
        inspect_safely.on_class(type(thread), name)[0] is not vars(threading.Timer)[name] for name in ("run", "cancel")
    )
    if changed or not is_waiting(thread):  # type: ignore[arg-type]
        return None
    return Finding("cancels the timer", key=("timer", id(thread)), plan=TimerPlan(thread))  # type: ignore[arg-type]


def repeating_timer(target: Target, candidates: list[Candidate]) -> Finding | None:
    """A finding for a Timer whose own `run` goes round until it is cancelled; None for anything else."""
    thread = target.thread
    if thread is None or not inspect_safely.is_a(thread, threading.Timer):
        return None
    finished = inspect_safely.peek(thread, "finished").value
    ends = any(each.atom.seen.value is finished and each.atom.value for each in candidates)
    if not ends or inspect_safely.on_class(type(thread), "cancel")[0] is not vars(threading.Timer)["cancel"]:
        return None
    return Finding("cancels the timer", key=("timer", id(thread)), plan=TimerPlan(thread, True))  # type: ignore[arg-type]


def is_waiting(timer: threading.Timer) -> bool:
    """Whether it has started and not fired: it is in the wait of its own `run`, or on the way to it."""
    if not is_alive(timer) or timer.finished.is_set():
        return False
    frame: types.FrameType | None = current_frames().get(ident_of(timer) or 0)
    inner: types.FrameType | None = None
    while frame is not None and frame.f_code is not threading.Timer.run.__code__:
        inner, frame = frame, frame.f_back
    if frame is None:
        return True  # not in its run yet
    return inner is None or inner.f_code is threading.Event.wait.__code__


def offer_of(verdict: Verdict) -> Offer:
    """A flag that a plain cancel leaves alone."""

    def act() -> Applied:
        put(verdict)
        return Applied(True, past(words(verdict)))

    return Offer(words(verdict), verdict.veto or "another flag is the surer one", verdict.candidate.key, act)


def plan_of_closing(found: Closing) -> CallPlan:
    """Shuts a queue down, as the program itself does: what is in it is still taken."""
    shutdown = functools.partial(type(found.queue).shutdown, found.queue)
    return CallPlan(shutdown, found.means.removeprefix("calls "))


def offer_of_closing(found: Closing) -> Offer:
    """A queue that a plain cancel does not shut down."""
    return Offer(found.means, found.veto, found.key, plan_of_closing(found).apply)


def offer_of_sentinel(found: Sentinel) -> Offer:
    """A sentinel that a plain cancel does not put."""
    return Offer(sentinels.means(found), found.veto, found.key, lambda: put_sentinel(found))
