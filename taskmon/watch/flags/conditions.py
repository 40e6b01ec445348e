"""What a test comes down to: which flag makes it true or false, and with which value.

`while not self._stop.wait(1)` and `while self.should_go_on()` with a method that returns `not self._stop.is_set()`
are the same condition: it becomes false when `_stop` is set.
"""

from __future__ import annotations

import _collections  # type: ignore[import-not-found]  # as the program has it
import ast
import enum
import sys
import threading
import types
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from taskmon.core.stacks.frames import current_frames
from taskmon.watch.flags import calls, inspect_safely, loops
from taskmon.watch.flags.inspect_safely import UNKNOWN
from taskmon.watch.flags.scope import Scope, Seen
from taskmon.watch.thread_fields import ident_of

#: Kinds of flags.
EVENT, FLAG, STATE = "event", "flag", "state"
#: A number that is compared, as a deadline is, or what is given a sign by other means than `set()`: only the program's
#: own method knows what to make of it.
NUMBER = "number"
#: Of multiprocessing, where no other process is there to share it.
PROCESS_EVENT = "process event"
#: Events that would need more than `set()`: of other processes, or with a `set` of their own.
FOREIGN = "foreign event"

#: Of asyncio: it may be set in its loop's own thread only.
LOOP_EVENT = "event of a loop"
#: A list or the like whose truth is asked, `while token:`: emptied to stop, or filled.
COLLECTION = "collection"
#: A key that is looked for in a set or a dictionary, `while camera in recording`: taken out to stop, or put in.
MEMBER = "member"

#: All that have a `set()`.
EVENTS = (EVENT, PROCESS_EVENT, LOOP_EVENT, FOREIGN)

_IS_SET = frozenset({"is_set", "isSet"})
#: Tests for what is left to do: a loop may go on for these after it was asked to stop ("drain the queue first").
_DRAINING = frozenset(
    {"empty", "qsize", "unfinished_tasks", "full", "get_nowait", "len", "poll", "is_alive", "pending"}
)


class Atom(NamedTuple):
    """A flag that a test hangs on, and the value that makes the test what was wanted."""

    kind: str
    seen: Seen
    #: For an Event: set (True) or cleared (False). For a flag: the value. For a state: see `equal`.
    value: bool
    scope: Scope
    #: For a state: the constants it is compared with. For a member: the key.
    constants: tuple[Any, ...] = ()

    @property
    def key(self) -> tuple[object, ...]:
        """The identity of the flag."""
        if self.kind == MEMBER:
            wanted = self.constants[0]
            return ("member", id(self.seen.value), wanted if type(wanted) in (str, int) else id(wanted))
        if self.kind in (*EVENTS, COLLECTION) or self.seen.place is None:
            return ("event", id(self.seen.value))
        return self.seen.place.key


class Question(NamedTuple):
    """A test in its scope and in its loop: local copies count only if they are made within that loop."""

    scope: Scope
    loop: ast.AST | None = None
    depth: int = 0


_DEEPEST: Final = 6


def sufficient(asked: Question, expr: ast.expr, wanted: bool) -> Iterator[Atom]:
    """Each flag that by itself, set as the Atom says, makes `expr` come out as `wanted`."""
    if asked.depth > _DEEPEST:
        return
    match expr:
        case ast.UnaryOp(op=ast.Not()):
            yield from sufficient(asked, expr.operand, not wanted)
        case ast.BoolOp():
            yield from _compound(asked, expr, wanted)
        case ast.NamedExpr() | ast.Await():
            yield from sufficient(asked, expr.value, wanted)
        case ast.Compare() if len(expr.ops) == 1:
            yield from _comparison(asked, expr, wanted)
        case ast.IfExp():  # whichever branch is taken
            other = {(atom.key, atom.value) for atom in sufficient(asked, expr.orelse, wanted)}
            yield from (atom for atom in sufficient(asked, expr.body, wanted) if (atom.key, atom.value) in other)
        case ast.Call():
            yield from _call(asked, expr, wanted)
        case ast.Name():
            yield from _name(asked, expr, wanted)
        case ast.Attribute() | ast.Subscript():
            yield from _value(asked, expr, wanted)


