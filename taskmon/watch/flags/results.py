"""What is made of what a thread leaves behind: one that is cancelled leaves half a result, as if it were whole.

Told, collected or counted, that is what whoever cancels it expects. Worked with, stored or sent, it is not.
"""

from __future__ import annotations

import ast
import functools
import re
import threading
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, TypeAlias

from taskmon.watch.flags import calls, inspect_safely
from taskmon.watch.flags.accounts import Account
from taskmon.watch.flags.aftermath import ACT, REPORT, REPORTING, WORK, after_loop, leaves_changed
from taskmon.watch.flags.bindings import own_nodes
from taskmon.watch.flags.evidence import FIRST_VALUES
from taskmon.watch.flags.expressions import Expressions
from taskmon.watch.flags.finding import Target
from taskmon.watch.flags.loops import called_name
from taskmon.watch.flags.names import words, words_of
from taskmon.watch.flags.program import Program, Unit, frames_of_others, running_lines
from taskmon.watch.flags.readings import Reading, later_than, loop_around, quits, reading_of, statement_at, statement_of
from taskmon.watch.flags.scope import Scope, Seen
from taskmon.watch.flags.survey import Candidate, Survey, way_out

#: What is done once the flag is seen, and in which function.
Way: TypeAlias = tuple[Scope, Sequence[ast.stmt]]
_ADDING: Final = frozenset({"append", "appendleft", "add", "extend", "update", "insert"})


def worked_with(target: Target, survey: Survey, program: Program) -> str:
    """Who works with what a thread or a pool's call has made as soon as it has ended, in words; "" if nobody."""
    if target.future is None:
        if target.thread is None:
            return ""
        return _by_joining(target.thread, survey, program) or _told_as_whole(target.thread, survey, program)
    return _by_callback(target.future) or _by_waiting(target.future, survey, program)


def told_to(ways_out: Iterable[Way], survey: Survey, program: Program) -> str:
    """Who works on when the thread, on its way out, puts a last word into a queue; "" if nobody is seen."""
    own = {id(scope.function.__code__) for scope in survey.scopes}
    for way, statements in ways_out:
        for scope, node in done_by(way, statements):
            match node:
                case ast.Call(func=ast.Attribute(value=into, attr="put" | "put_nowait"), args=[word]):
                    taken, said = scope.look(into), scope.look(word)
                case ast.Call(func=ast.Attribute(value=into, attr="set" | "release" | "notify" | "notify_all")):
                    if (waiting := _works_at_sign(scope.look(into), own, survey, program)) != "":
                        return f"it then gives a sign by {ast.unparse(into)[:60]}, and {waiting}"
                    continue
                case _:
                    continue
            if taken is None or said is None or (said.place is None and not isinstance(word, ast.Constant)):
                continue
            account = Account(taken.value, taken.words, survey, program)
            for method, unit, _ in account.calls:
                takes = method in ("get", "get_nowait") and id(unit.code) not in own
                if takes and (works := _works_at_word(said.value, unit, account, program)):
                    return f"it then puts {said.words} into {taken.words}, and {unit.words} {works}"
    return ""


def done_by(scope: Scope, statements: Iterable[ast.AST], depth: int = 0) -> Iterator[tuple[Scope, ast.AST]]:
    """All that statements do, and what the program's own functions do that they call."""
    for node in [part for statement in statements for part in (statement, *own_nodes(statement))]:
        yield scope, node
        inner = calls.follow(scope, node) if isinstance(node, ast.Call) and depth < _DEEPEST_CALL else None
        if inner is not None and inspect_safely.is_programs(inner.function.__code__):
            body = inner.node.body
            yield from done_by(inner, [body] if isinstance(body, ast.expr) else body, depth + 1)


_DEEPEST_CALL: Final = 2


def _works_at_sign(sign: Seen | None, own: set[int], survey: Survey, program: Program) -> str:
    """Who waits for such a sign at this moment, in a thread, and does work when it comes, in words; "" if nobody."""
    if sign is None or inspect_safely.module_of(type(sign.value)) != "threading":
        return ""
    account = Account(sign.value, sign.words, survey, program)
    for method, unit, call in account.calls:
        code = id(unit.code)
        if method not in ("wait", "acquire") or code in own or code not in program.running.keys() - program.main_lines:
            continue
        reading, scopes = reading_of(unit), account.expressions.scopes(unit)
        statement = statement_of(reading, call) if reading is not None and call is not None else None
        if reading is None or statement is None or not scopes:
            continue
        around = loop_around(reading, statement)
        follows = [*later_than(reading, statement)[0], *(around.body if isinstance(around, ast.While) else [])]
        found = after_loop(scopes[0], follows, frozenset())
        if found.level >= WORK:
            return f"{unit.words} {found.words}"
    return ""


