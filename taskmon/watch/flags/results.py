"""What is made of what a pool's call returns: a call that is cancelled returns half a result, as if it were whole.

Told, collected or counted, that is what whoever cancels it expects. Worked with, stored or sent, it is not.
"""

from __future__ import annotations

import ast
import types
from typing import Any, Final

from taskmon.watch.flags import calls, inspect_safely
from taskmon.watch.flags.accounts import Account
from taskmon.watch.flags.bindings import own_nodes
from taskmon.watch.flags.finding import Target
from taskmon.watch.flags.following import WORK, after_loop
from taskmon.watch.flags.loops import called_name
from taskmon.watch.flags.program import Program, Unit, frames_of_others
from taskmon.watch.flags.readings import Reading, later_than, reading_of
from taskmon.watch.flags.scope import Scope
from taskmon.watch.flags.survey import Survey

_OF_FUTURES: Final = "concurrent.futures"


def worked_with(target: Target, survey: Survey, program: Program) -> str:
    """Who works with the result of a pool's call as soon as it has ended, in words; "" if nobody is seen."""
    if target.future is None:
        return ""
    return _by_callback(target.future) or _by_waiting(target.future, survey, program)


def _by_callback(future: Any) -> str:
    waiting = inspect_safely.peek(future, "_done_callbacks").value
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


def _by_waiting(future: Any, survey: Survey, program: Program) -> str:
    """Who stands in `result()`, `as_completed()` or `map()` for it."""
    for frame in frames_of_others().values():
        waiting = _waiting_frame(frame, future)
        unit = _unit_of(waiting, program) if waiting is not None else None
        reading = reading_of(unit) if unit is not None else None
        if waiting is None or unit is None or reading is None:
            continue
        scopes = Account(future, "", survey, program).scopes(unit)
        worker = _worker_of_it(scopes[0], reading, waiting.f_lineno or 0) if scopes else ""
        if worker:
            where = "the top of the program" if unit.is_top else f"{unit.code.co_qualname}()"
            return f"{where} waits for what it returns, and works with that: {worker}"
    return ""


def _waiting_frame(frame: types.FrameType | None, future: Any) -> types.FrameType | None:
    """The function of the program's that waits for a future, if that is what a thread does."""
    waits = False
    while frame is not None and not inspect_safely.is_programs(frame.f_code):
        if frame.f_globals.get("__name__", "").startswith(_OF_FUTURES):
            for value in Scope.running(frame).values():
                held = list(value) if type(value) in (list, set, frozenset) else [value]
                waits = waits or any(each is future for each in held)
        frame = frame.f_back
    while frame is not None and frame.f_code.co_name in ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"):
        frame = frame.f_back
    return frame if waits else None


def _unit_of(frame: types.FrameType, program: Program) -> Unit | None:
    return program.units.get(id(frame.f_code))


def _worker_of_it(scope: Scope, reading: Reading, line: int) -> str:
    """The first call that works with what is returned at that line, in words."""
    around = [
        node for node in reading.nodes if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or 0)
    ]
    if not around:
        return ""
    statement = max(around, key=lambda node: (node.lineno, -(node.end_lineno or 0)))
    known: set[str] = set()
    if isinstance(statement, ast.For):  # over `as_completed(…)` or `pool.map(…)`
        known = {node.id for node in ast.walk(statement.target) if isinstance(node, ast.Name)}
        following: list[ast.stmt] = statement.body
    else:
        following = [statement, *later_than(reading, statement)[0]]
    for part in following:
        for node in [part, *own_nodes(part)]:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_made_of(value, known):
                    known.add(name)
                case ast.Call() if called_name(node) != "result" and _is_given(node, known):
                    alone = ast.Expr(ast.copy_location(ast.Call(node.func, [], []), node))
                    found = after_loop(scope, [ast.copy_location(alone, node)], frozenset())
                    if found.level >= WORK:
                        return found.words
    return ""


def _is_made_of(expr: ast.expr, known: set[str]) -> bool:
    """Whether an expression is the result, or is made of it."""
    return any(
        (isinstance(node, ast.Name) and node.id in known)
        or (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "result")
        for node in [expr, *own_nodes(expr)]
    )


def _is_given(call: ast.Call, known: set[str]) -> bool:
    return any(_is_made_of(part, known) for part in [*call.args, *(keyword.value for keyword in call.keywords)])