def _compound(asked: Question, expr: ast.BoolOp, wanted: bool) -> Iterator[Atom]:
    """One false part makes an `and` false; to make it true takes all, unless the others wait for a queue to drain."""
    any_part_will_do = isinstance(expr.op, ast.Or) == wanted
    idle = isinstance(expr.op, ast.And)  # `x and True` is x, `x or False` as well
    parts = [part for part in expr.values if not (isinstance(part, ast.Constant) and part.value is idle)]
    if not any_part_will_do and (joined := _joined(parts, expr.op)) is not None:
        parts = [joined]
    if not any_part_will_do and len(parts) > 1:
        if len({_compared(part) for part in parts}) == 1 and (of := _compared(parts[0])):
            yield from _number(asked, ast.parse(of, mode="eval").body)  # `until is not None and now > until`
            return
        parts = [
            part for part in parts if not (_drains(part) or _is_of_items(asked, part) or _is_so(asked, part, wanted))
        ]
        if len(parts) != 1:
            return
    for part in parts:
        yield from sufficient(asked, part, wanted)


def _joined(parts: list[ast.expr], op: ast.boolop) -> ast.expr | None:
    """`s == A or s == B` is `s in (A, B)`, `s != A and s != B` is `s not in (A, B)`; None for anything else."""
    one, several = (ast.Eq, ast.In()) if isinstance(op, ast.Or) else (ast.NotEq, ast.NotIn())
    values: list[ast.expr] = []
    for part in parts:
        if not isinstance(part, ast.Compare) or len(part.ops) != 1 or not isinstance(part.ops[0], one):
            return None
        values.append(part.comparators[0])
    lefts = [part.left for part in parts if isinstance(part, ast.Compare)]
    if len({ast.dump(left) for left in lefts}) != 1:
        return None
    return ast.Compare(lefts[0], [several], [ast.Tuple(values, ast.Load())])


def _compared(expr: ast.expr) -> str:
    """The variable that a comparison with a constant is about, by its source; "" for any other test."""
    inner = expr.operand if isinstance(expr, ast.UnaryOp) else expr
    if isinstance(inner, ast.Compare) and len(inner.ops) == 1 and isinstance(inner.comparators[0], ast.Constant):
        return ast.unparse(inner.left) if isinstance(inner.left, (ast.Name, ast.Attribute)) else ""
    return ""


def _drains(expr: ast.expr) -> bool:
    for node in ast.walk(expr):
        if isinstance(node, ast.Attribute) and node.attr in _DRAINING:
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _DRAINING:
            return True
    return False


def _is_so(asked: Question, expr: ast.expr, wanted: bool) -> bool:
    """Whether it asks if there is something, and the answer is the wanted one: `event is None or not event.wait(1)`."""
    match expr:
        case ast.Compare(ops=[ast.Is() | ast.IsNot() as op], comparators=[ast.Constant(value=None)]):
            seen = asked.scope.look(expr.left)
            return (
                seen is not None
                and seen.value is not UNKNOWN
                and ((seen.value is None) == isinstance(op, ast.Is)) == wanted
            )
    return False


def _is_of_items(asked: Question, expr: ast.expr) -> bool:
    """Whether it asks for a collection that is empty, or is not: what is left to do."""
    while isinstance(expr, ast.UnaryOp) and isinstance(expr.op, ast.Not):
        expr = expr.operand
    seen = asked.scope.look(expr) if isinstance(expr, (ast.Name, ast.Attribute)) else None
    return seen is not None and type(seen.value) in COLLECTIONS


#: What holds items.
COLLECTIONS: Final = (_collections.deque, list, dict, set)


def _comparison(asked: Question, expr: ast.Compare, wanted: bool) -> Iterator[Atom]:
    left, op, right = expr.left, expr.ops[0], expr.comparators[0]
    if isinstance(left, ast.Constant):
        left, right = right, left
    if isinstance(op, (ast.Lt, ast.LtE, ast.Gt, ast.GtE)):
        for side in (left, right):
            yield from _number(asked, side)
        return
    positive = isinstance(op, (ast.Eq, ast.Is, ast.In))
    if not positive and not isinstance(op, (ast.NotEq, ast.IsNot, ast.NotIn)):
        return
    equal = positive == wanted
    if not isinstance(op, (ast.In, ast.NotIn)):
        if isinstance(right, ast.Constant) and right.value is None and equal:
            held = asked.scope.look(left)
            if held is not None and held.place is not None and inspect_safely.is_a(held.value, threading.Thread):
                yield Atom(NUMBER, held, True, asked.scope)  # `while self.thread is not None`
            yield from _nothing(asked, left)
            return
        if isinstance(right, ast.Constant) and type(right.value) in (bool, int) and right.value in (0, 1):
            yield from sufficient(asked, left, bool(right.value) == equal)
            return
        constants = [asked.scope.look(right)]
    elif isinstance(right, (ast.Tuple, ast.List, ast.Set)):
        constants = [asked.scope.look(part) for part in right.elts]
    else:
        yield from _membership(asked, left, right, equal)
        return
    seen = _behind(asked, left)
    if seen is not None and not equal and (
        seen[1].value is asked.scope.thread is not None or _is_ticket(seen[1], right, constants[0])
    ):  # fmt: skip
        yield Atom(NUMBER, seen[1], True, seen[0])  # `while self.thread is me`, `while self.epoch == mine`
        return
    if seen is None or not is_state(seen[1].value):
        return
    if seen[1].place is None:  # `mine == self.epoch`: over as soon as that is another
        if not equal and not isinstance(left, ast.Constant) and type(seen[1].value) is int:
            yield from _number(asked, right)
        return
    if all(constant is not None and is_state(constant.value) for constant in constants):
        values = tuple(constant.value for constant in constants if constant is not None)
        yield Atom(STATE, seen[1], equal, seen[0], values)


