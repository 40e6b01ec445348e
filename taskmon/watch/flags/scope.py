"""A function as it runs: which live object each name and each expression of its source stands for.

Only what can be known without running anything is known: names, attributes, constant items, `getattr` with a constant
name, `current_thread()`. Everything else is None.
"""

from __future__ import annotations

import ast
import builtins
import contextvars
import inspect
import sys
import threading
import types
import weakref
from typing import Any, Final, NamedTuple

from taskmon.core.stacks.frames import current_frames
from taskmon.core.stacks.variables import variables
from taskmon.watch.flags import inspect_safely, source
from taskmon.watch.flags.bindings import locals_of
from taskmon.watch.flags.inspect_safely import UNKNOWN
from taskmon.watch.flags.locations import Attribute, Cell, Global, Item, Place
from taskmon.watch.thread_fields import ident_of


class Seen(NamedTuple):
    """A live value, where it was read (None: passed around as an object), and what the code calls it."""

    value: Any
    place: Place | None
    words: str
    #: Reached through the arguments or `self`: the thread's own, rather than everybody's.
    own: bool = False
    #: Taken once into a local name: what is put in its place later is not seen by the function.
    kept: bool = False


class Super(NamedTuple):
    """What `super()` returns, without having been made."""

    obj: Any
    after: Any