#: Says no more than that the thread has ended: who asks for it waits for that, as in `join()`.
_OVER: Final = words("stopped finished ended exited done running alive")


def polled(candidate: Candidate, survey: Survey, program: Program) -> str:
    """Who waits at this moment for what the thread tells on its way out, to work by it, in words; "" if nobody."""
    own = {id(scope.function.__code__) for scope in survey.scopes}
    expressions = Expressions(None, survey, program)
    for scope, statements in way_out(candidate):
        for node in [part for statement in statements for part in (statement, *own_nodes(statement))]:
            match node:
                case ast.Attribute(value=of, attr=name, ctx=ast.Store()):
                    held = scope.look(of)
                case ast.Call(func=ast.Attribute(value=into)) if called_name(node) in REPORTING:
                    held, name = scope.look(into), ast.unparse(into).rpartition(".")[2]
                case _:
                    continue
            if held is None or set(words_of(name)) & _OVER:
                continue
            for unit in program.mentions(name):
                if id(unit.code) not in program.running or id(unit.code) in own:
                    continue
                for base, follows in _asked_in_rounds(unit, name, program):
                    known = expressions.values(unit, base)
                    if known is not None and not any(
                        held.value is each or held.value is inspect_safely.peek(each, name).value for each in known
                    ):
                        continue
                    if any(_works(each, statements, expressions) for each, statements in follows(expressions)):
                        return f"{unit.words} looks for its {name}"
    return ""


def _works(unit: Unit, statements: list[ast.stmt], expressions: Expressions) -> bool:
    scopes = expressions.scopes(unit)
    return not scopes or quits(statements) or after_loop(scopes[0], statements, frozenset()).level >= ACT


_Following: TypeAlias = "Callable[[Expressions], Iterator[tuple[Unit, list[ast.stmt]]]]"


def _asked_in_rounds(unit: Unit, name: str, program: Program) -> Iterator[tuple[ast.expr, _Following]]:
    """Of what a function asks for such a name in a test, in a loop that it is in, and what is done by that."""
    reading, line = reading_of(unit), program.main_lines.get(id(unit.code))
    for node in reading.nodes if reading is not None else ():
        if reading is not None and isinstance(node, (ast.Attribute, ast.Name)) and name == _name_of(node):
            child: ast.AST = node
            around, branches, leaves = reading.parents.get(id(node)), list[ast.stmt](), False
            while around is not None and not isinstance(around, (ast.While, ast.For, ast.AsyncFor)):
                if isinstance(around, ast.If) and child is around.test:
                    branches += [*around.body, *around.orelse]
                child, around = around, reading.parents.get(id(around))
            leaves = (isinstance(around, ast.While) and child is around.test) or any(
                isinstance(each, (ast.Break, ast.Return)) for part in branches for each in [part, *own_nodes(part)]
            )
            if around is None or not (branches or leaves):
                continue
            if line is None or around.lineno <= line <= (around.end_lineno or 0):
                following = functools.partial(_following, unit, branches, around if leaves else None)
                yield (node.value if isinstance(node, ast.Attribute) else node), following


def _following(
    unit: Unit, branches: list[ast.stmt], left: ast.AST | None, expressions: Expressions
) -> Iterator[tuple[Unit, list[ast.stmt]]]:
    """What is done by how a test comes out: in its branches, after the loop that is left, and by who has called."""
    yield unit, branches
    reading = reading_of(unit)
    if reading is None or not isinstance(left, ast.stmt):
        return
    yield unit, later_than(reading, left)[0]
    for caller in expressions.callers(unit):
        asks = reading_of(caller) if id(caller.code) in running_lines() else None
        for node in expressions.naming(caller, unit) if asks is not None else ():
            called = statement_of(asks, node) if asks is not None else None
            if asks is not None and called is not None:
                yield caller, later_than(asks, called)[0]


