"""What may be done when a thread has been asked and does not end: little, late, and each thing once.

A flag alone is enough where the loop looks at it now and then. It is not where `run()` overwrites it as its first
act, or where the thread hangs in `accept()`, `get()` or `wait()` without a timeout: there only the program's own
`stop()` will do, which closes or wakes what the thread hangs in.
"""

from __future__ import annotations

import ast
import re
import threading
import types
from typing import Any, Final

from taskmon.watch.flags import bonds, inspect_safely, judge, names, plans, sentinels, source, ways
from taskmon.watch.flags.bindings import own_nodes
from taskmon.watch.flags.finding import Finding
from taskmon.watch.flags.program import Program
from taskmon.watch.flags.survey import Survey, survey

#: Seconds after the request.
SET_AGAIN: Final = 0.5
CALL_STOP: Final = 2.0
_BLOCKING: Final = frozenset(
    {
        "accept",
        "recv",
        "recvfrom",
        "recv_into",
        "get",
        "wait",
        "wait_for",
        "readline",
        "read",
        "select",
        "poll",
        "acquire",
    }
)
_BLOCKING_CALL: Final = re.compile(r"\.(accept|recv\w*|get|wait|readline|read|select|poll|acquire)\(")


def follow_up(finding: Finding, frame: types.FrameType | None, seconds: float) -> str | None:
    """Do what is due `seconds` after `apply`, and say what was done; None if there was nothing to do.

    Call it now and then for a thread that still runs, with its innermost frame (of `sys._current_frames()`). Any
    thread; never blocks and never raises.
    """
    plan = finding.plan
    if not isinstance(plan, (plans.FlagPlan, plans.SentinelPlan)):
        return None
    try:
        if isinstance(plan, plans.SentinelPlan):
            return _once(plan, "again", _put_the_rest) if seconds >= SET_AGAIN else None
        if seconds >= SET_AGAIN and (again := _once(plan, "again", _set_again)) is not None:
            return again
        if seconds >= SET_AGAIN and is_blocked(frame) and (told := _once(plan, "notify", _notify)) is not None:
            return told
        if seconds >= CALL_STOP and is_blocked(frame):
            return _once(plan, "sentinel", _put_sentinel) or _once(plan, "stop", _call_stop)
    except Exception:  # an object of the program's: then there is no more to be done for it
        return None
    return None


def _once(plan: Any, name: str, act: Any) -> str | None:
    """Do a thing unless it has been done; what could not be done yet may be tried again."""
    if name in plan.done:
        return None
    said: str | None = act(plan)
    if said is not None:
        plan.done.add(name)
    return said


def is_blocked(frame: types.FrameType | None) -> bool:
    """Whether a thread hangs in something that may never return by itself."""
    if frame is None:
        return False
    if frame.f_code.co_name in _BLOCKING and not inspect_safely.is_programs(frame.f_code):
        return True
    lines, number = source.lines_of(frame.f_code.co_filename, frame.f_globals), frame.f_lineno or 0
    return any(map(_BLOCKING_CALL.search, lines[max(0, number - 1) : number]))


def _set_again(plan: plans.FlagPlan) -> str | None:
    """If the thread has put the flag back, as a `run()` does that begins with `self.running = True`: once more."""
    candidate = plan.verdict.candidate
    if plan.verdict.way is not None or judge.present(candidate) is not (not candidate.atom.value):
        return None
    plans.put(plan.verdict)
    return f"{plans.past(plans.words(plan.verdict))} again: it had been put back"


def _put_the_rest(plan: plans.SentinelPlan) -> str | None:
    """Sentinels for which there was no room."""
    if not sentinels.consumers.unasked(plan.found.queue):
        return None
    applied = plan.apply()
    return applied.words if applied.done else None


def _put_sentinel(plan: plans.FlagPlan) -> str | None:
    """The flag is set, but the thread waits for an item: one that ends it as well."""
    seen = survey(plan.target)
    if seen.top is None:
        return None
    program = Program(seen.top.function.__globals__)
    sure = [each for each in sentinels.sentinels(seen, program) if not each.veto]
    if len({each.key for each in sure}) != 1:
        return None
    sentinels.consumers.note(sure[0].queue, plan.target.thread)
    applied = plans.put_sentinel(sure[0])
    return applied.words if applied.done else None


def _notify(plan: plans.FlagPlan) -> str | None:
    """Wake a thread that waits on a Condition, so that it looks at the flag. Tried, never waited for."""
    conditions = {name: value for name, value in _attributes(plan).items() if type(value) is threading.Condition}
    conditions = conditions or _waited_on(survey(plan.target))
    for name, value in conditions.items():
        if value.acquire(blocking=False):
            try:
                if not value._waiters:  # type: ignore[attr-defined]
                    continue
                value.notify_all()
            finally:
                value.release()
            return f"woke those who wait on {name}"
    return None


def _waited_on(seen: Survey) -> dict[str, threading.Condition]:
    """The Conditions of others at which a thread waits: none for which anybody waits but in a loop that asks again."""
    found: dict[str, threading.Condition] = {}
    for scope in seen.scopes:
        for node in own_nodes(scope.node):
            if isinstance(node, ast.Attribute) and node.attr in bonds.ASKING:
                held = scope.look(node.value)
                if held is not None and type(held.value) is threading.Condition:
                    found[held.words] = held.value
    program = Program(seen.scopes[0].function.__globals__)
    return {words: each for words, each in found.items() if bonds.all_ask_again(each, words, seen, program)}


def _owner(plan: plans.FlagPlan) -> Any:
    """The object whose method the thread runs; None for a plain function."""
    top = survey(plan.target).top
    if top is None or not top.found.class_name or not top.function.__code__.co_argcount:
        return None
    seen = top.arguments.get(top.function.__code__.co_varnames[0])
    return seen.value if seen is not None else None


def _attributes(plan: plans.FlagPlan) -> dict[str, Any]:
    owner = _owner(plan)
    return dict(inspect_safely.own_names(owner) or {}) if owner is not None and inspect_safely.is_plain(owner) else {}


def _call_stop(plan: plans.FlagPlan) -> str | None:
    """Call the program's own method that sets this very flag."""
    owner = _owner(plan)
    if owner is None:
        return None
    for use in plan.verdict.evidence.own_ways:
        name = use.unit.code.co_name
        way = ways.way_of(owner, name, judge.flag_name(plan.verdict.candidate)) if names.is_stopper(name) else None
        if way is not None and not way.why_not:
            error = plans.call_aside(way.method)
            return f"called its own {name}()" if error is None else None
    return None
