"""The program's functions as they are written, and what stands where in them: the way up from each node.

What a look at a flag decides, which loop is around a statement and what comes before and after it, are told here, of
the source alone.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from taskmon.watch.flags import loops, source
from taskmon.watch.flags.bindings import own_nodes
from taskmon.watch.flags.loops import called_name
from taskmon.watch.flags.names import words
from taskmon.watch.flags.program import Unit
from taskmon.watch.forgetting import until_let_go

#: Calls that only tell of what they are given.
HARMLESS: Final = words("""
    print id repr str isinstance type bool callable hash len log debug info warning error signal register
""")
_TALK: Final = words("print log debug info warning error exception repr")
_EXITS: Final = words("exit _exit abort kill")


class Reading(NamedTuple):
    """A function of the program, parsed, with the way up from each node."""

    tree: ast.AST
    nodes: list[ast.AST]
    parents: dict[int, ast.AST]
    class_name: str


_readings: dict[int, tuple[types.CodeType, Reading | None]] = until_let_go({})


def reading_of(unit: Unit) -> Reading | None:
    """Parsed once per code object; None if its source is not known. Any thread."""
    kept = _readings.get(id(unit.code))
    if kept is not None and kept[0] is unit.code:
        return kept[1]
    made: Reading | None = None
    if unit.is_top:
        tree: ast.AST | None = source.module_top(unit.code, unit.names)
        class_name = ""
    else:
        found = source.likely_source_of(unit.code, unit.names)
        tree, class_name = (found.node, found.class_name) if found is not None else (None, "")
    if tree is not None:
        nodes = own_nodes(tree)
        parents = {id(child): node for node in [tree, *nodes] for child in source.children(node)}
        made = Reading(tree, nodes, parents, class_name)
    if len(_readings) > 4096:
        _readings.clear()
    _readings[id(unit.code)] = (unit.code, made)
    return made


def mangled(name: str, reading: Reading) -> str:
    """`__stop` in the body of class `Worker` is `_Worker__stop`."""
    holder = reading.class_name.lstrip("_")
    return f"_{holder}{name}" if holder and name.startswith("__") and not name.endswith("__") else name


def loop_variables(reading: Reading) -> Iterator[tuple[str, ast.expr, tuple[int, ...]]]:
    """(`w`, `workers`, where in each of them) for each `for w in workers`, comprehensions as well.

    Of `for name, (w, queue) in table.items()`, `w` is the first part of what the table holds: (`w`, …, (0,)).
    """
    for node in reading.nodes:
        if isinstance(node, (ast.For, ast.comprehension)):
            for name, path in _unpacked(node.target):
                where = _in_elements(node.iter, path)
                if where is not None:
                    yield name, node.iter, where


def _unpacked(target: ast.expr) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The variables of a loop, and which part of each element they stand for."""
    if isinstance(target, ast.Name):
        yield target.id, ()
    for number, part in enumerate(target.elts if isinstance(target, (ast.Tuple, ast.List)) else ()):
        yield from ((name, (number, *path)) for name, path in _unpacked(part))


def _in_elements(over: ast.expr, path: tuple[int, ...]) -> tuple[int, ...] | None:
    """The part of what is gone through, without the numbers and keys that `enumerate` and `items` put before it."""
    match over:
        case ast.Call(func=ast.Name(id="list" | "tuple" | "reversed" | "sorted" | "set"), args=[first]):
            return _in_elements(first, path)
        case ast.Call(func=ast.Name(id="enumerate"), args=[first, *_]) if path:
            return _in_elements(first, path[1:]) if path[0] == 1 else None
        case ast.Call(func=ast.Attribute(attr="items")) if path:
            return path[1:] if path[0] == 1 else None
    return path


def context(reading: Reading, node: ast.AST) -> tuple[str, ast.stmt | None]:
    """What a look decides: (kind, the statement). "test" and "" may matter to anybody; see `_Sorter.judge_look`."""
    child: ast.AST = node
    parent = reading.parents.get(id(node))
    if isinstance(reading.tree, ast.Lambda) and parent is None:
        return "returned", None
    while parent is not None:
        if isinstance(parent, (ast.FormattedValue, ast.JoinedStr)):
            return "talk", None
        if isinstance(parent, ast.Call) and child is not parent.func and called_name(parent) in _TALK:
            return "talk", None
        if parent is reading.tree and isinstance(parent, ast.Lambda):
            return "returned", None
        if isinstance(parent, ast.stmt):
            return _of_statement(reading, parent, child, node)
        child, parent = parent, reading.parents.get(id(parent))
    return "", None


