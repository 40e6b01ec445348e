"""From a running function to its source, and only if that source is what runs.

Only the lines of the function itself are parsed, wherever they stand in a file of whatever length: its code object
says where it begins and ends. The text comes through `linecache`, so that code of a prompt, a notebook or `python -c`
is found where Python or taskmon has left it. Compiled again it must give the bytecode that runs: a function without
source, edited since, or rewritten on import has no stop flag that a plain cancel would set.
"""

from __future__ import annotations
import __future__

import ast
import functools
import inspect
import linecache
import re
import sys
import types
import warnings
from typing import Any, Final, NamedTuple

from taskmon.core.base.modules import attribute_of
from taskmon.watch.forgetting import until_let_go

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

#: Longer functions are not parsed: 30 ms and more, during which no other thread of the program runs.
LONGEST: Final = 3000
_FLAGS = 0
for _name in __future__.all_feature_names:
    _FLAGS |= getattr(__future__, _name).compiler_flag

#: What the compiler takes for the name of the file.
_READING: Final = "<read by taskmon>"
#: Why there is no source.
NO_FILE: Final = "its source is not kept anywhere: it was made while the program ran, by exec() for instance"
MISSING: Final = "its source file is missing"
CHANGED: Final = "its source was changed since it was started, or rewritten on import"
TOO_LONG: Final = f"it is longer than {LONGEST} lines"
NO_COLUMNS: Final = "it is a lambda, and Python was told not to keep where in its line it stands"


class Found(NamedTuple):
    """The source of a function: its node, the class whose body it stands in ("" if none), and the file."""

    node: Function
    class_name: str
    filename: str


#: By the code object itself: two equal ones may come from different files. With why there is no source.
_found: dict[int, tuple[types.CodeType, Found | None, str]] = until_let_go({})


def remember(filename: str, text: str) -> None:
    """Let the source of code that comes from no file be found; `python -c` does this itself from 3.13 on."""
    linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
    _found.clear()


def likely_source_of(code: types.CodeType, names: dict[str, Any] | None = None) -> Found | None:
    """The source of a function's code by its place and its names: enough to see who else uses a flag."""
    kept = _found.get(id(code))
    if kept is not None and kept[0] is code:
        return kept[1]
    likely = _likely.get(id(code))
    if likely is None or likely[0] is not code:
        try:
            made = _read(code, names, sure=False)
        except (SyntaxError, ValueError, RecursionError, MemoryError, OSError):
            made = CHANGED
        if len(_likely) > 8192:
            _likely.clear()
        likely = _likely[id(code)] = (code, None if isinstance(made, str) else made)
    return likely[1]


_likely: dict[int, tuple[types.CodeType, Found | None]] = until_let_go({})


def source_of(code: types.CodeType, names: dict[str, Any] | None = None) -> Found | None:
    """The confirmed source of a function's code; None if there is none. Any thread. `names`: its module's globals."""
    return _look_up(code, names)[1]


def why_missing(code: types.CodeType, names: dict[str, Any] | None = None) -> str:
    """Why `source_of` gives None."""
    return _look_up(code, names)[2]


def _look_up(code: types.CodeType, names: dict[str, Any] | None) -> tuple[types.CodeType, Found | None, str]:
    kept = _found.get(id(code))
    if kept is not None and kept[0] is code:
        return kept
    try:
        made: Found | str = _read(code, names)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OSError):
        made = CHANGED  # what stands there now is not even Python
    if len(_found) > 8192:
        _found.clear()
    entry = (code, None, made) if isinstance(made, str) else (code, made, "")
    _found[id(code)] = entry
    return entry


def lines_of(filename: str, names: dict[str, Any] | None) -> list[str]:
    """The lines of a file, or of what stands for one; none if it is missing."""
    try:
        if filename not in linecache.cache:
            # Prompts and notebooks leave their lines with the program's own, of which nothing is called.
            known = attribute_of("linecache", "cache")
            entry = known.get(filename) if type(known) is dict else None
            if type(entry) is tuple and len(entry) == 4 and entry[1] is None:
                linecache.cache[filename] = entry
        return linecache.getlines(filename, names) or _command(filename)
    except (SyntaxError, ValueError, MemoryError, OSError):
        return []


def _command(filename: str) -> list[str]:
    """The text after `python -c`, which `linecache` knows from 3.13 on. If it is not what runs, that shows."""
    if filename != "<string>":
        return []
    words = sys.orig_argv[1:]
    place = next((n for n, word in enumerate(words) if re.fullmatch(r"-[A-Za-z]*c", word)), len(words))
    return "".join(words[place + 1 : place + 2]).splitlines(True)


