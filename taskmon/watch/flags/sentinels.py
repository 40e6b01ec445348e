"""Queues that end their consumers: `item = jobs.get()` and `if item is None: break`.

The very object that the code tests for is put, once for each thread that takes from the queue, unless the code passes
it on.
"""

from __future__ import annotations

import ast
import queue
import threading
import weakref
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from taskmon.watch.flags import names
from taskmon.watch.flags.bindings import own_nodes
from taskmon.watch.flags.finding import Applied
from taskmon.watch.flags.inspect_safely import UNKNOWN
from taskmon.watch.flags.loops import called_name
from taskmon.watch.flags.names import Meaning
from taskmon.watch.flags.scope import Scope, Seen
from taskmon.watch.flags.survey import Passage, Survey, loops_on

_QUEUES: Final = (queue.Queue, queue.LifoQueue, queue.SimpleQueue)
_GETS: Final = frozenset({"get", "get_nowait"})


class Sentinel(NamedTuple):
    """What ends a consumer when it comes out of a queue."""

    queue: Any
    #: The object itself, or the constant.
    value: Any
    #: What the code calls the queue and the value.
    queue_words: str
    value_words: str
    #: Why it is only offered; "" if a plain cancel may put it.
    veto: str
    #: The consumer puts it back for the next one: one is enough for all.
    passed_on: bool

    @property
    def key(self) -> tuple[object, ...]:
        """The identity of what would be touched."""
        return ("queue", id(self.queue))


def sentinels(survey: Survey) -> Iterator[Sentinel]:
    """What ends the loops of a thread when it is put into a queue."""
    for passage in survey.passages:
        for get, constant, veto in _tests(passage):
            found = _resolve(passage.scope, get, constant, veto)
            if found is not None:
                if loops_on(passage, survey, lambda later, found=found: _ends(later, found)):  # type: ignore[misc]
                    found = found._replace(veto="the thread goes on with another loop")
                yield found


def _ends(later: Passage, found: Sentinel) -> bool:
    return any(
        other is not None and other.queue is found.queue
        for other in (_resolve(later.scope, get, constant, "") for get, constant, _ in _tests(later))
    )


def _tests(passage: Passage) -> Iterator[tuple[ast.Attribute, ast.expr, str]]:
    """(`jobs.get`, the constant, what speaks against it) for each test of an item that ends the loop."""
    node = passage.loop.node
    match node:
        case ast.For(iter=ast.Call(func=ast.Name(id="iter"), args=[ast.Attribute() as get, end])) if get.attr in _GETS:
            yield get, end, ""
    for leave in passage.loop.leaves:
        for item, constant, veto in _equal(leave.test, leave.wanted):
            source = _source_of(passage.scope, item)
            if source is not None:
                yield source, constant, veto


def _equal(test: ast.expr, wanted: bool) -> Iterator[tuple[ast.expr, ast.expr, str]]:
    """Which item, equal to which constant, makes the test come out as wanted."""
    match test:
        case ast.UnaryOp(op=ast.Not()):
            yield from _equal(test.operand, not wanted)
        case ast.BoolOp() if isinstance(test.op, ast.Or) == wanted:
            for part in test.values:
                yield from _equal(part, wanted)
        case ast.Compare(ops=[ast.Is() | ast.Eq()]) if wanted:
            yield test.left, test.comparators[0], ""
        case ast.Compare(ops=[ast.IsNot() | ast.NotEq()]) if not wanted:
            yield test.left, test.comparators[0], ""
        case ast.Name() | ast.NamedExpr() if not wanted:
            yield test, ast.Constant(None), "any empty item ends the thread, so None may mean something else"


def _source_of(scope: Scope, item: ast.expr) -> ast.Attribute | None:
    """The `jobs.get` that an item comes from: all its values must."""
    if isinstance(item, ast.NamedExpr):
        return _get_of(item.value)
    if not isinstance(item, ast.Name) or item.id in scope.locals.parameters:
        return None
    gets = [_get_of(value) for value, _ in scope.locals.bound.get(item.id, ()) if not isinstance(value, ast.Constant)]
    if not gets or None in gets or len({ast.dump(get) for get in gets if get is not None}) != 1:
        return None
    return gets[0]


