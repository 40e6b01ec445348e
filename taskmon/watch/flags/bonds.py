"""What others have a thread for: who would stand still, or act at once, if it ended before the others do.

A flag may be meant for nothing but the end of a thread, and yet that end is no end of this thread's work alone: others
wait for it at a barrier, keep their own work safe by it, or publish what its call returns.
"""

from __future__ import annotations

import ast
import threading
import types
from typing import Final

from taskmon.watch.flags import calls, evidence, inspect_safely, names, uses
from taskmon.watch.flags.accounts import Account
from taskmon.watch.flags.bindings import own_nodes
from taskmon.watch.flags.finding import Target
from taskmon.watch.flags.following import WORK, after_loop
from taskmon.watch.flags.names import Meaning
from taskmon.watch.flags.program import Program, frames_of_others
from taskmon.watch.flags.scope import Seen
from taskmon.watch.flags.survey import Candidate, Survey

_SIGNALS: Final = {threading.Event: ("set", "wait"), threading.Semaphore: ("release", "acquire")}


def others_wait(survey: Survey, program: Program) -> str:
    """Where other threads wait until this one has come, in words; "" if no such place is seen."""
    for scope in survey.scopes:
        for node in own_nodes(scope.node):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            name = node.func.attr
            if name not in ("wait", "set", "release"):
                continue
            met = scope.look(node.func.value)
            if met is None:
                continue
            if name == "wait" and inspect_safely.is_a(met.value, threading.Barrier):
                return f"others wait for it at {met.words}"
            pair = _SIGNALS.get(type(met.value))
            if (
                pair is not None
                and name == pair[0]
                and _in_a_loop(node, survey)
                and _only_it_signals(met, pair, survey, program)
            ):
                return f"another thread waits for its {met.words}"
    return ""


def _in_a_loop(node: ast.Call, survey: Survey) -> bool:
    return any(node in own_nodes(passage.loop.node) for passage in survey.passages) or not any(
        node in own_nodes(passage.scope.node) for passage in survey.passages
    )


def _only_it_signals(met: Seen, pair: tuple[str, str], survey: Survey, program: Program) -> bool:
    """Whether another thread that lives waits without end for what nobody but this thread gives."""
    own = {id(scope.function.__code__) for scope in survey.scopes}
    running = set()
    for frame in frames_of_others().values():
        inner: types.FrameType | None = frame
        while inner is not None:
            running.add(id(inner.f_code))
            inner = inner.f_back
    waits = False
    for method, unit, call in Account(met.value, met.words, survey, program).calls:
        if id(unit.code) in own or unit.code.co_name in evidence.FIRST_VALUES:
            continue
        if method == pair[0]:
            return False
        waits = waits or (
            method == pair[1] and call is not None and not call.args and not call.keywords and id(unit.code) in running
        )
    return waits


def acts_on_its_end(target: Target) -> str:
    """What is to be done as soon as a pool's call has ended, in words; "" if that is nothing, or only told."""
    waiting = inspect_safely.peek(target.future, "_done_callbacks").value if target.future is not None else None
    for callback in list(waiting) if type(waiting) is list else ():
        call = calls.resolve(callback, [None], {})
        scope = calls.scope_of(call, None, 0) if call is not None else None
        if call is None or not inspect_safely.is_programs(call.function.__code__):
            continue
        name = call.function.__name__
        if scope is None:
            return f"{name}() is called as soon as it has ended"
        node = scope.node
        body = [ast.Expr(node.body)] if isinstance(node, ast.Lambda) else node.body
        if after_loop(scope, [ast.copy_location(part, node) for part in body], frozenset()).level >= WORK:
            return f"{name}() is called as soon as it has ended, and works with what it returns"
    return ""


def is_of_anothers_work(candidate: Candidate, survey: Survey, program: Program) -> bool:
    """Whether the flag tells that a piece of work is done which is not this thread's: `while not transaction.done`.

    Of its object the thread uses nothing else, and others do: they work on it, for as long as the thread is at their
    service.
    """
    owner = evidence.target_owner(candidate.atom)
    place = candidate.atom.seen.place
    if owner is None or place is None or names.meaning(place.name) in (Meaning.STOP, Meaning.RUN):
        return False
    if inspect_safely.is_class(owner) or inspect_safely.is_a(owner, type(threading)):
        return False
    finder = uses.Finder(candidate.atom, survey, program)
    own = {id(scope.function.__code__) for scope in survey.scopes}
    for scope in survey.scopes:
        for node in own_nodes(scope.node):
            if isinstance(node, ast.Attribute) and scope.mangled(node.attr) != place.name:
                seen = scope.look(node.value)
                if seen is not None and seen.value is owner:
                    return False
    held = [name for name in (inspect_safely.own_names(owner) or {}) if name != place.name]
    for name in held[:30]:
        for unit in program.mentions(name):
            reading = uses.reading_of(unit)
            if reading is None or id(unit.code) in own or unit.code.co_name in evidence.FIRST_VALUES:
                continue
            for node in reading.nodes:
                if isinstance(node, ast.Attribute) and node.attr == name and finder.denotes(unit, node.value):
                    return True
    return False
