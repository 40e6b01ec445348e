"""Queues that end their consumers: `item = jobs.get()` and `if item is None: break`.

The very object that the code tests for is put, once for each thread that takes from the queue, unless the code passes
it on.
"""

from __future__ import annotations

import ast
import os
import queue
import threading
import types
import weakref
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from taskmon.core.base.text import count_of
from taskmon.core.base.threads import try_spawn
from taskmon.watch.flags import calls, conditions, evidence, inspect_safely, names, owners, results, ways
from taskmon.watch.flags.accounts import Account
from taskmon.watch.flags.aftermath import ACT, after_loop, are_idle, only_waits
from taskmon.watch.flags.bindings import own_nodes
from taskmon.watch.flags.expressions import Expressions
from taskmon.watch.flags.finding import Applied, Target
from taskmon.watch.flags.inspect_safely import UNKNOWN
from taskmon.watch.flags.loops import FALLS_OUT, Leave, LoopReading, called_name, read
from taskmon.watch.flags.names import Meaning
from taskmon.watch.flags.program import Program, Unit, frames_of_others, is_programs_class, running_lines
from taskmon.watch.flags.readings import loop_around, reading_of
from taskmon.watch.flags.scope import Scope, Seen
from taskmon.watch.flags.survey import Passage, Survey, generator_over, loops_on
from taskmon.watch.flags.ways import Way
from taskmon.watch.forgetting import until_let_go
from taskmon.watch.thread_fields import ident_of, is_alive

_LIKE_ANY: Final = "it may be an item like any other"
#: Seconds in line, for room in a queue, after which is looked whether it is still wanted, from the end of the line.
_IN_LINE: Final = 60.0
#: Seconds for which a lock of the program's is waited for.
_FOR_A_LOCK: Final = 0.2
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
    #: `value` is a class without contents, and the code asks for an object of it: one is made as it is put.
    of_class: bool = False
    #: Of an item that only holds it: the method of the thread's own object by which the program puts such a one.
    way: Way | None = None
    #: Nobody but the program knows how to make it.
    is_unmade: bool = False

    def make(self) -> Any:
        """What is put."""
        return self.value() if self.of_class else self.value

    @property
    def key(self) -> tuple[object, ...]:
        """The identity of what would be touched."""
        return ("queue", id(self.queue))


def sentinels(survey: Survey, program: Program) -> Iterator[Sentinel]:
    """What ends the loops of a thread when it is put into a queue."""
    for passage, outer in (each for loop in survey.passages for each in _and_its_generator(loop)):
        for taking, constant, leave, veto in _tests(passage):
            found = _resolve(passage.scope, taking, constant, veto)
            if found is None:
                continue
            note_consumers(found.queue, outer, taking)
            if taking.path:
                found = _as_the_program_does(found, taking.path, survey, program)
            if found.veto == _LIKE_ANY and _is_put_to_stop(found, survey, program):
                found = found._replace(veto="")
            if not found.veto:
                found = found._replace(veto=_doubt(found, passage, leave, survey, program))
            if loops_on(outer, survey, lambda later, found=found: _ends(later, found)):  # type: ignore[misc]
                found = found._replace(veto="the thread goes on with another loop")
            yield found


def _and_its_generator(passage: Passage) -> Iterator[tuple[Passage, Passage]]:
    """A loop, and those of the generator that it asks for its items, each with the loop in the thread's function."""
    yield passage, passage
    over = passage.loop.node.iter if isinstance(passage.loop.node, (ast.For, ast.AsyncFor)) else None
    inner = generator_over(passage.scope, over) if over is not None else None
    for step in read(inner.node).steps if inner is not None else ():
        if inner is not None and isinstance(step, LoopReading):
            yield Passage(inner, step, ((passage.scope, passage.loop.around), *passage.callers)), passage


