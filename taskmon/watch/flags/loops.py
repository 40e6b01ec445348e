"""The loops of a function, and what ends them: read once from the source, without looking at any object."""

from __future__ import annotations

import ast
from typing import Final, NamedTuple

from taskmon.watch.flags.bindings import own_nodes
from taskmon.watch.flags.names import words
from taskmon.watch.flags.source import Function

Loop = ast.While | ast.For | ast.AsyncFor

#: Ways out of a loop: past its end, or out of the function.
FALLS_OUT, LEAVES = "falls out", "leaves the function"
_ENDS: Final = frozenset({"exit", "_exit", "quit"})
_SLEEPS: Final = frozenset({"sleep", "wait", "usleep", "msleep", "processEvents", "pass_", "yield_"})
#: What comes after a loop without being what the loop waited for.
_CLEANING: Final = words("""
    print close stop shutdown join log debug info warning error exception critical flush release disconnect unlink
    remove terminate kill quit exit cancel set clear put put_nowait task_done cleanup clean_up notify notify_all
    append destroy teardown finish done write emit set_result set_exception unregister discard pop stop_event
""")


class Leave(NamedTuple):
    """The loop is left when `test` comes out as `wanted`."""

    test: ast.expr
    wanted: bool
    way: str


class LoopReading(NamedTuple):
    """One outermost loop."""

    node: Loop
    leaves: tuple[Leave, ...]
    #: Calls made as statements in the body, which may raise to leave: a checkpoint.
    checks: tuple[ast.Call, ...]
    #: The body does nothing but sleep, wait or look.
    only_sleeps: bool
    #: Something that is not mere clean-up comes after it in the same function.
    work_follows: bool


class FunctionReading(NamedTuple):
    """What a function does, in order, as far as loops go: its outermost loops, and calls outside of loops."""

    steps: tuple[LoopReading | ast.Call, ...]
    #: Tests outside of loops that raise when they come out as told: what makes a function a checkpoint.
    raises: tuple[Leave, ...]
    is_generator: bool


_readings: dict[int, tuple[Function, FunctionReading]] = {}


def read(node: Function) -> FunctionReading:
    """Read a function once, and keep it. Any thread."""
    kept = _readings.get(id(node))
    if kept is not None and kept[0] is node:
        return kept[1]
    if len(_readings) > 4096:
        _readings.clear()
    reader = _Reader()
    if isinstance(node, ast.Lambda):
        reader.call(node.body)
    else:
        reader.block(node.body, [])
    generator = not isinstance(node, ast.Lambda) and any(
        isinstance(child, (ast.Yield, ast.YieldFrom)) for child in own_nodes(node)
    )
    made = FunctionReading(tuple(reader.steps), tuple(reader.raises), generator)
    _readings[id(node)] = (node, made)
    return made


class _Reader:
    def __init__(self) -> None:
        self.steps: list[LoopReading | ast.Call] = []
        self.raises: list[Leave] = []

    def block(self, body: list[ast.stmt], after: list[ast.stmt]) -> None:
        """Read statements in order; `after`: those that come once the block is done."""
        for number, statement in enumerate(body):
            self.statement(statement, [*body[number + 1 :], *after])

    def statement(self, statement: ast.stmt, after: list[ast.stmt]) -> None:
        match statement:
            case ast.While() | ast.For() | ast.AsyncFor():
                self.steps.append(_read_loop(statement, after))
            case ast.If():
                self.raises += [leave for leave in _leaves_of_if(statement, True) if _raises(statement, leave)]
                self.block(statement.body, after)
                self.block(statement.orelse, after)
            case ast.With() | ast.AsyncWith():
                self.block(statement.body, after)
            case ast.Try() | ast.TryStar():
                self.block(statement.body, [*statement.orelse, *after])
                self.block(statement.orelse, after)
                self.block(statement.finalbody, after)
            case ast.Match():
                for case in statement.cases:
                    self.block(case.body, after)
            case ast.Expr() | ast.Return() | ast.Assign():
                if statement.value is not None:
                    self.call(statement.value)

    def call(self, expr: ast.expr) -> None:
        if isinstance(expr, ast.Await):
            expr = expr.value
        if isinstance(expr, ast.Call):
            self.steps.append(expr)


def _raises(statement: ast.If, leave: Leave) -> bool:
    block = statement.body if leave.wanted else statement.orelse
    return isinstance(block[-1], ast.Raise)