def _is_ticket(held: Seen, right: ast.expr, own: Seen | None) -> bool:
    """Whether a variable is compared with what it was as the thread began: over as soon as that is another."""
    if held.place is None or own is None or own.place is not None or isinstance(right, ast.Constant):
        return False
    if type(held.value) is int and type(own.value) is int:
        return True
    return held.value is own.value and type(own.value) is object


def _membership(asked: Question, key: ast.expr, held_in: ast.expr, inside: bool) -> Iterator[Atom]:
    wanted, held = asked.scope.look(key), asked.scope.look(held_in)
    if wanted is None or held is None or type(held.value) not in (set, dict) or not _is_plain_key(wanted.value):
        return
    if type(held.value) is set or not inside:  # what a dictionary would have to hold is not known
        yield Atom(MEMBER, held, inside, asked.scope, (wanted.value,))


def _is_plain_key(key: object) -> bool:
    """Whether looking for it in a set runs none of the program's code."""
    if type(key) in (str, int):
        return True
    asked = [inspect_safely.on_class(type(key), name)[0] for name in ("__hash__", "__eq__")]
    return asked == [object.__hash__, object.__eq__]


def is_member(atom: Atom) -> bool:
    """Whether the key is in the set or dictionary, now."""
    return atom.constants[0] in atom.seen.value


def _nothing(asked: Question, expr: ast.expr) -> Iterator[Atom]:
    """What makes a call of the program's own give None: `item = inbox.take()`, once that has been closed."""
    if asked.depth > _DEEPEST:
        return
    match expr:
        case ast.NamedExpr() | ast.Await():
            yield from _nothing(asked, expr.value)
        case ast.Name() if asked.loop is not None:
            made = [value for value, node in asked.scope.locals.bound.get(expr.id, ()) if _within(node, asked.loop)]
            if len(made) == 1 and made[0] is not None:
                yield from _nothing(asked._replace(depth=asked.depth + 1), made[0])
        case ast.Call() if (inner := calls.follow(asked.scope, expr)) is not None:
            for leave in loops.returns_nothing(inner.node):
                yield from sufficient(Question(inner, None, asked.depth + 1), leave.test, leave.wanted)


def _number(asked: Question, expr: ast.expr) -> Iterator[Atom]:
    seen = _behind(asked, expr)
    if seen is not None and seen[1].place is not None and type(seen[1].value) in (int, float, types.NoneType):
        yield Atom(NUMBER, seen[1], True, seen[0])


def is_state(value: object) -> bool:
    """Whether it is a value by which programs tell how things are."""
    return type(value) in (str, int) or inspect_safely.is_a(value, enum.Enum)


def is_among(value: object, constants: tuple[Any, ...]) -> bool:
    """Whether it is one of them, compared as plain values or by identity: an Enum may have an `__eq__` of its own."""
    if type(value) in (str, int):
        return any(type(other) is type(value) and other == value for other in constants)
    return any(other is value for other in constants)


def _behind(asked: Question, expr: ast.expr) -> tuple[Scope, Seen] | None:
    """The value an expression stands for, through a property that only returns it."""
    seen = asked.scope.look(expr)
    if seen is not None:
        return asked.scope, seen
    inner = _property(asked, expr)
    if inner is None:
        return None
    body = predicate(inner)
    return (
        _behind(Question(inner, None, asked.depth + 1), body) if body is not None and asked.depth < _DEEPEST else None
    )


