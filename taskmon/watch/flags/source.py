"""From a running function to its source, and only if that source is what runs.

The text is read (through `linecache`, so that code of a prompt or of `python -c` is found where Python or taskmon has
left it) and parsed; the bytecode confirms it. Reading bytecode alone was weighed and left: it changes from version to
version, and a decision about somebody's thread wants the words that the author wrote and the whole file around them.
So a function without source, edited since, or rewritten on import, has no stop flag that a plain cancel would set.
"""

from __future__ import annotations
import __future__

import ast
import linecache
import re
import sys
import threading
import types
import warnings
from typing import Any, Final, NamedTuple

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

#: Longer files are not parsed: 30 ms and more, during which no other thread of the program runs.
LONGEST: Final = 6000
_FLAGS = 0
for _name in __future__.all_feature_names:
    _FLAGS |= getattr(__future__, _name).compiler_flag


#: What the compiler takes for the name of the file.
_READING: Final = "<read by taskmon>"


class Source(NamedTuple):
    """One parsed file."""

    filename: str
    tree: ast.Module
    #: By the line of the first decorator, or of the `def` or `lambda`: what `co_firstlineno` says.
    functions: dict[int, list[tuple[Function, str, ast.stmt]]]
    #: The imports at the top of the file.
    imports: list[ast.stmt]


class Found(NamedTuple):
    """The source of a function: its node, the class whose body it stands in ("" if none), and the file."""

    node: Function
    class_name: str
    source: Source


_lock = threading.Lock()
_sources: dict[str, Source | None] = {}
#: By the code object itself: two equal ones may come from different files.
_found: dict[int, tuple[types.CodeType, Found | None]] = {}


def remember(filename: str, text: str) -> None:
    """Let the source of code that comes from no file be found; `python -c` does this itself from 3.13 on."""
    linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
    with _lock:
        _sources.pop(filename, None)
    _found.clear()


def source_of(code: types.CodeType, names: dict[str, Any] | None = None) -> Found | None:
    """The confirmed source of a function's code; None if there is none. Any thread. `names`: its module's globals."""
    kept = _found.get(id(code))
    if kept is not None and kept[0] is code:
        return kept[1]
    found = None
    try:
        source = module_source(code.co_filename, names)
        if source is not None:
            found = _locate(code, source)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OSError):
        found = None
    if len(_found) > 4096:
        _found.clear()
    _found[id(code)] = (code, found)
    return found


def module_source(filename: str, names: dict[str, Any] | None = None) -> Source | None:
    """A file parsed once, whether or not it is what runs; None if it is missing, too long or not Python."""
    with _lock:
        if filename in _sources:
            return _sources[filename]
    source = _parse(filename, names)
    with _lock:
        if len(_sources) > 512:
            _sources.clear()
        _sources[filename] = source
    return source


def _parse(filename: str, names: dict[str, Any] | None) -> Source | None:
    try:
        lines = linecache.getlines(filename, names) or _command(filename)
        if not lines or len(lines) > LONGEST or sum(map(len, lines)) > LONGEST * 80:
            return None
        _keep_quiet()
        tree = ast.parse("".join(lines), _READING)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OSError):
        return None
    functions: dict[int, list[tuple[Function, str, ast.stmt]]] = {}
    for top in tree.body:
        _index(top, "", top, functions)
    return Source(filename, tree, functions, _imports(tree))


def _command(filename: str) -> list[str]:
    """The text after `python -c`, which `linecache` knows from 3.13 on. If it is not what runs, that shows."""
    if filename != "<string>":
        return []
    words = sys.orig_argv[1:]
    place = next((n for n, word in enumerate(words) if re.fullmatch(r"-[A-Za-z]*c", word)), len(words))
    return "".join(words[place + 1 : place + 2]).splitlines(True)


def _imports(tree: ast.Module) -> list[ast.stmt]:
    """The imports outside of functions, also those within `try` and `if`."""
    found: list[ast.stmt] = []
    waiting: list[ast.AST] = tree.body[::-1]  # type: ignore[assignment]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found.append(node)
        elif isinstance(node, (ast.If, ast.Try, ast.With, ast.ExceptHandler)):
            waiting.extend(list(ast.iter_child_nodes(node))[::-1])
    return found


def _keep_quiet() -> None:
    r"""See that reading "\d" does not print a second SyntaxWarning: the program's output is its own.

    One filter, for our name alone, which stays: `catch_warnings` would undo what other threads set meanwhile.
    """
    if not any(entry[3] is not None and getattr(entry[3], "pattern", "") == _READING for entry in warnings.filters):
        warnings.filterwarnings("ignore", module=_READING)


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes right below: as `ast.iter_child_nodes`, in a third of its time, which here is most of the whole."""
    found: list[ast.AST] = []
    for value in node.__dict__.values():
        if isinstance(value, list):
            found += [item for item in value if isinstance(item, ast.AST)]
        elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
            found.append(value)
    return found


def _index(
    node: ast.AST, class_name: str, top: ast.stmt, functions: dict[int, list[tuple[Function, str, ast.stmt]]]
) -> None:
    stack: list[tuple[ast.AST, str]] = [(node, class_name)]
    while stack:
        node, class_name = stack.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
            line = min([node.lineno, *(decorator.lineno for decorator in decorators)])
            functions.setdefault(line, []).append((node, class_name, top))
        elif isinstance(node, ast.ClassDef):
            class_name = node.name
        elif isinstance(node, (ast.Name, ast.Constant)):
            continue
        stack += [(child, class_name) for child in children(node)]


def _locate(code: types.CodeType, source: Source) -> Found | None:
    matches = []
    for node, class_name, top in source.functions.get(code.co_firstlineno, ()):
        name = "<lambda>" if isinstance(node, ast.Lambda) else node.name
        if name == code.co_name and _confirms(code, source.imports, top):
            matches.append(Found(node, class_name, source))
    return matches[0] if len(matches) == 1 else None


_compiled: dict[int, tuple[ast.stmt, list[types.CodeType]]] = {}


def _confirms(code: types.CodeType, imports: list[ast.stmt], top: ast.stmt) -> bool:
    """Whether compiling that source again gives this very code."""
    flags = code.co_flags & _FLAGS
    kept = _compiled.get(id(top))
    if kept is None or kept[0] is not top:
        _keep_quiet()
        # The imports as well: the compiler calls what is imported otherwise than what is not.
        body = [*imports, *([] if top in imports else [top])]
        module = compile(ast.Module(body, []), _READING, "exec", flags, dont_inherit=True)
        if len(_compiled) > 256:
            _compiled.clear()
        kept = _compiled[id(top)] = (top, list(_inside(module)))
    same_place = [
        made for made in kept[1] if made.co_firstlineno == code.co_firstlineno and made.co_name == code.co_name
    ]
    return len([made for made in same_place if _same(made, code)]) == 1


def _inside(code: types.CodeType) -> list[types.CodeType]:
    found: list[types.CodeType] = []
    waiting = [code]
    while waiting:
        for const in waiting.pop().co_consts:
            if type(const) is types.CodeType:
                found.append(const)
                waiting.append(const)
    return found


def _same(one: types.CodeType, other: types.CodeType) -> bool:
    return (
        one.co_code == other.co_code
        and one.co_names == other.co_names
        and one.co_varnames == other.co_varnames
        and one.co_freevars == other.co_freevars
        and _plain(one) == _plain(other)
    )


def _plain(code: types.CodeType) -> list[tuple[type, str]]:
    return [
        (type(const), repr(const)) for const in code.co_consts if type(const) not in (types.CodeType, frozenset)
    ]  # a set in code has no fixed order
