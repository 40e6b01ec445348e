"""Whether the main thread does work of its own, or does nothing but wait for the threads it has started.

A program whose main thread works is not stopped by stopping its other threads: a heartbeat would end, and the work go
on without it.
"""

from __future__ import annotations

import ast
import threading
import types
from typing import Final

from taskmon.core.stacks.frames import current_frames
from taskmon.watch.flags import inspect_safely
from taskmon.watch.flags.bindings import own_nodes
from taskmon.watch.flags.loops import called_name
from taskmon.watch.flags.names import words
from taskmon.watch.flags.program import Unit
from taskmon.watch.flags.readings import Reading, reading_of, statement_at

#: Calls that wait for threads, or ask how far they are.
_WAITS: Final = words("""
    join wait result exception as_completed is_alive is_set isSet done all any sleep time monotonic perf_counter
    acquire shutdown pause sigwait gather run run_until_complete active_count enumerate len exit values items keys
    wait_for empty qsize start submit Thread Event Timer run_forever get
""")
#: Of these, what says that it is threads that are waited for.
_ASKS: Final = words("join is_alive done result wait as_completed all any is_set active_count empty qsize")
#: The functions in which the loops of libraries go their rounds.
_ROUNDS: Final = frozenset({"run_forever", "serve_forever", "mainloop"})
_TALK: Final = words("print flush append info debug log warning format str list")


def works() -> bool:
    """Whether the main thread is at work of its own now, as far as that shows. Any thread; runs nothing of it."""
    frame = current_frames().get(threading.main_thread().ident or 0)
    outermost = None
    while frame is not None and not inspect_safely.is_programs(frame.f_code):
        frame, outermost = frame.f_back, frame
    if frame is None:
        # It is through, and waits for the others to end; or all of it is the loop of a library, as in a notebook.
        return outermost is not None and outermost.f_code.co_name != "_shutdown"
    if _is_called_by_a_loop(frame):
        return True
    reading = reading_of(Unit(frame.f_code, frame.f_globals, None, None))
    if reading is None:
        return False
    return _works_at(reading, frame)


def _is_called_by_a_loop(frame: types.FrameType) -> bool:
    """Whether a library's loop has called it, which goes on: a notebook's cell, the handler of a server."""
    caller = frame.f_back
    while caller is not None:
        if caller.f_code.co_name in _ROUNDS and not inspect_safely.is_programs(caller.f_code):
            return True
        caller = caller.f_back
    return False


def _works_at(reading: Reading, frame: types.FrameType) -> bool:
    statement = statement_at(reading, frame.f_lineno or 0)
    if statement is None:
        return False
    above: ast.AST | None = statement
    waits = isinstance(statement, (ast.With, ast.AsyncWith)) or _only(statement, _WAITS | _TALK)
    while above is not None:
        if isinstance(above, ast.While):
            asks = any(isinstance(node, ast.Call) and called_name(node) in _ASKS for node in ast.walk(above))
            waits = waits and _only_block(above, _WAITS | _TALK if asks else _WAITS, counts=asks)
        elif isinstance(above, (ast.For, ast.AsyncFor)):
            waits = waits and _only_block(above, (_WAITS | _TALK) - {"sleep"}, counts=True)
        above = reading.parents.get(id(above))
    return not waits


def _only_block(loop: ast.While | ast.For | ast.AsyncFor, allowed: frozenset[str], *, counts: bool) -> bool:
    tests = [loop.test] if isinstance(loop, ast.While) else []
    if not counts and any(isinstance(node, ast.AugAssign) for part in loop.body for node in ast.walk(part)):
        return False
    return all(_only(part, allowed) for part in [*tests, *loop.body])


def _only(node: ast.AST, allowed: frozenset[str]) -> bool:
    parts = [node] if isinstance(node, (ast.expr, ast.Expr, ast.Assign)) else [node, *own_nodes(node)]
    calls = [part for top in parts for part in ([top, *own_nodes(top)]) if isinstance(part, ast.Call)]
    return all(called_name(call) in allowed for call in calls)
