"""Queues that are shut down: `jobs.shutdown()` of Python 3.13, by which `jobs.get()` raises once it is empty."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from taskmon.watch.flags import sentinels
from taskmon.watch.flags.accounts import Account
from taskmon.watch.flags.aftermath import ACT, after_loop
from taskmon.watch.flags.bindings import own_nodes
from taskmon.watch.flags.program import Program, Unit
from taskmon.watch.flags.readings import reading_of
from taskmon.watch.flags.survey import Passage, Survey

_PUTS: Final = frozenset({"put", "put_nowait"})


class Closing(NamedTuple):
    """A queue by whose shutdown a thread ends."""

    queue: Any
    queue_words: str
    #: Why a plain cancel must not shut it down; "" if it may.
    veto: str

    @property
    def key(self) -> tuple[object, ...]:
        """The identity of what would be touched."""
        return ("queue", id(self.queue))

    @property
    def means(self) -> str:
        """ "calls shutdown() of jobs"."""
        return f"calls shutdown() of {self.queue_words}"


def closings(survey: Survey, program: Program) -> Iterator[Closing]:
    """The queues of a thread that the program itself shuts down in order to end it."""
    for passage in survey.passages:
        for handler, get in _caught(passage):
            taken = passage.scope.look(get.value)
            if taken is None or not sentinels.is_queue(taken.value) or not hasattr(type(taken.value), "shutdown"):
                continue
            sentinels.note_consumers(taken.value, passage, sentinels.Taking(passage.scope, get))
            account = Account(taken.value, taken.words, survey, program)
            own = {id(scope.function.__code__) for scope in survey.scopes}
            ended = [call for method, unit, call in account.calls if method == "shutdown" and id(unit.code) not in own]
            if any(call is None or not (call.args or call.keywords) for call in ended):
                yield Closing(taken.value, taken.words, _doubt(passage, handler, account, own))


def _caught(passage: Passage) -> Iterator[tuple[ast.ExceptHandler, ast.Attribute]]:
    """(the handler that ends the loop, `jobs.get`) for each place where the loop takes from a queue."""
    loop = passage.loop.node
    for node in own_nodes(passage.scope.node):
        if not isinstance(node, ast.Try):
            continue
        below = [part for statement in node.body for part in (statement, *own_nodes(statement))]
        around = any(part is loop for part in below)
        inside = any(part is node for part in own_nodes(loop))
        handler = next((each for each in node.handlers if _is_of_shutdown(each)), None)
        if handler is None or not (around or inside):
            continue
        if inside and not (handler.body and isinstance(handler.body[-1], (ast.Break, ast.Return))):
            continue
        for part in below if inside else own_nodes(loop):
            match part:
                case ast.Call(func=ast.Attribute(attr="get" | "get_nowait") as get):
                    yield handler, get


def _is_of_shutdown(handler: ast.ExceptHandler) -> bool:
    return handler.type is not None and any(
        (isinstance(node, ast.Attribute) and node.attr == "ShutDown")
        or (isinstance(node, ast.Name) and node.id == "ShutDown")
        for node in ast.walk(handler.type)
    )


def _doubt(passage: Passage, handler: ast.ExceptHandler, account: Account, own: set[int]) -> str:
    """Why it may do more than end this thread; "" if nothing is seen."""
    words = account.atom.seen.words
    for method, unit, call in account.calls:
        if id(unit.code) in own:
            continue
        if method in ("get", "get_nowait"):
            return f"{unit.words} takes from it as well"
        if method in _PUTS and not _is_ready_for_it(unit, call):
            return f"what is put into {words} then fails: {unit.words}"
    if len(sentinels.consumers.alive(account.target)) > 1:
        return f"all who take from {words} would end"
    ended = frozenset({id(passage.loop.node)})
    parts = [after_loop(passage.scope, handler.body, ended)]
    parts.append(after_loop(passage.scope, passage.loop.around.after, ended))
    worst = max(parts, key=lambda part: part.level)
    return f"the thread works on after it: {worst.words}" if worst.level >= ACT else ""


def _is_ready_for_it(unit: Unit, call: ast.Call | None) -> bool:
    """Whether who puts something expects that the queue has been shut down, or is the one who does that afterwards."""
    reading = reading_of(unit)
    if reading is None or call is None:
        return False
    node: ast.AST | None = call
    while node is not None:
        if isinstance(node, ast.Try) and any(_is_of_shutdown(handler) for handler in node.handlers):
            return True
        node = reading.parents.get(id(node))
    return False
