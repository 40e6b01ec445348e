"""The program's own way to stop a thread: a method, whatever its verb, that sets the flag.

It is read before it is called. One that sets the flag and waits for the thread is the same as setting the flag. One
that also writes down why, wakes the thread or closes what it hangs in is called whole, for that is what the program
itself would do. One that does anything further, something that could not be taken back for instance, is not called
by a plain cancel.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import os
import queue
import stat
import sys
import threading
import types
from typing import Any, Final, NamedTuple

from taskmon.watch.flags import calls, inspect_safely, owners, source
from taskmon.watch.flags.bindings import own_nodes
from taskmon.watch.flags.conditions import EVENT, LOOP_EVENT, event_kind
from taskmon.watch.flags.loops import called_name
from taskmon.watch.flags.names import words, words_of
from taskmon.watch.flags.scope import Scope, Seen
from taskmon.watch.thread_fields import is_alive

_NEVER: Final = frozenset({"join", "__del__", "__exit__", "run", "start", "__init__"})
#: Calls that only look, talk or wait.
_IDLE: Final = words("""
    print log debug info warning error exception critical join is_alive is_set isSet wait sleep acquire locked
    monotonic time format str repr len isinstance hasattr getattr current_thread get_ident done empty qsize suppress
    nullcontext closing copy
""")
#: Calls that only make one thing of another.
_MAKING: Final = words("list tuple set sorted reversed dict int float bool min max sum abs round super getLogger")
#: Calls on what the object keeps that let go of it or wake those who wait.
_FREEING: Final = words("""
    set close shutdown disconnect cancel notify notify_all put put_nowait release stop clear terminate quit
    server_close unregister interrupt set_result