def _name_of(node: ast.Attribute | ast.Name) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id


def is_heard(candidate: Candidate, survey: Survey, program: Program) -> bool:
    """Whether somebody may act on what the thread tells on its way out, before the program itself has ended it.

    Nobody does of a list or a variable that others look at only later in the main thread's function.
    """
    told: list[str] = []
    for scope, statements in way_out(candidate):
        for statement in statements:
            match statement:
                case ast.Expr(value=ast.Call(func=ast.Attribute(value=into, attr="append" | "add"))):
                    held = scope.look(into)
                    if held is None or type(held.value) not in (list, set):
                        return True
                    told.append(ast.unparse(into).rpartition(".")[2])
                case ast.Assign(targets=[ast.Attribute(attr=name)], value=ast.Constant()):
                    told.append(name)
                case _ if _tells(scope, statement):
                    return True
    own = {id(scope.function.__code__) for scope in survey.scopes}
    expressions = Expressions(None, survey, program)
    return any(
        _looks_now(unit, name, program, expressions)
        for name in told
        for unit in program.mentions(name)
        if id(unit.code) not in own and unit.code.co_name not in FIRST_VALUES
    )


def _tells(scope: Scope, statement: ast.stmt) -> bool:
    """Whether a statement may leave something to others."""
    return any(
        (isinstance(node, ast.Call) and called_name(node) in REPORTING)
        or (isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Store))
        or (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id not in scope.locals.bound)
        for node in [statement, *own_nodes(statement)]
    )


def _looks_now(unit: Unit, name: str, program: Program, expressions: Expressions) -> bool:
    """Whether a function that uses a name may be in use before the main thread has gone on from where it is."""
    reading = reading_of(unit)
    if reading is None:
        return True
    if id(unit.code) in program.main_lines:
        named = [
            node for node in reading.nodes
            if isinstance(getattr(node, "ctx", None), ast.Load)
            and name in (getattr(node, "attr", ""), getattr(node, "id", ""))
        ]  # fmt: skip
        return any(not _is_ahead(unit, node, reading, program) for node in named)
    if id(unit.code) in program.running:
        return True
    return any(
        id(caller.code) not in program.main_lines
        or any(
            not _is_ahead(caller, node, asks, program)
            for node in expressions.naming(caller, unit)
            if (asks := reading_of(caller)) is not None
        )
        for caller in expressions.callers(unit)
    )


def _is_ahead(unit: Unit, node: ast.AST, reading: Reading, program: Program) -> bool:
    """Whether the main thread comes to a place in its function only later, out of the loops that it is in now."""
    line = program.main_lines.get(id(unit.code)) or 0
    around = loop_around(reading, node)
    inside = around is not None and around.lineno <= line <= (around.end_lineno or 0)
    return bool(not inside and getattr(node, "lineno", 0) > line)


def _works_at_word(word: Any, unit: Unit, account: Account, program: Program) -> str:
    """What somebody does when that very word comes out of a queue, in words; "" if he does no more than end."""
    reading = reading_of(unit)
    scopes = account.expressions.scopes(unit)
    is_thread = id(unit.code) in program.running.keys() - program.main_lines
    for test in reading.nodes if reading is not None and scopes else ():
        if isinstance(test, ast.For) and reading is not None and _is_up_to(test.iter, word, unit, account):
            found = after_loop(scopes[0], later_than(reading, test)[0], frozenset())
            if found.level >= (REPORT if is_thread else WORK):
                return found.words
        elif isinstance(test, ast.If) and reading is not None and _is_about(test.test, word, unit, account):
            around = loop_around(reading, test)
            later = later_than(reading, around)[0] if isinstance(around, ast.stmt) else []
            follows = [*test.body, *later]
            found = after_loop(scopes[0], follows, frozenset())
            # Another thread that ends by that word has taken part in the work, and does its last part now.
            ends = is_thread and isinstance(test.body[-1], (ast.Break, ast.Return))
            if found.level >= (REPORT if ends else WORK):
                return found.words
            # Whoever begins by that word has waited for it; who hears it among others, and tells of it, has not.
            begins = around is None or bool(leaves_changed(scopes[0], follows))
            leaves = all(isinstance(part, (ast.Break, ast.Return)) for part in follows)
            if _claims_the_whole(word) and begins and not leaves:
                return f"goes by that (line {test.lineno})"
    return ""