class Scope:
    """One call of one function: its source, its live closure and globals, its arguments as far as known."""

    def __init__(
        self,
        function: types.FunctionType,
        found: source.Found,
        arguments: dict[str, Seen],
        thread: threading.Thread | None,
        depth: int = 0,
        *,
        context: contextvars.Context | None = None,
    ) -> None:
        self.function, self.found, self.thread, self.depth = function, found, thread, depth
        #: The context that it was told to run in; None if it has one of its own.
        self.context = context
        self.node = found.node
        self.arguments = arguments
        self.locals = locals_of(found.node)
        self._looking: set[str] = set()

    def mangled(self, name: str) -> str:
        """`__stop` in the body of class `Worker` is `_Worker__stop`, whatever the class of `self`."""
        holder = self.found.class_name.lstrip("_")
        return f"_{holder}{name}" if holder and name.startswith("__") and not name.endswith("__") else name

    def look(self, expr: ast.expr) -> Seen | None:
        """What the expression stands for at this moment; None if that cannot be known."""
        match expr:
            case ast.Name():
                return self._name(expr.id)
            case ast.Attribute():
                return self._attribute(expr)
            case ast.Constant():
                return Seen(expr.value, None, repr(expr.value)[:60])
            case ast.Subscript():
                return self._item(expr)
            case ast.Call():
                return self._call(expr)
            case ast.NamedExpr():
                return self.look(expr.value)
        return None

    def _name(self, name: str) -> Seen | None:
        name = self.mangled(name)
        if name in self.locals.global_names:
            return self._global(name)
        if name in self.locals.bound:
            return self._local(name) if name not in self.locals.parameters else None
        if name in self.locals.parameters:
            return self.arguments.get(name) or self._argument(name)
        code = self.function.__code__
        if name in code.co_freevars:
            cell = (self.function.__closure__ or ())[code.co_freevars.index(name)]
            place = Cell(cell, name)
            value = place.read()
            return None if value is UNKNOWN else Seen(value, place, name)
        return self._global(name)

    def _global(self, name: str) -> Seen | None:
        place = Global(self.function.__globals__, name)
        value = place.read()
        if value is not UNKNOWN:
            return Seen(value, place, name)
        value = vars(builtins).get(name, UNKNOWN)
        return None if value is UNKNOWN else Seen(value, None, name)

    def _local(self, name: str) -> Seen | None:
        """A local name that is bound once, to something known: another name for an object (a boolean is copied)."""
        bindings = self.locals.bound[name]
        if name in self._looking:
            return None
        seen = None
        if len(bindings) == 1:
            expr, node = bindings[0]
            if expr is None and isinstance(node, (ast.Import, ast.ImportFrom)):
                return _imported(name, node)
            self._looking.add(name)
            try:
                seen = self.look(expr) if expr is not None else None
            finally:
                self._looking.discard(name)
        if seen is None:
            value = self._variable(name)
            seen = None if value is UNKNOWN else Seen(value, None, name, True)
        if seen is None or isinstance(seen.value, (bool, int, str, float, type(None))):
            return None
        words = name if seen.words.endswith("()") else seen.words  # what a call has given is known by its new name
        return seen._replace(place=None, kept=True, words=words)

    def _argument(self, name: str) -> Seen | None:
        """A function or another object that the running call was given, of what was made for it: `until=lambda: …`."""
        value = self._variable(name)
        return Seen(value, None, name, True) if value is not UNKNOWN and _is_object(value) else None

    def _variable(self, name: str) -> Any:
        """What a local variable holds in the running call, for an object that a helper has made or returned."""
        frame = current_frames().get(ident_of(self.thread) or 0) if self.thread is not None else None
        while frame is not None and frame.f_code is not self.function.__code__:
            frame = frame.f_back
        return self.running(frame).get(name, UNKNOWN) if frame is not None else UNKNOWN

    @staticmethod
    def running(frame: types.FrameType) -> dict[str, Any]:
        """The variables of a running call; none of a module or a class, which have theirs elsewhere."""
        return variables(frame) if frame.f_code.co_flags & inspect.CO_OPTIMIZED else {}

    def _attribute(self, expr: ast.Attribute) -> Seen | None:
        base = self.look(expr.value)
        if base is None or base.value is UNKNOWN:
            return None
        seen = self.attribute(base, self.mangled(expr.attr))
        return seen._replace(words=f"{base.words}.{expr.attr}"[:80]) if seen is not None else None

    def attribute(self, base: Seen, name: str) -> Seen | None:
        """`base.name`, unless it is a property or out of sight."""
        words = f"{base.words}.{name}"[:80]
        if type(base.value) is Super:
            above = inspect_safely.peek_above(base.value.obj, base.value.after, name)
            return Seen(above.value, None, words) if above.how == inspect_safely.METHOD else None
        found = inspect_safely.peek(base.value, name)
        if found.how in (inspect_safely.OWN, inspect_safely.CLASS):
            own = base.own and found.how == inspect_safely.OWN
            return Seen(
                found.value, Attribute(base.value, name), words, own, base.kept and base.place is None and not own
            )
        if found.how == inspect_safely.PROPERTY:
            seen = self._returned(found.value, base)
            return seen._replace(place=None, kept=False) if seen is not None and _is_object(seen.value) else None
        return Seen(found.value, None, words, base.own) if found.how == inspect_safely.METHOD else None

    def _returned(self, getter: Any, base: Seen | None) -> Seen | None:
        """The object that a function of the program does nothing but return, of a property or a `get_event()`."""
        if (
            type(getter) is not types.FunctionType
            or self.depth > _DEEPEST
            or not inspect_safely.is_programs(getter.__code__)
        ):
            return None
        found = source.source_of(getter.__code__, getter.__globals__)
        if found is None or not isinstance(found.node, ast.FunctionDef):
            return None
        body = [part for part in found.node.body if not isinstance(part, ast.Expr)]
        if len(body) != 1 or not isinstance(body[0], ast.Return) or body[0].value is None:
            return None
        code = getter.__code__
        bound = {code.co_varnames[0]: base} if base is not None and code.co_argcount else {}
        return Scope(getter, found, bound, self.thread, self.depth + 1, context=self.context).look(body[0].value)

    def _item(self, expr: ast.Subscript) -> Seen | None:
        base = self.look(expr.value)
        index = self.look(expr.slice)
        if isinstance(expr.slice, ast.UnaryOp) and isinstance(expr.slice.op, ast.USub):
            inner = self.look(expr.slice.operand)
            index = None if inner is None or type(inner.value) is not int else inner._replace(value=-inner.value)
        if base is None or index is None:
            return None
        return self.item(base, index.value)

    def item(self, base: Seen, index: Any, default: Any = UNKNOWN) -> Seen | None:
        """`base[index]` of a plain dict, list or tuple."""
        if (shown := inspect_safely.behind_proxy(base.value)) is not UNKNOWN:
            base = base._replace(value=shown)
        name = index if type(index) is str else base.words.rpartition(".")[2]
        place = Item(base.value, index, name, default)
        value = place.read()
        return None if value is UNKNOWN else Seen(value, place, f"{base.words}[{_shown(index)}]"[:80], base.own)

    def _call(self, expr: ast.Call) -> Seen | None:
        if isinstance(expr.func, ast.Attribute) and expr.func.attr == "get":
            variable = self.look(expr.func.value)
            if variable is not None and type(variable.value) is contextvars.ContextVar:
                return self._of_context(variable)
        called = self.look(expr.func) if not isinstance(expr.func, ast.Attribute) else self._method(expr)
        if isinstance(called, Seen) and isinstance(expr.func, ast.Attribute) and called.place is not None:
            return called if type(called.place) is Item else None
        function = called.value if called is not None else None
        if function is threading.current_thread or function is getattr(threading, "currentThread", None):
            return Seen(self.thread, None, "thread", True) if self.thread is not None else None
        if function is super and not expr.args:
            return self._super()
        if function is type and len(expr.args) == 1:
            of = self.look(expr.args[0])
            return Seen(type(of.value), None, f"type({of.words})") if of is not None else None
        if function is getattr and len(expr.args) in (2, 3) and isinstance(expr.args[1], ast.Constant):
            return self._getattr(expr)
        if type(function) is weakref.ref and not expr.args and called is not None:
            referent = function()
            return Seen(referent, None, f"{called.words}()", called.own) if referent is not None else None
        if type(function) is types.MethodType and not expr.args and not expr.keywords and called is not None:
            seen = self._returned(
                function.__func__, Seen(function.__self__, None, called.words.rpartition(".")[0], called.own)
            )
        elif type(function) is types.FunctionType and not expr.args and not expr.keywords:
            seen = self._returned(function, None)
        else:
            return None
        return seen._replace(place=None) if seen is not None and _is_object(seen.value) else None

    def _method(self, expr: ast.Call) -> Seen | None:
        """`state.get("running", True)` as an item; else the function that is called."""
        assert isinstance(expr.func, ast.Attribute)
        if expr.func.attr == "get":
            base = self.look(expr.func.value)
            if base is not None and type(base.value) is dict and expr.args:
                key = self.look(expr.args[0])
                default = expr.args[1] if len(expr.args) > 1 else ast.Constant(None)
                known = default.value if isinstance(default, ast.Constant) else UNKNOWN
                return self.item(base, key.value, known) if key is not None else None
        seen = self.look(expr.func)
        return seen._replace(place=None) if seen is not None else None

    def _of_context(self, variable: Seen) -> Seen | None:
        """A context variable's value in the context that the thread was told to run in."""
        if self.context is None or variable.value not in self.context:
            return None  # its default may be hidden by a value of the thread's own
        return Seen(self.context[variable.value], None, f"{variable.words}.get()", kept=True)

    def _super(self) -> Seen | None:
        code = self.function.__code__
        first = code.co_varnames[0] if code.co_argcount else ""
        owner = self.arguments.get(first)
        if owner is None or "__class__" not in code.co_freevars:
            return None
        after = Cell((self.function.__closure__ or ())[code.co_freevars.index("__class__")], "__class__").read()
        return Seen(Super(owner.value, after), None, owner.words, owner.own)

    def _getattr(self, expr: ast.Call) -> Seen | None:
        base, name = self.look(expr.args[0]), expr.args[1]
        if base is None or not isinstance(name, ast.Constant) or type(name.value) is not str:
            return None
        seen = self.attribute(base, name.value)
        if seen is not None or len(expr.args) < 3 or not isinstance(expr.args[2], ast.Constant):
            return seen
        place = Attribute(base.value, name.value, expr.args[2].value)
        value = place.read()
        return None if value is UNKNOWN else Seen(value, place, f"{base.words}.{name.value}"[:80], base.own)


