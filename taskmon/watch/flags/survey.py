"""Everything that may end a thread's work: its loops in the order they run, and the flags their tests hang on."""

from __future__ import annotations

import ast
import contextvars
import types
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from taskmon.watch.flags import calls, inspect_safely, loops, source
from taskmon.watch.flags.aftermath import Follow, Left, after_loop
from taskmon.watch.flags.bindings import own_nodes
from taskmon.watch.flags.conditions import COLLECTION, Atom, Question, sufficient
from taskmon.watch.flags.finding import Target
from taskmon.watch.flags.locations import Attribute
from taskmon.watch.flags.loops import FALLS_OUT, Around, CallReading, LoopReading
from taskmon.watch.flags.scope import Scope, Seen

#: A limit on the work for one thread: a function that calls a hundred others is not read to the end.
_MOST_SCOPES: Final = 60
#: How deep below the loop a call may raise to end it.
_DEEPEST_CHECK: Final = 3


class Passage(NamedTuple):
    """One outermost loop on the way of the thread, in the function it stands in."""

    scope: Scope
    loop: LoopReading
    #: The calls that led to that function, the innermost first, and what comes after each.
    callers: tuple[tuple[Scope, Around], ...]


class Candidate(NamedTuple):
    """A flag that ends a passage."""

    atom: Atom
    passage: Passage
    leave: loops.Leave
    #: The function in which the test stands.
    tested_in: Scope

    @property
    def way(self) -> str:
        """How the loop is left."""
        return self.leave.way

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
    #: The methods that end the endless loops of the standard library that it calls: `server.shutdown`.
    servers: list[types.MethodType]
    #: Why nothing could be read, when `top` is None.
    why_not: str = ""

    @property
    def look(self) -> int:
        """What tells it from another: of two that are equal in this, the same is to be said.

        The objects are told by their identity: it is for as long as they are kept.
        """
        flags = tuple((each.key, each.atom.kind, each.atom.value, each.way) for each in self.candidates)
        loops = tuple(id(each.loop.node) for each in self.passages)
        code = tuple(id(each.function.__code__) for each in self.scopes)
        return hash((flags, loops, code, tuple(id(each.__self__) for each in self.servers)))


def survey(target: Target) -> Survey:
    """Read what a thread runs. Looks at live objects, runs nothing of the program's."""
    positional: list[Seen | None] = [Seen(value, None, "", True) for value in target.args]
    named: dict[str, Seen | None] = {name: Seen(value, None, name, True) for name, value in target.kwargs.items()}
    call = calls.resolve(target.function, positional, named)
    if call is None:
        return Survey(None, [], [], [], [], "it runs code that is not Python")
    if not inspect_safely.is_programs(call.function.__code__):
        return Survey(None, [], [], [], [], "it runs code of a library")
    if call.context is None and target.thread is not None:
        given = (inspect_safely.own_names(target.thread) or {}).get("_context")  # since Python 3.14
        call.context = given if type(given) is contextvars.Context else None
    top = calls.scope_of(call, target.thread, 0)
    if top is None:
        code = call.function.__code__
        return Survey(None, [], [], [], [], source.why_missing(code, call.function.__globals__))
    walk = _Walk()
    walk.function(top, ())
    return Survey(top, walk.passages, walk.candidates, walk.scopes, walk.servers)


