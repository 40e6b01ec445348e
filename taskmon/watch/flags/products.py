"""Who goes by what a thread goes on making: he waits until there is enough of it, or acts as soon as no more comes.

Without the thread the one stands there for ever, or gives up what he was to do; the other takes its silence for news.
Who only looks at what there is now is no reason to let the thread run.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from taskmon.watch.flags import evidence, inspect_safely, uses
from taskmon.watch.flags.accounts import Account
from taskmon.watch.flags.aftermath import CHANGE, after_loop
from taskmon.watch.flags.bindings import own_nodes
from taskmon.watch.flags.conditions import FLAG, Atom
from taskmon.watch.flags.expressions import Expressions
from taskmon.watch.flags.inspect_safely import UNKNOWN
from taskmon.watch.flags.locations import Attribute, Place
from taskmon.watch.flags.loops import called_name
from taskmon.watch.flags.names import words
from taskmon.watch.flags.program import Program, Unit, frames_of_others
from taskmon.watch.flags.readings import Reading, context, is_of_the_clock, quits, reading_of
from taskmon.watch.flags.scope import Scope, Seen
from taskmon.watch.flags.survey import Survey

_ADDING: Final = words("append add extend update insert setdefault")
_IDLE: Final = words("sleep wait print time monotonic len is_alive debug info flush write join")


class _Product(NamedTuple):
    """A variable that the thread goes on changing, or a collection that it goes on adding to."""

    owner: Any
    #: The variable's name; "" for a collection, which is the owner itself.
    name: str
    words: str
    scope: Scope
    #: Where it is kept, if it is the time at which the thread was last there.
    time: Place | None = None


def needed_by(survey: Survey, program: Program) -> str:
    """Who goes by what nobody but this thread makes, in words; "" if nobody is seen. Any thread."""
    made = list(_made(survey))
    if not made:
        return ""
    own = {id(scope.function.__code__) for scope in survey.scopes}
    return _waited_for(made, own, survey, program) or _acted_on(made, own, survey, program)


def _made(survey: Survey) -> Iterator[_Product]:
    """What the thread changes in its loops, and in what it calls there."""
    for passage in survey.passages:
        deeper = [scope for scope in survey.scopes if scope.depth > passage.scope.depth]
        for scope, tree in [(passage.scope, passage.loop.node), *((scope, scope.node) for scope in deeper)]:
            for node in own_nodes(tree):
                if (product := _product_of(scope, node)) is not None:
                    yield product


def _product_of(scope: Scope, node: ast.AST) -> _Product | None:
    match node:
        case ast.AugAssign(target=ast.Attribute() as stored) | ast.Assign(targets=[ast.Attribute() as stored]):
            if isinstance(node.value, ast.Constant) and isinstance(node, ast.Assign):
                return None
            owner = scope.look(stored.value)
            if owner is not None and not inspect_safely.is_class(owner.value):
                told = f"{owner.words}.{stored.attr}"
                time = Attribute(owner.value, scope.mangled(stored.attr)) if is_of_the_clock(node.value) else None
                return _Product(owner.value, scope.mangled(stored.attr), told, scope, time)
        case ast.Assign(targets=[ast.Name() | ast.Subscript() as stored]) if is_of_the_clock(node.value):
            seen = scope.look(stored)
            if seen is not None and seen.place is not None:
                return _Product(UNKNOWN, "", seen.words, scope, seen.place)
        case ast.Call(func=ast.Attribute(value=held_as, attr=method)) if method in _ADDING:
            held = scope.look(held_as)
            if held is not None and type(held.value) in (list, set, dict):
                return _Product(held.value, "", held.words, scope)
    return None


# -- who waits ----------------------------------------------------------------------------------------------


class _Asking(NamedTuple):
    """A function that somebody is in, or that is called by one he is in."""

    unit: Unit
    #: The very call, if he is in it.
    frame: types.FrameType | None


class _Accounts:
    """Which expressions stand for what a thread changes: each object is followed through the program once."""

    def __init__(self, survey: Survey, program: Program) -> None:
        self._survey, self._program = survey, program
        self._of: dict[int, Account] = {}

    def stands_for(self, expr: ast.expr, owner: Any, asking: _Asking) -> bool:
        """Whether an expression is that very object: a variable of the very call, if it is one."""
        variables = Scope.running(asking.frame) if asking.frame is not None else {}
        if isinstance(expr, ast.Name) and expr.id in variables:
            return variables[expr.id] is owner
        if isinstance(expr, ast.Attribute) and isinstance(expr.value, ast.Name) and expr.value.id in variables:
            return inspect_safely.peek(variables[expr.value.id], expr.attr).value is owner
        return self.of(owner).denotes(asking.unit, expr) == uses.YES

    def of(self, owner: Any) -> Account:
        """Who calls what of it."""
        if id(owner) not in self._of:
            self._of[id(owner)] = Account(owner, "", self._survey, self._program)
        return self._of[id(owner)]


def _waited_for(made: list[_Product], own: set[int], survey: Survey, program: Program) -> str:
    accounts = _Accounts(survey, program)
    made = [product for product in made if product.owner is not UNKNOWN]
    for asking in _askers(own, survey, program, {product.name or product.words.rpartition(".")[2] for product in made}):
        for test in _only_tests(asking):
            for product in made:
                if _asks_for(product, test, asking, accounts) and not _is_made_elsewhere(
                    product, asking.unit, own, accounts.of(product.owner)
                ):
                    return f"{asking.unit.words} waits for its {product.words}"
    return ""


def _askers(own: set[int], survey: Survey, program: Program, names: set[str]) -> Iterator[_Asking]:
    """The functions that others than the thread are in, and those they call that mention one of these names."""
    in_use: set[int] = set()
    for frame in frames_of_others().values():
        inner: types.FrameType | None = frame
        while inner is not None and not inspect_safely.is_programs(inner.f_code):
            inner = inner.f_back
        unit = program.units.get(id(inner.f_code)) if inner is not None else None
        if unit is not None and id(unit.code) not in own:
            in_use.add(id(unit.code))
            yield _Asking(unit, inner)
    expressions = Expressions(None, survey, program)
    for name in names:
        for unit in program.mentions(name):
            if id(unit.code) in own or id(unit.code) in in_use or unit.is_top:
                continue
            if any(id(caller.code) in in_use for caller in expressions.callers(unit)):
                yield _Asking(unit, None)


def _only_tests(asking: _Asking) -> Iterator[ast.expr]:
    """What ends the loops that somebody stands in, or may come to stand in, where he only sleeps until it does.

    Beside it he may give up after a time, with a result of its own: that is no end of what he waits for.
    """
    reading = reading_of(asking.unit)
    line = asking.frame.f_lineno if asking.frame is not None else None
    for loop in reading.nodes if reading is not None else ():
        if not isinstance(loop, ast.While) or not (line is None or loop.lineno <= line <= (loop.end_lineno or 0)):
            continue
        calls = [node for part in loop.body for node in [part, *own_nodes(part)] if isinstance(node, ast.Call)]
        found = [] if isinstance(loop.test, ast.Constant) else [loop.test]
        found += [node.test for node in own_nodes(loop) if isinstance(node, ast.If) and not _gives_up(node)]
        if all(called_name(call) in _IDLE for call in calls) and len(found) == 1:
            both = found[0].values if isinstance(found[0], ast.BoolOp) else found
            if not any(_ends_with_it(part) for part in both):
                yield from (part for part in both if isinstance(part, ast.Compare))


def _ends_with_it(test: ast.expr) -> bool:
    """Whether it asks for the thread itself, or how long to wait: `counter.is_alive() and counter.count < 100`."""
    return is_of_the_clock(test) or any(
        isinstance(node, ast.Call) and called_name(node) in _ASKS_FOR_THE_END for node in ast.walk(test)
    )


_ASKS_FOR_THE_END: Final = words("is_alive is_set isSet done wait")


def _gives_up(statement: ast.If) -> bool:
    last = statement.body[-1]
    return is_of_the_clock(statement.test) and (
        isinstance(last, ast.Raise) or (isinstance(last, ast.Return) and last.value is not None)
    )


def _asks_for(product: _Product, test: ast.expr, asking: _Asking, accounts: _Accounts) -> bool:
    """Whether it is about that: "enough", "all of them"."""
    for node in ast.walk(test):
        if product.name:
            stands_for = node.value if isinstance(node, ast.Attribute) and node.attr == product.name else None
        else:
            stands_for = node if isinstance(node, (ast.Name, ast.Attribute)) else None
        if stands_for is not None and accounts.stands_for(stands_for, product.owner, asking):
            return True
    return False


def _is_made_elsewhere(product: _Product, asking: Unit, own: set[int], finder: Account) -> bool:
    """Whether somebody else changes it as well, but for him who asks."""
    for unit in finder.program.mentions(product.name or product.words.rpartition(".")[2]):
        reading = reading_of(unit)
        is_own = id(unit.code) in own or unit.code is asking.code or unit.code.co_name in evidence.FIRST_VALUES
        for node in reading.nodes if reading is not None and not is_own else ():
            match node:
                case ast.Attribute(attr=product.name, ctx=ast.Store()) if finder.denotes(unit, node.value):
                    above = reading.parents.get(id(node)) if reading is not None else None
                    if not (isinstance(above, ast.AugAssign) and isinstance(above.op, ast.Sub)):  # that uses it up
                        return True
                case ast.Call(func=ast.Attribute(value=held_as, attr=method)) if method in _ADDING and not product.name:
                    if any(value is product.owner for value in finder.expressions.values(unit, held_as) or ()):
                        return True
    return False


# -- who takes its silence for news -------------------------------------------------------------------------


def _acted_on(made: list[_Product], own: set[int], survey: Survey, program: Program) -> str:
    for product in made:
        if product.time is not None and _somebody_acts(product, product.time, own, survey, program):
            return f"others act as soon as it no longer renews {product.words}"
    return ""


def _somebody_acts(product: _Product, time: Place, own: set[int], survey: Survey, program: Program) -> bool:
    kept = Seen(0.0, time, product.words)
    finder = uses.Finder(Atom(FLAG, kept, True, product.scope), survey, program)
    running = program.running.keys() - own
    for use in finder.run():
        reading = reading_of(use.unit) if use.what == uses.LOOK and id(use.unit.code) not in own else None
        if reading is None:
            continue
        kind, statement = context(reading, use.node)
        if kind == "returned":
            asked = _calls(use.unit, finder.expressions, running)
            looks = [(asking, context(asks, node)[1]) for asking, asks, node in asked]
        else:
            in_use = _is_in_use(use.unit, finder.expressions, running)
            looks = [(use.unit, each) for each in _decided(statement)] if in_use else []
        if any(_acts(decided, finder, unit) for unit, decided in looks):
            return True
    return False


def _decided(statement: ast.stmt | None) -> list[ast.stmt]:
    """What a look decides: of a loop over all of several, the tests in it that compare which is late."""
    if not isinstance(statement, ast.For):
        return [statement] if statement is not None else []
    return [
        node
        for node in own_nodes(statement)
        if isinstance(node, ast.If)
        and any(isinstance(each, (ast.Lt, ast.LtE, ast.Gt, ast.GtE)) for each in ast.walk(node.test))
    ]


def _is_in_use(unit: Unit, expressions: Expressions, running: set[int], depth: int = 0) -> bool:
    """Whether somebody who is at work calls a function, by a few others at most."""
    if id(unit.code) in running:
        return True
    return depth < _DEEPEST and any(
        _is_in_use(each, expressions, running, depth + 1) for each in expressions.callers(unit)[:20]
    )


_DEEPEST: Final = 3


def _calls(unit: Unit, expressions: Expressions, running: set[int]) -> Iterator[tuple[Unit, Reading, ast.AST]]:
    """Where those who are at work ask a function that only tells: `x.is_late()`, or `x.is_late` of a property."""
    for asking in expressions.callers(unit):
        asks = reading_of(asking) if id(asking.code) in running else None
        for node in expressions.naming(asking, unit) if asks is not None else ():
            if asks is not None:
                above = asks.parents.get(id(node))
                yield asking, asks, above if isinstance(above, ast.Call) and above.func is node else node


def _acts(statement: ast.stmt | None, finder: uses.Finder, unit: Unit) -> bool:
    """Whether a test leads to more than words."""
    scopes = finder.expressions.scopes(unit)
    if isinstance(statement, ast.While):
        return True
    if not isinstance(statement, ast.If) or not scopes:
        return False
    block = [*statement.body, *statement.orelse]
    leaves = any(isinstance(part, (ast.Raise, ast.Break, ast.Return)) for part in block)
    return leaves or quits(block) or after_loop(scopes[0], block, frozenset()).level >= CHANGE