_THROUGH: Final = words("done complete completed finished finish success ok through ready all eof uploaded saved")


def _claims_the_whole(word: Any) -> bool:
    """Whether a last word tells that the work is done, which it is not: no mere end, as `None` is."""
    return type(word) is str and bool(set(words_of(word[:80])) & _THROUGH)


def _is_about(test: ast.expr, word: Any, unit: Unit, account: Account) -> bool:
    """Whether a test compares something with that very word."""
    return any(
        isinstance(node, ast.Compare)
        and isinstance(node.ops[0], (ast.Is, ast.Eq))
        and _stands_for(node.comparators[0], word, unit, account)
        for node in ast.walk(test)
    )


def _is_up_to(expr: ast.expr, word: Any, unit: Unit, account: Account) -> bool:
    """`iter(parts.get, None)`: whether items come up to that very word."""
    match expr:
        case ast.Call(func=ast.Name(id="iter"), args=[ast.Attribute(), end]):
            return _stands_for(end, word, unit, account)
    return False


def _stands_for(expr: ast.expr, word: Any, unit: Unit, account: Account) -> bool:
    known = [expr.value] if isinstance(expr, ast.Constant) else account.expressions.values(unit, expr) or ()
    return any(
        value is word or (type(value) in (str, int) and type(word) is type(value) and value == word) for value in known
    )


def _by_callback(future: Any) -> str:
    waiting = inspect_safely.peek(future, "_done_callbacks").value
    for callback in list(waiting) if type(waiting) is list else ():
        call = calls.resolve(callback, [None], {})
        scope = calls.scope_of(call, None, 0) if call is not None else None
        if call is None or not inspect_safely.is_programs(call.function.__code__):
            continue
        name = call.function.__name__
        if scope is None:
            return f"{name}() is called as soon as it has ended"
        node = scope.node
        body = [ast.Expr(node.body)] if isinstance(node, ast.Lambda) else node.body
        if after_loop(scope, [ast.copy_location(part, node) for part in body], frozenset()).level >= WORK:
            return f"{name}() is called as soon as it has ended, and works with what it returns"
    return ""


def _by_waiting(future: Any, survey: Survey, program: Program) -> str:
    """Who stands in `result()`, `as_completed()` or `map()` for it."""
    for waiting in _waiting_for(future, "concurrent.futures"):
        at = _at(waiting, future, survey, program)
        if at is None:
            continue
        scope, reading, statement = at
        known: set[str] = set()
        following = [statement, *later_than(reading, statement)[0]]
        if isinstance(statement, ast.For):  # over `as_completed(…)` or `pool.map(…)`
            known = {node.id for node in ast.walk(statement.target) if isinstance(node, ast.Name)}
            following = statement.body
        if worker := _worker(scope, following, known, frozenset()):
            return f"{_called(waiting)} waits for what it returns, and works with that: {worker}"
    return ""


def _by_joining(thread: threading.Thread, survey: Survey, program: Program) -> str:
    """Who stands in `join()` for it, and works with what it collects."""
    made, files = _collected(survey), _written(survey)
    for waiting in _waiting_for(thread, "threading") if made or files else ():
        at = _at(waiting, thread, survey, program)
        if at is None:
            continue
        scope, reading, statement = at
        around = loop_around(reading, statement)
        if isinstance(around, ast.While) and any(
            isinstance(node, ast.Call) and called_name(node) == "is_alive" for node in ast.walk(around.test)
        ):
            statement = around  # `while t.is_alive(): t.join(0.5)`
        following = later_than(reading, statement)[0]
        worker = _worker(scope, following, set(), made) or _user_of(files, scope, following)
        if worker := worker or _decider(following, made):
            return f"{_called(waiting)} waits for its end, and works with what it has made: {worker}"
    return ""


def joining_in_rounds(thread: object, survey: Survey, program: Program) -> Iterator[tuple[Unit, ast.While]]:
    """Who stands in `join()` for a thread, and the loop by which he goes on once it has ended."""
    for waiting in _waiting_for(thread, "threading"):
        at, unit = _at(waiting, thread, survey, program), program.units.get(id(waiting.f_code))
        loop = loop_around(at[1], at[2]) if at is not None else None
        if unit is not None and isinstance(loop, ast.While):
            yield unit, loop