class _Walk:
    def __init__(self) -> None:
        self.passages: list[Passage] = []
        self.candidates: list[Candidate] = []
        self.scopes: list[Scope] = []
        self.servers: list[types.MethodType] = []

    def enter(self, scope: Scope | None) -> bool:
        """Whether to read it: not twice with the same arguments, and not without end."""
        if scope is None or len(self.scopes) >= _MOST_SCOPES:
            return False
        if any(other.node is scope.node and other.depth < scope.depth for other in self.scopes):
            return False
        self.scopes.append(scope)
        return True

    def function(self, scope: Scope, callers: tuple[tuple[Scope, Around], ...]) -> None:
        """The loops of a function, and of those it calls on its way."""
        if not self.enter(scope):
            return
        for step in loops.read(scope.node).steps:
            if isinstance(step, LoopReading):
                self.loop(scope, Passage(scope, step, callers))
            elif (server := calls.end_of_server(scope.look(step.node.func))) is not None:
                self.servers.append(server)
            elif (inner := calls.follow(scope, step.node)) is not None and not loops.read(inner.node).is_generator:
                self.function(inner, ((scope, _with_its_result(scope, step, inner)), *callers))

    def loop(self, scope: Scope, passage: Passage) -> None:
        """The flags that end one loop."""
        self.passages.append(passage)
        for leave in passage.loop.leaves:
            self.test(Question(scope, passage.loop.node), leave, passage)
        for check in passage.loop.checks:
            self.check(scope, check, passage, _DEEPEST_CHECK)
        node = passage.loop.node
        if isinstance(node, (ast.For, ast.AsyncFor)):
            self.generator(scope, node.iter, passage)

    def check(self, scope: Scope, call: ast.Call, passage: Passage, deepest: int) -> None:
        """A call in a loop that raises when it is time to end, itself or further down."""
        inner = calls.follow(scope, call)
        if inner is None or not self.enter(inner):
            return
        reading = loops.read(inner.node)
        for leave in reading.raises:
            self.test(Question(inner), leave, passage)
        for step in reading.steps if deepest else ():
            if step.around.caught is not None:
                continue
            for further in [step.node] if isinstance(step, loops.CallReading) else step.checks:
                self.check(inner, further, passage, deepest - 1)

    def generator(self, scope: Scope, expr: ast.expr, passage: Passage) -> None:
        """`for frame in self.frames()`: the loop ends when the generator's own does."""
        if (given := calls.special(scope, _counted(expr), "__next__")) is not None:
            if self.enter(given):
                for leave in loops.read(given.node).raises:
                    self.test(Question(given), leave._replace(way=FALLS_OUT), passage)
            return
        inner = generator_over(scope, expr)
        if inner is None or not self.enter(inner):
            return
        for step in loops.read(inner.node).steps:
            if isinstance(step, LoopReading):
                for leave in step.leaves:
                    # Out of the generator, so past the end of the loop that asks it; before that, what it does then.
                    out = (*leave.branch, *step.around.when(leave.way))
                    self.test(Question(inner, step.node), leave._replace(way=FALLS_OUT, branch=out), passage)

    def test(self, asked: Question, leave: loops.Leave, passage: Passage) -> None:
        for atom in sufficient(asked, leave.test, leave.wanted):
            self.candidates.append(Candidate(atom, passage, leave, asked.scope))


def _with_its_result(scope: Scope, step: CallReading, inner: Scope) -> Around:
    """What comes after a call, with what the program's own function does that is given its result at once."""
    others = [each.node for each in loops.read(scope.node).steps if isinstance(each, CallReading)]
    for call in others:
        given_to = calls.follow(scope, call) if any(part is step.node for part in call.args) else None
        if given_to is not None and given_to.node is not inner.node:  # not `asyncio.run(main())`
            return step.around._replace(after=(ast.copy_location(ast.Expr(call), call), *step.around.after))
    return step.around


def generator_over(scope: Scope, expr: ast.expr) -> Scope | None:
    """The generator that a loop over an expression asks for its items; None if it is none of the program's."""
    expr = _counted(expr)
    inner = calls.follow(scope, expr) or calls.special(scope, expr, "__iter__")
    return inner if inner is not None and loops.read(inner.node).is_generator else None


def _counted(expr: ast.expr) -> ast.expr:
    """What `enumerate` counts."""
    match expr:
        case ast.Call(func=ast.Name(id="enumerate"), args=[counted, *_]):
            return counted
    return expr


def after(candidate: Candidate, survey: Survey, key: object = None) -> Follow:
    """What the thread does when a candidate's flag has ended its loop, in the loop's function and in its callers."""
    passage = candidate.passage
    wanted = candidate.key if key is None else key
    ended = frozenset(id(other.passage.loop.node) for other in survey.candidates if other.key == wanted)
    # Called anew, these come to the same loop.
    ended |= {id(scope.node) for scope in (passage.scope, *(scope for scope, _ in passage.callers))}
    own = passage.loop.node if candidate.tested_in is passage.scope else None
    place = candidate.atom.seen.place
    owner = place.owner if isinstance(place, Attribute) else None
    if survey.top is not None and survey.top.found.class_name:
        given = [each.value for name, each in survey.top.arguments.items()]
        owner = owner if any(each is owner for each in given) else None
    written = _written(survey)
    parts = []
    for number, (scope, statements) in enumerate(way_out(candidate)):
        loop = own if number == 0 else passage.loop.node if number == 1 else None
        # Its words are those of the function that tests it.
        flag = (candidate.atom.seen.words if scope is candidate.atom.scope else "", candidate.atom.value)
        parts.append(after_loop(scope, statements, ended, Left(loop, owner, written, flag)))
    return max(parts, key=lambda part: part.level)


