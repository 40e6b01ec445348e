"""Finding the stop flag of a thread: the entry point of this package."""

from __future__ import annotations

import ast
import time
import types
from typing import Any, Final

from taskmon.watch.flags import (
    bonds,
    calls,
    closed_queues,
    evidence,
    inspect_safely,
    judge,
    owners,
    plans,
    sentinels,
    ways,
)  # fmt: skip
from taskmon.watch.flags.aftermath import ACT, after_loop
from taskmon.watch.flags.conditions import COLLECTION, EVENTS, NUMBER, STATE
from taskmon.watch.flags.expressions import Expressions
from taskmon.watch.flags.finding import ADVICE, Finding, Offer, Target
from taskmon.watch.flags.footing import Footing
from taskmon.watch.flags.inspect_safely import UNKNOWN
from taskmon.watch.flags.judge import Verdict
from taskmon.watch.flags.names import Meaning, is_stopper
from taskmon.watch.flags.program import Program, is_programs_class
from taskmon.watch.flags.scope import Seen
from taskmon.watch.flags.survey import Survey, survey
from taskmon.watch.flags.ways import Way

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
    bond = bonds.bond(target, seen, program)
    verdicts = judge.weigh(seen, program, target, bond)
    chosen = judge.best(verdicts)
    tied = f"it does more than end this thread: {bond}" if bond else ""
    ends = [each._replace(veto=each.veto or tied) for each in sentinels.sentinels(seen, program)]
    offers = [plans.offer_of(each) for each in verdicts if each is not chosen and _is_worth_offering(each)]
    offers += [plans.offer_of_sentinel(each) for each in ends if each.veto]
    closings = {each.key: each._replace(veto=each.veto or tied) for each in closed_queues.closings(seen, program)}
    offers += [plans.offer_of_closing(each) for each in closings.values() if each.veto]
    if chosen is not None:
        plan, means = plans.FlagPlan(target, chosen, _find, seen, Footing(program, names)), plans.words(chosen)
        others = tuple(offer for offer in offers if offer.means != means)
        return Finding(means, "", chosen.candidate.key, others, "", plan, ends_program=chosen.ends_program)
    closed = [each for each in closings.values() if not each.veto]
    if len(closed) == 1 and not any(not each.veto for each in ends):
        plan_of_it = plans.plan_of_closing(closed[0])
        return Finding(closed[0].means, "", closed[0].key, tuple(offers), "", plan_of_it)
    if not (tied or verdicts or ends or offers) and (way := _waking_way(target, seen, program)) is not None:
        return Finding(
            f"calls its own {way.name}()", "", ("way", id(way.method.__self__)), (), "",
            plans.CallPlan(way.method, f"its own {way.name}()"),
        )  # fmt: skip
    return _without_flag(target, seen, ends, offers, verdicts)


def _without_flag(
    target: Target, seen: Survey, ends: list[sentinels.Sentinel], offers: list[Offer], verdicts: list[Verdict]
) -> Finding:
    """A sentinel, a server's `shutdown`, or nothing: never nothing said of what was found."""
    sure = {each.key: each for each in ends if not each.veto}
    if len(sure) == 1:
        found = next(iter(sure.values()))
        sentinels.consumers.note(found.queue, target.thread)
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
    return Finding("", NO_WAY, None, (), ADVICE)


def _waking_way(target: Target, seen: Survey, program: Program) -> Way | None:
    """The method that ends a thread without a flag: by a byte in a pipe that the thread waits at. None if not sure."""
    owner = owners.owner_of_thread(target, seen)
    ends = [after_loop(each.scope, each.loop.around.after, frozenset()) for each in seen.passages]
    if owner is None or len(ends) != 1 or ends[0].level >= ACT:
        return None
    if any(thread is not target.thread for thread in owners.threads_of(owner) if thread.is_alive()):
        return None
    found = []
    expressions = Expressions(owner, seen, program)
    for cls in filter(is_programs_class, inspect_safely.mro(type(owner))):
        for name in list(inspect_safely.class_names(cls)):
            way = ways.way_of(owner, name, "") if is_stopper(name) else None
            if way is not None and way.wakes and not way.why_not:
                joins = way.joins or any(
                    evidence.waits_for(unit, target.thread, expressions) for unit in expressions.callers_of(way.method)
                )
                found += [way] if joins else []
    return found[0] if len(found) == 1 else None


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