""")
_FREEING_WORDS: Final = (("cancel",), ("close",), ("stop",), ("notify",), ("wake",), ("release",))
#: How something is let go of, after which nobody can use it.
CLOSING: Final = words("close aclose shutdown disconnect terminate server_close")
#: What sets a flag, or fills or empties a list or a queue that is one.
_SETTING: Final = words("set clear pop popleft append add put put_nowait")
_DEEPEST: Final = 3
#: Why a method that ends the thread in several ways is not called.
DEPENDS: Final = "what it does depends on its arguments"


class Way(NamedTuple):
    """A method that sets the flag."""

    method: Any
    name: str
    #: It does more than setting the flag, and waiting for it to be seen.
    does_more: bool
    #: Why a plain cancel must not call it; "" if it may.
    why_not: str
    #: It waits for the thread.
    joins: bool = False
    #: Once the flag is set it does nothing: `if self._closed: return`.
    is_done_once: bool = False
    #: The queue by which it tells others of the end; "" if none.
    tells_others: str = ""
    #: The ends of the object's own pipes into which it writes, or which it closes.
    wakes: tuple[Any, ...] = ()
    #: The events of a loop that it sets, in the loop's own thread.
    told: tuple[Any, ...] = ()
    #: It looks whether there is anything to end before it does.
    asks_first: bool = False
    #: The Conditions at which it wakes those who wait.
    notified: tuple[Seen, ...] = ()
    #: What it closes, or lets go of, beside the flag.
    closes: tuple[Seen, ...] = ()
    #: The line of the first act that could not be taken back; 0 if there is none.
    act_at: int = 0
    #: The variables of its object that it changes beside the flag.
    changes: frozenset[str] = frozenset()


def way_of(owner: Any, name: str, flag_name: str) -> Way | None:
    """How a method of the object whose thread it is could be called; None if there is no such method."""
    found = inspect_safely.peek(owner, name)
    if found.how != inspect_safely.METHOD or type(found.value) is not types.MethodType:
        return None
    function = found.value.__func__
    if type(function) is not types.FunctionType:
        return None
    scope = calls.scope_of(calls.Call(function, [Seen(owner, None, "self", True)], {}), None, 0)
    if scope is None:
        return Way(found.value, name, True, "its source cannot be read")
    does = _Effects(scope, flag_name, owner)
    why_not = _why_not_called(function, name) or _depends_on_arguments(scope.node, flag_name)
    why_not = why_not or (f"it also {does.harm}" if does.harm else "")
    if not why_not and (gone := _lets_go_of(scope.node)):
        why_not = f"it could not be called once more: it lets go of {gone}"
    done_once = _is_done_once(scope.node, flag_name)
    return Way(
        found.value, name, does.more, why_not, does.joins, done_once, does.tells_others,
        tuple(does.wakes), tuple(does.told), _asks_first(scope.node), tuple(does.notified), tuple(does.closes),
        does.act_at, frozenset(does.changes),
    )  # fmt: skip


def way_by(function: Any, flag_name: str) -> Way | None:
    """What a function of no object does as it sets the flag; never to be called."""
    scope = calls.scope_of(calls.Call(function, [], {}), None, 0)
    if scope is None:
        return None
    does = _Effects(scope, flag_name, None)
    why_not = f"it also {does.harm}" if does.harm else "it is everybody's"
    return Way(None, function.__name__, does.more, why_not, does.joins, _is_done_once(scope.node, flag_name))


def _why_not_called(function: types.FunctionType, name: str) -> str:
    code = function.__code__
    required = code.co_argcount - len(function.__defaults__ or ()) - 1
    keywords = code.co_kwonlyargcount - len(function.__kwdefaults__ or {})
    if required > 0 or keywords > 0:
        return "it needs arguments"
    if code.co_flags & (inspect.CO_COROUTINE | inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR):
        return "it is a coroutine"
    if name.startswith("_") or name in _NEVER:
        return "it is not meant to be called from outside"
    if not inspect_safely.is_programs(code):
        return "it belongs to a library"
    return ""


def _lets_go_of(node: source.Function) -> str:
    """`self._thread.join(); self._thread = None`, with no look whether it is there: the second time that fails."""
    parts = own_nodes(node)
    gone = {
        ast.unparse(target)
        for part in parts
        if isinstance(part, ast.Assign) and isinstance(part.value, ast.Constant) and part.value.value is None
        for target in part.targets
        if isinstance(target, ast.Attribute)
    }
    asked = {
        ast.unparse(each)
        for part in parts
        if isinstance(part, (ast.If, ast.While))
        for each in ast.walk(part.test)
        if isinstance(each, ast.Attribute)
    }
    used = [
        ast.unparse(part.value)
        for part in parts
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Attribute)
    ]
    return next((each for each in used if each in gone - asked), "")


_WAKING: Final = frozenset({"write", "eventfd_write", "close", "send", "sendall"})


def _asks_first(node: source.Function) -> bool:
    """Whether a function writes into a pipe, or closes it, only if something else is so, or takes it if that fails."""
    for part in own_nodes(node):
        below = own_nodes(part) if isinstance(part, (ast.If, ast.Try, ast.With)) else []
        wakes = any(isinstance(each, ast.Call) and called_name(each) in _WAKING for each in below)
        if isinstance(part, ast.If) and (wakes or isinstance(part.body[-1], ast.Return)):
            return True
        if wakes and (isinstance(part, ast.Try) and part.handlers):
            return True
        if wakes and isinstance(part, ast.With) and "suppress" in ast.unparse(part.items[0]):
            return True
    return False


def _depends_on_arguments(node: source.Function, flag_name: str) -> str:
    """Why a method that sets the flag only if its arguments say so would not do when it is called without."""
    given = {argument.arg for argument in [*node.args.args[1:], *node.args.kwonlyargs]}
    for part in own_nodes(node):
        if isinstance(part, ast.If) and any(
            isinstance(each, ast.Name) and each.id in given for each in ast.walk(part.test)
        ):
            inside = [each for block in (part.body, part.orelse) for item in block for each in ast.walk(item)]
            if any(isinstance(each, ast.expr) and _last(each) == flag_name for each in inside):
                return DEPENDS
    return ""


def _is_done_once(node: source.Function, flag_name: str) -> bool:
    """Whether a function does nothing where the flag is set already, and leaves undone what else it does."""
    body = [] if isinstance(node, ast.Lambda) else list(node.body)
    while body:
        first = body.pop(0)
        if isinstance(first, (ast.With, ast.Try)):  # under a lock
            body = [*first.body, *body]
        elif isinstance(first, ast.If):
            asks = any(_last(part) == flag_name for part in ast.walk(first.test) if isinstance(part, ast.expr))
            # By what it is to become, it may be called for either: that is no second call.
            given = {argument.arg for argument in node.args.args[1:]} if isinstance(node, ast.FunctionDef) else set()
            asks = asks and not any(isinstance(part, ast.Name) and part.id in given for part in ast.walk(first.test))
            sets = any(
                _last(part) == flag_name
                for inner in first.body
                for part in ast.walk(inner)
                if isinstance(part, ast.expr)
            )
            return asks and (sets or isinstance(first.body[-1], ast.Return))
        elif not isinstance(first, ast.Expr):
            return False
    return False


class _Effects:
    """What a function does beside setting the flag, and waiting for it to be seen."""

    def __init__(self, scope: Scope, flag_name: str, owner: object) -> None:
        self.flag_name, self.owner = flag_name, owner
        #: It does more; it waits for the thread.
        self.more = self.joins = False
        #: See `Way`.
        self.wakes: list[Any] = []
        self.told: list[Any] = []
        self.notified: list[Seen] = []
        self.closes: list[Seen] = []
        self.changes: set[str] = set()
        #: The first act that a plain cancel must not do, and the queue by which others are told; "" if none.
        self.harm = self.tells_others = ""
        self.act_at = 0
        if isinstance(scope.node, ast.Lambda):
            self.expression(scope, scope.node.body, 0)
        else:
            self.block(scope, scope.node.body, 0)

    def harms(self, words_: str, node: ast.AST) -> None:
        self.more = True
        if not self.harm:
            self.act_at = node.lineno  # type: ignore[attr-defined]
            self.harm = f"{words_} (line {self.act_at})"

    def block(self, scope: Scope, body: list[ast.stmt], depth: int) -> None:
        for statement in body:
            self.statement(scope, statement, depth)

    def statement(self, scope: Scope, statement: ast.stmt, depth: int) -> None:
        match statement:
            case (
                ast.Pass()
                | ast.Global()
                | ast.Nonlocal()
                | ast.Import()
                | ast.ImportFrom()
                | ast.Break()
                | ast.Continue()
            ):
                return
            case ast.Expr():
                self.expression(scope, statement.value, depth)
            case ast.Return() | ast.Assert():
                for part in source.children(statement):
                    self.expression(scope, part, depth)
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                self.assignment(scope, statement, depth)
            case ast.If() | ast.While():
                self.expression(scope, statement.test, depth)
                self.block(scope, statement.body, depth)
                self.block(scope, statement.orelse, depth)
            case ast.For():
                self.expression(scope, statement.iter, depth)
                self.block(scope, statement.body, depth)
            case ast.With():
                for item in statement.items:
                    self.expression(scope, item.context_expr, depth)
                self.block(scope, statement.body, depth)
            case ast.Try():
                for block in (statement.body, statement.orelse, statement.finalbody):
                    self.block(scope, block, depth)
                for handler in statement.handlers:
                    self.block(scope, handler.body, depth)
            case ast.Raise():
                return  # it refuses
            case _:
                self.harms("does something else", statement)

    def assignment(self, scope: Scope, statement: ast.Assign | ast.AnnAssign | ast.AugAssign, depth: int) -> None:
        if statement.value is not None:
            self.expression(scope, statement.value, depth)
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for target in targets:
            for part in target.elts if isinstance(target, ast.Tuple) else [target]:
                if isinstance(part, ast.Name) and part.id in scope.locals.bound:
                    continue
                if isinstance(part, (ast.Attribute, ast.Name)) and _last(part) == self.flag_name:
                    continue
                if isinstance(part, ast.Subscript) and _last(part.value) == self.flag_name:
                    if isinstance(part.slice, ast.Slice):
                        self.harms("sets it for others as well", statement)
                    continue
                self.more = True
                if isinstance(statement.value, ast.Constant) and statement.value.value is None:
                    self.lets_go(scope, part)
                if not _is_own(scope, part):
                    self.harms(f"writes {ast.unparse(part)[:60]}", statement)
                elif isinstance(part, ast.Attribute):
                    self.changes.add(scope.mangled(part.attr))

    def expression(self, scope: Scope, expr: ast.AST, depth: int) -> None:
        for node in [expr, *own_nodes(expr)]:
            if isinstance(node, ast.Call):
                self.call(scope, node, depth)
            elif isinstance(node, (ast.Yield, ast.Await, ast.YieldFrom)):
                self.harms("waits as a coroutine does", node)

    def harms_if_foreign(self, scope: Scope, call: ast.Call, function: ast.Attribute) -> None:
        """A call on what is not kept by the object itself may end the work of others."""
        if not _is_own(scope, function.value) or _length(function.value) > 2:
            self.harms(f"calls {ast.unparse(function)[:60]}()", call)

    def call(self, scope: Scope, call: ast.Call, depth: int) -> None:
        name = called_name(call)
        into = [call.func.value] if isinstance(call.func, ast.Attribute) and name in ("put", "put_nowait") else []
        for part in [*call.args, *into]:
            seen = scope.look(part) if depth == 0 and isinstance(part, (ast.Attribute, ast.Name)) else None
            if seen is not None and any(
                inspect_safely.is_a(seen.value, cls) for cls in (queue.Queue, queue.SimpleQueue)
            ):
                self.tells_others = self.tells_others or seen.words
        if name in _IDLE:
            self.joins = self.joins or name == "join"
            return
        if isinstance(call.func, ast.Attribute) and name in CLOSING:
            self.lets_go(scope, call.func.value)
        if isinstance(call.func, ast.Attribute) and self.has_threads(scope.look(call.func.value)):
            self.harms(f"calls {ast.unparse(call.func)[:60]}() of what has a thread of its own", call)
        if (end := _wakes(scope, call)) is not None:
            self.more = True
            self.wakes.append(end)
            return
        if name == "call_soon_threadsafe" and len(call.args) == 1:
            self.call(scope, ast.copy_location(ast.Call(call.args[0], [], []), call), depth)
            return
        if isinstance(call.func, ast.Attribute) and name in ("set", "clear"):
            event = scope.look(call.func.value)
            kind = event_kind(event.value) if event is not None else None
            if event is not None and kind in (EVENT, LOOP_EVENT):
                self.told += [event.value] if kind == LOOP_EVENT and name == "set" else []
                if _last(call.func.value) != self.flag_name:
                    self.more = True
                    self.changes.add(scope.mangled(_last(call.func.value)))
                    self.harms_if_foreign(scope, call, call.func)
                return
        if isinstance(call.func, ast.Attribute) and _last(call.func.value) == self.flag_name and name in _SETTING:
            return
        if isinstance(call.func, ast.Attribute) and name in ("notify", "notify_all"):
            condition = scope.look(call.func.value)
            if condition is not None and type(condition.value) is threading.Condition:
                self.more = True
                self.notified.append(condition)
                return
        if depth < _DEEPEST and (inner := calls.follow(scope, call)) is not None:
            known = self.harm
            if isinstance(inner.node, ast.Lambda):
                self.expression(inner, inner.node.body, depth + 1)
            else:
                self.block(inner, inner.node.body, depth + 1)
            if self.harm and not known:
                self.act_at = call.lineno
                self.harm = f"calls {ast.unparse(call.func)[:60]}() (line {self.act_at})"
            return
        if isinstance(call.func, ast.Attribute) and (name in _FREEING or words_of(name)[:1] in _FREEING_WORDS):
            self.more = True
            waited_at = scope.look(call.func.value)
            if waited_at is None or type(waited_at.value) is not threading.Condition:  # who is woken looks anew
                self.harms_if_foreign(scope, call, call.func)
            return
        if "log" in words_of(name) or (
            isinstance(call.func, ast.Attribute) and "log" in "".join(words_of(_last(call.func.value)))
        ):
            return
        if name in _MAKING or _only_makes(scope, call):
            return
        self.harms(f"calls {ast.unparse(call.func)[:60]}()", call)

    def lets_go(self, scope: Scope, expr: ast.expr) -> None:
        """What others may still use is closed, or put out of their reach."""
        seen = scope.look(expr)
        if seen is not None and seen.value is not self.owner and seen.value is not None:
            self.closes.append(seen)

    def has_threads(self, seen: Seen | None) -> bool:
        """Whether it is called on another object, which has threads that the one whose method this is has not."""
        if self.owner is None or seen is None or seen.value is self.owner or inspect_safely.is_class(seen.value):
            return False
        own = owners.threads_of(self.owner)
        others = owners.threads_of(seen.value)
        return any(is_alive(thread) and all(thread is not each for each in own) for thread in others)


def _only_makes(scope: Scope, call: ast.Call) -> bool:
    """Whether it makes an object that only holds what it is given, or counts on."""
    if called_name(call) == "next" and len(call.args) == 1:
        counted = scope.look(call.args[0])
        return counted is not None and type(counted.value) is itertools.count
    made = scope.look(call.func)
    return made is not None and inspect_safely.fields_of(made.value) is not None


def _wakes(scope: Scope, call: ast.Call) -> Any:
    """The end of the object's own pipe into which a call writes, or which it closes: `os.write(self._w, b"x")`."""
    match call:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="os"), attr="write" | "eventfd_write"), args=[end, ast.Constant()]
        ):
            pipe = scope.look(end)
            return pipe.value if pipe is not None and type(pipe.value) is int and _is_own(scope, end) else None
        case ast.Call(func=ast.Attribute(value=ast.Name(id="os"), attr="close"), args=[ast.Name() as taken]):
            # Taken out of the object before, so that nobody closes it once more: `end, self._w = self._w, None`.
            bound = scope.locals.bound.get(taken.id, [])
            kept = bound[0][0] if len(bound) == 1 else None
            pipe = scope.look(kept) if isinstance(kept, ast.Attribute) and _is_own(scope, kept) else None
            return pipe.value if pipe is not None and is_pipe(pipe.value) else None
        case ast.Call(func=ast.Attribute(value=ast.Attribute() as end, attr="send" | "sendall"), args=[ast.Constant()]):
            seen = scope.look(end)
            return seen.value if seen is not None and _is_of_a_pair(seen.value) and _is_own(scope, end) else None
    return None


