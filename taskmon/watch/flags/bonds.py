"""What others have a thread for: who would stand still, or act at once, if it ended before the others do.

A flag may be meant for nothing but the end of a thread, and yet that end is no end of this thread's work alone: others
wait for it at a barrier, keep their own work safe by it, or publish what its call returns.
"""

from __future__ import annotations

import ast
import queue
import re
import threading
import types
from collections.abc import Iterator
from typing import Final, NamedTuple

from taskmon.watch.flags import calls, evidence, inspect_safely, names, owners, products, results, uses, ways
from taskmon.watch.flags.accounts import Account
from taskmon.watch.flags.aftermath import TELLING_THE_END, WORK, after_loop, leaves_changed, take_something
from taskmon.watch.flags.bindings import own_nodes
from taskmon.watch.flags.conditions import COLLECTIONS, FLAG
from taskmon.watch.flags.expressions import Expressions, has_code
from taskmon.watch.flags.finding import Target
from taskmon.watch.flags.locations import Attribute
from taskmon.watch.flags.loops import called_name
from taskmon.watch.flags.names import Meaning, words, words_of
from taskmon.watch.flags.program import Program, Unit, is_programs_class, names_used, running_lines
from taskmon.watch.flags.readings import (
    CLOCKS,
    Reading,
    beside,
    context,
    later_than,
    loop_around,
    reading_of,
    statement_of,
)  # fmt: skip
from taskmon.watch.flags.scope import Scope, Seen
from taskmon.watch.flags.survey import Candidate, Survey, way_out
from taskmon.watch.flags.survey import survey as survey_of
from taskmon.watch.flags.ways import Way

_STARTING: Final = words("start restart spawn respawn launch relaunch recover revive replace submit thread")


def _signal(value: object) -> tuple[frozenset[str], frozenset[str]] | None:
    """What gives a sign by this object, and what waits for it; None if it is not made for that."""
    # Asked for at each look: what `threading` is to us changes once the program has imported its own.
    pairs = {
        threading.Event: (frozenset({"set"}), frozenset({"wait"})),
        threading.Semaphore: (frozenset({"release"}), frozenset({"acquire"})),
        threading.Condition: (frozenset({"notify", "notify_all"}), frozenset({"wait"})),
    }
    return pairs.get(type(value))


def bond(target: Target, survey: Survey, program: Program) -> str:
    """What others have the thread for, in words; "" if nothing is seen. Whatever it is that would end it."""
    if not survey.passages:
        return ""
    return (
        _others_wait(survey, program)
        or _stands_ready(target, survey, program)
        or _is_looked_after(target, survey, program)
        or products.needed_by(survey, program)
        or _keeps_a_claim(survey)
        or results.worked_with(target, survey, program)
    )


def _others_wait(survey: Survey, program: Program) -> str:
    """Where other threads wait until this one has come, in words; "" if no such place is seen."""
    for scope in survey.scopes:
        for node in own_nodes(scope.node):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            name = node.func.attr
            if name not in ("wait", "set", "release", "notify", "notify_all", "put", "put_nowait"):
                continue
            met = scope.look(node.func.value)
            if met is None:
                continue
            if name.startswith("put"):
                if _in_a_loop(node, survey) and (asking := _hangs_without(met, survey, program)):
                    return f"{asking} waits for its {met.words}"
                continue
            if name == "wait" and inspect_safely.is_a(met.value, threading.Barrier) and _in_a_loop(node, survey):
                return f"others wait for it at {met.words}"
            pair = _signal(met.value)
            if (
                pair is not None
                and name in pair[0]
                and _in_a_loop(node, survey)
                and _only_it_signals(met, pair, survey, program)
            ):
                return f"another thread waits for its {met.words}"
    return ""


def _hangs_without(given: Seen, survey: Survey, program: Program) -> str:
    """Whether the main thread takes, without an end in time, from a queue that nobody but this thread fills; or ""."""
    if type(given.value) not in (queue.Queue, queue.LifoQueue, queue.PriorityQueue, queue.SimpleQueue):
        return ""
    if any(_puts_into(given.value, scope, node) and not _in_a_loop(node, survey) for scope, node in _calls_of(survey)):
        return ""  # it says at last that no more comes
    own = {id(scope.function.__code__) for scope in survey.scopes}
    account = Account(given.value, given.words, survey, program)
    if any(method in ("put", "put_nowait") and id(unit.code) not in own for method, unit, _ in account.calls):
        return ""
    for method, unit, call in account.calls:
        reading = reading_of(unit) if method == "get" and id(unit.code) in program.main_lines else None
        if reading is None or call is None or not _is_endless(call) or _is_past(unit, call, program):
            continue
        around = loop_around(reading, call)
        drains = isinstance(around, ast.While) and _DRAINED & {called_name(each) for each in _calls_in(around.test)}
        if not drains and not _runs_elsewhere(survey):
            return unit.words
    return ""