def _told_as_whole(thread: threading.Thread, survey: Survey, program: Program) -> str:
    """Who waits until a thread, or all of several, has ended, and says then that all is done; "" if nobody."""
    expressions = Expressions(thread, survey, program)
    for frame in frames_of_others().values():
        waiting: Unit | None = None
        inner: types.FrameType | None = frame
        while inner is not None:
            unit = program.units.get(id(inner.f_code)) if inspect_safely.is_programs(inner.f_code) else None
            reading = reading_of(unit) if unit is not None else None
            around = statement_at(reading, inner.f_lineno) if reading is not None else None
            following: list[ast.stmt] = []
            while unit is not None and reading is not None and around is not None:
                held = Scope.running(inner)
                if waiting is None and _asks_whether_it_lives(thread, around, unit, expressions, held):
                    waiting = unit
                following += later_than(reading, around)[0]
                loop = loop_around(reading, around)
                around = loop if isinstance(loop, ast.stmt) else None
            if unit is not None and waiting is not None:
                for scope in expressions.scopes(unit)[:1]:
                    if _says_that_all_is_done(scope, following, 0):
                        return f"{waiting.words} waits for its end, after which it is told that all is done"
            inner = inner.f_back
    return ""


def _asks_whether_it_lives(
    thread: threading.Thread, statement: ast.stmt, unit: Unit, expressions: Expressions, held: dict[str, Any]
) -> bool:
    """`held`: the variables of the function, which is running."""
    for node in ast.walk(statement):
        match node:
            case ast.Call(func=ast.Attribute(value=asked, attr="join" | "is_alive")):
                match asked:
                    case ast.Name() if held.get(asked.id) is thread:
                        return True
                    case ast.Attribute(value=ast.Name() as of) if of.id in held:
                        if inspect_safely.peek(held[of.id], asked.attr).value is thread:
                            return True
                if any(each is thread for each in expressions.values(unit, asked) or ()):
                    return True
    return False


def _says_that_all_is_done(scope: Scope, statements: list[ast.stmt], depth: int) -> bool:
    for node in [each for part in statements for each in [part, *own_nodes(part)]]:
        if not isinstance(node, ast.Call):
            continue
        if called_name(node) in _TELLING:
            said = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and type(part.value) is str]
            if any(_THE_WHOLE & set(re.findall("[a-z]+", text.lower())) for text in said):
                return True
            continue
        inner = calls.follow(scope, node) if depth < 1 else None
        body = [] if inner is None or isinstance(inner.node, ast.Lambda) else list(inner.node.body)
        if inner is not None and _says_that_all_is_done(inner, body, depth + 1):
            return True
    return False


_TELLING: Final = words("print info warning log")
#: Says more than "done" and "finished", which tell as well that it is over.
_THE_WHOLE: Final = words("complete completed published uploaded succeeded successfully")


def _collected(survey: Survey) -> frozenset[str]:
    """The attributes to which the thread adds, by name."""
    return frozenset(
        node.func.value.attr
        for scope in survey.scopes
        for node in own_nodes(scope.node)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _ADDING
        and isinstance(node.func.value, ast.Attribute)
    )


def left_collected(method: Any, ways_out: Iterable[Way], survey: Survey) -> str:
    """What the thread adds to, and of which a method that ends it makes something, but not the thread itself."""
    scope = calls.scope_of(calls.Call(method.__func__, [Seen(method.__self__, None, "self", True)], {}), None, 0)
    body = scope.node.body if scope is not None and not isinstance(scope.node, ast.Lambda) else []
    used = _attributes(done_by(scope, body)) if scope is not None else set()
    left = used & _collected(survey) - _attributes(part for way in ways_out for part in done_by(*way))
    return min(left, default="")


def _attributes(parts: Iterable[tuple[Scope, ast.AST]]) -> set[str]:
    return {node.attr for _, node in parts if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)}


def _written(survey: Survey) -> frozenset[str]:
    """The files that the thread opens to write them anew: half of one is left if it ends before it is through."""
    opened = [
        scope.look(node.args[0])
        for scope in survey.scopes
        for node in own_nodes(scope.node)
        if isinstance(node, ast.Call) and called_name(node) == "open" and len(node.args) > 1
        if isinstance(node.args[1], ast.Constant) and set(str(node.args[1].value)) & set("wx")
    ]
    return frozenset(filter(None, (_path(each.value) for each in opened if each is not None)))