def _call(asked: Question, expr: ast.Call, wanted: bool) -> Iterator[Atom]:
    scope = asked.scope
    if isinstance(expr.func, ast.Name) and expr.func.id == "bool" and len(expr.args) == 1:
        yield from sufficient(asked, expr.args[0], wanted)
        return
    if isinstance(expr.func, ast.Attribute) and expr.func.attr == "wait_for" and expr.args:
        base = scope.look(expr.func.value)
        if base is not None and type(base.value) is threading.Condition:
            test = ast.copy_location(ast.Call(expr.args[0], [], []), expr)
            yield from sufficient(Question(scope, None, asked.depth + 1), test, wanted)
        return
    if isinstance(expr.func, ast.Lambda) and not expr.args:
        yield from sufficient(Question(scope, None, asked.depth + 1), expr.func.body, wanted)
        return
    if isinstance(expr.func, ast.Attribute) and (expr.func.attr in _IS_SET or expr.func.attr == "wait"):
        base = scope.look(expr.func.value)
        if base is not None and (kind := event_kind(base.value)) is not None:
            yield Atom(kind, base, wanted, scope)
            return
    if isinstance(expr.func, ast.Attribute) and wanted and is_signal(scope.look(expr.func.value), expr.func.attr):
        signal = scope.look(expr.func.value)
        if signal is not None and signal.place is not None and (expr.func.attr == "done" or expr.args or expr.keywords):
            yield Atom(NUMBER, signal, True, scope)
        return
    called = scope.look(expr.func)
    if called is not None and type(called.value) is types.MethodType:
        bound = called.value
        if (kind := event_kind(bound.__self__)) is not None:
            if bound.__func__.__name__ in (*_IS_SET, "wait"):
                # The very event is kept by the method: what is put in its place later is not seen.
                words = called.words.removesuffix(".wait").removesuffix(".is_set")
                yield Atom(kind, Seen(bound.__self__, None, words, called.own, True), wanted, scope)
            return
    inner = calls.follow(scope, expr)
    if inner is not None and (body := predicate(inner)) is not None:
        yield from sufficient(Question(inner, None, asked.depth + 1), body, wanted)
        return
    if inner is not None and not wanted:
        yield from _nothing(asked, expr)
        return
    yield from _value(asked, expr, wanted)


def is_signal(seen: Seen | None, asked: str) -> bool:
    """Whether it is no Event, and yet asked as one: `future.done()`, `whistle.acquire(timeout=1)`."""
    cls = type(seen.value) if seen is not None else None
    if asked == "acquire":
        return cls is threading.Semaphore or cls is threading.BoundedSemaphore
    return asked == "done" and inspect_safely.module_of(cls) == "concurrent.futures._base"


def event_kind(value: object) -> str | None:
    """EVENT for a plain Event, FOREIGN for one that reaches further, None for anything else."""
    cls = type(value)
    if cls is threading.Event:
        return EVENT
    if inspect_safely.is_a(value, threading.Event):
        changed = any(
            inspect_safely.on_class(cls, name)[0] is not threading.Event.__dict__[name]
            for name in ("set", "clear", "is_set", "wait")
        )
        return FOREIGN if changed else EVENT
    if inspect_safely.name_of(cls) == "Event":
        if inspect_safely.module_of(cls) == "multiprocessing.synchronize":
            return FOREIGN if _has_children() else PROCESS_EVENT
        if inspect_safely.module_of(cls) == "asyncio.locks":
            return LOOP_EVENT
    return None


def loop_of(event: Any, thread: threading.Thread | None) -> Any:
    """The event loop in which an event of asyncio may be set; None if it is not found."""
    loop = inspect_safely.peek(event, "_loop").value
    frame = current_frames().get(ident_of(thread) or 0) if thread is not None else None
    while frame is not None and loop in (None, UNKNOWN):
        if frame.f_code.co_name == "run_forever" and str(frame.f_globals.get("__name__")).startswith("asyncio"):
            loop = Scope.running(frame).get("self")
        frame = frame.f_back
    return None if loop is UNKNOWN else loop


def _has_children() -> bool:
    """Whether this process has others that might share an Event of `multiprocessing`, or is such a one itself."""
    module = sys.modules.get("multiprocessing.process")
    if module is None:
        return False
    return bool(module._children) or module._parent_process is not None


def is_set(event: Any) -> bool | None:
    """Whether an event is set, now, without waiting for anybody; None if that cannot be known."""
    if inspect_safely.is_a(event, threading.Event):
        return threading.Event.is_set(event)
    if event_kind(event) == LOOP_EVENT:
        return bool(inspect_safely.peek(event, "_value").value)
    flag = inspect_safely.peek(event, "_flag").value
    semaphore = inspect_safely.peek(flag, "_semlock").value if flag is not UNKNOWN else UNKNOWN
    try:
        return not semaphore._is_zero()
    except Exception:
        return None