def _runs_elsewhere(survey: Survey) -> bool:
    """Whether another thread runs the same function, and goes on with it."""
    code = survey.top.function.__code__ if survey.top is not None else None
    beside = [survey_of(Target.of_thread(each)).top for each in _threads_beside(survey)]
    return any(each is not None and each.function.__code__ is code for each in beside)


def _calls_of(survey: Survey) -> Iterator[tuple[Scope, ast.Call]]:
    for scope in survey.scopes:
        yield from ((scope, node) for node in own_nodes(scope.node) if isinstance(node, ast.Call))


def _puts_into(held: object, scope: Scope, call: ast.Call) -> bool:
    met = scope.look(call.func.value) if isinstance(call.func, ast.Attribute) else None
    return called_name(call) in ("put", "put_nowait") and met is not None and met.value is held


def _calls_in(test: ast.expr) -> list[ast.Call]:
    return [node for node in [test, *own_nodes(test)] if isinstance(node, ast.Call)]


#: Asks whether there is anything to take, so that nobody waits for it.
_DRAINED: Final = frozenset({"empty", "qsize", "is_alive"})


def _stands_ready(target: Target, survey: Survey, program: Program) -> str:
    """Whether the thread offers itself, round after round, to others who take it and give it work; "" if it does not.

    It would be taken once more after its end, and what it is given then is lost.
    """
    own = {id(scope.function.__code__) for scope in survey.scopes}
    for scope in survey.scopes:
        for node in own_nodes(scope.node):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=into, attr="append" | "add" | "put"), args=[ast.Name() as given]
                ):
                    offered, pool = scope.look(given), scope.look(into)
                case _:
                    continue
            if offered is None or pool is None or not _in_a_loop(node, survey):
                continue
            if offered.value is not target.thread and offered.value is not getattr(target.function, "__self__", None):
                continue
            for method, unit, _ in Account(pool.value, pool.words, survey, program).calls:
                if method in ("pop", "popleft", "get", "get_nowait") and id(unit.code) not in own:
                    return f"{unit.words} takes it from {pool.words}, to give it work"
    return ""


def _in_a_loop(node: ast.Call, survey: Survey) -> bool:
    return any(node in own_nodes(passage.loop.node) for passage in survey.passages) or not any(
        node in own_nodes(passage.scope.node) for passage in survey.passages
    )


def _only_it_signals(met: Seen, pair: tuple[frozenset[str], frozenset[str]], survey: Survey, program: Program) -> bool:
    """Whether another thread that lives waits for what nobody but this thread gives: without end, or it acts then."""
    own = {id(scope.function.__code__) for scope in survey.scopes}
    running = program.running.keys()
    waits: set[int] = set()
    signals: set[int] = set()
    account = Account(met.value, met.words, survey, program)
    for method, unit, call in account.calls:
        if id(unit.code) in own or unit.code.co_name in evidence.FIRST_VALUES:
            continue
        if method in pair[0]:
            signals.add(id(unit.code))
        elif method in pair[1] and call is not None and (_is_endless(call) or _acts_in_vain(unit, call, account)):
            waits.add(id(unit.code))
    return bool(waits & running) and signals <= waits  # who waits himself gives no sign meanwhile


def _is_endless(call: ast.Call) -> bool:
    return not call.args and not call.keywords


def _acts_in_vain(unit: Unit, call: ast.Call, account: Account) -> bool:
    """Whether somebody who waits for a time does more than to tell when nothing has come: `if not news.wait(5): …`."""
    reading = reading_of(unit)
    statement = statement_of(reading, call) if reading is not None else None
    scopes = account.expressions.scopes(unit)
    if not isinstance(statement, ast.If) or not scopes or not any(node is call for node in ast.walk(statement.test)):
        return False
    negated = any(isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not) for node in ast.walk(statement.test))
    in_vain = statement.body if negated else statement.orelse
    return after_loop(scopes[0], in_vain, frozenset()).level >= WORK