def is_pipe(end: object) -> bool:
    """Whether it is the number of an end of a pipe that has no name."""
    try:
        return type(end) is int and stat.S_ISFIFO(os.fstat(end).st_mode)
    except OSError:
        return False


def _is_of_a_pair(end: Any) -> bool:
    made = sys.modules.get("socket")
    return made is not None and type(end) is made.socket and end.family == made.AF_UNIX and not _name_of(end)


def belong_together(one: Any, other: Any) -> bool:
    """Whether what is written into one end comes out at the other, as far as that shows."""
    if type(one) is int and type(other) is int:
        if one == other:
            return not is_pipe(one)  # an eventfd, which has but one
        return is_pipe(one) and is_pipe(other) and os.path.sameopenfile(one, other)
    return one is not other and _is_of_a_pair(one) and _is_of_a_pair(other)


def _name_of(end: Any) -> Any:
    """The address of the other end: those of a pair have none."""
    try:
        return end.getpeername()
    except OSError:
        return None


def _last(expr: ast.expr) -> str:
    return expr.attr if isinstance(expr, ast.Attribute) else expr.id if isinstance(expr, ast.Name) else ""


def _length(expr: ast.expr) -> int:
    count = 1
    while isinstance(expr, (ast.Attribute, ast.Subscript)):
        expr, count = expr.value, count + 1
    return count


def _is_own(scope: Scope, expr: ast.expr) -> bool:
    """Whether it is kept by the object whose method this is."""
    base = expr
    while isinstance(base, (ast.Attribute, ast.Subscript)):
        base = base.value
    code = scope.function.__code__
    first = code.co_varnames[0] if code.co_argcount and scope.found.class_name else ""
    return isinstance(base, ast.Name) and (base.id == first or base.id in scope.locals.bound)
