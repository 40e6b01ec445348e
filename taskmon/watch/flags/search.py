"""Finding the stop flag of a thread: the entry point of this package."""

from __future__ import annotations

import ast
import time
import types
from collections.abc import Iterable
from typing import Any, Final

from taskmon.watch.flags import (
    bonds,
    calls,
    closed_queues,
    evidence,
    inspect_safely,
    judge,
    loops,
    owners,
    plans,
    sentinels,
    ways,
)  # fmt: skip
from taskmon.watch.flags.aftermath import ACT, CHANGE, Follow, after_loop
from taskmon.watch.flags.bindings import own_nodes
from taskmon.watch.flags.conditions import COLLECTION, EVENTS, NUMBER, STATE
from taskmon.watch.flags.expressions import Expressions
from taskmon.watch.flags.finding import ADVICE, Finding, Offer, Target
from taskmon.watch.flags.footing import Footing
from taskmon.watch.flags.inspect_safely import UNKNOWN
from taskmon.watch.flags.judge import Verdict
from taskmon.watch.flags.loops import called_name
from taskmon.watch.flags.names import Meaning, is_stopper
from taskmon.watch.flags.program import Program, Unit, is_programs_class
from taskmon.watch.flags.readings import reading_of
from taskmon.watch.flags.scope import Scope, Seen
from taskmon.watch.flags.survey import Survey, survey
from taskmon.watch.flags.ways import Way
from taskmon.watch.thread_fields import is_alive

#: Seconds for which a search takes the program to be the same.
_SEARCH_LASTS: Final = 1.0
NO_WAY = "no way to stop this thread was found"


class Search:
    """The flags of several threads, asked for one soon after the other: most of what is looked at is the same for all.

    It keeps objects of the program alive, so let go of it at once.
    """

    def __init__(self) -> None:
        self._programs: dict[int, Program] = {}
        self._looked = time.monotonic()

    def program(self, names: dict[str, Any]) -> Program:
        """The program as it has been looked at, a moment ago at most, from the module with these names."""
        now = time.monotonic()
        if now - self._looked > _SEARCH_LASTS:
            self._looked = now
            self._programs.clear()
        found = self._programs.get(id(names))
        if found is None:
            found = self._programs[id(names)] = Program(names)
        return found


def find_stop(target: Target, search: Search | None = None) -> Finding:
    """What a cancel of this thread would set, or why there is nothing. Any thread; never raises.

    It runs none of the program's code: neither properties nor comparisons nor `__getattr__`.
    """
    try:
        return _find(target, search)
    except Exception as error:  # an object that none of this foresaw: its row has no Cancel
        return Finding(why_not=f"{NO_WAY} ({type(error).__name__} while reading it)", advice=ADVICE)


def _find(target: Target, search: Search | None = None) -> Finding:
    timer = plans.waiting_timer(target)
    if timer is not None:
        return timer
    server = calls.end_of_server(Seen(target.function, None, ""))
    if server is not None:
        return _served(server)
    seen = survey(target)
    if seen.top is None:
        return Finding(why_not=f"{NO_WAY}: {seen.why_not}", advice=ADVICE)
    timer = plans.repeating_timer(target, seen.candidates)
    if timer is not None:
        return timer
    names = seen.top.function.__globals__
    program = search.program(names) if search is not None else Program(names)
    queue_ends, queue_closings = list(sentinels.sentinels(seen, program)), list(closed_queues.closings(seen, program))
    vetoes = [end.veto for end in queue_ends] + [closing.veto for closing in queue_closings]
    found_any = bool(seen.candidates) or not all(vetoes)
    bond = bonds.bond(target, seen, program) if found_any else ""  # to look through all of the program takes its time
    verdicts = judge.weigh(seen, program, target, bond)
    chosen = judge.best(verdicts)
    if chosen is not None and all(each.key != chosen.candidate.key for each in survey(target).candidates):
        # Replaced meanwhile, as settings are that are read anew in each round: what was asked for is in nobody's use.
        verdicts[0] = chosen._replace(veto=judge.MADE_ANEW)
        chosen = None
    tied = f"it does more than end this thread: {bond}" if bond else ""
    ends = [each._replace(veto=each.veto or tied) for each in queue_ends]
    offers = [plans.offer_of(each) for each in verdicts if each is not chosen and _is_worth_offering(each)]
    offers += [plans.offer_of_sentinel(each) for each in ends if each.veto and not each.is_unmade]
    closings = {each.key: each._replace(veto=each.veto or tied) for each in queue_closings}
    offers += [plans.offer_of_closing(each) for each in closings.values() if each.veto]
    if chosen is not None:
        plan, means = plans.FlagPlan(target, chosen, _find, seen, Footing(program, names)), plans.words(chosen)
        others = tuple(offer for offer in offers if offer.means != means)
        return Finding(means, "", chosen.candidate.key, others, "", plan, ends_program=chosen.ends_program)
    closed = [each for each in closings.values() if not each.veto]
    if len(closed) == 1 and not any(not each.veto for each in ends):
        plan_of_it = plans.plan_of_closing(closed[0])
        return Finding(closed[0].means, "", closed[0].key, tuple(offers), "", plan_of_it)
    way = _waking_way(target, seen, program) if not (ends or offers) else None
    if way is not None:
        called = _called(way, ("way", id(way.method.__self__)))
        bond = bond if found_any else bonds.bond(target, seen, program)
        why_not = way.why_not or (f"it does more than end this thread: {bond}" if bond else "")
        if not why_not:
            return called
        offers.append(Offer(called.means, why_not, called.key, called.plan.apply))
    return _without_flag(target, seen, ends, offers, verdicts)