def _is_looked_after(target: Target, survey: Survey, program: Program) -> str:
    """Who looks now and then whether the thread lives, and does more than to tell when it does not."""
    if target.thread is None:
        return ""
    account = Account(target.thread, "", survey, program)
    looks = _looks_whether_it_lives(target.thread, account)
    for decided in [each for look in looks for each in _deciding_by(*look, account.expressions)]:
        unit = decided.unit
        if not _is_done_in_rounds(unit, decided.statement, account.expressions):
            continue
        for part in decided.parts:
            if (name := _started_in(part, account, unit)) is not None:
                return f"{unit.words} would take it for dead, and calls {name}()"
        scopes = account.expressions.scopes(unit)
        if not scopes:
            continue
        follow = after_loop(scopes[0], decided.dead, frozenset())
        if act := follow.words if follow.level >= WORK else leaves_changed(scopes[0], decided.dead):
            return f"{unit.words} acts as soon as it has ended: {act}"
    known = {id(node) for _, node in looks}
    return _is_one_of_those_begun_anew(target, survey, program, account.expressions, known)


def _is_one_of_those_begun_anew(
    target: Target, survey: Survey, program: Program, expressions: Expressions, known: set[int]
) -> str:
    """Who asks whether any of several lives, not seen of which, and begins another of this thread's kind if not."""
    wanted = _names_of_its_kind(target, survey)
    for waiting, loop in results.joining_in_rounds(target.thread, survey, program):
        if name := _begins(loop, wanted, waiting, expressions):
            return f"{waiting.words} would take it for dead, and calls {name}()"
    for unit in program.mentions("is_alive"):
        reading = reading_of(unit)
        for node in reading.nodes if reading is not None else ():
            match node:
                case ast.Call(func=ast.Attribute(value=asked, attr="is_alive")) if id(node) not in known:
                    pass
                case _:
                    continue
            among = expressions.values(unit, asked)
            if among is not None and not any(each is target.thread for each in among):
                continue
            for decided in _deciding_by(unit, node, expressions):
                if not _is_done_in_rounds(decided.unit, decided.statement, expressions):
                    continue
                begun = [_begins(part, wanted, decided.unit, expressions) for part in decided.parts]
                if name := next(filter(None, begun), ""):
                    return f"{decided.unit.words} would take it for dead, and calls {name}()"
    return ""


def _names_of_its_kind(target: Target, survey: Survey) -> set[str]:
    """What a function must name that begins a thread of this one's kind: what it runs, or whose method that is."""
    found = set()
    if survey.top is not None and survey.top.function.__name__ != "run":
        found.add(survey.top.function.__name__)
    for each in (target.thread, owners.owner_of_thread(target, survey)):
        if each is not None and is_programs_class(type(each)):
            found.add(inspect_safely.name_of(type(each)))
    return found


def _begins(tree: ast.AST, wanted: set[str], unit: Unit, expressions: Expressions, depth: int = 0) -> str:
    """The call in a statement by which a thread of such a kind comes to be begun; "" if there is none."""
    for node in [tree, *own_nodes(tree)]:
        if not isinstance(node, ast.Call):
            continue
        given = [*node.args, *(each.value for each in node.keywords)]
        if {called_name(node), *map(_last, given)} & wanted:
            return called_name(node)
        for called in expressions.values(unit, node.func) or () if depth < _DEEPEST else ():
            function = called.__func__ if type(called) is types.MethodType else called
            if type(function) is not types.FunctionType or not wanted & names_used(function.__code__):
                continue
            inner = Unit(function.__code__, function.__globals__, function, None)
            reading = reading_of(inner)
            if reading is not None and _begins(reading.tree, wanted, inner, expressions, depth + 1):
                return called_name(node)
    return ""


def is_done_only_while_alive(way: Way, target: Target, survey: Survey, program: Program) -> bool:
    """Whether what a method does beside ending the thread is done only where somebody has seen that it still lives."""
    if target.thread is None or way.method is None or not way.act_at:
        return False
    account = Account(target.thread, "", survey, program)
    looks, expressions = _looks_whether_it_lives(target.thread, account), account.expressions
    decided = [each for look in looks for each in _deciding_by(*look, expressions, rounds=True)]
    own = expressions.unit_of(way.method)
    if _is_done_only_then(own, way.act_at, decided):
        return True
    calling = [(caller, node) for caller in expressions.callers(own) for node in expressions.naming(caller, own)]
    surely = [
        (caller, node)
        for caller, node in calling
        if isinstance(node, ast.Attribute)
        and any(each is way.method.__self__ for each in expressions.values(caller, node.value) or ())
    ]
    return bool(calling) and all(
        _is_done_only_then(caller, getattr(node, "lineno", 0), decided) for caller, node in surely or calling
    )