def _doubt(found: Sentinel, passage: Passage, leave: Leave, survey: Survey, program: Program) -> str:
    """Why putting it may do more than end those who take from the queue; "" if nothing is seen."""
    account = Account(found.queue, found.queue_words, survey, program)
    if found.of_class and not (_is_made_outside(found, survey, program) or _is_put_last(found, account)):
        return _LIKE_ANY
    if found.way is not None and len(consumers.alive(found.queue)) > 1:
        return "others take from it as well, and its own method is for one of them"
    own = {id(scope.function.__code__) for scope in survey.scopes}
    for what, unit, _ in account.calls:
        if what in ("get", "get_nowait") and id(unit.code) not in own:
            return f"{unit.words} takes from it as well, and may not know what it means"
    if (feeding := _still_fed(found, account)) is not None:
        if len(consumers.alive(found.queue)) > 1:
            return f"all who take from it would end, and {feeding.words} still puts work into it"
        if getattr(found.queue, "maxsize", 0) > 0 and any(
            what in _PUTS and call is not None and unit is feeding and _is_within(unit, call)
            for what, unit, call in account.calls
        ):
            return f"{feeding.words} would wait for ever with what it holds, as soon as the queue is full"
    joins = [unit for what, unit, _ in account.calls if what in ("join", "unfinished_tasks")]
    if joins and not _is_told_done(passage, leave):
        return f"{found.queue_words}.join() would wait for ever: the thread ends without a task_done() for it"
    if type(found.value) is tuple and not any(
        _literal(call.args[0]) == found.value for what, _, call in account.calls if what in _PUTS and call and call.args
    ):
        return _LIKE_ANY
    ended = frozenset({id(passage.loop.node)})
    ways_out = [(passage.scope, leave.branch), (passage.scope, passage.loop.around.when(leave.way))]
    ways_out += [(scope, around.when(FALLS_OUT)) for scope, around in passage.callers]
    worst = max((after_loop(scope, statements, ended) for scope, statements in ways_out), key=lambda part: part.level)
    if told := results.told_to(ways_out, survey, program):
        return f"it does more than end this thread: {told}"
    loop = passage.loop.node
    if kept := _collected_for_later(passage, leave):
        return f"the thread works on after it: with what it has collected in {kept}"
    works = isinstance(loop, ast.While) and not are_idle(passage.scope, loop.body)
    said = works and names.is_pure(found.value_words)
    if worst.level < ACT or (said and _is_put_to_stop(found, survey, program)):
        return ""  # who is told to stop, and has worked until then, may put things in order
    return f"the thread works on after it: {worst.words}"


def _as_the_program_does(found: Sentinel, path: tuple[Any, ...], survey: Survey, program: Program) -> Sentinel:
    """An item that ends the thread by a part of it, `(kind, job)` or `ticket.sheet`: as the program itself makes it."""
    account = Account(found.queue, found.queue_words, survey, program)
    own = {id(scope.function.__code__) for scope in survey.scopes}
    top = survey.top
    thread = top.thread if top is not None else None
    owner = owners.owner_of_thread(Target(top.function, thread=thread), survey) if top is not None else None
    for what, unit, call in account.calls:
        if what not in _PUTS or call is None or not call.args or id(unit.code) in own:
            continue
        part = _part_of(account.expressions, unit, call.args[0], path)
        known = [] if part is None else [part.value] if isinstance(part, ast.Constant) else None
        known = account.expressions.values(unit, part) or [] if part is not None and known is None else known
        if not any(_is_same(each, found.value) for each in known or ()):
            continue
        ends = names.is_stopper(unit.code.co_name) or evidence.waits_for(unit, thread, account.expressions)
        if ends and found.veto == _LIKE_ANY:
            found = found._replace(veto="")
        literal = _literal(call.args[0])
        if literal is not UNKNOWN and type(found.queue) is not queue.PriorityQueue:
            return found._replace(value=literal, value_words=repr(literal)[:60])
        kept_as = found.queue_words.rpartition(".")[2]
        way = ways.way_of(owner, unit.code.co_name, kept_as) if owner is not None and not unit.is_top else None
        waits = what == "put" and getattr(found.queue, "maxsize", 0) > 0  # for room, where nobody takes any more
        if way is not None and way.method.__func__.__code__ is unit.code and not way.why_not and not waits:
            return found._replace(way=way)
    return found._replace(veto=found.veto or "only the program itself knows how to make such an item", is_unmade=True)