def _read(code: types.CodeType, names: dict[str, Any] | None, *, sure: bool = True) -> Found | str:
    lines = lines_of(code.co_filename, names)
    if not lines:
        return NO_FILE if code.co_filename.startswith("<") else MISSING
    class_name = class_of(code.co_qualname)
    first, last = extent(code, lines)
    if last - first > LONGEST:
        return TOO_LONG
    if last > len(lines):
        return NO_FILE if code.co_filename == "<string>" else CHANGED
    node = _lambda(code, lines) if code.co_name == "<lambda>" else _function(code, lines, first, last)
    if node is None:
        return NO_COLUMNS if code.co_name == "<lambda>" else CHANGED
    if _confirms(code, node, class_name, lines) if sure else _has_names(code, node):
        return Found(node, class_name, code.co_filename)
    return NO_FILE if code.co_filename == "<string>" else CHANGED


def class_of(qualname: str) -> str:
    """The class whose body the code stands in, however deep in functions: "A" for `A.f` and `A.f.<locals>.g`."""
    parts = qualname.split(".")[:-1]
    while parts and parts[-1].startswith("<"):
        del parts[-2 if parts[-1] == "<locals>" else -1 :]  # `<listcomp>` is a function as well, up to Python 3.11
    return parts[-1] if parts else ""


def extent(code: types.CodeType, lines: list[str]) -> tuple[int, int]:
    """The first and the last line of a function, without what stands after its last statement."""
    first = last = code.co_firstlineno
    waiting = [code]
    while waiting:
        inner = waiting.pop()
        last = max([last, *(end for _, end, _, _ in inner.co_positions() if end is not None)])
        waiting += [const for const in inner.co_consts if type(const) is types.CodeType]
    if code.co_name == "<lambda>" or first > len(lines):
        return first, last
    indent = _indent(lines[first - 1])
    while last < len(lines):  # statements without bytecode: `pass`, `global x`
        line = lines[last]
        if line.strip() and not line.lstrip().startswith("#") and _indent(line) <= indent:
            break
        last += 1
    return first, last


def _indent(line: str) -> int:
    line = line.expandtabs()
    return len(line) - len(line.lstrip())


def parse(text: str) -> ast.Module:
    """Parse, without a second warning for what the program's compiler has warned of. Raises as `ast.parse`."""
    with _Quiet():
        return ast.parse(text, _READING)


def _function(code: types.CodeType, lines: list[str], first: int, last: int) -> Function | None:
    text = "".join(lines[first - 1 : last])
    inner = bool(_indent(lines[first - 1])) and first > 1
    # Lines are counted on from where it stands.
    tree = parse("\n" * (first - 2) + "if 1:\n" + text if inner else "\n" * (first - 1) + text)
    body: Any = tree.body[0]
    node = body.body[0] if inner else body
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or node.name != code.co_name:
        return None
    return node


def _lambda(code: types.CodeType, lines: list[str]) -> ast.Lambda | None:
    """A lambda by the columns of its body: there may be several in a line."""
    places = [place for place in code.co_positions() if None not in place and place[3]]
    if not places:
        return None
    begin = min((line, column) for line, _, column, _ in places)
    end = max((line, column) for _, line, _, column in places)
    first, last = int(begin[0] or 0), int(end[0] or 0)
    if not 0 < first <= last <= len(lines) or last - first > LONGEST:
        return None
    part = [line.encode() for line in lines[first - 1 : last]]
    part[-1] = part[-1][: end[1]]
    part[0] = part[0][begin[1] :]
    tree = parse(f"(lambda {_parameters(code)}: (\n{b''.join(part).decode()}\n))")
    statement = tree.body[0]
    assert isinstance(statement, ast.Expr)
    node = statement.value
    if not isinstance(node, ast.Lambda):
        return None
    ast.increment_lineno(node, first - 2)
    return node


def _parameters(code: types.CodeType) -> str:
    names = list(code.co_varnames)
    plain, keywords = code.co_argcount, code.co_kwonlyargcount
    parts = [*names[:plain]]
    if code.co_posonlyargcount:
        parts.insert(code.co_posonlyargcount, "/")
    rest = names[plain + keywords :]
    if code.co_flags & inspect.CO_VARARGS:
        parts.append("*" + rest.pop(0))
    elif keywords:
        parts.append("*")
    parts += names[plain : plain + keywords]
    if code.co_flags & inspect.CO_VARKEYWORDS:
        parts.append("**" + rest.pop(0))
    return ", ".join(parts)


def module_top(code: types.CodeType, names: dict[str, Any]) -> ast.Module | None:
    """The statements at the top of a module that runs, without the insides of its functions and classes.

    Each of these is `pass`, so that what is parsed is short. None if that cannot be read.
    """
    kept = _tops.get(id(code))
    if kept is not None and kept[0] is code:
        return kept[1]
    tree: ast.Module | None = None
    lines = list(lines_of(code.co_filename, names))
    try:
        for const in code.co_consts:
            if type(const) is types.CodeType and not const.co_name.startswith("<"):
                first, last = extent(const, lines)
                line = lines[first - 1]
                lines[first - 1 : last] = [line[: len(line) - len(line.lstrip())] + "pass\n", *["\n"] * (last - first)]
        tree = parse("".join(lines)) if lines else None
    except (SyntaxError, ValueError, RecursionError, MemoryError, IndexError):
        tree = None
    if len(_tops) > 16:
        _tops.clear()
    _tops[id(code)] = (code, tree)
    return tree