def _is_done_only_then(unit: Unit, line: int, decided: list[_Decided]) -> bool:
    def stands_in(parts: list[ast.stmt]) -> bool:
        return any(part.lineno <= line <= (part.end_lineno or 0) for part in parts)

    of_it = [each for each in decided if each.unit.code is unit.code]
    return any(stands_in(each.parts) and not stands_in(each.dead) for each in of_it)


def _looks_whether_it_lives(thread: threading.Thread, account: Account) -> list[tuple[Unit, ast.AST]]:
    of_others: list[tuple[Unit, ast.AST]] = [
        (unit, call) for method, unit, call in account.calls if method == "is_alive" and call
    ]
    return [*of_others, *_looks_of_its_own(thread, account.program)]


def _looks_of_its_own(thread: threading.Thread, program: Program) -> Iterator[tuple[Unit, ast.AST]]:
    """Where methods of a thread's own class ask `self.is_alive()`."""
    classes = list(filter(is_programs_class, inspect_safely.mro(type(thread))))
    for unit in program.mentions("is_alive") if classes else ():
        reading = reading_of(unit) if any(has_code(cls, unit.code) for cls in classes) else None
        for node in reading.nodes if reading is not None else ():
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr="is_alive")):
                    yield unit, node


class _Decided(NamedTuple):
    """What hangs on whether a thread lives."""

    unit: Unit
    statement: ast.stmt
    #: What is done either way; what is done if it does not live.
    parts: list[ast.stmt]
    dead: list[ast.stmt]


def _deciding_by(
    unit: Unit, asked: ast.AST, expressions: Expressions, depth: int = 0, *, rounds: bool = False
) -> Iterator[_Decided]:
    """What hangs on an expression, also through functions that do no more than to tell it.

    `rounds`: also what is done for as long as it is so.
    """
    reading = reading_of(unit)
    statement = statement_of(reading, asked) if reading is not None else None
    if isinstance(statement, ast.While) and rounds:
        yield _Decided(unit, statement, statement.body, [])
    if reading is not None and isinstance(statement, ast.If):
        later: list[ast.stmt] = []
        if isinstance(statement.body[-1], (ast.Continue, ast.Return)):  # what follows is done otherwise
            around = loop_around(reading, statement)
            later = beside(reading, statement, around)[1] if around is not None else later_than(reading, statement)[0]
        otherwise = [*statement.orelse, *later]
        dead = statement.body if isinstance(statement.test, ast.UnaryOp) else otherwise
        yield _Decided(unit, statement, [*statement.body, *otherwise], dead)
    if reading is not None and isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        for node in reading.nodes:  # `dead = [w for w in workers if not w.is_alive()]`
            over = node.iter if isinstance(node, ast.For) else node.test if isinstance(node, ast.If) else None
            if isinstance(node, (ast.For, ast.If)) and over is not None and _last(over) == statement.targets[0].id:
                yield _Decided(unit, node, node.body, node.body)
    for caller in expressions.callers(unit) if isinstance(statement, ast.Return) and depth < _DEEPEST else ():
        for node in expressions.naming(caller, unit):
            yield from _deciding_by(caller, node, expressions, depth + 1, rounds=rounds)


def _last(expr: ast.expr) -> str:
    return expr.attr if isinstance(expr, ast.Attribute) else expr.id if isinstance(expr, ast.Name) else ""


def _is_done_in_rounds(unit: Unit, statement: ast.stmt, expressions: Expressions) -> bool:
    """Whether somebody is at this moment in a loop in which the statement is done, by a call at most."""
    lines = running_lines()
    reading = reading_of(unit)
    if id(unit.code) in lines and reading is not None and loop_around(reading, statement) is not None:
        return True
    for caller in expressions.callers(unit):
        asks = reading_of(caller) if id(caller.code) in lines else None
        for node in expressions.naming(caller, unit) if asks is not None else ():
            loop = loop_around(asks, node) if asks is not None else None
            if loop is not None and loop.lineno <= lines[id(caller.code)] <= (loop.end_lineno or 0):
                return True
    return False


def _started_in(statement: ast.stmt, account: Account, unit: Unit) -> str | None:
    for node in [statement, *own_nodes(statement)]:
        if not isinstance(node, ast.Call):
            continue
        name = called_name(node)
        if set(words_of(name)) & _STARTING:
            return name
        for called in account.expressions.values(unit, node.func) or ():
            if inspect_safely.is_class(called) and is_programs_class(called):
                return name
            function = called.__func__ if type(called) is types.MethodType else called
            if type(function) is types.FunctionType and {"Thread", "start", "submit"} & names_used(function.__code__):
                return name
    return None