def _without_flag(
    target: Target, seen: Survey, ends: list[sentinels.Sentinel], offers: list[Offer], verdicts: list[Verdict]
) -> Finding:
    """A sentinel, a server's `shutdown`, or nothing: never nothing said of what was found."""
    sure = {each.key: each for each in ends if not each.veto}
    if len(sure) == 1:
        found = next(iter(sure.values()))
        sentinels.consumers.note(found.queue, target.thread)
        if found.way is not None:
            return _called(found.way, found.key, offers)
        plan = plans.SentinelPlan(found)
        return Finding(sentinels.means(found), "", found.key, tuple(offers), "", plan, True, now=plan.now)
    if len(seen.servers) == 1 and not any(isinstance(each.loop.node, ast.While) for each in seen.passages):
        return _served(seen.servers[0])
    if offers:
        first = offers[0]
        return Finding("", f"what was found {first.means}, but {first.why}", None, tuple(offers))
    if verdicts:
        seen_words, veto = verdicts[0].candidate.atom.seen.words, verdicts[0].veto
        return Finding("", f"{seen_words} ends its loop, but {veto}", None, (), ADVICE)
    if ends:
        return Finding("", f"{ends[0].queue_words} ends its loop, but {ends[0].veto}", None, ())
    return Finding("", NO_WAY, None, (), ADVICE)


def _waking_way(target: Target, seen: Survey, program: Program) -> Way | None:
    """The method that ends a thread without a flag: by a pipe that it waits at, or an event of its own loop.

    None if none is seen; with a reason if it must not be called by a plain cancel.
    """
    keeping = [kept.holder for kept in program.kept(target.thread) if kept.how == "attribute"]
    owner = owners.owner_of_thread(target, seen)  # whose truth is its program's affair
    owner = keeping[0] if owner is None and len(keeping) == 1 else owner
    if owner is None or any(each is not target.thread and is_alive(each) for each in owners.threads_of(owner)):
        return None
    found = []
    expressions = Expressions(owner, seen, program)
    for cls in filter(is_programs_class, inspect_safely.mro(type(owner))):
        for name in list(inspect_safely.class_names(cls)):
            way = ways.way_of(owner, name, "")
            if way is None or not (way.wakes or way.told):
                continue
            units = [expressions.unit_of(way.method), *expressions.callers_of(way.method)]
            joins = any(evidence.waits_for(unit, target.thread, expressions) for unit in units)
            if (joins or way.joins) and (is_stopper(name) or way.joins) and (follow := _woken(way, seen)) is not None:
                why_not = way.why_not
                if follow.level >= (ACT if is_stopper(name) else CHANGE):
                    why_not = why_not or f"the thread works on after it: {follow.words}"
                if way.told and program.mentions("run_coroutine_threadsafe"):
                    why_not = why_not or "others may wait for what they have handed to its loop"
                once = _closes_ends(seen, way) and not way.asks_first
                if once and not all(_only_if_alive(unit, way, expressions) for unit in units[1:]):
                    why_not = why_not or "it could not be called once more: the thread closes what it writes into"
                found.append(way._replace(why_not=why_not or bonds.closed_by(way, seen, program)))
    return found[0] if len(found) == 1 else None