def _part_of(expressions: Expressions, unit: Unit, expr: ast.expr, path: tuple[Any, ...]) -> ast.expr | None:
    """What is written for a part of an item, where that is made; None if it is not seen there."""
    for step in path:
        match expr:
            case ast.Tuple(elts=elts) | ast.List(elts=elts) if type(step) is int and -len(elts) <= step < len(elts):
                expr = elts[step]
            case ast.Dict(keys=keys, values=values):
                given = [
                    v for k, v in zip(keys, values, strict=True) if isinstance(k, ast.Constant) and k.value == step
                ]
                if len(given) != 1:
                    return None
                expr = given[0]
            case ast.Call():
                cls = expressions.class_returned(unit, expr)
                fields = inspect_safely.fields_of(cls) if cls is not UNKNOWN else None
                name = fields[step] if fields and type(step) is int and step < len(fields) else step
                if fields is None or name not in fields or any(isinstance(each, ast.Starred) for each in expr.args):
                    return None
                by_name = {each.arg: each.value for each in expr.keywords}
                given = [*expr.args[fields.index(name) :][:1], *([by_name[name]] if name in by_name else [])]
                if not given:
                    return None
                expr = given[0]
            case _:
                return None
    return expr


def _is_same(one: object, other: object) -> bool:
    return one is other or (type(one) in (str, int) and type(one) is type(other) and one == other)


def _collected_for_later(passage: Passage, leave: Leave) -> str:
    """The list to which the loop does no more than to add what it takes, and which is used afterwards: a batch."""
    loop = passage.loop.node
    if not isinstance(loop, (ast.While, ast.For)) or not only_waits(passage.scope, loop):
        return ""
    added = {
        node.func.value.id
        for node in own_nodes(loop)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _ADDING
        if isinstance(node.func.value, ast.Name)  # what its object keeps is there for others as well, as a log is
    }
    later = [node for part in (*leave.branch, *passage.loop.around.when(leave.way)) for node in own_nodes(part)]
    going_in = [node.value for node in later if isinstance(node, ast.Attribute) and node.attr in _ADDING]
    used = [node.id for node in later if isinstance(node, ast.Name) and not any(node is each for each in going_in)]
    return next((each for each in used if each in added), "")


_ADDING: Final = frozenset({"append", "add", "extend", "update"})


def _is_put_to_stop(found: Sentinel, survey: Survey, program: Program) -> bool:
    """Whether a constant, `__STOP__ = 0`, is put by its name where the program ends the thread."""
    account = Account(found.queue, found.queue_words, survey, program)
    thread = survey.top.thread if survey.top is not None else None
    for what, unit, call in account.calls:
        ends = names.is_stopper(unit.code.co_name) or evidence.waits_for(unit, thread, account.expressions)
        if what not in _PUTS or not ends or call is None or not call.args or isinstance(call.args[0], ast.Constant):
            continue
        for value in account.expressions.values(unit, call.args[0]) or ():
            if type(value) in (int, str) and type(value) is type(found.value) and value == found.value:
                return True
    return False


def _is_made_outside(found: Sentinel, survey: Survey, program: Program) -> bool:
    """Whether the program itself makes an object of the sentinel's class to end the thread.

    Other messages without contents may be news: `Disconnected()`.
    """
    own = {id(scope.function.__code__) for scope in survey.scopes}
    name = inspect_safely.name_of(found.value)
    expressions = Expressions(found.value, survey, program)
    thread = survey.top.thread if survey.top is not None else None
    for unit in program.mentions(name):
        ends = names.is_stopper(unit.code.co_name) or evidence.waits_for(unit, thread, expressions)
        told = id(unit.code) not in own and (ends or names.meaning(name) == Meaning.STOP)
        reading = reading_of(unit) if told else None
        for node in reading.nodes if reading is not None else ():
            if isinstance(node, ast.Call) and called_name(node) == name and not node.args and not node.keywords:
                made = expressions.values(unit, node.func)
                if made is None or any(each is found.value for each in made):
                    return True
    return False


def _is_put_last(found: Sentinel, account: Account) -> bool:
    """Whether all who put an object of its class have put other things before, round after round, and none afterwards.

    Then it is the end of these, and no item like any other; what is put now and then is news.
    """
    own = {id(scope.function.__code__) for scope in account.survey.scopes}
    puts: dict[int, tuple[Unit, list[ast.Call]]] = {}
    for what, unit, call in account.calls:
        if what in _PUTS and call is not None and call.args and id(unit.code) not in own:
            puts.setdefault(id(unit.code), (unit, []))[1].append(call)
    ends = False
    for unit, made in puts.values():
        told = [call for call in made if _makes(call.args[0], found)]
        reading = reading_of(unit)
        for call in told:
            others = [each for each in made if each not in told]
            if reading is None or loop_around(reading, call) is not None:
                return False
            if not any(loop_around(reading, each) for each in others):
                return False
            if any((each.lineno, each.col_offset) > (call.lineno, call.col_offset) for each in others):
                return False
            ends = True
    return ends