#: What is given for a time only, and how that time is made longer.
_CLAIMS: Final = words("lease lock ttl deadline visibility expiry expiration reservation claim")
_LONGER: Final = words("extend prolong renew refresh touch expire pexpire update keep modify reacquire heartbeat")


def _keeps_a_claim(survey: Survey) -> str:
    """Whether the thread renews, round after round, what is given to the program for a time by somebody elsewhere.

    Who works under a lock or a lease does not ask for it again, and it is not seen here: the words alone tell.
    """
    for passage in survey.passages:
        if (name := _renewed_by(passage.scope, passage.loop.node, ())) is not None:
            return f"it renews what others rely on, by {name}()"
    return ""


def _renewed_by(scope: Scope, tree: ast.AST, above: tuple[str, ...]) -> str | None:
    """The call that asks a library to make a claim last longer, as the function closest to the loop names it."""
    for node in own_nodes(tree):
        if not isinstance(node, ast.Call):
            continue
        name = called_name(node)
        base = ast.unparse(node.func.value).rpartition(".")[2] if isinstance(node.func, ast.Attribute) else ""
        inner = calls.follow(scope, node)
        if inner is not None:
            if len(above) < _DEEPEST and _renewed_by(inner, inner.node, (*above, name)) is not None:
                return above[0] if above else name
        elif name not in CLOCKS and any(_tells_of_renewing(each, base) for each in (*above, name)):
            return above[0] if above else name
    return None


_DEEPEST: Final = 2


def _tells_of_renewing(name: str, base: str) -> bool:
    said = words_of(name)
    about = {*said, *words_of(base)}
    return said[:1] in (("renew",), ("prolong",)) or bool(said and said[0] in _LONGER and about & _CLAIMS)


#: How one waits at a Condition.
ASKING: Final = frozenset({"wait", "wait_for"})


def all_ask_again(
    condition: threading.Condition, words: str, survey: Survey, program: Program, *, alone: bool = False
) -> bool:
    """Whether all who wait at a Condition look at what they wait for when they are woken: nobody acts on that alone.

    `alone`: whether what the thread runs is run by no other one. Where it waits itself, for a time, it goes on then
    in any case.
    """
    own = {id(scope.function.__code__) for scope in survey.scopes} if alone else set()
    return all(
        method not in ASKING
        or (call is not None and (_asks_again(unit, call) or (id(unit.code) in own and not _is_endless(call))))
        for method, unit, call in Account(condition, words, survey, program).calls
    )


def _asks_again(unit: Unit, call: ast.Call) -> bool:
    reading = reading_of(unit)
    loop = loop_around(reading, call) if reading is not None else None
    if called_name(call) == "wait_for":
        return True
    if reading is None or not isinstance(loop, ast.While):
        return False
    return not isinstance(loop.test, ast.Constant) or _begins_anew(reading, call, loop)


def _begins_anew(reading: Reading, call: ast.Call, loop: ast.While) -> bool:
    """Whether nothing is done after a wait, nor in the next round before it is asked: `if self._over: return`."""
    statement = statement_of(reading, call)
    if statement is None or not isinstance(loop.body[0], ast.If):
        return False
    block = next((each for each in _blocks(reading.parents.get(id(statement))) if statement in each), [])
    next_one = block[block.index(statement) + 1 :][:1] if block else []
    before, later = beside(reading, statement, loop)
    return not take_something(before) and (not later or isinstance(next(iter(next_one), None), ast.Continue))


def _blocks(node: ast.AST | None) -> list[list[ast.stmt]]:
    return [value for _, value in ast.iter_fields(node) if isinstance(value, list)] if node is not None else []


#: What may be asked of something that has been closed.
_STILL: Final = ways.CLOSING | words("closed is_closed fileno name join release")


def closed_for_others(candidate: Candidate, survey: Survey, program: Program) -> str:
    """What the thread closes on its way out though others still use it, in words; "" if nothing is seen."""
    for scope, statements in way_out(candidate):
        for node in [part for statement in statements for part in (statement, *own_nodes(statement))]:
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            base = node.func.value
            if node.func.attr not in ways.CLOSING or (isinstance(base, ast.Name) and base.id in scope.locals.bound):
                continue  # the function's own: nobody else knows it
            held = scope.look(base)
            if held is not None and (user := _user_of(held, survey, program, set())):
                return f"it closes {held.words}, which {user} uses as well"
    return ""