_DEEPEST: Final = 6


def _is_object(value: object) -> bool:
    """Whether it is handed on as itself, rather than copied."""
    return not isinstance(value, (bool, int, str, float, type(None)))


def _shown(index: Any) -> str:
    return repr(index)[:40] if type(index) in (str, int) else f"{inspect_safely.name_of(type(index))} …"


def _imported(name: str, node: ast.AST) -> Seen | None:
    """A name that the function imports for itself: from the modules that are there already."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            whole = alias.name if alias.asname == name else alias.name.partition(".")[0]
            if name in (alias.asname, whole) and (module := sys.modules.get(whole)) is not None:
                return Seen(module, None, name)
    if isinstance(node, ast.ImportFrom) and not node.level:
        module = sys.modules.get(node.module or "")
        for alias in node.names:
            if module is not None and name in (alias.asname, alias.name):
                found = inspect_safely.peek(module, alias.name)
                return Seen(found.value, None, name) if found.how == inspect_safely.OWN else None
    return None


def arguments_of(
    function: types.FunctionType, positional: list[Seen | None], named: dict[str, Seen | None]
) -> dict[str, Seen]:
    """Bind arguments to parameters, as far as they are known. What does not fit is left out: the call fails itself."""
    code = function.__code__
    names = code.co_varnames[: code.co_argcount]
    bound: dict[str, Seen] = {}
    for name, seen in zip(names, positional, strict=False):
        if seen is not None:
            bound[name] = seen if seen.words else seen._replace(words=name)
    for name, seen in named.items():
        if seen is not None and name in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]:
            bound[name] = seen if seen.words else seen._replace(words=name)
    defaults = function.__defaults__ or ()
    for name, value in zip(names[len(names) - len(defaults) :], defaults, strict=False):
        if name not in named and names.index(name) >= len(positional):
            bound[name] = Seen(value, None, name)
    for name, value in (function.__kwdefaults__ or {}).items():
        if name not in named:
            bound[name] = Seen(value, None, name)
    place = code.co_argcount + code.co_kwonlyargcount
    if code.co_flags & inspect.CO_VARARGS:
        extra = positional[code.co_argcount :]
        if all(seen is not None for seen in extra):
            values = tuple(seen.value for seen in extra if seen is not None)
            bound[code.co_varnames[place]] = Seen(values, None, code.co_varnames[place], True)
        place += 1
    if code.co_flags & inspect.CO_VARKEYWORDS:
        rest = {name: seen.value for name, seen in named.items() if name not in bound and seen is not None}
        bound[code.co_varnames[place]] = Seen(rest, None, code.co_varnames[place], True)
    return bound