def _makes(expr: ast.expr, found: Sentinel) -> bool:
    name = inspect_safely.name_of(found.value)
    return isinstance(expr, ast.Call) and called_name(expr) == name and not expr.args and not expr.keywords


def _is_within(unit: Unit, call: ast.Call) -> bool:
    """Whether a call is made while something is held: `with lock: …`."""
    reading = reading_of(unit)
    node: ast.AST | None = call
    while reading is not None and node is not None and not isinstance(node, (ast.With, ast.AsyncWith)):
        node = reading.parents.get(id(node))
    return reading is not None and node is not None


def _still_fed(found: Sentinel, account: Account) -> Unit | None:
    """Who is about to put further items into the queue; None if nobody is seen."""
    running = running_lines()
    own = {id(scope.function.__code__) for scope in account.survey.scopes}
    for what, unit, call in account.calls:
        if what not in _PUTS or call is None or not call.args or id(unit.code) in own or id(unit.code) not in running:
            continue
        known = account.expressions.values(unit, call.args[0])
        if any(value is found.value for value in known or ()):
            continue
        reading = reading_of(unit)
        around = [node for node in reading.nodes if isinstance(node, (ast.For, ast.While))] if reading else []
        last = max([call.lineno, *(node.end_lineno or 0 for node in around if _holds(node, call))])
        if running[id(unit.code)] <= last:
            return unit
    return None


def _holds(loop: ast.For | ast.While, node: ast.Call) -> bool:
    return loop.lineno <= node.lineno <= (loop.end_lineno or 0)


def _literal(expr: ast.expr) -> Any:
    try:
        return ast.literal_eval(expr)
    except (ValueError, TypeError, SyntaxError, RecursionError):
        return UNKNOWN


def _is_told_done(passage: Passage, leave: Leave) -> bool:
    """Whether `task_done()` is called for the item that ends the loop too: on the way out, before, or in `finally`."""
    node = passage.loop.node
    if not isinstance(node, (ast.While, ast.For, ast.AsyncFor)):
        return False
    later = passage.loop.around.when(leave.way)
    if any(_calls_task_done(part) for part in (*leave.branch, *(part for part in later if isinstance(part, ast.Expr)))):
        return True
    head = node.test if isinstance(node, ast.While) else node.iter
    if any(part is leave.test for part in ast.walk(head)):
        return False
    for statement in node.body:
        if any(part is leave.test for part in ast.walk(statement)):
            return isinstance(statement, ast.Try) and any(_calls_task_done(part) for part in statement.finalbody)
        if _calls_task_done(statement):
            return True
    return False


def _calls_task_done(node: ast.AST) -> bool:
    return any(isinstance(part, ast.Call) and called_name(part) == "task_done" for part in ast.walk(node))


def _ends(later: Passage, found: Sentinel) -> bool:
    return any(
        other is not None and other.queue is found.queue
        for other in (_resolve(later.scope, taking, constant, "") for taking, constant, _, _ in _tests(later))
    )


class Taking(NamedTuple):
    """`jobs.get`, and the function in which it stands: the loop's own, or one that does nothing but take."""

    scope: Scope
    get: ast.Attribute
    #: The call of that other function, in the loop's own.
    call: ast.Call | None = None
    #: The part of the item that is asked for: names of attributes, keys, places in a tuple.
    path: tuple[Any, ...] = ()