def closed_by(way: Way, survey: Survey, program: Program) -> str:
    """What the program's own method closes though others still use it, in words; "" if nothing is seen."""
    for held in way.closes:
        if user := _user_of(held, survey, program, {id(way.method.__func__.__code__)}):
            return f"it closes {held.words}, which {user} uses as well"
    return ""


def _user_of(held: Seen, survey: Survey, program: Program, closing: set[int]) -> str:
    """Who else uses an object at this moment, or is about to, in words; "" if nobody is seen."""
    if any(inspect_safely.is_a(held.value, cls) for cls in (types.ModuleType, threading.Thread, threading.Event)):
        return ""
    known = {id(scope.function.__code__) for scope in survey.scopes} | closing
    holder = held.place.owner if isinstance(held.place, Attribute) else None
    account = Account(held.value, held.words, survey, program, holder)
    used: list[tuple[Unit, ast.AST]] = [
        (unit, call) for method, unit, call in account.calls if call is not None and method not in _STILL
    ]
    used += [(use.unit, use.node) for use in account.uses if use.what == uses.HANDED]
    for unit, node in used:
        if id(unit.code) not in known and is_ahead(unit, node, account.expressions, program, known):
            return unit.words
    return ""


def is_ahead(
    unit: Unit, node: ast.AST, expressions: Expressions, program: Program, without: set[int], *, depth: int = 0
) -> bool:
    """Whether a place in a function may still be come to, by who is in it at this moment or is about to call it."""
    if unit.is_top or id(unit.code) in program.main_lines:
        return not _is_past(unit, node, program)
    if id(unit.code) in program.running:
        return True
    return depth < _DEEPEST_CALLER and any(
        is_ahead(caller, each, expressions, program, without, depth=depth + 1)
        for caller in expressions.callers(unit)[:20]
        if id(caller.code) not in without
        for each in expressions.naming(caller, unit)
    )


_DEEPEST_CALLER: Final = 3


def put_in_another_state(candidate: Candidate, survey: Survey, program: Program) -> str:
    """What the thread puts in another state as it leaves, and who goes by that, in words; "" if nothing is seen.

    By a constant, that is: what it has counted or made it may well write down. That it has ended is no other state.
    """
    own = {id(scope.function.__code__) for scope in survey.scopes}
    expressions = Expressions(None, survey, program)
    for way, statements in way_out(candidate):
        for scope, node in results.done_by(way, statements):
            match node:
                case ast.Assign(targets=[ast.Attribute(value=of, attr=name)], value=ast.Constant(value=str() as state)):
                    held = scope.look(of)
                case _:
                    continue
            if held is None or set(words_of(name)) & TELLING_THE_END or set(words_of(state)) & TELLING_THE_END:
                continue
            if reader := _reader_of(held.value, name, own | {id(scope.function.__code__)}, expressions, program):
                return f"it then sets {held.words}.{name} to {state[:30]!r}, and {reader} goes by that"
    return ""


def _reader_of(owner: object, name: str, without: set[int], expressions: Expressions, program: Program) -> str:
    """Who reads an attribute of an object, or is about to, in words; "" if nobody is seen."""
    for unit in program.mentions(name):
        reading = reading_of(unit) if id(unit.code) not in without else None
        for node in reading.nodes if reading is not None else ():
            if isinstance(node, ast.Attribute) and node.attr == name and isinstance(node.ctx, ast.Load):
                known = expressions.values(unit, node.value) or ()
                if any(each is owner for each in known) and is_ahead(unit, node, expressions, program, without):
                    return unit.words
    return ""


def begun_later(found: list[uses.Use], survey: Survey, program: Program) -> str:
    """What looks at the flag as well in a thread that is still to be begun, and would end at once; "" if nothing."""
    own = {id(scope.function.__code__) for scope in survey.scopes}
    expressions = Expressions(None, survey, program)
    for use in found:
        reading = reading_of(use.unit)
        if use.what != uses.LOOK or not use.sure or reading is None or use.unit.is_top or id(use.unit.code) in own:
            continue
        if context(reading, use.node)[0] not in ("loop", "wait"):
            continue
        for caller in expressions.callers(use.unit)[:20]:
            asks = reading_of(caller) if id(caller.code) not in own else None
            for named in expressions.naming(caller, use.unit) if asks is not None else ():
                starts = asks is not None and "started" in uses.mentioned(asks, [named])
                if starts and is_ahead(caller, named, expressions, program, own):
                    return f"{use.unit.words}, which is begun later"
    return ""