def _read_loop(node: Loop, after: list[ast.stmt]) -> LoopReading:
    leaves: list[Leave] = []
    checks: list[ast.Call] = []
    if isinstance(node, ast.While) and not isinstance(node.test, ast.Constant):
        leaves.append(Leave(node.test, False, FALLS_OUT))
    _collect(node.body, leaves, checks, breaks=True, raising=True)
    return LoopReading(node, tuple(leaves), tuple(checks), _only_sleeps(node.body), _is_work([*node.orelse, *after]))


def _collect(body: list[ast.stmt], leaves: list[Leave], checks: list[ast.Call], breaks: bool, raising: bool) -> None:
    """Ways out of the loop in its body. `breaks`: a break is of this loop; `raising`: nobody catches a raise."""
    for statement in body:
        match statement:
            case ast.If():
                leaves += _leaves_of_if(statement, raising, breaks)
                _collect(statement.body, leaves, checks, breaks, raising)
                _collect(statement.orelse, leaves, checks, breaks, raising)
            case ast.While() | ast.For() | ast.AsyncFor():
                _collect(statement.body, leaves, checks, False, raising)
                _collect(statement.orelse, leaves, checks, breaks, raising)
            case ast.With() | ast.AsyncWith():
                _collect(statement.body, leaves, checks, breaks, raising)
            case ast.Try() | ast.TryStar():
                caught = any(_swallows(handler) for handler in statement.handlers)
                _collect(statement.body, leaves, checks, breaks, raising and not caught)
                for part in (statement.orelse, statement.finalbody, *(handler.body for handler in statement.handlers)):
                    _collect(part, leaves, checks, breaks, raising)
            case ast.Match():
                for case in statement.cases:
                    _collect(case.body, leaves, checks, breaks, raising)
            case ast.Expr(value=ast.Call() as call) if raising:
                checks.append(call)


def _swallows(handler: ast.ExceptHandler) -> bool:
    """Whether a broad handler goes on: then a raise in the block is no way out."""
    names = (
        {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)} if handler.type else {"Exception"}
    )
    if not names & {"Exception", "BaseException"}:
        return False
    return not (handler.body and isinstance(handler.body[-1], (ast.Raise, ast.Return, ast.Break)))


def _leaves_of_if(statement: ast.If, raising: bool, breaks: bool = False) -> list[Leave]:
    found = []
    for block, wanted in ((statement.body, True), (statement.orelse, False)):
        out = _way_out(block, raising, breaks)
        if out is not None:
            found.append(Leave(statement.test, wanted, out))
    return found if len(found) == 1 else []


def _way_out(block: list[ast.stmt], raising: bool, breaks: bool) -> str | None:
    """How a block ends the loop for certain; None if it does not."""
    if not block:
        return None
    last = block[-1]
    match last:
        case ast.Return():
            return LEAVES
        case ast.Break():
            return FALLS_OUT if breaks else None
        case ast.Raise():
            return LEAVES if raising else None
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name))) if name in _ENDS:
            return LEAVES if name != "quit" else None
        case ast.If() if last.orelse:
            ways = {_way_out(last.body, raising, breaks), _way_out(last.orelse, raising, breaks)}
            return None if None in ways else (FALLS_OUT if FALLS_OUT in ways else LEAVES)
        case ast.With():
            return _way_out(last.body, raising, breaks)
    return None


def called_name(call: ast.Call) -> str:
    """The last name of what is called: `time.sleep(1)` → "sleep"."""
    return (
        call.func.attr
        if isinstance(call.func, ast.Attribute)
        else call.func.id
        if isinstance(call.func, ast.Name)
        else ""
    )


def _only_sleeps(body: list[ast.stmt]) -> bool:
    """Whether nothing happens in the body but sleeping, looking and talking."""
    for statement in body:
        for node in [statement, *own_nodes(statement)]:
            if isinstance(node, (ast.AugAssign, ast.Yield, ast.Delete)):
                return False
            if isinstance(node, ast.Assign) and not isinstance(node.value, (ast.Constant, ast.Call)):
                return False
            if isinstance(node, ast.Call) and called_name(node) not in _SLEEPS | _LOOKS:
                return False
    return True


_LOOKS: Final = words("""
    print debug info is_set isSet monotonic time perf_counter is_alive log now all any len sum str repr
    format round sorted
""")


def is_work_call(call: ast.Call) -> bool:
    """Whether a call does more than clean up, look or talk."""
    return called_name(call) not in _CLEANING | _LOOKS


def _is_work(after: list[ast.stmt]) -> bool:
    for statement in after:
        for node in [statement, *own_nodes(statement)]:
            if isinstance(node, (ast.While, ast.Yield)):
                return True
            if isinstance(node, ast.Call) and is_work_call(node):
                return True
    return False