def _tests(passage: Passage) -> Iterator[tuple[Taking, ast.expr, Leave, str]]:
    """(`jobs.get`, the constant, the way out, what speaks against it) for each test of an item that ends the loop."""
    node = passage.loop.node
    match node:
        case ast.For(iter=ast.Call(func=ast.Name(id="iter"), args=[ast.Attribute() as get, end])) if get.attr in _GETS:
            yield Taking(passage.scope, get), end, Leave(node.iter, True, FALLS_OUT), ""
    for leave in passage.loop.leaves:
        for item, constant, veto in _equal(leave.test, leave.wanted):
            source = _source_of(passage.scope, item)
            if source is not None:
                yield source, constant, leave, veto


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
        case ast.Call(func=ast.Name(id="isinstance"), args=[item, cls]) if wanted:
            yield item, ast.copy_location(ast.Starred(cls, ast.Load()), cls), ""
        case ast.Name() | ast.NamedExpr() if not wanted:
            yield test, ast.Constant(None), "any empty item ends the thread, so None may mean something else"


def _source_of(scope: Scope, item: ast.expr) -> Taking | None:
    """The `jobs.get` that an item comes from: all its values must."""
    inner: ast.expr | None = None
    match item:
        case ast.Attribute(value=inner, attr=step) | ast.Subscript(value=inner, slice=ast.Constant(value=step)):
            whole = _source_of(scope, inner)
            return whole._replace(path=(*whole.path, step)) if whole is not None and type(step) in (str, int) else None
    if isinstance(item, (ast.NamedExpr, ast.Call)):
        return _taking(scope, item.value if isinstance(item, ast.NamedExpr) else item)
    if not isinstance(item, ast.Name) or item.id in scope.locals.parameters:
        return None
    bindings = scope.locals.bound.get(item.id, ())
    match [node for _, node in bindings]:
        case [ast.Assign(targets=[ast.Tuple(elts=elts)], value=ast.Call() as taken)]:  # `rank, job = jobs.get()`
            places = [n for n, each in enumerate(elts) if isinstance(each, ast.Name) and each.id == item.id]
            whole = _taking(scope, taken) if not any(isinstance(each, ast.Starred) for each in elts) else None
            return whole._replace(path=(places[0],)) if whole is not None and places else None
    bound = [value for value, _ in bindings if not isinstance(value, ast.Constant)]
    found = [_taking(scope, value) for value in bound]
    if not found or None in found or len({ast.dump(each.get) for each in found if each is not None}) != 1:
        return None
    return found[0]


def _taking(scope: Scope, value: ast.expr | None) -> Taking | None:
    match value:
        case ast.Call(func=ast.Attribute() as get) if get.attr in _GETS:
            return Taking(scope, get)
        case ast.Call() if (inner := calls.follow(scope, value)) is not None:
            body = conditions.predicate(inner)
            found = _taking(inner, body) if body is not None else None
            return found._replace(call=value) if found is not None else None
    return None


def _resolve(scope: Scope, taking: Taking, constant: ast.expr, veto: str) -> Sentinel | None:
    of_class = isinstance(constant, ast.Starred)
    source = taking.scope.look(taking.get.value)
    value = scope.look(constant.value if isinstance(constant, ast.Starred) else constant)
    if of_class and (value is None or not _is_empty_class(value.value)):
        return None
    if value is None and isinstance(constant, ast.Tuple) and (literal := _literal(constant)) is not UNKNOWN:
        value = Seen(literal, None, repr(literal)[:60])
    if source is None or value is None:
        return None
    if not (is_queue(source.value) or (taking.path and type(source.value) is queue.PriorityQueue)):
        return None
    passed_on = _is_passed_on(scope, source.value)
    words = f"{value.words}()" if of_class else value.words
    veto = veto or _veto(value)
    return Sentinel(source.value, value.value, source.words, words, veto, passed_on, of_class)


def _is_empty_class(cls: Any) -> bool:
    """Whether an object of a class holds nothing, and none of the program's code runs when it is made."""
    if type(cls) is not type or not is_programs_class(cls):
        return False
    made = [inspect_safely.on_class(cls, name)[0] for name in ("__init__", "__new__", "__post_init__")]
    fields = inspect_safely.on_class(cls, "__dataclass_fields__")[0]
    if type(fields) is dict:
        return not fields and made[2] is UNKNOWN
    return not any(type(entry) in (types.FunctionType, staticmethod) for entry in made) and not issubclass(
        cls, (tuple, BaseException)
    )