def _path(value: object) -> str:
    """What file a text or a path stands for; "" for anything else."""
    return str(value) if type(value) is str or inspect_safely.module_of(type(value)).startswith("pathlib") else ""


def _user_of(files: frozenset[str], scope: Scope, following: list[ast.stmt]) -> str:
    """The first call that is given one of these files, and does more than to tell, in words."""
    for part in following:
        for node in [part, *own_nodes(part)]:
            given = [scope.look(each) for each in node.args] if isinstance(node, ast.Call) and files else []
            if isinstance(node, ast.Call) and any(_path(each.value) in files for each in filter(None, given)):
                found = after_loop(scope, [ast.copy_location(ast.Expr(node), node)], frozenset())
                if found.level >= WORK:
                    return found.words
    return ""


def _decider(following: list[ast.stmt], made: frozenset[str]) -> str:
    """The first call that is made or not by what was collected, in words: "published", as it is the whole."""
    for part in following:
        for test in [node for node in [part, *own_nodes(part)] if isinstance(node, ast.If) and node.orelse]:
            compared = isinstance(test.test, ast.Compare) and _is_made_of(test.test, set(), made)
            call = next((node for node in own_nodes(test) if isinstance(node, ast.Call)), None) if compared else None
            if call is not None:
                return f"calls {called_name(call)}() (line {call.lineno})"
    return ""


def _waiting_for(awaited: Any, module: str) -> Iterator[types.FrameType]:
    """The functions of the program's that wait for a thread or a future in a function of such a module."""
    for frame in frames_of_others().values():
        waits = False
        inner: types.FrameType | None = frame
        while inner is not None and not inspect_safely.is_programs(inner.f_code):
            if str(inner.f_globals.get("__name__")).startswith(module):
                for value in Scope.running(inner).values():
                    held = list(value) if type(value) in (list, set, frozenset) else [value]
                    waits = waits or any(each is awaited for each in held)
            inner = inner.f_back
        while inner is not None and inner.f_code.co_name in ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"):
            inner = inner.f_back
        if waits and inner is not None:
            yield inner


def _at(
    frame: types.FrameType, awaited: Any, survey: Survey, program: Program
) -> tuple[Scope, Reading, ast.stmt] | None:
    """The function that waits, and the statement in which it does."""
    unit = program.units.get(id(frame.f_code))
    reading = reading_of(unit) if unit is not None else None
    scopes = Expressions(awaited, survey, program).scopes(unit) if unit is not None and reading is not None else []
    if reading is None or not scopes:
        return None
    scopes[0].arguments |= {name: Seen(value, None, name) for name, value in Scope.running(frame).items()}
    statement = statement_at(reading, frame.f_lineno or 0)
    return (scopes[0], reading, statement) if statement is not None else None


def _called(frame: types.FrameType) -> str:
    return Unit(frame.f_code, frame.f_globals, None, None).words


def _worker(scope: Scope, following: list[ast.stmt], known: set[str], made: frozenset[str]) -> str:
    """The first call that works with what was awaited, in words: with variables, or with attributes of these names."""
    for part in following:
        for node in [part, *own_nodes(part)]:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_made_of(value, known, made):
                    known.add(name)
                case ast.Call() if called_name(node) != "result" and _is_given(node, known, made):
                    alone = ast.Expr(ast.copy_location(ast.Call(node.func, [], []), node))
                    found = after_loop(scope, [ast.copy_location(alone, node)], frozenset())
                    if found.level >= WORK:
                        return found.words
    return ""


def _is_made_of(expr: ast.expr, known: set[str], made: frozenset[str]) -> bool:
    """Whether an expression is the result, or is made of it."""
    return any(
        (isinstance(node, ast.Name) and node.id in known)
        or (isinstance(node, ast.Attribute) and node.attr in made)
        or (isinstance(node, ast.Call) and called_name(node) == "result" and not made)
        for node in [expr, *own_nodes(expr)]
    )


def _is_given(call: ast.Call, known: set[str], made: frozenset[str]) -> bool:
    return any(_is_made_of(part, known, made) for part in [*call.args, *(keyword.value for keyword in call.keywords)])
