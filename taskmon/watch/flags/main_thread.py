"""Whether the main thread does work of its own, or does nothing but wait for the threads it has started.

A program whose main thread works is not stopped by stopping its other threads: a heartbeat would end, and the work go
on without it.
"""

from __future__ import annotations

import ast
import threading
import types
from collections.abc import Iterable
from typing import Final

from taskmon.core.stacks.frames import current_frames
from taskmon.watch.flags import inspect_safely, source
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
_EXITS: Final = words("exit _exit quit")
_INTERRUPT: Final = "KeyboardInterrupt"
_TALK: Final = words("print flush append info debug log warning format str list")


def works() -> bool:
    """Whether the main thread is at work of its own now, as far as that shows. Any thread; runs nothing of it.

    What goes on for ever does not wait for the others: it would not end with them.
    """
    frame = current_frames().get(threading.main_thread().ident or 0)
    outermost = None
    while frame is not None and not inspect_safely.is_programs(frame.f_code):
        frame, outermost = frame.f_back, frame
    if frame is None:
        # It is through, and waits for the others to end or says goodbye to us; or all of it is the loop of a library,
        # as in a notebook.
        if outermost is None or outermost.f_code.co_name == "_shutdown":
            return False
        return not inspect_safely.is_taskmons(outermost.f_code)
    if _is_called_by_a_loop(frame):
        return True
    within: list[ast.AST] = []
    each: types.FrameType | None = frame
    while each is not None:
        if inspect_safely.is_programs(each.f_code):
            reading = reading_of(Unit(each.f_code, each.f_globals, None, None))
            if reading is None:
                return False
            if _works_at(reading, each, within):
                return True
            within += reading.nodes
        each = each.f_back
    return False


def _is_called_by_a_loop(frame: types.FrameType) -> bool:
    """Whether a library's loop has called it, which goes on: a notebook's cell, the handler of a server."""
    caller = frame.f_back
    while caller is not None:
        if caller.f_code.co_name in _ROUNDS and not inspect_safely.is_programs(caller.f_code):
            return True
        caller = caller.f_back
    return False


def _works_at(reading: Reading, frame: types.FrameType, within: list[ast.AST]) -> bool:
    """Whether it works in one of its functions. `within` is all of those that it has called from there, if any.

    What it is in then is told by those: but in a loop, all that they do is done again and again.
    """
    statement = statement_at(reading, frame.f_lineno or 0)
    if statement is None:
        return False
    waits = bool(within) or isinstance(statement, (ast.With, ast.AsyncWith)) or _only([statement], _WAITS | _TALK)
    left_out = {id(node) for node in (statement, *own_nodes(statement))} if within else set()
    above: ast.AST | None = statement
    while above is not None:
        if isinstance(above, ast.While) and isinstance(above.test, ast.Constant) and not _leaves(above.body):
            return True
        if isinstance(above, (ast.While, ast.For, ast.AsyncFor)):
            rest = above.body if isinstance(above, ast.For | ast.AsyncFor) else [above.test, *above.body]
            parts = [node for part in rest for node in (part, *own_nodes(part)) if id(node) not in left_out]
            waits = waits and _only_waits(above, [*parts, *within])
        above = reading.parents.get(id(above))
    return not waits


def _leaves(block: Iterable[ast.AST], *, inner: bool = False) -> bool:
    """Whether something in the body of a loop ends it, but for what is done at Ctrl-C. `inner`: it is one within."""
    for node in block:
        match node:
            case ast.Break():
                if not inner:
                    return True
            case ast.Return() | ast.Raise():
                return True
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda() | ast.ClassDef():
                continue
            case ast.Call() if called_name(node) in _EXITS:
                return True
            case ast.ExceptHandler() if node.type is not None and _INTERRUPT in ast.unparse(node.type):
                continue
            case ast.While() | ast.For() | ast.AsyncFor():
                if _leaves(node.body, inner=True) or _leaves(node.orelse, inner=inner):
                    return True
            case _:
                if _leaves(source.children(node), inner=inner):
                    return True
    return False


def _only_waits(loop: ast.While | ast.For | ast.AsyncFor, parts: list[ast.AST]) -> bool:
    """Whether a loop does nothing but wait for threads, if it is made of these parts."""
    if not isinstance(loop, ast.While):
        return _only(parts, (_WAITS | _TALK) - {"sleep"})
    if any(isinstance(node, ast.Call) and called_name(node) in _ASKS for node in parts):
        return _only(parts, _WAITS | _TALK)
    return not any(isinstance(node, ast.AugAssign) for node in parts) and _only(parts, _WAITS)


def _only(parts: list[ast.AST], allowed: frozenset[str]) -> bool:
    nodes = [node for part in parts for node in (part, *own_nodes(part))]
    return all(called_name(node) in allowed for node in nodes if isinstance(node, ast.Call))