def _of_statement(reading: Reading, statement: ast.stmt, child: ast.AST, node: ast.AST) -> tuple[str, ast.stmt | None]:
    match statement:
        case ast.Return():
            return "returned", statement
        case ast.While() if child is statement.test:
            return "loop", statement
        case ast.If() if child is statement.test:
            loop = loop_around(reading, statement)
            leaves = loops.leaves_of_if(statement, True, True)
            if loop is not None and leaves and not quits(leaves[0].branch):
                return "loop", loop
            if all(_is_plain_return(block) for block in (statement.body, statement.orelse)):
                return "guard", statement
            return "test", statement
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="wait"))):
            return "wait", statement
        case ast.Assign(targets=[ast.Name()]):
            wait = statement.value
            if isinstance(wait, ast.Call) and called_name(wait) == "wait" and not wait.args:
                return "wait", statement
            return "copied", statement
        case ast.Expr():
            return "talk" if child is node else "", statement
    return "", statement


def quits(branch: Iterable[ast.stmt]) -> bool:
    """Whether the whole program is left there and then."""
    return any(isinstance(node, ast.Call) and called_name(node) in _EXITS for part in branch for node in ast.walk(part))


def _is_plain_return(block: list[ast.stmt]) -> bool:
    """Nothing, words, or an early return without a result."""
    for part in block:
        match part:
            case ast.Return(value=None | ast.Constant()) | ast.Pass():
                continue
            case ast.Expr(value=ast.Call() as call) if called_name(call) in HARMLESS:
                continue
        return False
    return True


def loop_around(reading: Reading, statement: ast.AST) -> ast.stmt | None:
    node = reading.parents.get(id(statement))
    while node is not None and node is not reading.tree:
        if isinstance(node, (ast.While, ast.For, ast.AsyncFor)):
            return node
        node = reading.parents.get(id(node))
    return None


def statement_of(reading: Reading, node: ast.AST) -> ast.stmt | None:
    """The statement of the function that it stands in; None for its annotations and default values."""
    above: ast.AST | None = node
    while above is not None and not isinstance(above, ast.stmt):
        above = reading.parents.get(id(above))
    return above if above is not reading.tree else None


#: Calls that ask what time it is.
CLOCKS: Final = words("time monotonic perf_counter now time_ns monotonic_ns utcnow")


def is_of_the_clock(value: ast.expr) -> bool:
    """Whether an expression asks what time it is."""
    return any(isinstance(node, ast.Call) and called_name(node) in CLOCKS for node in ast.walk(value))


def statement_at(reading: Reading, line: int) -> ast.stmt | None:
    """The innermost statement of the function that a line is of."""
    around = [
        node for node in reading.nodes if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or 0)
    ]
    return max(around, key=lambda node: (node.lineno, -(node.end_lineno or 0)), default=None)


def is_instead(reading: Reading, one: ast.AST, other: ast.AST) -> bool:
    """Whether of two places only one is ever come to: the branches of an `if`."""
    taken: dict[int, bool] = {}
    for node in (one, other):
        child, parent = node, reading.parents.get(id(node))
        while parent is not None:
            first = isinstance(parent, ast.If) and child in parent.body
            if isinstance(parent, ast.If) and taken.setdefault(id(parent), first) is not first:
                return True
            child, parent = parent, reading.parents.get(id(parent))
    return False


def later_than(reading: Reading, statement: ast.stmt) -> tuple[list[ast.stmt], int]:
    """The statements that come after one, to the end of its function; or the line of the loop that goes on."""
    found: list[ast.stmt] = []
    child: ast.AST = statement
    parent = reading.parents.get(id(statement))
    while parent is not None:
        for _, block in ast.iter_fields(parent):
            if isinstance(block, list) and any(item is child for item in block):
                place = next(n for n, item in enumerate(block) if item is child)
                found += [item for item in block[place + 1 :] if isinstance(item, ast.stmt)]
                if isinstance(parent, (ast.Try, ast.TryStar)):
                    found += [*parent.orelse, *parent.finalbody] if block is parent.body else []
                    found += parent.finalbody if block is parent.orelse else []
        if isinstance(parent, ast.ExceptHandler):
            outer = reading.parents.get(id(parent))
            found += outer.finalbody if isinstance(outer, (ast.Try, ast.TryStar)) else []
        if isinstance(parent, (ast.While, ast.For, ast.AsyncFor)):
            return found, parent.lineno
        child, parent = parent, reading.parents.get(id(parent))
    return found, 0


def beside(reading: Reading, statement: ast.stmt, loop: ast.stmt) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """The statements before and after one in a round of the loop that it stands in."""
    before: list[ast.stmt] = []
    later: list[ast.stmt] = []
    child: ast.AST = statement
    parent = reading.parents.get(id(statement))
    while parent is not None:
        for name, block in ast.iter_fields(parent):
            if isinstance(block, list) and any(item is child for item in block) and name != "handlers":
                place = next(n for n, item in enumerate(block) if item is child)
                before = [*block[:place], *before]
                later += block[place + 1 :]
        if parent is loop:
            break
        child, parent = parent, reading.parents.get(id(parent))
    return before, later