def is_queue(value: object) -> bool:
    """Whether it is one of the standard library's, and none of the program's own kind."""
    # Looked up now: the program may have imported them only after this module was loaded.
    for cls in (queue.Queue, queue.LifoQueue, queue.SimpleQueue):
        if type(value) is cls or (inspect_safely.is_a(value, cls) and _only_adds(type(value), cls)):
            return True
    return False


def _only_adds(derived: Any, cls: Any) -> bool:
    """Whether a class has methods beside those of its base, and none in their place."""
    bases = inspect_safely.mro(derived)
    own = {name for base in bases[: bases.index(cls)] for name in inspect_safely.class_names(base)}
    return not own & {name for base in bases[bases.index(cls) : -1] for name in vars(base) if name[:2] != "__"}


def _veto(value: Seen) -> str:
    if value.value is None or type(value.value) is type:
        return ""
    if type(value.value) is str:
        return "" if names.meaning(value.value) == Meaning.STOP else _LIKE_ANY
    if type(value.value) is tuple and value.value and type(value.value[0]) is str:
        return "" if names.meaning(value.value[0]) == Meaning.STOP else _LIKE_ANY
    if type(value.value) in (int, float, bytes, tuple, bool) or value.value is UNKNOWN:
        return _LIKE_ANY
    meant = names.meaning(value.words.rpartition(".")[2])
    return "its name says something else" if meant == Meaning.OTHER else ""


def _stand_in_line(found: Sentinel, thread: threading.Thread) -> bool:
    """Put it as soon as there is room, in a thread of its own; return whether there is one.

    To try now and then is not enough: who waits in `put()` is woken as soon as there is room, and takes it.
    """
    jobs, place = found.queue, object()

    def put_in_turn() -> None:
        with jobs.not_full:
            while (is_wanted := place in _in_line and is_alive(thread)) and (0 < jobs.maxsize <= jobs._qsize()):
                jobs.not_full.wait(_IN_LINE)
            _in_line.pop(place, None)
            if not is_wanted or getattr(jobs, "is_shutdown", False):
                jobs.not_full.notify()  # the room that this was told of is the next one's
                return
            jobs._put(found.make())
            jobs.unfinished_tasks += 1
            jobs.not_empty.notify()

    _in_line[place] = jobs
    return try_spawn(put_in_turn, "taskmon-stop", lambda _: None) is None


#: The places of our threads in such lines, and the queues.
_in_line: dict[object, Any] = until_let_go({})


def leave_line() -> None:
    """Put nothing more: the program is let go. Waits for none of its locks for long."""
    waiting = list(_in_line.values())
    _in_line.clear()
    for jobs in waiting:
        if jobs.mutex.acquire(timeout=_FOR_A_LOCK):
            jobs.not_full.notify_all()  # the program's own look again, and wait on
            jobs.mutex.release()


def _is_passed_on(scope: Scope, taken_from: Any) -> bool:
    for node in own_nodes(scope.node):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and called_name(node) in _PUTS:
            into = scope.look(node.func.value)
            if into is not None and into.value is taken_from:
                return True
    return False


_PUTS: Final = frozenset({"put", "put_nowait"})


class Consumers:
    """Who takes from which queue, and who has been sent a sentinel. Any thread; keeps nothing alive.

    Threads are told apart by identity: two of a class of the program's may compare equal.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin anew; also in a forked child, where the threads of the parent do not exist."""
        self._lock = threading.Lock()
        self._of: weakref.WeakKeyDictionary[Any, list[weakref.ref[threading.Thread]]] = weakref.WeakKeyDictionary()
        self._asked: weakref.WeakKeyDictionary[Any, list[weakref.ref[threading.Thread]]] = weakref.WeakKeyDictionary()

    def note(self, taken_from: Any, thread: threading.Thread | None) -> None:
        """A thread takes from a queue."""
        if thread is not None:
            with self._lock:
                self._add(self._of, taken_from, [thread])

    def alive(self, taken_from: Any) -> list[threading.Thread]:
        """Those that have not ended."""
        with self._lock:
            known = self._there(self._of, taken_from)
        return [thread for thread in known if ident_of(thread) is None or is_alive(thread)]

    def unasked(self, taken_from: Any) -> list[threading.Thread]:
        """Those for which no sentinel has been put."""
        with self._lock:
            asked = self._there(self._asked, taken_from)
        return [thread for thread in self.alive(taken_from) if all(thread is not each for each in asked)]

    def ask(self, taken_from: Any, threads: list[threading.Thread]) -> None:
        """Sentinels for these are in the queue."""
        with self._lock:
            self._add(self._asked, taken_from, threads)

    def _add(self, table: Any, taken_from: Any, threads: list[threading.Thread]) -> None:
        known = self._there(table, taken_from)
        fresh = [thread for thread in threads if all(thread is not each for each in known)]
        table[taken_from] = [weakref.ref(thread) for thread in known + fresh]

    def _there(self, table: Any, taken_from: Any) -> list[threading.Thread]:
        return [thread for known in table.get(taken_from, ()) if (thread := known()) is not None]