_tops: dict[int, tuple[types.CodeType, ast.Module | None]] = until_let_go({})


class _Quiet:
    r"""See that reading "\d" does not print a second SyntaxWarning: the program's output is its own.

    One filter, for our name alone, while we read. The program's memory of what it has warned of already stays valid:
    only `warnings.filterwarnings` and the like have it forgotten.
    """

    def __enter__(self) -> None:
        filters: Any = warnings.filters
        self._filters = filters if type(filters) is list else []
        self._filters.insert(0, _OUR_FILTER)

    def __exit__(self, *_: object) -> None:
        for place, entry in enumerate(self._filters):
            if entry is _OUR_FILTER:
                del self._filters[place]
                return


_OUR_FILTER: Final = ("ignore", None, Warning, re.compile(_READING), 0)


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes right below: as `ast.iter_child_nodes`, in a quarter of its time, which here is most of the whole."""
    found: list[ast.AST] = []
    held = node.__dict__
    cls: Any = type(node)
    fields = _fields.get(cls)
    if fields is None:
        fields = () if cls is ast.Constant else tuple(name for name in cls._fields if name not in ("id", "attr", "ctx"))
        _fields[cls] = fields
    for name in fields:
        value = held.get(name)
        if type(value) is list:
            found += [item for item in value if isinstance(item, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


#: Where a kind of node may have others below it, but for what says whether it is read or written.
_fields: Final[dict[Any, tuple[str, ...]]] = {}


def _has_names(code: types.CodeType, node: Function) -> bool:
    """Whether a function's names all stand in that source."""
    there: set[str] = set()
    waiting: list[ast.AST] = [node]
    while waiting:
        part = waiting.pop()
        for value in part.__dict__.values():
            if type(value) is str:
                there.add(value)
        waiting += children(part)
    missing = [name for name in (*code.co_names, *code.co_varnames[: code.co_argcount]) if name not in there]
    return not any("." not in name and "__" not in name for name in missing)


def _confirms(code: types.CodeType, node: Function, class_name: str, lines: list[str]) -> bool:
    """Whether compiling that source again gives this very code.

    The compiler calls what is imported otherwise than what is not, so the imports at the top of the file are told to
    it; a notebook has it compile each statement without those before. What is free in a function must be a variable of
    one around it.
    """
    everywhere, at_the_top = _imports("".join(lines))
    flags = code.co_flags & _FLAGS
    return any(
        any(_same(made, code) for made in _compiled(node, class_name, code.co_freevars, imported, flags))
        for imported in dict.fromkeys((at_the_top, everywhere, ()))
    )


def _compiled(
    node: Function, class_name: str, free: tuple[str, ...], imported: tuple[str, ...], flags: int
) -> list[types.CodeType]:
    where = {"lineno": node.lineno, "col_offset": 0, "end_lineno": node.lineno, "end_col_offset": 0}
    inner: ast.stmt = ast.Expr(node, **where) if isinstance(node, ast.Lambda) else node
    if class_name:
        around = parse(f"class {class_name}: pass").body[0]
        assert isinstance(around, ast.ClassDef)
        around.body, inner = [inner], around
    outer = [name for name in free if name != "__class__"]
    if "__class__" in free and not class_name:
        outer.append("__class__")
    if outer:
        function = parse(f"def _({', '.join(outer)}): pass").body[0]
        assert isinstance(function, ast.FunctionDef)
        function.body, inner = [inner], function
    imports = [ast.Import([ast.alias(name, None, **where)], **where) for name in imported]
    with _Quiet():
        module = compile(ast.Module([*imports, inner], []), _READING, "exec", flags, dont_inherit=True)
    name = "<lambda>" if isinstance(node, ast.Lambda) else node.name
    return [made for made in _inside(module) if made.co_name == name]


_IMPORT: Final = re.compile(
    r"^([ \t]*)(?:from[ \t]+[.\w]+[ \t]+import[ \t]+|import[ \t]+)(\([^)]*\)|(?:[^\n#;\\]|\\\n)+)", re.M
)


@functools.lru_cache(32)
def _imports(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names that a file imports: anywhere, and at its top alone."""
    everywhere: dict[str, None] = {}
    at_the_top: dict[str, None] = {}
    for match in _IMPORT.finditer(text):
        for part in re.sub(r"#[^\n]*|[()\\]", " ", match[2]).split(","):
            words = part.split()
            name = words[-1] if words[1:2] == ["as"] else words[0].partition(".")[0] if words else ""
            if name.isidentifier():
                everywhere[name] = None
                if not match[1]:
                    at_the_top[name] = None
    return tuple(everywhere), tuple(at_the_top)


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
