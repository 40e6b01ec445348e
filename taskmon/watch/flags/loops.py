"""The loops of a function, and what ends them: read once from the source, without looking at any object."""

from __future__ import annotations

import ast
from typing import Final, NamedTuple

from taskmon.watch.flags.bindings import own_nodes
from taskmon.watch.flags.source import Function

Loop = ast.While | ast.For | ast.AsyncFor

#: Ways out of a loop: past its end, out of the function, or by an exception.
FALLS_OUT, RETURNS, RAISES = "falls out", "returns", "raises"
#: What ends a thread by an exception; `os._exit` ends the program.
_ENDS: Final = frozenset({"exit"})


class Leave(NamedTuple):
    """The loop is left when `test` comes out as `wanted`; `branch` is what is done on the way out."""

    test: ast.expr
    wanted: bool
    way: str
    branch: tuple[ast.stmt, ...] = ()
    #: The test itself stands in a branch, or after a `continue`: it is made only if another came out so.
    in_branch: bool = False


class Around(NamedTuple):
    """What comes after a statement in its function."""

    #: When it is done.
    after: tuple[ast.stmt, ...] = ()
    #: When the function is left from within it: `finally`.
    finals: tuple[ast.stmt, ...] = ()
    #: When an exception comes out of it and is caught here: the handlers, and what follows them. None if nobody does.
    caught: tuple[ast.stmt, ...] | None = None

    def when(self, way: str) -> tuple[ast.stmt, ...]:
        """What comes after it is left in that way."""
        if way == FALLS_OUT:
            return self.after
        if way == RETURNS:
            return self.finals
        return self.caught if self.caught is not None else self.finals


class LoopReading(NamedTuple):
    """One outermost loop."""

    node: Loop | ast.comprehension
    leaves: tuple[Leave, ...]
    #: Calls made in the body, which may raise to leave: a checkpoint.
    checks: tuple[ast.Call, ...]
    around: Around


class CallReading(NamedTuple):
    """A call outside of loops."""

    node: ast.Call
    around: Around


class FunctionReading(NamedTuple):
    """What a function does, in order, as far as loops go: its outermost loops, and calls outside of loops."""

    steps: tuple[LoopReading | CallReading, ...]
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
        reader.expression(node.body, Around())
    else:
        reader.block(node.body, Around(), True)
    generator = not isinstance(node, ast.Lambda) and any(
        isinstance(child, (ast.Yield, ast.YieldFrom)) for child in own_nodes(node)
    )
    made = FunctionReading(tuple(reader.steps), tuple(reader.raises), generator)
    _readings[id(node)] = (node, made)
    return made


class _Reader:
    def __init__(self) -> None:
        self.steps: list[LoopReading | CallReading] = []
        self.raises: list[Leave] = []

    def block(self, body: list[ast.stmt], around: Around, raising: bool) -> None:
        """Read statements in order; `raising`: whether an exception leaves the function."""
        for number, statement in enumerate(body):
            after = (*body[number + 1 :], *around.after)
            self.statement(statement, around._replace(after=after), raising)

    def statement(self, statement: ast.stmt, around: Around, raising: bool) -> None:
        match statement:
            case ast.While() | ast.For() | ast.AsyncFor():
                self.steps.append(_read_loop(statement, around))
            case ast.If():
                self.expression(statement.test, around)
                if raising:
                    self.raises += [leave for leave in leaves_of_if(statement, True, False) if leave.way == RAISES]
                self.block(statement.body, around, raising)
                self.block(statement.orelse, around, raising)
            case ast.With() | ast.AsyncWith():
                self.block(statement.body, around, raising)
            case ast.Try() | ast.TryStar():
                finals = (*statement.finalbody, *around.finals)
                after = (*statement.orelse, *statement.finalbody, *around.after)
                caught = around.caught
                if statement.handlers:
                    bodies = [part for handler in statement.handlers for part in handler.body]
                    caught = (*bodies, *statement.finalbody, *around.after)
                swallowed = any(_swallows(handler) for handler in statement.handlers)
                self.block(statement.body, Around(after, finals, caught), raising and not swallowed)
                rest = Around((*statement.finalbody, *around.after), finals, around.caught)
                self.block(statement.orelse, rest, raising)
                self.block(statement.finalbody, around, raising)
            case ast.Match():
                for case in statement.cases:
                    self.block(case.body, around, raising)
            case ast.Expr() | ast.Return() | ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                if statement.value is not None:
                    self.expression(statement.value, around)

    def expression(self, expr: ast.expr, around: Around) -> None:
        """The calls in it, and the loop of a comprehension over what may never end."""
        if isinstance(expr, ast.Await):
            expr = expr.value
        if isinstance(expr, (ast.ListComp, ast.SetComp, ast.DictComp)) and (inner := expr.generators[0]):
            where = ast.copy_location(ast.Pass(), expr)
            leaves = tuple(_iter_leaves(inner.iter))
            elements = [expr.key, expr.value] if isinstance(expr, ast.DictComp) else [expr.elt]
            calls = tuple(call for part in elements for call in _calls_in(part))
            node = ast.copy_location(ast.For(inner.target, inner.iter, [where], []), expr)
            self.steps.append(LoopReading(node, leaves, calls, around))
        elif isinstance(expr, ast.Call):
            for argument in expr.args:
                if isinstance(argument, (ast.Call, ast.ListComp, ast.SetComp)):
                    self.expression(argument, around)
            self.steps.append(CallReading(expr, around))
        elif isinstance(expr, ast.BoolOp):
            for part in expr.values:
                self.expression(part, around)
        elif isinstance(expr, ast.UnaryOp):
            self.expression(expr.operand, around)


