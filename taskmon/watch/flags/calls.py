"""From whatever can be called to the Python function that will run, and what it will be called with."""

from __future__ import annotations

import ast
import contextvars
import functools
import threading
import types
from typing import Any, Final

from taskmon.core.base.modules import attribute_of
from taskmon.watch.flags import inspect_safely, source
from taskmon.watch.flags.inspect_safely import UNKNOWN
from taskmon.watch.flags.scope import Scope, Seen, arguments_of

#: How deep calls are followed from the thread's function.
DEEPEST = 4
_NESTED = 12


class Call:
    """A Python function and the arguments it gets, as far as they are known (None: not known)."""

    def __init__(
        self,
        function: types.FunctionType,
        positional: list[Seen | None],
        named: dict[str, Seen | None],
        context: contextvars.Context | None = None,
    ) -> None:
        self.function, self.positional, self.named = function, positional, named
        #: The context it runs in, if it was given one.
        self.context = context


def resolve(called: Any, positional: list[Seen | None], named: dict[str, Seen | None]) -> Call | None:
    """Look through bound methods, partials, callable objects, library decorators; None for what is not Python."""
    positional = list(positional)
    for _ in range(_NESTED):
        if type(called) is types.MethodType:
            positional.insert(0, Seen(called.__self__, None, "", True))
            called = called.__func__
        elif type(called) is functools.partial:
            positional = [*(Seen(value, None, "", True) for value in called.args), *positional]
            named = {**{name: Seen(value, None, name, True) for name, value in called.keywords.items()}, **named}
            called = called.func
        elif type(called) is types.FunctionType:
            if inspect_safely.is_programs(called.__code__):
                return Call(called, positional, named)
            inner = _wrapped(called, positional)
            if inner is None:
                return Call(called, positional, named)
            called = inner
        elif type(called) is _CACHED:
            called = (inspect_safely.own_names(called) or {}).get("__wrapped__")
        elif type(called) in (types.BuiltinFunctionType, types.MethodWrapperType) or inspect_safely.is_class(called):
            return _run_in_context(called, positional, named)
        else:
            found, _ = inspect_safely.on_class(type(called), "__call__")
            if type(found) is not types.FunctionType:
                return None
            positional.insert(0, Seen(called, None, "", True))
            called = found
    return None


_CACHED = type(functools.lru_cache(lambda: None))


def _wrapped(function: types.FunctionType, positional: list[Seen | None]) -> Any:
    """What a library's wrapper leads to: the wrapped function, or the one that `singledispatch` will choose."""
    names = function.__dict__
    registry = names.get("registry")
    if type(registry) is types.MappingProxyType and positional and (first := positional[0]) is not None:
        for cls in inspect_safely.mro(type(first.value)):
            if cls in registry:
                return registry[cls]
    return names.get("__wrapped__")


def _run_in_context(called: Any, positional: list[Seen | None], named: dict[str, Seen | None]) -> Call | None:
    """`contextvars.Context.run(function, …)`: how asyncio.to_thread and some wrappers call."""
    if getattr(called, "__name__", "") != "run" or type(getattr(called, "__self__", None)).__name__ != "Context":
        return None
    if not positional or (first := positional[0]) is None:
        return None
    found = resolve(first.value, positional[1:], named)
    if found is not None:
        found.context = called.__self__
    return found


def scope_of(call: Call, thread: threading.Thread | None, depth: int) -> Scope | None:
    """The scope of a call whose source is known and is the program's; None otherwise."""
    if not inspect_safely.is_programs(call.function.__code__):
        return None
    found = source.source_of(call.function.__code__, call.function.__globals__)
    if found is None:
        return None
    arguments = arguments_of(call.function, call.positional, call.named)
    return Scope(call.function, found, arguments, thread, depth, context=call.context)