def taken_from_others(candidate: Candidate, survey: Survey, program: Program) -> str:
    """What the thread takes out of a collection on its way out though others look it up there, in words."""
    own = {id(scope.function.__code__) for scope in survey.scopes}
    for scope, statements in way_out(candidate):
        for node in [part for statement in statements for part in (statement, *own_nodes(statement))]:
            match node:
                case ast.Call(func=ast.Attribute(value=into, attr="pop" | "popitem" | "clear")):
                    pass
                case ast.Subscript(value=into, ctx=ast.Del()):
                    pass
                case _:
                    continue
            held = scope.look(into)
            if held is None or type(held.value) is not dict or (held.place is None and not held.own):
                continue
            if any(inspect_safely.is_a(each, threading.Thread) for each in list(held.value.values())[:20]):
                continue  # of those that are at work
            name = ast.unparse(into).rpartition(".")[2]
            writes = [use for use in uses.Finder(candidate.atom, survey, program).run() if use.what not in _ASKS]
            setting = {id(use.unit.code) for use in writes}
            expressions = Expressions(candidate.atom.seen.value, survey, program)
            for unit in program.mentions(name):
                if id(unit.code) in own | setting:
                    continue
                for asked in _looked_up(unit, name):
                    known = expressions.values(unit, asked)
                    if (known is None or any(each is held.value for each in known)) and is_ahead(
                        unit, asked, expressions, program, own
                    ):
                        return f"it takes away from {held.words}, which {unit.words} uses as well"
    return ""


_ASKS: Final = (uses.LOOK, uses.HANDED, uses.UNREAD)


def _looked_up(unit: Unit, name: str) -> Iterator[ast.expr]:
    """Where a function takes what is in a dictionary of that name to be there: by its key, or as the largest."""
    reading = reading_of(unit)
    for node in reading.nodes if reading is not None else ():
        match node:
            case ast.Subscript(value=ast.Attribute() | ast.Name() as asked, ctx=ast.Load()):
                pass
            case ast.Call(func=ast.Attribute(value=ast.Attribute() | ast.Name() as asked, attr="get" | "pop")):
                pass
            case ast.Call(func=ast.Name(id="max" | "min" | "next" | "sum"), args=[within, *_]):
                parts = [each for each in ast.walk(within) if isinstance(each, (ast.Attribute, ast.Name))]
                yield from (each for each in parts if name in (getattr(each, "attr", ""), getattr(each, "id", "")))
                continue
            case _:
                continue
        if name in (getattr(asked, "attr", ""), getattr(asked, "id", "")):
            yield asked


def leaves_items(candidate: Candidate, survey: Survey, program: Program) -> str:
    """Who waits until a queue is worked off from which nobody takes once the flag is set, in words; "" if nobody."""
    own = {id(scope.function.__code__) for scope in survey.scopes}
    for taken in _taken_from(survey):
        joins = [
            unit
            for method, unit, call in Account(taken.value, taken.words, survey, program).calls
            if method == "join" and call is not None and id(unit.code) not in own
            if id(unit.code) in program.running and not _is_past(unit, call, program)
        ]
        if joins and not any(_takes_on(each, taken, candidate) for each in _threads_beside(survey)):
            return f"{joins[0].words} waits for its {taken.words}.task_done()"
    return ""


_FEEDING: Final = words("append appendleft extend add put put_nowait insert update setdefault")
_EMPTY: Final = words("Empty IndexError QueueEmpty KeyError")


def says_that_no_more_comes(candidate: Candidate, survey: Survey, program: Program) -> str:
    """Who still adds to what must be empty as well before the flag ends the thread, in words; "" if nobody does.

    Such a flag tells that all has come: set before, what comes later is left.
    """
    own = {id(scope.function.__code__) for scope in survey.scopes}
    expressions = Expressions(None, survey, program)
    for held in _to_be_empty(candidate):
        for method, unit, call in Account(held.value, held.words, survey, program).calls:
            feeds = method in _FEEDING and call is not None and id(unit.code) not in own
            if feeds and call is not None and is_ahead(unit, call, expressions, program, own):
                return f"{unit.words} still adds to {held.words}, of which it tells that no more comes"
    return ""