def _read_loop(node: Loop, around: Around) -> LoopReading:
    leaves: list[Leave] = []
    checks: list[ast.Call] = []
    if isinstance(node, ast.While) and not isinstance(node.test, ast.Constant):
        leaves.append(Leave(node.test, False, FALLS_OUT, tuple(node.orelse)))
        checks += _calls_in(node.test)
    elif isinstance(node, (ast.For, ast.AsyncFor)):
        leaves += [leave._replace(branch=tuple(node.orelse)) for leave in _iter_leaves(node.iter)]
    _collect(node.body, leaves, checks, breaks=True, raising=True)
    return LoopReading(node, tuple(leaves), tuple(checks), around)


def _iter_leaves(expr: ast.expr) -> list[Leave]:
    """`for _ in iter(stop.is_set, True)` ends when that call gives that value."""
    match expr:
        case ast.Call(func=ast.Name(id="iter"), args=[called, ast.Constant(value=bool() as last)]):
            call: ast.expr = ast.copy_location(ast.Call(called, [], []), called)
            return [Leave(call, last, FALLS_OUT)]
    return []


def _collect(body: list[ast.stmt], leaves: list[Leave], checks: list[ast.Call], breaks: bool, raising: bool) -> None:
    """Ways out of the loop in its body. `breaks`: a break is of this loop; `raising`: nobody catches a raise."""
    skipped = False
    for statement in body:
        match statement:
            case ast.If():
                leaves += [leave._replace(in_branch=skipped) for leave in leaves_of_if(statement, raising, breaks)]
                checks += _calls_in(statement.test) if raising else ()
                inner: list[Leave] = []
                _collect(statement.body, inner, checks, breaks, raising)
                _collect(statement.orelse, inner, checks, breaks, raising)
                leaves += [leave._replace(in_branch=True) for leave in inner]
                skipped = skipped or isinstance(statement.body[-1], ast.Continue)
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
                leaves += _leaves_of_match(statement, raising, breaks)
                for case in statement.cases:
                    _collect(case.body, leaves, checks, breaks, raising)
            case ast.Expr() | ast.Assign() | ast.AugAssign() | ast.AnnAssign() if raising and statement.value:
                checks += _calls_in(statement.value)


def _calls_in(expr: ast.expr) -> list[ast.Call]:
    return [node for node in [expr, *own_nodes(expr)] if isinstance(node, ast.Call)]


def _swallows(handler: ast.ExceptHandler) -> bool:
    """Whether a broad handler goes on: then a raise in the block is no way out."""
    names = (
        {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)} if handler.type else {"Exception"}
    )
    if not names & {"Exception", "BaseException"}:
        return False
    return not (handler.body and isinstance(handler.body[-1], (ast.Raise, ast.Return, ast.Break)))


def leaves_of_if(statement: ast.If, raising: bool, breaks: bool = False) -> list[Leave]:
    found = []
    for block, wanted in ((statement.body, True), (statement.orelse, False)):
        out = _way_out(block, raising, breaks)
        if out is not None:
            found.append(Leave(statement.test, wanted, out, tuple(block)))
    return found if len(found) == 1 else []


def _leaves_of_match(statement: ast.Match, raising: bool, breaks: bool) -> list[Leave]:
    """`match jobs.get(): case None: return` is a test for equality, as long as no case before it may take the value."""
    found = []
    for case in statement.cases:
        value, by_identity = _constant_of(case.pattern)
        out = _way_out(case.body, raising, breaks)
        if isinstance(case.pattern, ast.MatchClass) and case.guard is None and out is not None:
            if not case.pattern.patterns and not case.pattern.kwd_patterns:
                asks = ast.copy_location(ast.Name("isinstance", ast.Load()), case.pattern)
                made = ast.copy_location(ast.Call(asks, [statement.subject, case.pattern.cls], []), statement.subject)
                found.append(Leave(made, True, out, tuple(case.body)))
            continue
        if value is None or case.guard is not None:
            if not isinstance(case.pattern, (ast.MatchSequence, ast.MatchClass, ast.MatchMapping)):
                break
            continue
        if out is not None:
            operator: ast.cmpop = ast.Is() if by_identity else ast.Eq()
            test = ast.copy_location(ast.Compare(statement.subject, [operator], [value]), statement.subject)
            found.append(Leave(test, True, out, tuple(case.body)))
    return found


def _constant_of(pattern: ast.pattern) -> tuple[ast.expr | None, bool]:
    """The one value that a pattern stands for, and whether it is compared by identity."""
    match pattern:
        case ast.MatchSingleton():
            return ast.copy_location(ast.Constant(pattern.value), pattern), True
        case ast.MatchValue():
            return pattern.value, False
        case ast.MatchOr():
            return _constant_of(pattern.patterns[0])
        case ast.MatchSequence():
            parts = [_constant_of(part)[0] for part in pattern.patterns]
            if parts and all(isinstance(part, ast.Constant) for part in parts):
                return ast.copy_location(ast.Tuple([part for part in parts if part], ast.Load()), pattern), False
    return None, False


def _way_out(block: list[ast.stmt], raising: bool, breaks: bool) -> str | None:
    """How a block ends the loop for certain; None if it does not."""
    if not block:
        return None
    last = block[-1]
    match last:
        case ast.Return():
            return RETURNS
        case ast.Break():
            return FALLS_OUT if breaks else None
        case ast.Raise():
            return RAISES if raising else None
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name))) if name in _ENDS:
            return RAISES if raising else RETURNS
        case ast.If() if last.orelse:
            ways = {_way_out(last.body, raising, breaks), _way_out(last.orelse, raising, breaks)}
            return None if None in ways else (FALLS_OUT if FALLS_OUT in ways else RETURNS)
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
