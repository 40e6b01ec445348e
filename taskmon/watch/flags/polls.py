"""Who stands in a loop until the thread has made enough: `while len(results) < wanted: sleep(1)`.

Without the thread he stands there for ever, and with him whatever he was to do.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from taskmon.watch.flags import evidence, inspect_safely
from taskmon.watch.flags.accounts import Account
from taskmon.watch.flags.bindings import own_nodes
from taskmon.watch.flags.loops import called_name
from taskmon.watch.flags.names import words
from taskmon.watch.flags.program import Program, Unit, frames_of_others
from taskmon.watch.flags.readings import reading_of
from taskmon.watch.flags.scope import Scope
from taskmon.watch.flags.survey import Survey

_ADDING: Final = words("append add extend update insert setdefault")
_IDLE: Final = words("sleep wait print time monotonic len is_alive debug info flush write join")


class _Product(NamedTuple):
    """A variable that the thread goes on changing, or a collection that it goes on adding to."""

    owner: Any
    #: The variable's name; "" for a collection, which is the owner itself.
    name: str
    words: str


def waited_for(survey: Survey, program: Program) -> str:
    """Who waits for what nobody but this thread makes, in words; "" if nobody is seen. Any thread."""
    made = list(_made(survey))
    own = {id(scope.function.__code__) for scope in survey.scopes}
    finder = Account(made[0].owner, "", survey, program) if made else None
    for frame in frames_of_others().values() if finder is not None else ():
        inner: types.FrameType | None = frame
        while inner is not None and not inspect_safely.is_programs(inner.f_code):
            inner = inner.f_back
        unit = program.units.get(id(inner.f_code)) if inner is not None else None
        if inner is None or unit is None or finder is None or id(unit.code) in own:
            continue
        for test in _only_tests(unit, inner.f_lineno or 0):
            for product in made:
                if _asks_for(product, test, _Standing(inner, unit, finder)) and not _is_made_elsewhere(
                    product, unit, own, finder
                ):
                    where = "the top of the program" if unit.is_top else f"{unit.code.co_qualname}()"
                    return f"{where} waits for its {product.words}"
    return ""


class _Standing(NamedTuple):
    """A function in which somebody stands."""

    frame: types.FrameType
    unit: Unit
    finder: Account

    def values(self, expr: ast.expr) -> list[Any]:
        """What an expression stands for: a variable of the very call, if it is one."""
        variables = Scope.running(self.frame)
        if isinstance(expr, ast.Name) and expr.id in variables:
            return [variables[expr.id]]
        if isinstance(expr, ast.Attribute) and isinstance(expr.value, ast.Name) and expr.value.id in variables:
            return [inspect_safely.peek(variables[expr.value.id], expr.attr).value]
        return self.finder.values(self.unit, expr) or []


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
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                return None
            owner = scope.look(stored.value)
            if owner is not None:
                return _Product(owner.value, scope.mangled(stored.attr), f"{owner.words}.{stored.attr}")
        case ast.Call(func=ast.Attribute(value=held_as, attr=method)) if method in _ADDING:
            held = scope.look(held_as)
            if held is not None and type(held.value) in (list, set, dict):
                return _Product(held.value, "", held.words)
    return None


def _only_tests(unit: Unit, line: int) -> Iterator[ast.expr]:
    """What ends the loops that somebody stands in at a line, where they only sleep and have but one such test."""
    reading = reading_of(unit)
    for loop in reading.nodes if reading is not None else ():
        if not isinstance(loop, ast.While) or not loop.lineno <= line <= (loop.end_lineno or 0):
            continue
        called = [node for part in loop.body for node in [part, *own_nodes(part)] if isinstance(node, ast.Call)]
        found = [] if isinstance(loop.test, ast.Constant) else [loop.test]
        found += [node.test for node in own_nodes(loop) if isinstance(node, ast.If)]
        if all(called_name(call) in _IDLE for call in called) and len(found) == 1 and isinstance(found[0], ast.Compare):
            yield found[0]


def _asks_for(product: _Product, test: ast.expr, standing: _Standing) -> bool:
    """Whether it is about that: "enough", "all of them"."""
    for node in ast.walk(test):
        if product.name:
            stands_for = node.value if isinstance(node, ast.Attribute) and node.attr == product.name else None
        else:
            stands_for = node if isinstance(node, (ast.Name, ast.Attribute)) else None
        if stands_for is not None and any(value is product.owner for value in standing.values(stands_for)):
            return True
    return False


def _is_made_elsewhere(product: _Product, asking: Unit, own: set[int], finder: Account) -> bool:
    """Whether somebody else changes it as well, but for him who asks."""
    for unit in finder.program.mentions(product.name or product.words.rpartition(".")[2]):
        reading = reading_of(unit)
        is_own = id(unit.code) in own or unit.code is asking.code or unit.code.co_name in evidence.FIRST_VALUES
        for node in reading.nodes if reading is not None and not is_own else ():
            match node:
                case ast.Attribute(attr=product.name, ctx=ast.Store()):
                    return True
                case ast.Call(func=ast.Attribute(value=held_as, attr=method)) if method in _ADDING and not product.name:
                    if any(value is product.owner for value in finder.values(unit, held_as) or ()):
                        return True
    return False