def _to_be_empty(candidate: Candidate) -> Iterator[Seen]:
    """The queues and collections that are asked along with the flag, or in whose emptiness it is looked at."""
    test, scope = candidate.leave.test, candidate.tested_in
    asked: list[ast.AST] = [part for node in ast.walk(test) if isinstance(node, ast.BoolOp) for part in node.values]
    for node in own_nodes(scope.node):
        if isinstance(node, ast.If) and _stands_in(_if_empty(node), test):
            asked.append(node.test)
        if isinstance(node, ast.Try):
            for handler in node.handlers:
                caught = re.findall(r"\w+", ast.unparse(handler.type)) if handler.type is not None else []
                if _EMPTY.intersection(caught) and _stands_in(handler.body, test):
                    asked += node.body
    for part in asked:
        for each in ast.walk(part):
            seen = scope.look(each) if isinstance(each, (ast.Name, ast.Attribute)) else None
            if seen is not None and (
                type(seen.value) in COLLECTIONS
                or any(inspect_safely.is_a(seen.value, cls) for cls in (queue.Queue, queue.SimpleQueue))
            ):
                yield seen


def _if_empty(asking: ast.If) -> list[ast.stmt]:
    """What is done where there is nothing, of a test for that."""
    test, empty = asking.test, False
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test, empty = test.operand, True
    if isinstance(test, ast.Call) and called_name(test) == "empty":
        empty = not empty
    return asking.body if empty else asking.orelse


def _stands_in(statements: list[ast.stmt], node: ast.AST) -> bool:
    return any(part is node for statement in statements for part in ast.walk(statement))


def _takes_on(thread: threading.Thread, taken: Seen, candidate: Candidate) -> bool:
    """Whether a thread goes on taking from a queue when the flag is set."""
    theirs = survey_of(Target.of_thread(thread))
    takes = any(each.value is taken.value for each in _taken_from(theirs))
    return takes and all(each.key != candidate.key for each in theirs.candidates)


def _taken_from(survey: Survey) -> Iterator[Seen]:
    """The queues from which a thread takes, and which can be waited for."""
    for scope in survey.scopes:
        for node in own_nodes(scope.node):
            if isinstance(node, ast.Call) and called_name(node) in ("get", "get_nowait"):
                seen = scope.look(node.func.value) if isinstance(node.func, ast.Attribute) else None
                if seen is not None and inspect_safely.is_a(seen.value, queue.Queue):
                    yield seen


def _threads_beside(survey: Survey) -> list[threading.Thread]:
    own = survey.top.thread if survey.top is not None else None
    every = list(threading._active.values())  # type: ignore[attr-defined]
    return [each for each in every if each is not own and each is not threading.main_thread()][:50]


def _is_past(unit: Unit, call: ast.AST, program: Program) -> bool:
    """Whether the main thread has passed a place in its function, in no loop that it is in."""
    line, reading = program.main_lines.get(id(unit.code)), reading_of(unit)
    loop = loop_around(reading, call) if reading is not None else None
    return line is not None and (loop.end_lineno or 0 if loop is not None else getattr(call, "lineno", 0)) < line


def is_of_anothers_work(candidate: Candidate, survey: Survey, program: Program) -> bool:
    """Whether the flag tells that a piece of work is done which is not this thread's: `while not transaction.done`.

    Of its object the thread uses nothing else, and others do: they work on it, for as long as the thread is at their
    service.
    """
    owner = owners.target_owner(candidate.atom)
    place = candidate.atom.seen.place
    if owner is None or place is None or names.meaning(place.name) in (Meaning.STOP, Meaning.RUN):
        return False
    if inspect_safely.is_class(owner) or inspect_safely.is_a(owner, type(threading)):
        return False
    finder = uses.Finder(candidate.atom._replace(kind=FLAG), survey, program)  # of the owner, not of its Event
    own = {id(scope.function.__code__) for scope in survey.scopes}
    for scope in survey.scopes:
        for node in own_nodes(scope.node):
            if isinstance(node, ast.Attribute) and scope.mangled(node.attr) != place.name:
                seen = scope.look(node.value)
                if seen is not None and seen.value is owner:
                    return False
    held = [
        name
        for name, value in (inspect_safely.own_names(owner) or {}).items()
        if name != place.name and inspect_safely.module_of(type(value)) not in ("_thread", "threading")  # locks
    ]
    for name in held[:30]:
        for unit in program.mentions(name):
            reading = reading_of(unit)
            if reading is None or id(unit.code) in own or unit.code.co_name in evidence.FIRST_VALUES:
                continue
            for node in reading.nodes:
                if isinstance(node, ast.Attribute) and node.attr == name and finder.denotes(unit, node.value):
                    return True
    return False