def _woken(way: Way, seen: Survey) -> Follow | None:
    """What a thread does once such a method has woken it; None if it is not seen that this ends it."""
    passages = [each for each in seen.passages if each.loop.leaves or isinstance(each.loop.node, ast.While)]
    if way.told:
        return _after_waiting(way, seen)
    if not way.wakes or len(passages) != 1:
        return None
    scope, loop = passages[0].scope, passages[0].loop
    leaves = [leave for leave in loop.leaves if _asks_for_ends(scope, leave.test, way)]
    parts = [part for leave in leaves for part in (leave.branch, loop.around.when(leave.way))]
    if not parts and is_stopper(way.name):
        parts = [loop.around.after]
    follows = [after_loop(scope, part, frozenset()) for part in parts]
    return max(follows, key=lambda each: each.level, default=None)


def _after_waiting(way: Way, seen: Survey) -> Follow | None:
    """What a coroutine does when an event comes that it has only waited for while its tasks were at work."""
    for scope in seen.scopes:
        for step in loops.read(scope.node).steps:
            call = step.node
            if not isinstance(step, loops.CallReading) or not isinstance(call, ast.Call) or called_name(call) != "wait":
                continue
            event = scope.look(call.func.value) if isinstance(call.func, ast.Attribute) else None
            starts = any(
                isinstance(each, ast.Call) and called_name(each) in _STARTS_TASKS and each.lineno < call.lineno
                for each in own_nodes(scope.node)
            )
            if event is not None and starts and any(event.value is each for each in way.told):
                return after_loop(scope, step.around.after, frozenset())
    return None


_STARTS_TASKS: Final = frozenset({"create_task", "ensure_future", "start_soon"})


def _asks_for_ends(scope: Scope, test: ast.expr, way: Way) -> bool:
    named = [node for node in [test, *own_nodes(test)] if isinstance(node, (ast.Name, ast.Attribute))]
    asked = [seen.value for seen in map(scope.look, named) if seen is not None]
    return any(ways.belong_together(end, each) for end in way.wakes for each in asked)


def _only_if_alive(caller: Unit, way: Way, expressions: Expressions) -> bool:
    """Whether somebody calls it only if the thread is still there: `if self.thread.is_alive(): self.stop()`."""
    reading = reading_of(caller)
    if reading is None:
        return False
    for node in expressions.naming(caller, expressions.unit_of(way.method)):
        above: ast.AST | None = node
        while above is not None and not (isinstance(above, ast.If) and "is_alive" in ast.unparse(above.test)):
            above = reading.parents.get(id(above))
        if above is None:
            return False
    return True


def _closes_ends(seen: Survey, way: Way) -> bool:
    """Whether the thread itself closes an end of the pipes that a method writes into."""
    for scope in seen.scopes:
        for node in own_nodes(scope.node):
            if isinstance(node, ast.Call) and called_name(node) == "close":
                closed = [scope.look(each) for each in (*node.args, getattr(node.func, "value", node.func))]
                if any(
                    each is not None and (each.value is end or ways.belong_together(end, each.value))
                    for each in closed
                    for end in way.wakes
                ):
                    return True
    return False


def _called(way: Way, key: object, offers: Iterable[Offer] = ()) -> Finding:
    what = f"its own {way.name}()"
    return Finding(f"calls {what}", "", key, tuple(offers), "", plans.CallPlan(way.method, what))


def _served(end: types.MethodType) -> Finding:
    name = end.__func__.__name__
    what = "shutdown() of the server" if name == "shutdown" else f"its own {name}()"
    return Finding(f"calls {what}", "", ("server", id(end.__self__)), (), "", plans.CallPlan(end, what))


def _is_worth_offering(verdict: Verdict) -> bool:
    if verdict.candidate.atom.kind == STATE and verdict.state is UNKNOWN:
        return False
    if verdict.candidate.atom.kind in (NUMBER, COLLECTION):
        return False  # what it would have to be set to is not known; that it holds nothing else, neither
    if judge.present(verdict.candidate) is verdict.candidate.atom.value:
        return False
    return not _is_news(verdict)


def _is_news(verdict: Verdict) -> bool:
    """Whether it is surely none: the thread sets it or takes it back itself, or it holds something else."""
    found = verdict.evidence
    if verdict.meaning in (Meaning.STOP, Meaning.RUN):
        return False
    return (
        bool(found.resets)
        or found.holds_data
        or bool((found.inside or found.siblings) and not found.outside)
        or (verdict.meaning == Meaning.OTHER and verdict.candidate.atom.kind not in EVENTS)
    )
