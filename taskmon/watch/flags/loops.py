"""The loops of a function, and what ends them: read once from the source, without looking at any object."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final, NamedTuple

from taskmon.watch.flags import source
from taskmon.watch.flags.bindings import own_nodes
from taskmon.watch.flags.source import Function
from taskmon.watch.forgetting import until_let_go

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
    #: Of a call that an `if` asks: when it is done and comes out true, or false. None of any other statement.
    if_true: tuple[ast.stmt, ...] | None = None
    if_false: tuple[ast.stmt, ...] | None = None
    #: The `with` items around it, which are left after it, the innermost first.
    exits: tuple[ast.withitem, ...] = ()

    def when(self, way: str, given: bool | None = None) -> tuple[ast.stmt, ...]:
        """What comes after it is left in that way; `given`: whether a call has come out true, None if not known."""
        if way == FALLS_OUT:
            known = None if given is None else self.if_true if given else self.if_false
            return self.after if known is None else known
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


_readings: dict[int, tuple[Function, FunctionReading]] = until_let_go({})


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


_LEAVING: Final = (ast.Return, ast.Raise)


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
                self.asked(statement, around)
                if raising:
                    self.raises += [leave for leave in leaves_of_if(statement, True, False) if leave.way == RAISES]
                self.block(statement.body, around, raising)
                self.block(statement.orelse, around, raising)
            case ast.With() | ast.AsyncWith():
                exits = (*reversed(statement.items), *around.exits)
                self.block(statement.body, around._replace(exits=exits), raising)
            case ast.Try() | ast.TryStar():
                finals = (*statement.finalbody, *around.finals)
                after = (*statement.orelse, *statement.finalbody, *around.after)
                caught = around.caught
                if statement.handlers:
                    bodies = [part for handler in statement.handlers for part in handler.body]
                    goes_on = any(not isinstance(each.body[-1], (ast.Return, ast.Raise)) for each in statement.handlers)
                    caught = (*bodies, *statement.finalbody, *(around.after if goes_on else around.finals))
                swallowed = any(_swallows(handler) for handler in statement.handlers)
                self.block(statement.body, Around(after, finals, caught, exits=around.exits), raising and not swallowed)
                rest = Around((*statement.finalbody, *around.after), finals, around.caught, exits=around.exits)
                self.block(statement.orelse, rest, raising)
                self.block(statement.finalbody, around, raising)
            case ast.Match():
                for case in statement.cases:
                    self.block(case.body, around, raising)
            case ast.Expr() | ast.Return() | ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                if statement.value is not None:
                    self.expression(statement.value, around)

    def asked(self, statement: ast.If, around: Around) -> None:
        """The calls in the test of an `if`: one of its branches is done after them."""
        either = around._replace(after=(*statement.body, *statement.orelse, *around.after))
        self.expression(statement.test, either)
        negated = isinstance(statement.test, ast.UnaryOp) and isinstance(statement.test.op, ast.Not)
        call = statement.test.operand if isinstance(statement.test, ast.UnaryOp) else statement.test
        last = self.steps[-1] if self.steps else None
        if isinstance(last, CallReading) and last.node is call:
            true, false = (
                (*branch, *(around.finals if branch and isinstance(branch[-1], _LEAVING) else around.after))
                for branch in (statement.body, statement.orelse)
            )
            if negated:
                true, false = false, true
            self.steps[-1] = last._replace(around=either._replace(if_true=true, if_false=false))

    def expression(self, expr: ast.expr, around: Around) -> None:
        """The calls in it, and the loop of a comprehension over what may never end."""
        if isinstance(expr, ast.Await):
            expr = expr.value
        if isinstance(expr, (ast.ListComp, ast.SetComp, ast.DictComp)) and (over := expr.generators[0]):
            where = ast.copy_location(ast.Pass(), expr)
            leaves = tuple(_iter_leaves(over.iter))
            elements = [expr.key, expr.value] if isinstance(expr, ast.DictComp) else [expr.elt]
            calls = tuple(call for part in elements for call in _calls_in(part))
            node = ast.copy_location(ast.For(over.target, over.iter, [where], []), expr)
            self.steps.append(LoopReading(node, leaves, calls, around))
        elif not isinstance(expr, (ast.Lambda, ast.GeneratorExp, ast.DictComp)):
            for part in source.children(expr):
                inner = part.value if isinstance(part, ast.keyword) else part
                if isinstance(inner, ast.expr):
                    self.expression(inner, around)
            if isinstance(expr, ast.Call):
                self.steps.append(CallReading(expr, around))


def _read_loop(node: Loop, around: Around) -> LoopReading:
    leaves: list[Leave] = []
    checks: list[ast.Call] = []
    if isinstance(node, ast.While) and not isinstance(node.test, ast.Constant):
        leaves.append(Leave(node.test, False, FALLS_OUT, tuple(node.orelse)))
        leaves += _leaves_by_variable(node)
        checks += _calls_in(node.test)
    elif isinstance(node, (ast.For, ast.AsyncFor)):
        leaves += [leave._replace(branch=tuple(node.orelse)) for leave in _iter_leaves(node.iter)]
    _collect(node.body, leaves, checks, breaks=True, raising=True)
    return LoopReading(node, tuple(leaves), tuple(checks), around)


def _leaves_by_variable(loop: ast.While) -> list[Leave]:
    """`while running: … if stop.is_set(): running = False`: what leads there leaves the loop after its round."""
    found: list[Leave] = []
    parts = loop.test.values if isinstance(loop.test, ast.BoolOp) and isinstance(loop.test.op, ast.And) else [loop.test]
    for part in parts:
        negated = isinstance(part, ast.UnaryOp) and isinstance(part.op, ast.Not)
        variable = part.operand if isinstance(part, ast.UnaryOp) and negated else part
        if not isinstance(variable, ast.Name):
            continue
        given = [value for value in _assigned(loop, variable.id) if not _is_constant(value, negated)]
        if not given:  # nothing in the loop puts it back
            _leading_to(loop.body, variable.id, found)
    return found


def _assigned(inside: ast.AST, name: str) -> list[ast.expr | None]:
    """All that a variable is given within a statement; None for what is not written there."""
    return [
        parent.value if isinstance(parent, ast.Assign) else None
        for parent in [inside, *own_nodes(inside)]
        for target in source.children(parent)
        if isinstance(target, ast.Name) and target.id == name and isinstance(target.ctx, ast.Store)
    ]


def _is_constant(value: ast.expr | None, wanted: bool) -> bool:
    return isinstance(value, ast.Constant) and type(value.value) in (bool, int) and bool(value.value) is wanted


def _leading_to(body: list[ast.stmt], name: str, found: list[Leave], in_branch: bool = False) -> None:
    """The tests by which a variable is assigned; within another loop only if that is left as well."""
    for statement in body:
        match statement:
            case ast.If():
                for block, wanted in ((statement.body, True), (statement.orelse, False)):
                    if any(_assigned(part, name) for part in block if not isinstance(part, ast.If)):
                        found.append(Leave(statement.test, wanted, FALLS_OUT, tuple(block), in_branch))
                    _leading_to(block, name, found, True)
            case ast.While(test=test):
                own = {node.id for node in ast.walk(test) if isinstance(node, ast.Name)}
                inner: list[Leave] = []
                _leading_to(statement.body, name, inner, in_branch)
                for leave in inner:
                    ends = isinstance(leave.branch[-1], ast.Break)
                    if ends or any(_assigned(part, other) for part in leave.branch for other in own):
                        found.append(leave)
            case ast.With() | ast.AsyncWith() | ast.Try() | ast.TryStar():
                _leading_to(statement.body, name, found, in_branch)


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
    for number, statement in enumerate(body):
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
                if isinstance(statement, ast.While):
                    leaves += _leaves_of_wait(statement.test, False, body[number + 1 :], raising, breaks)
                _collect(statement.body, leaves, checks, False, raising)
                _collect(statement.orelse, leaves, checks, breaks, raising)
            case ast.With() | ast.AsyncWith():
                _collect(statement.body, leaves, checks, breaks, raising)
            case ast.Try() | ast.TryStar():
                caught = any(_swallows(handler) for handler in statement.handlers)
                leaves += _leaves_of_wait_for(statement, raising, breaks)
                _collect(statement.body, leaves, checks, breaks, raising and not caught)
                for part in (statement.orelse, statement.finalbody, *(handler.body for handler in statement.handlers)):
                    _collect(part, leaves, checks, breaks, raising)
            case ast.Match():
                leaves += _leaves_of_match(statement, raising, breaks)
                for case in statement.cases:
                    _collect(case.body, leaves, checks, breaks, raising)
            case ast.Expr(value=ast.Call(func=ast.Attribute(attr="wait_for"), args=[ast.Lambda() as until, *_])):
                leaves += _leaves_of_wait(until.body, True, body[number + 1 :], raising, breaks)
            case ast.Expr() | ast.Assign() | ast.AugAssign() | ast.AnnAssign() if raising and statement.value:
                checks += _calls_in(statement.value)


def _leaves_of_wait(test: ast.expr, until: bool, later: list[ast.stmt], raising: bool, breaks: bool) -> Iterator[Leave]:
    """`while not items and not closed: wait()`, then `if not items: return`: it was closed.

    `until`: the test is what is waited for, rather than what is waited at.
    """
    following: ast.stmt | None = next((part for part in later if not isinstance(part, (ast.Assign, ast.Expr))), None)
    match following:
        case ast.Return(value=ast.IfExp(orelse=ast.Constant(value=None)) as choice):  # `return items.pop() if items …`
            nothing = ast.copy_location(ast.Return(None), choice)
            following = ast.copy_location(ast.If(ast.UnaryOp(ast.Not(), choice.test), [nothing], []), choice)
    if not isinstance(following, ast.If):
        return
    operator = ast.Or if until else ast.And
    parts = test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, operator) else [test]
    for leave in leaves_of_if(following, raising, breaks):
        wanted = _plainly(leave.test, leave.wanted)
        others = [part for part in parts if _plainly(part, not until) != wanted]
        if len(others) == 1 and len(parts) == 2:
            yield Leave(others[0], until, leave.way, leave.branch)


def returns_nothing(node: Function) -> list[Leave]:
    """The tests by which a function returns None, as the `take()` of a queue that has been closed does."""
    if isinstance(node, ast.Lambda):
        return []
    leaves: list[Leave] = []
    _collect(node.body, leaves, [], breaks=False, raising=False)
    found = [leave for leave in leaves if leave.way == RETURNS and _is_empty_return(leave.branch[-1])]
    for number, statement in enumerate(node.body):
        if isinstance(statement, ast.While) and all(map(_is_empty_return, node.body[number + 1 : number + 2])):
            found.append(Leave(statement.test, False, RETURNS))
    return found


def _is_empty_return(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Return) and (
        statement.value is None or (isinstance(statement.value, ast.Constant) and statement.value.value is None)
    )


def _leaves_of_wait_for(statement: ast.Try | ast.TryStar, raising: bool, breaks: bool) -> Iterator[Leave]:
    """`try: await wait_for(stop.wait(), 5); break` and `except TimeoutError: continue`: a `wait` that has come true."""
    match statement.body[0]:
        case ast.Expr(value=ast.Await(value=ast.Call() as call)) if called_name(call) == "wait_for" and call.args:
            asked, later = call.args[0], [*statement.body[1:], *statement.orelse]
            out = _way_out(later, raising, breaks)
            if isinstance(asked, ast.Call) and called_name(asked) == "wait" and out is not None:
                yield Leave(asked, True, out, tuple(later))


def _plainly(test: ast.expr, wanted: bool) -> tuple[str, bool]:
    """A test without its negations: `len(items) == 0` and `not items` are the same."""
    match test:
        case ast.UnaryOp(op=ast.Not()):
            return _plainly(test.operand, not wanted)
        case ast.Compare(
            left=ast.Call(func=ast.Name(id="len"), args=[of]), ops=[op], comparators=[ast.Constant(value=0)]
        ) if isinstance(op, (ast.Eq, ast.Gt, ast.NotEq)):
            return _plainly(of, wanted != isinstance(op, ast.Eq))
    return ast.dump(test), wanted


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
        pattern = case.pattern
        while isinstance(pattern, ast.MatchAs) and pattern.pattern is not None:
            pattern = pattern.pattern
        value, by_identity = _constant_of(pattern)
        out = _way_out(case.body, raising, breaks)
        if isinstance(pattern, ast.MatchClass) and case.guard is None and out is not None:
            if not pattern.patterns and not pattern.kwd_patterns:
                asks = ast.copy_location(ast.Name("isinstance", ast.Load()), pattern)
                made = ast.copy_location(ast.Call(asks, [statement.subject, pattern.cls], []), statement.subject)
                found.append(Leave(made, True, out, tuple(case.body)))
            continue
        if value is None or case.guard is not None:
            if not isinstance(pattern, (ast.MatchSequence, ast.MatchClass, ast.MatchMapping)):
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