#: Of this process.
consumers: Final = Consumers()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=consumers.reset)


def note_consumers(taken_from: Any, passage: Passage, taking: Taking) -> None:
    """Find the threads that are in this very loop with this very queue: calls in a pool, and others like this one."""
    scope = passage.scope
    code = scope.function.__code__
    for ident, frame in frames_of_others().items():
        inner: types.FrameType | None = frame
        while inner is not None and inner.f_code is not code:
            inner = inner.f_back
        thread = threading._active.get(ident)  # type: ignore[attr-defined]
        if inner is None or thread is None:
            continue
        arguments = {name: Seen(value, None, name, True) for name, value in scope.running(inner).items()}
        theirs = Scope(scope.function, scope.found, arguments, thread)
        loop, asked = passage.loop.node, taking.scope
        if isinstance(loop, (ast.For, ast.AsyncFor)) and (giving := generator_over(theirs, loop.iter)) is not None:
            theirs = giving  # who is at work on an item is not in its generator
        elif asked.node is not scope.node and taking.call is None:
            continue
        again = _taking(theirs, taking.call) if taking.call is not None else Taking(theirs, taking.get)
        seen = again.scope.look(again.get.value) if again is not None else None
        if seen is not None and seen.value is taken_from:
            consumers.note(taken_from, thread)


def waiting_items(taken_from: Any) -> int:
    """How many items come out of a queue before what is put now. Takes no lock of the program's."""
    if inspect_safely.is_a(taken_from, queue.SimpleQueue):
        return taken_from.qsize()  # type: ignore[no-any-return]
    return 0 if type(taken_from.queue) is list else len(taken_from.queue)  # sorted, or the last comes first


def means(found: Sentinel) -> str:
    """ "puts None into jobs (2 consumers)"."""
    if found.way is not None:
        return f"calls its own {found.way.name}()"
    count = len(consumers.alive(found.queue))
    several = " (2 consumers)".replace("2", str(count)) if count > 1 else ""
    return f"puts {found.value_words} into {found.queue_words}{several}"


def put(found: Sentinel) -> Applied:
    """Put it once for each consumer. Never waits for room: where there is none, a thread of ours stands in line."""
    waiting = consumers.unasked(found.queue)
    known = consumers.alive(found.queue)
    if known and not waiting:
        return Applied(True, f"{found.value_words} is in {found.queue_words} already")
    lock = getattr(found.queue, "mutex", None)
    if lock is not None:
        if not lock.acquire(timeout=_FOR_A_LOCK):
            return Applied(False, f"{found.queue_words} is locked by the program")
        lock.release()
    before = waiting_items(found.queue)
    wanted: list[threading.Thread | None] = [*waiting] or [None]
    if found.passed_on:
        del wanted[1:]
    done = 0
    for thread in wanted:
        try:
            found.queue.put_nowait(found.make())
        except queue.Full:
            break
        done += 1
        if thread is not None:
            consumers.ask(found.queue, waiting if found.passed_on else [thread])
    what = f"{found.value_words} into {found.queue_words}"
    for thread in wanted[done:]:
        if thread is None or not _stand_in_line(found, thread):
            so_far = f"put {done} of {len(wanted)}" if done else "could not put"
            return Applied(done > 0, f"{so_far} {what}: queue full")
        consumers.ask(found.queue, waiting if found.passed_on else [thread])
    if done < len(wanted):
        return Applied(True, f"puts {what} as soon as there is room")
    times = f" {done} times" if done > 1 else ""
    return Applied(True, f"put {what}{times}" + (f", after {count_of(before, 'items')}" if before else ""))
