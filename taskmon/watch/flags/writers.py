"""Who writes a name in a file: with which value, in which function, and whether that function runs in a thread."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final, NamedTuple

from taskmon.watch.flags import source
from taskmon.watch.flags.loops import called_name

#: What is written. Of an Event: SET, CLEARED. Of a boolean: TRUE, FALSE, or MAYBE. MADE: a new Event. DATA: else.
SET, CLEARED, TRUE, FALSE, NONE, MAYBE, MADE, DATA = "set", "cleared", "true", "false", "none", "maybe", "made", "data"
#: Methods that run a function in a thread: which of their arguments it is.
_STARTERS: Final = {
    "submit": 0, "to_thread": 0, "apply_async": 0, "map": 0, "imap": 0, "imap_unordered": 0, "starmap": 0, "Timer": 1,
    "run_in_executor": 1, "start_new_thread": 0, "start_soon": 0,
}  # fmt: skip
_THREAD_BASES: Final = ("Thread", "Timer", "QThread")


class Write(NamedTuple):
    """One place where a name is written."""

    what: str
    value: ast.expr | None
    #: "self", "cls", a plain name for others, "" for a bare variable.
    through: str
    class_name: str
    #: The innermost function with a name; "" at the top of the file.
    function: str
    name: str
    line: int


class Starter(NamedTuple):
    """`Thread(target=f, args=(a, b))`: the last name of `f`, and the names of what it is given."""

    function: str
    arguments: tuple[str, ...]


class FileReading(NamedTuple):
    """One file: who writes what, what runs in threads, who calls whom."""

    writes: dict[str, list[Write]]
    starters: tuple[Starter, ...]
    #: For each called last name, the functions that call it.
    callers: dict[str, set[str]]
    #: Bare uses of a method or function, not calls: callbacks.
    references: dict[str, set[str]]
    #: `run` methods of Thread subclasses are in here too, and what threads alone call.
    in_threads: frozenset[str]
    #: Classes whose `run` is that of a thread.
    thread_classes: frozenset[str]
    #: `self.stop = stop`: other names for the same object.
    other_names: dict[str, set[str]]
    #: Who puts what into queues: the queue's last name, the value, the function, the node.
    puts: tuple[tuple[str, ast.expr, str, ast.AST], ...]
    #: Who waits for a name or asks whether it is set: (name, function).
    waits: frozenset[tuple[str, str]]
    functions: dict[str, list[source.Function]]


_files: dict[int, tuple[source.Source, FileReading]] = {}


def read_file(read: source.Source) -> FileReading:
    """Read a file once, and keep it. Any thread."""
    kept = _files.get(id(read))
    if kept is not None and kept[0] is read:
        return kept[1]
    if len(_files) > 256:
        _files.clear()
    made = _Walker().walk(read.tree)
    _files[id(read)] = (read, made)
    return made


_ASSIGNING: Final = (ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.AugAssign, ast.For, ast.AsyncFor)


class _Walker:
    def __init__(self) -> None:
        self.writes: dict[str, list[Write]] = {}
        self.starters: list[Starter] = []
        self.callers: dict[str, set[str]] = {}
        self.references: dict[str, set[str]] = {}
        self.bases: dict[str, set[str]] = {}
        self.other_names: dict[str, set[str]] = {}
        self.puts: list[tuple[str, ast.expr, str, ast.AST]] = []
        self.waits: set[tuple[str, str]] = set()
        self.functions: dict[str, list[source.Function]] = {}

    def walk(self, tree: ast.Module) -> FileReading:
        waiting: list[tuple[ast.AST, str, str]] = [(child, "", "") for child in tree.body]
        called: set[int] = set()
        while waiting:
            node, class_name, function = waiting.pop()
            if isinstance(node, ast.ClassDef):
                self.bases.setdefault(node.name, set()).update(last_name(base) for base in node.bases)
                class_name = node.name
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                function = node.name
                self.functions.setdefault(function, []).append(node)
            elif isinstance(node, ast.Call):
                called.add(id(node.func))
                self.called(node, class_name, function)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                if node.attr in ("set", "clear") and (name := last_name(node.value)):
                    what = SET if node.attr == "set" else CLEARED
                    self.note(name, Write(what, None, through(node.value), class_name, function, name, node.lineno))
                elif id(node) not in called:
                    self.references.setdefault(node.attr, set()).add(function)
            elif isinstance(node, ast.Name):
                if isinstance(node.ctx, ast.Load) and id(node) not in called:
                    self.references.setdefault(node.id, set()).add(function)
                continue
            elif isinstance(node, ast.Constant):
                continue
            elif isinstance(node, _ASSIGNING):
                for target, value in assigned(node):
                    self.assign(target, value, class_name, function)
            waiting += [(child, class_name, function) for child in source.children(node)]
        return self.result()

    def result(self) -> FileReading:
        classes = {name for name, bases in self.bases.items() if any(base.endswith(_THREAD_BASES) for base in bases)}
        for _ in self.bases:
            classes |= {name for name, bases in self.bases.items() if bases & classes}
        entries = {starter.function for starter in self.starters} | ({"run"} if classes else set())
        return FileReading(
            self.writes,
            tuple(self.starters),
            self.callers,
            self.references,
            _closure(entries, self.callers, self.references),
            frozenset(classes),
            self.other_names,
            tuple(self.puts),
            frozenset(self.waits),
            self.functions,
        )

    def note(self, name: str, write: Write) -> None:
        self.writes.setdefault(name, []).append(write)

    def assign(self, target: ast.expr, value: ast.expr | None, class_name: str, function: str) -> None:
        name = last_name(target)
        if not name:
            return
        self.note(name, Write(kind_of(value), value, through(target), class_name, function, name, target.lineno))
        if isinstance(value, (ast.Name, ast.Attribute)) and (other := last_name(value)) != name:
            self.other_names.setdefault(name, set()).add(other)

    def called(self, call: ast.Call, class_name: str, function: str) -> None:
        name = called_name(call)
        self.callers.setdefault(name, set()).add(function)
        if name in ("wait", "is_set", "isSet") and isinstance(call.func, ast.Attribute):
            self.waits.add((last_name(call.func.value), function))
        if name in ("put", "put_nowait") and call.args and isinstance(call.func, ast.Attribute):
            self.puts.append((last_name(call.func.value), call.args[0], function, call))
        if name == "setattr" and len(call.args) == 3 and isinstance(call.args[1], ast.Constant):
            name, value = str(call.args[1].value), call.args[2]
            owner = call.args[0].id if isinstance(call.args[0], ast.Name) else "?"
            self.note(name, Write(kind_of(value), value, owner, class_name, function, name, call.lineno))
        started: ast.expr | None = None
        given: list[ast.expr] = []
        for keyword in call.keywords:
            if keyword.arg in ("target", "function"):
                started = keyword.value
            elif keyword.arg == "args" and isinstance(keyword.value, (ast.Tuple, ast.List)):
                given = keyword.value.elts
        place = _STARTERS.get(name)
        if started is None and place is not None and len(call.args) > place:
            started = call.args[place]
            given = given or call.args[place + 1 :]
            if name == "Timer" and len(call.args) > 2 and isinstance(call.args[2], (ast.Tuple, ast.List)):
                given = call.args[2].elts
        if isinstance(started, ast.Call) and called_name(started) == "partial" and started.args:
            given, started = started.args[1:], started.args[0]
        if started is not None and (function_name := last_name(started)):
            self.starters.append(Starter(function_name, tuple(last_name(argument) for argument in given)))


def _closure(entries: set[str], callers: dict[str, set[str]], references: dict[str, set[str]]) -> frozenset[str]:
    """The entries, and the functions that are called from them alone, three deep."""
    inside = set(entries)
    for _ in range(3):
        more = {
            name
            for name, who in callers.items()
            if name not in inside and "" not in who and who <= inside and not references.get(name, set()) - inside
        }
        if not more:
            break
        inside |= more
    return frozenset(inside)


def assigned(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    """What a statement assigns: (target, value), value None if it is not written there."""
    match node:
        case ast.Assign():
            for target in node.targets:
                if isinstance(target, (ast.Tuple, ast.List)):
                    values: list[ast.expr | None] = [None] * len(target.elts)
                    if isinstance(node.value, (ast.Tuple, ast.List)) and len(node.value.elts) == len(target.elts):
                        values = list(node.value.elts)
                    yield from zip(target.elts, values, strict=True)
                else:
                    yield target, node.value
        case ast.AnnAssign() if node.value is not None:
            yield node.target, node.value
        case ast.NamedExpr():
            yield node.target, node.value
        case ast.AugAssign():
            yield node.target, ast.Constant("changed")
        case ast.For() | ast.AsyncFor():
            yield node.target, ast.Constant("changed")


def last_name(expr: ast.expr) -> str:
    """`self.state.running` and `state["running"]` → "running"; `running[0]` → "running"; "" for anything else."""
    match expr:
        case ast.Name():
            return expr.id
        case ast.Attribute():
            return expr.attr
        case ast.Subscript(slice=ast.Constant(value=str() as key)):
            return key
        case ast.Subscript():
            return last_name(expr.value)
        case ast.Call(func=ast.Name(id="partial"), args=[first, *_]):
            return last_name(first)
    return ""


def through(expr: ast.expr) -> str:
    """What a name is written through: "self" of `self.running`, "" of a bare name, "?" of anything longer."""
    match expr:
        case ast.Name():
            return ""
        case ast.Attribute(value=ast.Name(id=owner)) | ast.Subscript(value=ast.Name(id=owner)):
            return owner
        case ast.Attribute(value=ast.Attribute(value=ast.Name(id="self"), attr=owner)):
            return f"self.{owner}"
    return "?"


def kind_of(value: ast.expr | None) -> str:
    """What sort of value an expression is, as far as it shows."""
    match value:
        case ast.Constant(value=True) | ast.Constant(value=False) | ast.Constant(value=None):
            return {True: TRUE, False: FALSE, None: NONE}[value.value]  # type: ignore[index]
        case ast.Constant(value=int() as number) if number in (0, 1):
            return TRUE if number else FALSE
        case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()) | ast.Name() | ast.Attribute() | ast.IfExp():
            return MAYBE
        case ast.Call() if called_name(value) in ("bool", "is_set", "wait", "isSet", "any", "all", "isinstance"):
            return MAYBE
        case ast.Call() if called_name(value) == "Event":
            return MADE
        case None:
            return MAYBE
    return DATA
