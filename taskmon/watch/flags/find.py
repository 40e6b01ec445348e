"""Finding the stop flag of a thread: the door of this package."""

from __future__ import annotations

import sys
import threading
import types
from typing import Any

from taskmon.watch.flags import judge, peek
from taskmon.watch.flags.conditions import STATE
from taskmon.watch.flags.finding import ADVICE, Applied, Finding, Offer, Target
from taskmon.watch.flags.judge import Verdict
from taskmon.watch.flags.names import Meaning
from taskmon.watch.flags.survey import survey

NO_FLAG = "this program offers no way to stop this thread"


def find_stop(target: Target) -> Finding:
    """What a cancel of this thread would set, or why there is nothing. Any thread; never raises."""
    try:
        return _find(target)
    except Exception as error:  # an object that none of this foresaw: its row has no Cancel
        return Finding(why_not=f"{NO_FLAG} ({type(error).__name__} while reading it)", advice=ADVICE)


def _find(target: Target) -> Finding:
    timer = _waiting_timer(target)
    if timer is not None:
        return timer
    seen = survey(target)
    if seen.top is None:
        return Finding(why_not=f"{NO_FLAG}: {seen.why_not}", advice=ADVICE)
    verdicts = judge.weigh(seen)
    chosen = judge.best(verdicts)
    offers = tuple(_offer(each) for each in verdicts if each is not chosen and _is_worth_offering(each))
    if chosen is not None:
        return Finding(words(chosen), "", chosen.candidate.key, offers, "", Plan(target, chosen))
    return Finding("", NO_FLAG, None, offers, ADVICE)


def _is_worth_offering(verdict: Verdict) -> bool:
    if verdict.candidate.atom.kind == STATE or judge.present(verdict.candidate) is verdict.candidate.atom.value:
        return False
    if verdict.veto:
        return verdict.meaning in (Meaning.STOP, Meaning.RUN)
    return verdict.score >= 1


def words(verdict: Verdict) -> str:
    """What setting it is called: "sets stop_event", "sets self.running to False"."""
    atom = verdict.candidate.atom
    if atom.kind == STATE:
        return f"sets {atom.seen.words} to {_show(verdict.state)}"
    if atom.seen.place is not None and type(atom.seen.value) in (bool, int):
        return f"sets {atom.seen.words} to {atom.value}"
    return f"{'sets' if atom.value else 'clears'} {atom.seen.words}"


def _show(value: Any) -> str:
    if type(value) in (str, int):
        return repr(value)[:60]
    return f"{type(value).__name__}.{peek.peek(value, '_name_').value}"[:60]


class Plan:
    """How a found flag is set, at the moment of the click."""

    def __init__(self, target: Target, verdict: Verdict) -> None:
        self.target, self.verdict = target, verdict

    def apply(self) -> Applied:
        """Look again, and set what is in place now. A function that keeps the old object is not helped."""
        fresh = _find(self.target)
        if fresh.plan is None:
            if judge.present(self.verdict.candidate) is self.verdict.candidate.atom.value:
                return Applied(True, f"{self.verdict.candidate.atom.seen.words} is set already")
            return Applied(False, f"{self.verdict.candidate.atom.seen.words} is no longer the thread's stop flag")
        if not isinstance(fresh.plan, Plan):
            return fresh.plan.apply()  # type: ignore[no-any-return]
        if fresh.key != self.verdict.candidate.key and self.verdict.candidate.atom.seen.kept:
            return Applied(
                False, f"{self.verdict.candidate.atom.seen.words} was replaced: the thread still has the old one"
            )
        fresh.plan.put()
        return Applied(True, _past(words(fresh.plan.verdict)))

    def put(self) -> None:
        """Set it, without looking again."""
        put(self.verdict)


def put(verdict: Verdict) -> None:
    """Set a flag."""
    atom = verdict.candidate.atom
    if atom.kind == STATE:
        assert atom.seen.place is not None
        atom.seen.place.write(verdict.state)
    elif atom.seen.place is not None and type(atom.seen.value) in (bool, int):
        atom.seen.place.write(type(atom.seen.value)(atom.value))
    elif atom.value:
        atom.seen.value.set()
    else:
        atom.seen.value.clear()


def _past(means: str) -> str:
    verb, _, rest = means.partition(" ")
    return (
        {"sets": "set", "clears": "cleared", "puts": "put", "cancels": "cancelled", "calls": "called"}[verb]
        + " "
        + rest
    )


def _offer(verdict: Verdict) -> Offer:
    def act() -> Applied:
        put(verdict)
        return Applied(True, _past(words(verdict)))

    return Offer(words(verdict), verdict.veto or "little says that it stops the thread", verdict.candidate.key, act)


class _Timer:
    """A Timer that waits: the one flag that has a method for it."""

    def __init__(self, timer: threading.Timer) -> None:
        self.timer = timer

    def apply(self) -> Applied:
        """Cancel, unless it has just fired."""
        if not _is_waiting(self.timer):
            return Applied(False, "the timer has fired: its function runs")
        self.timer.cancel()
        return Applied(True, "cancelled the timer")


def _waiting_timer(target: Target) -> Finding | None:
    thread = target.thread
    if thread is None or not peek.is_a(thread, threading.Timer):
        return None
    own = [peek.on_class(type(thread), name)[0] is not threading.Timer.__dict__[name] for name in ("run", "cancel")]
    if any(own) or not _is_waiting(thread):  # type: ignore[arg-type]
        return None
    return Finding("cancels the timer", "", ("timer", id(thread)), (), "", _Timer(thread))  # type: ignore[arg-type]


def _is_waiting(timer: threading.Timer) -> bool:
    """Whether it has started and not fired: it is in the wait of its own `run`, or on the way to it."""
    if timer.ident is None or not timer.is_alive() or timer.finished.is_set():
        return False
    frame: types.FrameType | None = sys._current_frames().get(timer.ident)
    inner: types.FrameType | None = None
    while frame is not None and frame.f_code is not threading.Timer.run.__code__:
        inner, frame = frame, frame.f_back
    if frame is None:
        return True  # not in its run yet
    return inner is None or inner.f_code is threading.Event.wait.__code__