def _written(survey: Survey) -> frozenset[str]:
    """The files that a thread opens to write them, or makes for a time, as its code calls them."""
    found = set()
    for node in [node for scope in survey.scopes for node in own_nodes(scope.node)]:
        match node:
            case ast.Call(func=ast.Name(id="open"), args=[path, ast.Constant(value=mode), *_]):
                found |= {ast.unparse(path)} if set(str(mode)) & set("wxa+") else set()
            case ast.Call(func=ast.Attribute(value=path, attr="write_text" | "write_bytes")):
                found.add(ast.unparse(path))
            case ast.Call(func=ast.Attribute(value=path, attr="open"), args=[ast.Constant(value=mode), *_]):
                found |= {ast.unparse(path)} if set(str(mode)) & set("wxa+") else set()
            case ast.Assign(value=ast.Call() as made) if loops.called_name(made) in ("mkstemp", "mkdtemp"):
                named = [part for target in node.targets for part in ast.walk(target)]
                found |= {ast.unparse(part) for part in named if isinstance(part, (ast.Name, ast.Attribute))}
    return frozenset(found)


def way_out(candidate: Candidate, *, exits: bool = True) -> Iterator[tuple[Scope, tuple[ast.stmt, ...]]]:
    """All that is done once the flag is seen: as the loop is left, after it, and in those who called for it.

    `exits`: also what the program's own context managers do as they are left.
    """
    passage, leave = candidate.passage, candidate.leave
    yield candidate.tested_in, leave.branch
    yield passage.scope, passage.loop.around.when(leave.way)
    for scope, around in ((passage.scope, passage.loop.around), *passage.callers) if exits else ():
        for item in around.exits:
            yield from _exit_of(scope, item)
    raising = leave.way == loops.RAISES and passage.loop.around.caught is None
    given = None if leave.way == loops.RAISES else _given(*leave.branch, *passage.loop.around.after)
    for scope, around in passage.callers:
        yield scope, around.when(loops.RAISES if raising else FALLS_OUT, given)
        raising, given = raising and around.caught is None, None


def _exit_of(scope: Scope, item: ast.withitem) -> Iterator[tuple[Scope, tuple[ast.stmt, ...]]]:
    """What a context manager of the program's own does as it is left by no exception."""
    made = calls.follow(scope, item.context_expr)
    if made is not None and not isinstance(made.node, ast.Lambda) and loops.read(made.node).is_generator:
        yield made, tuple(_after_yield(made.node.body))
        return
    named = item.optional_vars if isinstance(item.optional_vars, ast.Name) else item.context_expr
    leaving = calls.special(scope, named, "__exit__")
    if leaving is not None and not isinstance(leaving.node, ast.Lambda):
        code = leaving.function.__code__
        error = code.co_varnames[1] if code.co_argcount > 1 else ""
        yield leaving, tuple(_without_error(leaving.node.body, error))


def _after_yield(body: list[ast.stmt]) -> list[ast.stmt]:
    """What comes after the `yield` of a generator that `contextmanager` has made a manager of."""
    for number, statement in enumerate(body):
        if any(isinstance(node, ast.Yield) for node in [statement, *own_nodes(statement)]):
            inner: list[ast.stmt] = []
            if isinstance(statement, (ast.With, ast.Try)):
                inner = _after_yield(statement.body)
            if isinstance(statement, ast.Try):
                inner += [*statement.orelse, *statement.finalbody]
            return [*inner, *body[number + 1 :]]
    return []


def _without_error(body: list[ast.stmt], error: str) -> list[ast.stmt]:
    """Statements of an `__exit__` where there was no exception: `if error is None: …`."""
    found: list[ast.stmt] = []
    for statement in body:
        test = statement.test if isinstance(statement, ast.If) else None
        negated = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
        test = test.operand if isinstance(test, ast.UnaryOp) and negated else test
        match test:
            case ast.Name(id=name) if name == error:
                holds = negated
            case ast.Compare(left=ast.Name(id=name), ops=[ast.Is() | ast.IsNot() as op]) if name == error:
                holds = isinstance(op, ast.Is) is not negated
            case _:
                found.append(statement)
                continue
        assert isinstance(statement, ast.If)
        found += _without_error(statement.body if holds else statement.orelse, error)
        if found and isinstance(found[-1], ast.Return):
            break
    return found


def _given(*statements: ast.stmt) -> bool | None:
    """Whether a function comes out true whose last statements these are; None if that is not seen."""
    for statement in statements:
        match statement:
            case ast.Return(value=None):
                return False
            case ast.Return(value=ast.Constant(value=value)):
                return bool(value)
        if any(isinstance(part, (ast.Return, ast.Raise)) for part in [statement, *own_nodes(statement)]):
            return None
    return False


def loops_on(passage: Passage, survey: Survey, ends: Callable[[Passage], bool]) -> bool:
    """Whether a loop comes after this one that `ends` denies, and that is endless or has a flag of its own."""
    flagged = {id(candidate.passage) for candidate in survey.candidates if candidate.atom.kind != COLLECTION}
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