def _get_of(value: ast.expr | None) -> ast.Attribute | None:
    match value:
        case ast.Call(func=ast.Attribute() as get) if get.attr in _GETS:
            return get
    return None


def _resolve(scope: Scope, get: ast.Attribute, constant: ast.expr, veto: str) -> Sentinel | None:
    source, value = scope.look(get.value), scope.look(constant)
    if source is None or value is None or not any(type(source.value) is cls for cls in _QUEUES):
        return None
    return Sentinel(
        source.value, value.value, source.words, value.words, veto or _veto(value), _is_passed_on(scope, source.value)
    )


def _veto(value: Seen) -> str:
    if value.value is None:
        return ""
    if type(value.value) is str:
        return "" if names.meaning(value.value) == Meaning.STOP else "it may be an item like any other"
    if type(value.value) in (int, float, bytes, tuple, bool) or value.value is UNKNOWN:
        return "it may be an item like any other"
    meant = names.meaning(value.words.rpartition(".")[2])
    return "its name says something else" if meant == Meaning.OTHER else ""


def _is_passed_on(scope: Scope, taken_from: Any) -> bool:
    for node in own_nodes(scope.node):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and called_name(node) in _PUTS:
            into = scope.look(node.func.value)
            if into is not None and into.value is taken_from:
                return True
    return False


_PUTS: Final = frozenset({"put", "put_nowait"})


class Consumers:
    """Who takes from which queue, and who has been sent a sentinel. Any thread; keeps nothing alive."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: weakref.WeakKeyDictionary[Any, weakref.WeakSet[threading.Thread]] = weakref.WeakKeyDictionary()
        self._asked: weakref.WeakKeyDictionary[Any, weakref.WeakSet[threading.Thread]] = weakref.WeakKeyDictionary()

    def note(self, taken_from: Any, thread: threading.Thread | None) -> None:
        """A thread takes from a queue."""
        if thread is not None:
            with self._lock:
                self._of.setdefault(taken_from, weakref.WeakSet()).add(thread)

    def alive(self, taken_from: Any) -> set[threading.Thread]:
        """Those that have not ended."""
        with self._lock:
            known = set(self._of.get(taken_from, ()))
        return {thread for thread in known if thread.ident is None or threading.Thread.is_alive(thread)}

    def unasked(self, taken_from: Any) -> set[threading.Thread]:
        """Those for which no sentinel has been put."""
        with self._lock:
            asked = set(self._asked.get(taken_from, ()))
        return self.alive(taken_from) - asked

    def ask(self, taken_from: Any, threads: set[threading.Thread]) -> None:
        """Sentinels for these are in the queue."""
        with self._lock:
            self._asked.setdefault(taken_from, weakref.WeakSet()).update(threads)


#: Of this process.
consumers: Final = Consumers()


def means(found: Sentinel) -> str:
    """ "puts None into jobs (2 consumers)"."""
    count = len(consumers.alive(found.queue))
    return f"puts {found.value_words} into {found.queue_words}" + (f" ({count} consumers)" if count > 1 else "")


def put(found: Sentinel) -> Applied:
    """Put it once for each consumer, as far as there is room. Never waits for room."""
    waiting = consumers.unasked(found.queue)
    known = consumers.alive(found.queue)
    if known and not waiting:
        return Applied(True, f"{found.value_words} is in {found.queue_words} already")
    lock = getattr(found.queue, "mutex", None)
    if lock is not None:
        if not lock.acquire(timeout=0.2):
            return Applied(False, f"{found.queue_words} is locked by the program")
        lock.release()
    wanted: list[threading.Thread | None] = [*waiting] or [None]
    if found.passed_on:
        del wanted[1:]
    done = 0
    for thread in wanted:
        try:
            found.queue.put_nowait(found.value)
        except queue.Full:
            break
        done += 1
        if thread is not None:
            consumers.ask(found.queue, waiting if found.passed_on else {thread})
    what = f"{found.value_words} into {found.queue_words}"
    if not done:
        return Applied(False, f"could not put {what}: queue full")
    if done < len(wanted):
        return Applied(True, f"put {done} of {len(wanted)} {what}: queue full")
    return Applied(True, f"put {what}" + (f" {done} times" if done > 1 else ""))
