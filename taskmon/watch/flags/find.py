"""Finding the stop flag of a thread: the door of this package."""

from __future__ import annotations

import functools

from taskmon.watch.flags import calls, judge, plans, sentinels
from taskmon.watch.flags.conditions import STATE
from taskmon.watch.flags.finding import ADVICE, Finding, Offer, Target
from taskmon.watch.flags.judge import Verdict
from taskmon.watch.flags.names import Meaning
from taskmon.watch.flags.scope import Seen
from taskmon.watch.flags.survey import Survey, survey

NO_WAY = "this program offers no way to stop this thread"


def find_stop(target: Target) -> Finding:
    """What a cancel of this thread would set, or why there is nothing. Any thread; never raises.

    It runs none of the program's code: neither properties nor comparisons nor `__getattr__`.
    """
    try:
        return _find(target)
    except Exception as error:  # an object that none of this foresaw: its row has no Cancel
        return Finding(why_not=f"{NO_WAY} ({type(error).__name__} while reading it)", advice=ADVICE)


def _find(target: Target) -> Finding:
    timer = plans.waiting_timer(target)
    if timer is not None:
        return timer
    server = calls.server_of(Seen(target.function, None, ""))
    if server is not None:
        return _served(server)
    seen = survey(target)
    if seen.top is None:
        return Finding(why_not=f"{NO_WAY}: {seen.why_not}", advice=ADVICE)
    timer = plans.repeating_timer(target, seen.candidates)
    if timer is not None:
        return timer
    verdicts = judge.weigh(seen)
    chosen = judge.best(verdicts)
    ends = list(sentinels.sentinels(seen))
    offers = [plans.offer_of(each) for each in verdicts if each is not chosen and _is_worth_offering(each)]
    offers += [plans.offer_of_sentinel(each) for each in ends if each.veto]
    if chosen is not None:
        plan = plans.FlagPlan(target, chosen, _find)
        return Finding(plans.words(chosen), "", chosen.candidate.key, tuple(offers), "", plan)
    return _without_flag(target, seen, ends, offers)


def _without_flag(target: Target, seen: Survey, ends: list[sentinels.Sentinel], offers: list[Offer]) -> Finding:
    """A sentinel, a server's `shutdown`, or nothing."""
    sure = {each.key: each for each in ends if not each.veto}
    if len(sure) == 1:
        found = next(iter(sure.values()))
        sentinels.consumers.note(found.queue, target.thread)
        return Finding(sentinels.means(found), "", found.key, tuple(offers), "", plans.SentinelPlan(found), True)
    if len(seen.servers) == 1 and not seen.passages:
        return _served(seen.servers[0])
    return Finding("", NO_WAY, None, tuple(offers), ADVICE)


def _served(server: object) -> Finding:
    what = "shutdown() of the server"
    plan = plans.CallPlan(functools.partial(type(server).shutdown, server), what)  # type: ignore[attr-defined]
    return Finding(f"calls {what}", "", ("server", id(server)), (), "", plan)


def _is_worth_offering(verdict: Verdict) -> bool:
    if verdict.candidate.atom.kind == STATE or judge.present(verdict.candidate) is verdict.candidate.atom.value:
        return False
    if verdict.veto:
        return verdict.meaning in (Meaning.STOP, Meaning.RUN)
    return verdict.score >= 1