def follow(scope: Scope, expr: ast.expr) -> Scope | None:
    """The scope of a call in a function's source, `self._loop(stop)`; None if it leads out of sight or too deep."""
    if isinstance(expr, ast.Await):
        expr = expr.value
    if not isinstance(expr, ast.Call) or scope.depth >= DEEPEST:
        return None
    if (inner := _coroutine(scope, expr)) is not None:
        return follow(scope, inner)
    called = scope.look(expr.func) or _context_run(scope, expr.func)
    if called is None or called.value is UNKNOWN:
        return None
    positional: list[Seen | None] = []
    for argument in expr.args:
        if isinstance(argument, ast.Starred):
            several = scope.look(argument.value)
            if several is None or type(several.value) is not tuple:
                return None
            positional += [Seen(value, None, "", several.own) for value in several.value]
        else:
            positional.append(_passed(scope, argument))
    named: dict[str, Seen | None] = {}
    for keyword in expr.keywords:
        if keyword.arg is not None:
            named[keyword.arg] = _passed(scope, keyword.value)
        elif (several := scope.look(keyword.value)) is not None and type(several.value) is dict:
            named |= {name: Seen(value, None, "", several.own) for name, value in several.value.items()}
    base = scope.look(expr.func.value) if isinstance(expr.func, ast.Attribute) else None
    call = resolve(called.value, positional, named)
    if call is None:
        return None
    if type(called.value) is types.MethodType and base is not None and call.positional and call.positional[0]:
        call.positional[0] = call.positional[0]._replace(words=base.words, own=base.own, kept=base.kept)
    call.context = call.context or scope.context
    return scope_of(call, scope.thread, scope.depth + 1)


def _context_run(scope: Scope, func: ast.expr) -> Seen | None:
    """`context.run`, which is no Python function."""
    base = scope.look(func.value) if isinstance(func, ast.Attribute) and func.attr == "run" else None
    is_context = base is not None and type(base.value) is contextvars.Context
    return base._replace(value=base.value.run, place=None) if base is not None and is_context else None


def special(scope: Scope, expr: ast.expr, name: str) -> Scope | None:
    """The scope of an object's own `__next__` or `__iter__`, which a loop over it calls; None if it has none."""
    obj = scope.look(expr)
    if obj is None or scope.depth >= DEEPEST or not inspect_safely.is_plain(obj.value):
        return None
    function, _ = inspect_safely.on_class(type(obj.value), name)
    if type(function) is not types.FunctionType:
        return None
    return scope_of(Call(function, [obj._replace(place=None)], {}), scope.thread, scope.depth + 1)


def _passed(scope: Scope, expr: ast.expr) -> Seen | None:
    """An argument: an object is handed on, a boolean only as a copy of no further interest."""
    seen = scope.look(expr)
    if seen is None or (isinstance(seen.value, bool) and not isinstance(expr, ast.Constant)):
        return None
    return (
        seen._replace(place=None, kept=seen.kept or seen.place is not None)
        if not seen.own
        else seen._replace(place=None)
    )


def _coroutine(scope: Scope, expr: ast.Call) -> ast.Call | None:
    """`asyncio.run(self.main())` and `loop.run_until_complete(self.main())` run what they are given."""
    if not expr.args or not isinstance(expr.args[0], ast.Call) or not isinstance(expr.func, ast.Attribute):
        return None
    if expr.func.attr == "run_until_complete":
        return expr.args[0]
    called = scope.look(expr.func)
    is_run = called is not None and getattr(called.value, "__module__", "") == "asyncio.runners"
    return expr.args[0] if is_run and expr.func.attr == "run" else None


#: Endless loops of the standard library, and the method of the same object by which it ends them.
_SERVING: Final = (
    ("socketserver", "BaseServer", "serve_forever", "shutdown"),
    # Not its `stop`, which a second time fails before Python 3.12.
    ("logging.handlers", "QueueListener", "_monitor", "enqueue_sentinel"),
)


def end_of_server(seen: Seen | None) -> Any:
    """The method that ends a loop of the standard library, if this is one, of the object whose it is; else None."""
    function = seen.value if seen is not None else None
    if type(function) is not types.MethodType:
        return None
    for module, cls, loop, end in _SERVING:
        names = vars(attribute_of(module, cls, object))
        ending = inspect_safely.on_class(type(function.__self__), end)[0]
        if function.__func__ is names.get(loop) and ending is names.get(end) is not None:
            return types.MethodType(names[end], function.__self__)
    return None
