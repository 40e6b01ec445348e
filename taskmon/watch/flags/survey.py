"""Everything that may end a thread's work: its loops in the order they run, and the flags their tests hang on."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import NamedTuple

from taskmon.watch.flags import calls, inspect_safely, loops
from taskmon.watch.flags.conditions import Atom, Question, sufficient
from taskmon.watch.flags.finding import Target
from taskmon.watch.flags.loops import FALLS_OUT, LoopReading
from taskmon.watch.flags.scope import Scope, Seen

#: A limit on the work for one thread: a function that calls a hundred others is not read to the end.
_MOST_SCOPES = 60


class Passage(NamedTuple):
    """One outermost loop on the way of the thread, in the function it stands in."""

    scope: Scope
    loop: LoopReading
    #: Work comes after the loop, here or in the function that called this one.
    work_follows: bool


class Candidate(NamedTuple):
    """A flag that ends a passage."""

    atom: Atom
    passage: Passage
    way: str

    @property
    def key(self) -> tuple[object, ...]:
        """The identity of the flag."""
        return self.atom.key


class Survey(NamedTuple):
    """What was seen of a thread's work."""

    #: The thread's function; None if it has no source that can be trusted, or is not the program's.
    top: Scope | None
    passages: list[Passage]
    candidates: list[Candidate]
    #: All functions that were read.
    scopes: list[Scope]
    #: Servers of the standard library whose `serve_forever` it calls.
    servers: list[object]
    #: Why nothing could be read, when `top` is None.
    why_not: str = ""


def survey(target: Target) -> Survey:
    """Read what a thread runs. Looks at live objects, runs nothing of the program's."""
    positional: list[Seen | None] = [Seen(value, None, "", True) for value in target.args]
    named: dict[str, Seen | None] = {name: Seen(value, None, name, True) for name, value in target.kwargs.items()}
    call = calls.resolve(target.function, positional, named)
    if call is None:
        return Survey(None, [], [], [], [], "it runs code that is not Python")
    if not inspect_safely.is_programs(call.function.__code__):
        return Survey(None, [], [], [], [], "it runs code of a library")
    top = calls.scope_of(call, target.thread, 0)
    if top is None:
        return Survey(None, [], [], [], [], "its source is missing, or was changed since it was started")
    walk = _Walk()
    walk.function(top, False)
    return Survey(top, walk.passages, walk.candidates, walk.scopes, walk.servers)


class _Walk:
    def __init__(self) -> None:
        self.passages: list[Passage] = []
        self.candidates: list[Candidate] = []
        self.scopes: list[Scope] = []
        self.servers: list[object] = []

    def enter(self, scope: Scope | None) -> bool:
        """Whether to read it: not twice with the same arguments, and not without end."""
        if scope is None or len(self.scopes) >= _MOST_SCOPES:
            return False
        if any(other.node is scope.node and other.depth < scope.depth for other in self.scopes):
            return False
        self.scopes.append(scope)
        return True

    def function(self, scope: Scope, work_follows: bool) -> None:
        """The loops of a function, and of those it calls on its way."""
        if not self.enter(scope):
            return
        steps = loops.read(scope.node).steps
        for number, step in enumerate(steps):
            if isinstance(step, LoopReading):
                self.loop(scope, Passage(scope, step, step.work_follows or work_follows))
            elif (server := calls.server_of(scope.look(step.func))) is not None:
                self.servers.append(server)
            elif (inner := calls.follow(scope, step)) is not None and not loops.read(inner.node).is_generator:
                later = any(
                    isinstance(other, LoopReading) or loops.is_work_call(other) for other in steps[number + 1 :]
                )
                self.function(inner, work_follows or later)

    def loop(self, scope: Scope, passage: Passage) -> None:
        """The flags that end one loop."""
        self.passages.append(passage)
        for leave in passage.loop.leaves:
            self.test(Question(scope, passage.loop.node), leave, passage)
        for check in passage.loop.checks:
            inner = calls.follow(scope, check)
            if inner is not None and (raises := loops.read(inner.node).raises) and self.enter(inner):
                for leave in raises:
                    self.test(Question(inner), leave, passage)
            elif inner is not None:
                self.enter(inner)
        node = passage.loop.node
        if isinstance(node, (ast.For, ast.AsyncFor)):
            self.generator(scope, node.iter, passage)

    def generator(self, scope: Scope, expr: ast.expr, passage: Passage) -> None:
        """`for frame in self.frames()`: the loop ends when the generator's own does."""
        if isinstance(expr, ast.Call) and isinstance(expr.func, ast.Name) and expr.func.id == "enumerate" and expr.args:
            expr = expr.args[0]
        inner = calls.follow(scope, expr)
        if inner is None or not loops.read(inner.node).is_generator or not self.enter(inner):
            return
        for step in loops.read(inner.node).steps:
            if isinstance(step, LoopReading):
                for leave in step.leaves:
                    # Out of the generator, so past the end of the loop that asks it.
                    self.test(Question(inner, step.node), leave._replace(way=FALLS_OUT), passage)

    def test(self, asked: Question, leave: loops.Leave, passage: Passage) -> None:
        for atom in sufficient(asked, leave.test, leave.wanted):
            self.candidates.append(Candidate(atom, passage, leave.way))


def loops_on(passage: Passage, survey: Survey, ends: Callable[[Passage], bool]) -> bool:
    """Whether a loop comes after this one that `ends` denies, and that is endless or has a flag of its own."""
    flagged = {id(candidate.passage) for candidate in survey.candidates}
    number = next((n for n, other in enumerate(survey.passages) if other is passage), len(survey.passages))
    for later in survey.passages[number + 1 :]:
        node = later.loop.node
        drains = any(
            isinstance(part, ast.Call) and loops.called_name(part) in ("empty", "qsize", "get_nowait")
            for part in ast.walk(node)
        )
        endless = isinstance(node, ast.While) and (isinstance(node.test, ast.Constant) or id(later) in flagged)
        if endless and not drains and not ends(later):
            return True
    return False
