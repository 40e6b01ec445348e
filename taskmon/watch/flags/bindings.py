"""Which names a function binds, and to what: read once from its source."""

from __future__ import annotations

import ast
from typing import Final, NamedTuple

from taskmon.watch.flags import source
from taskmon.watch.forgetting import until_let_go


class Locals(NamedTuple):
    """What a function's source says of its local names; the same for every call of it."""

    parameters: frozenset[str]
    #: Each name the function binds, with the expressions it is bound to (None: by a loop, `with`, `import`, …).
    bound: dict[str, list[tuple[ast.expr | None, ast.AST]]]
    global_names: frozenset[str]
    nonlocal_names: frozenset[str]


_locals: dict[int, tuple[source.Function, Locals]] = until_let_go({})


def locals_of(node: source.Function) -> Locals:
    """Read once per function and kept. Any thread."""
    kept = _locals.get(id(node))
    if kept is not None and kept[0] is node:
        return kept[1]
    if len(_locals) > 4096:
        _locals.clear()
    made = _read_locals(node)
    _locals[id(node)] = (node, made)
    return made


def own_nodes(node: ast.AST) -> list[ast.AST]:
    """All nodes below, in reading order, without those of functions and classes defined inside.

    The list is not the caller's to change: functions and loops, which are asked for again and again, keep theirs.
    """
    kept: list[ast.AST] | None = node.__dict__.get("below")
    if kept is not None:
        return kept
    found: list[ast.AST] = []
    waiting = source.children(node)[::-1]
    while waiting:
        child = waiting.pop()
        found.append(child)
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            waiting += source.children(child)[::-1]
    if isinstance(node, _ASKED_OFTEN):
        node.__dict__["below"] = found
    return found


_ASKED_OFTEN: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.While, ast.For, ast.AsyncFor)


def _read_locals(node: source.Function) -> Locals:
    args = node.args
    every = [*args.posonlyargs, *args.args, *args.kwonlyargs, *filter(None, (args.vararg, args.kwarg))]
    bound: dict[str, list[tuple[ast.expr | None, ast.AST]]] = {}
    outer: set[str] = set()
    enclosing: set[str] = set()
    done: set[int] = set()
    for child in own_nodes(node) if not isinstance(node, ast.Lambda) else ():
        if isinstance(child, ast.Global):
            outer.update(child.names)
        elif isinstance(child, ast.Nonlocal):
            enclosing.update(child.names)
        elif isinstance(child, ast.Assign):
            for target in child.targets:
                for name, value in _pairs(target, child.value):
                    bound.setdefault(name.id, []).append((value, child))
                    done.add(id(name))
        elif isinstance(child, (ast.AnnAssign, ast.NamedExpr)) and isinstance(child.target, ast.Name):
            if child.value is not None:
                bound.setdefault(child.target.id, []).append((child.value, child))
            done.add(id(child.target))
        elif isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store) and id(child) not in done:
            bound.setdefault(child.id, []).append((None, child))
        elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            bound.setdefault(child.name, []).append((None, child))
        elif isinstance(child, (ast.Import, ast.ImportFrom)):
            for alias in child.names:
                bound.setdefault((alias.asname or alias.name).partition(".")[0], []).append((None, child))
        elif (isinstance(child, ast.ExceptHandler) and child.name) or (
            isinstance(child, (ast.MatchAs, ast.MatchStar)) and child.name
        ):
            bound.setdefault(child.name, []).append((None, child))
    for elsewhere in outer | enclosing:
        bound.pop(elsewhere, None)
    return Locals(frozenset(arg.arg for arg in every), bound, frozenset(outer), frozenset(enclosing))


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[ast.Name, ast.expr | None]]:
    """`a, b = c, d` → (a, c), (b, d); names that get a part of something unknown, with None."""
    if isinstance(target, ast.Name):
        return [(target, value)]
    if not isinstance(target, (ast.Tuple, ast.List)):
        return []
    same = isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts)
    found: list[tuple[ast.Name, ast.expr | None]] = []
    for number, part in enumerate(target.elts):
        if same and isinstance(part, ast.Name):
            found.append((part, value.elts[number]))  # type: ignore[attr-defined]
        else:
            stored = [name for name in ast.walk(part) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)]
            found += [(name, None) for name in stored]
    return found