def _name(asked: Question, expr: ast.Name, wanted: bool) -> Iterator[Atom]:
    bindings = asked.scope.locals.bound.get(expr.id)
    if bindings is None or expr.id in asked.scope.locals.parameters:
        yield from _value(asked, expr, wanted)
        return
    # A local copy, `stopped = self._stop.wait(1)`: what counts is what it is made from, each time round.
    fed: dict[str, ast.expr] = {}
    for value, node in bindings:
        if value is None:
            return
        if isinstance(value, ast.Constant) and isinstance(value.value, bool):
            continue
        if asked.loop is not None and _within(node, asked.loop):
            fed[ast.dump(value)] = value
    if len(fed) == 1:
        yield from sufficient(Question(asked.scope, asked.loop, asked.depth + 1), next(iter(fed.values())), wanted)


def _within(node: ast.AST, loop: ast.AST) -> bool:
    return bool(loop.lineno <= node.lineno <= (loop.end_lineno or 0))  # type: ignore[attr-defined]


def _value(asked: Question, expr: ast.expr, wanted: bool) -> Iterator[Atom]:
    seen = asked.scope.look(expr)
    if seen is not None:
        if seen.place is not None and (type(seen.value) is bool or (type(seen.value) is int and seen.value in (0, 1))):
            yield Atom(FLAG, seen, wanted, asked.scope)
        elif type(seen.value) in COLLECTIONS and not (wanted and type(seen.value) is dict):
            yield Atom(COLLECTION, seen, wanted, asked.scope)
        elif (inner := _truth(asked, seen)) is not None and (body := predicate(inner)) is not None:
            yield from sufficient(Question(inner, None, asked.depth + 1), body, wanted)
        return
    inner = _property(asked, expr)
    if inner is not None and (body := predicate(inner)) is not None:
        yield from sufficient(Question(inner, None, asked.depth + 1), body, wanted)


def _truth(asked: Question, seen: Seen) -> Scope | None:
    """The scope of an object's own `__bool__`, which its truth is asked of."""
    if (
        type(seen.value) in (bool, int, str)
        or asked.scope.depth >= calls.DEEPEST
        or not inspect_safely.is_plain(seen.value)
    ):
        return None
    function, _ = inspect_safely.on_class(type(seen.value), "__bool__")
    if type(function) is not types.FunctionType:
        return None
    owner = seen._replace(place=None)
    return calls.scope_of(calls.Call(function, [owner], {}), asked.scope.thread, asked.scope.depth + 1)


def _property(asked: Question, expr: ast.expr) -> Scope | None:
    """The scope of a property's getter: it is read, not called."""
    if not isinstance(expr, ast.Attribute):
        return None
    base = asked.scope.look(expr.value)
    if base is None or asked.scope.depth >= calls.DEEPEST:
        return None
    found = inspect_safely.peek(base.value, asked.scope.mangled(expr.attr))
    if found.how != inspect_safely.PROPERTY or type(found.value) is not types.FunctionType:
        return None
    owner = base._replace(place=None)
    return calls.scope_of(calls.Call(found.value, [owner], {}), asked.scope.thread, asked.scope.depth + 1)


def predicate(scope: Scope) -> ast.expr | None:
    """The expression that a short function returns: `return not self._e.is_set()`, `if x: return False; return y`."""
    if isinstance(scope.node, ast.Lambda):
        return scope.node.body
    if isinstance(scope.node, ast.AsyncFunctionDef):
        return None
    return _returned(scope.node.body)


def _returned(body: list[ast.stmt]) -> ast.expr | None:
    if not body:
        return None
    first, rest = body[0], body[1:]
    if isinstance(first, ast.Return):
        return first.value
    if isinstance(first, ast.With):
        return _returned([*first.body, *rest])
    if isinstance(first, (ast.Assign, ast.Expr, ast.Pass)):  # what it does besides is of no interest here
        return _returned(rest)
    if isinstance(first, ast.If):
        then, other = _returned(first.body), _returned([*first.orelse, *rest])
        if then is None or other is None:
            return None
        if isinstance(then, ast.Constant) and type(then.value) is bool:
            test = first.test if then.value else ast.UnaryOp(ast.Not(), first.test)
            return ast.BoolOp(ast.Or() if then.value else ast.And(), [test, other])
    return None
