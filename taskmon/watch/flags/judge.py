"""Which of a thread's flags is its stop flag: what forbids one, and what speaks for it.

A wrong set is far worse than a missed flag. A plain cancel sets what the thread's loop hangs on and what does nothing
but end that thread's work: no work comes after the loop, nobody else acts on it, and what sets it in the program does
no more than that. Everything else that was found is offered by name, with the doubt in words.
"""

from __future__ import annotations

import ast
import sys
import threading
import types
from typing import Any, Final, NamedTuple

from taskmon.watch.flags import bonds, conditions, evidence, inspect_safely, names, owners, results, ways
from taskmon.watch.flags.aftermath import (
    ACT,
    CHANGE,
    NOTHING,
    REPORT,
    Follow,
    is_through_by_itself,
    makes_something,
    only_waits,
    said_after_waiting,
)
from taskmon.watch.flags.bindings import own_nodes
from taskmon.watch.flags.conditions import COLLECTION, EVENT, EVENTS, FOREIGN, MEMBER, NUMBER, STATE
from taskmon.watch.flags.evidence import Evidence
from taskmon.watch.flags.expressions import Expressions
from taskmon.watch.flags.finding import Target
from taskmon.watch.flags.inspect_safely import UNKNOWN
from taskmon.watch.flags.locations import Attribute, Global, Item, Place
from taskmon.watch.flags.loops import FALLS_OUT, called_name
from taskmon.watch.flags.names import Meaning
from taskmon.watch.flags.program import Program, Unit
from taskmon.watch.flags.scope import Scope
from taskmon.watch.flags.survey import Candidate, Survey, after, loops_on, way_out
from taskmon.watch.flags.ways import Way
from taskmon.watch.thread_fields import ident_of, is_alive

#: Of what a flag is kept in: whoever sets the flag there may set what nobody looks at any more.
MADE_ANEW: Final = "the thread itself puts another one in its place"


class Verdict(NamedTuple):
    """One flag, weighed."""

    candidate: Candidate
    score: int
    #: Why it must not be set by a plain cancel; "" if it may.
    veto: str
    meaning: str
    evidence: Evidence
    #: The program's own method that is to be called instead of setting the flag.
    way: Way | None = None
    #: The main thread waits for it as well, so that the program ends.
    ends_program: bool = False
    #: For a state: the constant that the program itself assigns to stop.
    state: Any = UNKNOWN

    @property
    def is_sure(self) -> bool:
        """Good enough for a plain cancel."""
        return not self.veto


def weigh(survey: Survey, program: Program, target: Target, bond: str = "") -> list[Verdict]:
    """All flags of a thread, the best first. `bond`: what others have the thread for, if that is seen."""
    by_key: dict[tuple[object, ...], list[Candidate]] = {}
    for candidate in survey.candidates:
        if _is_touchable(candidate):
            by_key.setdefault(candidate.key, []).append(candidate)
    verdicts = []
    for group in by_key.values():
        if len({(each.atom.kind, each.atom.value) for each in group}) > 1 and group[0].atom.kind != STATE:
            continue  # both values leave: it is no stop flag
        verdicts.append(_Weighing(group, survey, program, target, bond).verdict())
    verdicts.sort(
        key=lambda each: (each.is_sure, not each.ends_program, each.score, each.candidate.atom.seen.own), reverse=True
    )
    return verdicts


def _foremost(group: list[Candidate], survey: Survey) -> Candidate:
    """Of several tests of one flag, the one in the last loop it ends; leaving the function counts as the last."""
    order = {id(passage): number for number, passage in enumerate(survey.passages)}
    return max(group, key=lambda each: (each.way != FALLS_OUT, order.get(id(each.passage), -1)))


def _is_touchable(candidate: Candidate) -> bool:
    atom = candidate.atom
    place = atom.seen.place
    if atom.kind in (COLLECTION, MEMBER):
        return True
    if isinstance(place, (Attribute, Item)) and not place.is_writable() and atom.kind not in EVENTS:
        return False
    return not (
        isinstance(place, Attribute) and inspect_safely.is_a(place.owner, threading.Thread) and place.name == "_started"
    )


def present(candidate: Candidate) -> bool | None:
    """The flag's value as a truth value, now; None if it is no flag any more, or cannot be known."""
    atom = candidate.atom
    if atom.kind in (FOREIGN, NUMBER):
        return None
    if atom.kind in EVENTS:
        return conditions.is_set(atom.seen.value)
    if atom.kind == COLLECTION:
        return bool(atom.seen.value)
    if atom.kind == MEMBER:
        return conditions.is_member(atom)
    value = atom.seen.place.read() if atom.seen.place is not None else UNKNOWN
    return bool(value) if type(value) in (bool, int) else None


def flag_name(candidate: Candidate) -> str:
    """The name that tells most: where the flag is kept, or what the function calls it."""
    seen = candidate.atom.seen
    name = seen.place.name if seen.place is not None else seen.words.rpartition(".")[2]
    if not name.startswith("_") or "__" not in name[1:]:
        return name
    return name[name.index("__", 1) :]  # `_Worker__stop`


class _Weighing:
    """One flag."""

    def __init__(self, group: list[Candidate], survey: Survey, program: Program, target: Target, bond: str) -> None:
        self.group, self.survey, self.target, self.bond = group, survey, target, bond
        self.candidate = candidate = _foremost(group, survey)
        self.atom = candidate.atom
        self.evidence = evidence.gather(candidate, survey, program, target)
        self.program = program
        self.expressions = Expressions(owners.target_owner(self.atom), survey, program)
        self.name = flag_name(candidate)
        self.meaning = names.meaning(self.name)
        self.agrees = self.meaning == (Meaning.STOP if self.atom.value else Meaning.RUN)
        self.follow = max((after(each, survey) for each in group), key=lambda each: each.level)
        self.ways = self.own_ways()
        self.way: Way | None = None
        #: Of a state: whether the constant that ends the thread says so, `STOPPED` or `State.CLOSED`, not `RED`.
        self.tells_the_end = False

    def verdict(self) -> Verdict:
        seen, found = self.atom.seen, self.evidence
        score = 4 * bool(found.own_ways) + 2 * bool(found.enders) + bool(found.outside)
        score += 2 * self.agrees + (self.atom.kind in EVENTS) + seen.own + self.is_pure
        score -= 3 * (self.meaning == Meaning.OTHER)
        state = UNKNOWN
        if self.atom.kind == STATE:
            state, veto = self.weigh_state()
        else:
            veto = self.weigh_number() if self.atom.kind == NUMBER else self.veto()
        veto = veto or self.doubt()
        if self.atom.kind not in (STATE, NUMBER):
            veto = veto or self.said_otherwise()
        if self.atom.kind == NUMBER and self.way is None:
            veto = veto or "only its own method knows what to make of it"
        if not veto and self.way is not None:
            veto = bonds.closed_by(self.way, self.survey, self.program)
        return Verdict(
            self.candidate, score, veto, self.meaning, found, self.way, found.main is not None and not veto, state
        )

    @property
    def is_pure(self) -> bool:
        """Whether its name says that the thread is to end, and nothing besides."""
        return self.agrees and names.is_pure(self.name)

    def own_ways(self) -> list[Way]:
        """The methods of the thread's own object that set it in order to end the thread; the best first."""
        owner = owners.owner_of_thread(self.target, self.survey, owners.target_owner(self.atom))
        found: dict[str, Way] = {}
        for use in self.evidence.own_ways:
            name = use.unit.code.co_name
            if owner is not None and name not in found:
                way = ways.way_of(owner, name, self.name)
                if way is not None:
                    found[name] = way
        ending = [self.as_others_hear_it(way) for way in found.values() if self.ends_the_thread(way)]
        return sorted(ending, key=lambda way: (bool(way.why_not), not names.is_stopper(way.name), way.name != "stop"))

    def as_others_hear_it(self, way: Way) -> Way:
        """It is not to be called if it wakes others as well who act on that."""
        for each in way.notified:
            alone = not self.has_other_threads()
            if not bonds.all_ask_again(each.value, each.words, self.survey, self.program, alone=alone):
                return way._replace(why_not="it also tells others", tells_others=each.words)
        return way

    def ends_the_thread(self, way: Way) -> bool:
        """Whether a method is there to end the thread, and not only to tell it news: its verb, or who waits then."""
        if names.is_stopper(way.name) or way.joins:
            return True
        return any(
            evidence.waits_for(unit, self.target.thread, self.expressions)
            for unit in self.expressions.callers_of(way.method)
        )

    # -- what forbids it ------------------------------------------------------------------------------------

    def veto(self) -> str:
        """Why a plain cancel must not set it, whatever else may be known."""
        found, atom = self.evidence, self.atom
        if atom.kind == FOREIGN and not self.is_plain_subclass():
            return "setting it would reach other processes, or run the program's own code"
        if present(self.candidate) is atom.value and not found.set_on_start:
            return "it is set already"
        if atom.kind == COLLECTION and not self.is_mere_token():
            return "it holds what is to be done"
        if atom.kind == MEMBER and (why := self.weigh_member()):
            return why
        if not found.outside:
            if found.inside:
                return "only the thread itself sets it"
            if found.siblings and not names.is_wish(self.name):
                return "only another thread sets it, which may mean that it tells how far things are"
        if found.midst and not (self.ways or found.enders or found.joined or self.is_set_by_a_stopper()):
            return f"nobody ends the thread by it, and it would leave off in the midst of its work: {found.midst}"
        if self.is_made_anew():
            return MADE_ANEW
        if found.resets:
            return "the thread takes it back, as one does with news"
        if self.candidate.way == FALLS_OUT and self.goes_on():
            return "the thread goes on with another loop"
        if found.holds_data:
            return "it also holds other values"
        if self.meaning in (Meaning.STOP, Meaning.RUN) and not self.agrees:
            return "its name says the opposite"
        if _is_foreign(atom.seen.place):
            return "it belongs to a library"
        if all(each.leave.in_branch for each in self.group) and self.is_everybodys():
            return "it is everybody's, and looked at only in one branch of the loop"
        return ""

    def said_otherwise(self) -> str:
        """The least of all reasons, where nothing else is seen that speaks against it."""
        veto, found = "", self.evidence
        if self.meaning == Meaning.OTHER and not (
            self.ways or self.is_set_by_a_stopper() or self.is_only_for_its_end()
        ):
            veto = "its name says something else"
        known = self.is_pure or bool(found.joined) or any(names.is_stopper(way.name) for way in self.ways)
        if found.switches and not known:
            veto = veto or "the program switches it on and off, which may mean a pause"
        self.way = None if veto else self.way
        return veto

    def doubt(self) -> str:
        """Why setting it may do more than end this thread's work."""
        found = self.evidence
        if (other := self.other_component()) is not None:
            return f"it belongs to {other}, which has a thread of its own"
        if self.bond:
            return f"it does more than end this thread: {self.bond}"
        if not self.is_own() and not self.ways and bonds.is_of_anothers_work(self.candidate, self.survey, self.program):
            if found.looks:
                return f"others look at it as well: {found.looks[0]}"
            return "it tells that the work of others is done, for whom this thread is there"
        ends = self.is_own() and any(names.is_stopper(way.name) for way in self.ways)
        tells = names.tells_of_an_act(self.name)
        if (tells or not (self.is_pure or ends)) and (act := self.belongs_to_an_act()):
            return act
        if other := evidence.kept_in_step(found):
            of_thread = self.is_own() or names.is_wish(self.name)  # else it tells of another object, as that does
            if not of_thread or not self.is_set_by_a_whole_call():
                return f"it is never set without {other}, with which it tells how its object is"
        if found.harms:
            harm = found.harms[0]
            return harm if harm.startswith(evidence.ALSO_ENDS) else f"it does more than end this thread: {harm}"
        if other := bonds.begun_later(found.all, self.survey, self.program):
            return f"{evidence.ALSO_ENDS}{other}"
        if put := bonds.put_in_another_state(self.candidate, self.survey, self.program):
            return f"it does more than end this thread: {put}"
        if told := results.told_to(way_out(self.candidate), self.survey, self.program):
            return f"it does more than end this thread: {told}"
        if asking := results.polled(self.candidate, self.survey, self.program):
            return f"it does more than end this thread: {asking}"
        if closed := bonds.closed_for_others(self.candidate, self.survey, self.program):
            return f"it does more than end this thread: {closed}"
        if taken := bonds.taken_from_others(self.candidate, self.survey, self.program):
            return f"it does more than end this thread: {taken}"
        if left := bonds.leaves_items(self.candidate, self.survey, self.program):
            return f"it does more than end this thread: {left}"
        ends = self.is_own() and (self.is_pure or any(names.is_stopper(way.name) for way in self.ways))
        ends = ends or names.is_wish(self.name)
        if not ends and (fed := bonds.says_that_no_more_comes(self.candidate, self.survey, self.program)):
            return f"it does more than end this thread: {fed}"
        if (more := self.work_after()) is not None:
            return f"the thread works on after it: {more.words}"
        if found.main is not None and found.main.level > CHANGE and not (self.is_pure or self.is_by_signal()):
            return f"the main thread waits for it as well and works afterwards: {found.main.words}"
        way = next((way for way in self.ways if not way.why_not), None)
        refused = next((way for way in self.ways if way.why_not), None)
        if found.looks:
            if way is None and refused is not None and not self.sets_no_more():
                return f"others look at it, and its own {refused.name}() does more: {refused.why_not}"
            # A wish to stop may be looked at by all; what tells how things are, may not.
            # Nor does it matter where the program calls that very method and joins the thread next.
            joined = way is not None and (way.joins or any(use.unit.code.co_name == way.name for use in found.joined))
            if not joined and not (self.ways and (self.is_pure or self.tells_the_end)):
                return f"others look at it as well: {found.looks[0]}"
        if way is None and refused is not None and refused.tells_others:
            return f"its own {refused.name}() also tells others, through {refused.tells_others}"
        if way is None and refused is not None:
            kept = results.left_collected(refused.method, way_out(self.candidate), self.survey)
            if kept:
                return f"what is in {kept} would be left, of which its own {refused.name}() makes something"
        if (undone := self.left_undone(way)) is not None:
            then = "do nothing any more" if undone.is_done_once else "be left out once the thread has ended"
            return f"{undone.name}() would {then}: {undone.why_not or 'it does more than to set it'}"
        if other := self.told_apart():
            return other
        if way is not None and way.does_more:
            if not self.has_other_threads():
                self.way = way
            elif found.looks or self.follow.level > CHANGE:
                return f"its own {way.name}() does more than to set it, and may end other threads as well"
        if way is None and not self.is_own():
            self.is_set_by_a_whole_call()
        return ""

    def is_set_by_a_whole_call(self) -> bool:
        """Whether a method that sets it, and more, is there to end this thread, so that it can be called instead."""
        joined = {use.unit.code.co_name for use in self.evidence.joined}
        if self.is_own():
            calls = [] if self.has_other_threads() else self.ways
        else:
            calls = [way for way in self.other_ways() if way.method is not None]
            if not all(way.does_more for way in calls):
                return False
        ending = [way for way in calls if not way.why_not and (names.is_stopper(way.name) or way.name in joined)]
        self.way = next(iter(ending), None)
        return self.way is not None

    def left_undone(self, called: Way | None) -> Way | None:
        """What the program does once, as it sets the flag, and would not do any more if that were set without it."""
        several = called is not None and called.does_more and self.has_other_threads()
        for way in self.other_ways():
            if not way.does_more or not (called is None or several or way.name != called.name):
                continue
            if way.is_done_once or bonds.is_done_only_while_alive(way, self.target, self.survey, self.program):
                return way
        return None

    def told_apart(self) -> str:
        """What one of the program's ways to end the thread tells it and another does not, which then goes by that.

        Only the program knows which of them is meant: the one that gives up what is in hand, or the one that keeps it.
        """
        several = [way for way in self.other_ways() if way.method is not None and self.ends_the_thread(way)]
        asked = {
            scope.mangled(node.attr)
            for scope in self.survey.scopes if any(way.changes for way in several)
            for test in own_nodes(scope.node) if isinstance(test, (ast.If, ast.While, ast.IfExp))
            for node in [test.test, *own_nodes(test.test)] if isinstance(node, ast.Attribute)
        }  # fmt: skip
        for way in several:
            if way.why_not == ways.DEPENDS:
                continue  # it sets the flag instead of the other
            told = {name for name in way.changes & asked if _is_said_by(way.method.__self__, name)}
            if told and way.why_not:
                return f"its own {way.name}() also sets {min(told)}, which the thread looks at"
            for other in several:
                if alone := told - other.changes:
                    return (
                        f"{way.name}() also sets {min(alone)}, which the thread looks at, and {other.name}() does not"
                    )
        return ""

    def other_ways(self) -> list[Way]:
        """All functions of the program that set it from outside."""
        found: dict[str, Way] = {way.name: way for way in self.ways}
        owner = owners.target_owner(self.atom)
        for use in self.evidence.outside:
            name = use.unit.code.co_name
            if use.unit.is_top or name in found:
                continue
            way = ways.way_of(owner, name, self.name) if owner is not None else None
            if way is None and use.unit.function is not None:
                way = ways.way_by(use.unit.function, self.name)
            if way is not None:
                found[name] = way
        return list(found.values())

    def is_set_by_a_stopper(self) -> bool:
        """Whether a method of the object that keeps it is called as one that ends something: `token.cancel()`."""
        return any(way.method is not None and names.is_stopper(way.name) for way in self.other_ways())

    def belongs_to_an_act(self) -> str:
        """Whether all that set it do something further, which it then only tells: the disc has burst."""
        owner = owners.target_owner(self.atom)
        first = ""
        for use in evidence.setting(self.evidence):
            name = use.unit.code.co_name
            way = ways.way_of(owner, name, self.name) if owner is not None and not use.unit.is_top else None
            if way is None and self.is_by_property(use.unit) and not evidence.starts_threads(use.unit):
                way = ways.way_by(use.unit.function, self.name)
            if way is None or not way.why_not.startswith("it also"):
                return ""
            first = first or f"it tells of what {name}() does: {way.why_not}"
        return first

    def is_by_property(self, unit: Unit) -> bool:
        """Whether a function is the setter of a property of the object that keeps the flag."""
        entry, _ = inspect_safely.on_class(type(owners.target_owner(self.atom)), unit.code.co_name)
        return type(entry) is property and entry.fset is unit.function is not None

    def has_other_threads(self) -> bool:
        """Whether the object whose thread this is has others."""
        owner = owners.owner_of_thread(self.target, self.survey, owners.target_owner(self.atom))
        if owner is None:
            return False
        if isinstance(place := self.atom.seen.place, Item) and type(place.index) is int:
            return len(place.container) > 1  # one lever for each, even of those that have not begun
        own = self.target.thread
        if any(thread is not own for thread in owners.threads_of(owner) if is_alive(thread)):
            return True
        inside = owners.are_in_it(self.candidate.passage.scope.function.__code__, owner)
        return len(inside - {ident_of(own)}) > 0 if own is not None else len(inside) > 1

    def makes_something(self) -> bool:
        """Whether the loop leaves something of what it does in each round, so that it is not there to wait."""
        return any(makes_something(each.passage.scope, each.passage.loop.node) for each in self.group)

    def is_heard(self) -> bool:
        return any(results.is_heard(each, self.survey, self.program) for each in self.group)

    def is_only_for_its_end(self) -> bool:
        """Whether an Event, whatever its name, is there for nothing but this thread's end.

        The thread alone looks at it, as it works, and does nothing afterwards; all who set it wait for the thread next.
        """
        found = self.evidence
        setting = evidence.setting(found)
        if self.atom.kind != EVENT or found.looks or found.main is not None or found.switches:
            return False
        works = self.makes_something()
        return works and bool(setting) and all(use in found.joined for use in setting) and self.follow.level == NOTHING

    def is_made_anew(self) -> bool:
        """Whether the thread itself replaces what the flag is kept in: its settings, read again in each round."""
        place = self.atom.seen.place
        kept_in = place.container if isinstance(place, Item) else place.owner if isinstance(place, Attribute) else None
        for scope in self.survey.scopes if kept_in is not None else ():
            for node in own_nodes(scope.node):
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                    if kept_in is self.target.thread:
                        continue  # it is put elsewhere, or out of a list of those at work
                    owner = scope.look(node.value)
                    if owner is not None and inspect_safely.peek(owner.value, node.attr).value is kept_in:
                        return True
                elif isinstance(place, Item) and isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    held = scope.look(ast.Name(node.id, ast.Load()))
                    if held is not None and held.value is kept_in and self.is_in_a_loop(scope, node):
                        return True
        return False

    def is_in_a_loop(self, scope: Scope, node: ast.AST) -> bool:
        """Whether it stands in one of the loops that a function of the thread goes through."""
        loops = [each.loop.node for each in self.survey.passages if each.scope is scope]
        return any(part is node for loop in loops for part in own_nodes(loop))

    def is_everybodys(self) -> bool:
        """Whether it is a variable of a module, rather than of an object."""
        place = self.atom.seen.place
        return isinstance(place, Global) or (
            isinstance(place, Attribute) and inspect_safely.is_a(place.owner, types.ModuleType)
        )

    def sets_no_more(self) -> bool:
        """Whether the program's own method does no more than to set it, so that setting it is the same."""
        return any(not way.does_more for way in self.ways)

    def work_after(self) -> Follow | None:
        """The work that comes after the loop, if it may be what the thread waits for."""
        follow = self.follow
        if follow.level <= CHANGE and (told := self.told_after()) is not None:
            return told
        if follow.level == NOTHING:
            return None
        waits = any(only_waits(each.passage.scope, each.passage.loop.node) for each in self.group)
        if follow.level == CHANGE:
            ends = bool(self.ways or self.evidence.enders or self.evidence.joined)
            if self.evidence.on_condition and not ends:
                return follow  # whoever sets it goes by how things are, and so does what follows
            stops = self.is_pure or any(names.is_stopper(way.name) or way.joins for way in self.ways)
            stops = stops or (ends and self.meaning != Meaning.NEUTRAL)  # `ended` may tell how things are
            known = stops if self.is_own() else names.is_wish(self.name)
            return follow if waits and not known else None
        if follow.level == REPORT:
            return None if self.may_report(waits) else follow
        if follow.level == ACT and self.is_own() and self.may_act(waits):
            return None
        known = any(names.is_stopper(way.name) for way in self.ways) or bool(self.evidence.enders)
        return None if not waits and known and self.is_pure and not self.goes_on_as_if_through() else follow

    def goes_on_as_if_through(self) -> bool:
        """Whether what comes after the loop is done in the same way once it has gone through all of its items."""
        for each in self.group:
            loop = each.passage.loop.node
            breaks = isinstance(loop, (ast.For, ast.AsyncFor)) and each.way == FALLS_OUT
            if breaks and is_through_by_itself(each.passage.scope, loop.iter):  # type: ignore[union-attr]
                return True
        return False

    def told_after(self) -> Follow | None:
        """What a thread that has only waited says once it is over, of a flag that nothing calls its end.

        Then what follows is all that it is there for, and no clean-up, however little it does: whatever it says of
        other things than its waiting, and what it says by how things are if it has also collected something meanwhile.
        """
        if self.is_own() and (self.is_pure or any(names.is_stopper(way.name) for way in self.ways)):
            return None
        for each in self.group:
            scope, loop = each.passage.scope, each.passage.loop.node
            is_bounded = isinstance(loop, (ast.For, ast.AsyncFor)) and each.way != FALLS_OUT  # it would end by itself
            if isinstance(loop, ast.comprehension) or is_bounded or not only_waits(scope, loop):
                continue
            for out, statements in way_out(each, exits=False):
                if call := said_after_waiting(out, statements, loop, is_own=self.is_own()):
                    return Follow(CHANGE, f"calls {called_name(call)}() (line {call.lineno})")
        return None

    def may_report(self, waits: bool) -> bool:
        """Whether the thread may tell of what it has done once it is set, for nobody would be told of anything else."""
        found = self.evidence
        ends = bool(self.ways or found.enders or found.joined)
        if self.is_pure and ((ends and self.is_own()) or not waits):
            return True
        if names.is_wish(self.name) and found.outside and (self.is_own() or not waits):
            return True
        if not self.is_own() or not found.outside:
            return False
        if not (found.looks or found.on_condition) and self.makes_something() and not self.is_heard():
            return True
        if self.ways and found.joined and self.meaning != Meaning.NEUTRAL:
            return True
        return any(way.joins for way in self.ways) or (ends and not waits)

    def may_act(self, waits: bool) -> bool:
        """Whether the thread may set others' state once it is set: the program itself ends the thread so."""
        joining = [way for way in self.ways if way.joins]
        tells_nothing = self.meaning == Meaning.NOTHING or (
            self.meaning == Meaning.NEUTRAL and bool(joining) and joining == self.ways
        )
        if not self.is_pure and not tells_nothing:
            return False
        if not waits:
            return bool(joining or self.evidence.joined)
        return any(self.is_pure or names.is_stopper(way.name) for way in joining)

    def is_own(self) -> bool:
        """Whether it is kept by the object whose thread this is, or by none at all."""
        owner = owners.target_owner(self.atom)
        return owner is None or owner is owners.owner_of_thread(self.target, self.survey, owner)

    def is_by_signal(self) -> bool:
        return any(evidence.is_handler(use.unit) for use in self.evidence.enders)

    def is_plain_subclass(self) -> bool:
        """Whether an Event of the program's own kind does no more in its `set` than an Event."""
        event = self.atom.seen.value
        if not inspect_safely.is_a(event, threading.Event):
            return False
        changed = [
            name for name in ("clear", "is_set", "wait")
            if inspect_safely.on_class(type(event), name)[0] is not threading.Event.__dict__[name]
        ]  # fmt: skip
        own = inspect_safely.on_class(type(event), "set")[0]
        if changed or type(own) is not types.FunctionType:
            return not changed
        way = ways.way_of(event, "set", "")
        calls_super = "set" in own.__code__.co_names and (
            "super" in own.__code__.co_names or "Event" in own.__code__.co_names
        )
        if way is None or way.why_not or not calls_super:
            return False
        self.way = way
        return True

    def is_mere_token(self) -> bool:
        """Whether a collection is there for its truth alone: nobody asks what is in it, and that is next to nothing."""
        found, held = self.evidence, self.atom.seen.value
        if found.holds_data or found.inside or found.siblings or not found.outside or len(held) > 1:
            return False
        return all(type(item) in (bool, int, str, types.NoneType) for item in held)

    def goes_on(self) -> bool:
        """Whether the thread enters another endless loop, which this flag does not end, after the one it ends."""
        ended = {id(other.passage) for other in self.survey.candidates if other.key == self.candidate.key}
        return loops_on(self.candidate.passage, self.survey, lambda later: id(later) in ended)

    def other_component(self) -> str | None:
        """The class of the object that the flag is a state of, if that is a component with threads of its own."""
        owner = owners.target_owner(self.atom)
        if owner is None or self.atom.kind == FOREIGN or inspect_safely.is_a(owner, types.ModuleType):
            return None
        if inspect_safely.is_class(owner):
            return None
        own = owners.owner_of_thread(self.target, self.survey, owner)
        if owner is own or owner is self.target.thread:
            return None
        threads = owners.threads_of(owner)
        if not threads or any(thread is self.target.thread for thread in threads):
            return None
        if owners.started_by(owner, self.survey, self.program):
            return None
        return inspect_safely.name_of(type(owner))

    # -- a state --------------------------------------------------------------------------------------------

    def weigh_number(self) -> str:
        """A number that is compared: only a method of the thread's own object, by which the program ends it."""
        found = self.evidence
        joined = {use.unit.code.co_name for use in found.joined}
        # Which may be changed for many reasons.
        is_number = type(self.atom.seen.value) in (int, float, types.NoneType, object)
        ending = [
            way for way in self.ways if not is_number or way.joins or way.name in joined or names.is_stopper(way.name)
        ]
        self.ways = [way for way in ending if not way.why_not]
        if not self.ways:
            return "which method of its own object stops it is not known"
        setting = {id(use.unit.code) for use in found.outside if not evidence.starts_threads(use.unit)}
        if len(setting) > 1 or found.inside or found.siblings:
            return "it is also changed while the thread works"
        if self.has_other_threads():
            return "its object has other threads"
        if self.candidate.way == FALLS_OUT and self.goes_on():
            return "the thread goes on with another loop"
        self.way = self.ways[0]
        return ""

    def weigh_member(self) -> str:
        """A key in a set: only as the program itself ends the thread by it, and if nobody else looks what is there."""
        found = self.evidence
        ends = [*found.joined, *found.enders]
        if not any(use in ends or names.is_stopper(use.unit.code.co_name) for use in found.outside):
            return "nobody ends the thread by it"
        if found.looks:
            return f"others look at it as well: {found.looks[0]}"
        if not self.atom.value:
            for use in found.outside:
                if once := evidence.fails_once_gone(use):
                    return f"{use.unit.words} takes it out by {once}, which fails once it has gone"
        return ""

    def weigh_state(self) -> tuple[Any, str]:
        """A state compared with constants: only a constant that the program itself assigns in order to stop."""
        atom, found = self.atom, self.evidence
        assert atom.seen.place is not None
        value = atom.seen.place.read()
        right: list[Any] = []
        own = {id(use.unit.code) for use in found.own_ways}
        is_known = True
        for use in found.outside:
            given = self.expressions.values(use.unit, use.value) if use.value is not None else None
            is_known &= given is not None
            if not (id(use.unit.code) in own or use in found.enders or names.is_stopper(use.unit.code.co_name)):
                continue
            for constant in given or ():
                if (
                    type(constant) is type(value)
                    and conditions.is_state(constant)
                    and conditions.is_among(constant, atom.constants) == atom.value
                ) and not any(constant is other or constant == other for other in right):
                    right.append(constant)
                    word = constant if type(constant) is str else ast.unparse(use.value or ast.Pass())
                    said = names.meaning(word.rpartition(".")[2])
                    self.tells_the_end = said in (Meaning.STOP, Meaning.NEUTRAL)
        stoppers = [way for way in self.ways if names.is_stopper(way.name)]
        self.ways = stoppers or self.ways
        if len(right) != 1:
            return (right[0] if right else UNKNOWN), (
                "the program itself assigns several values that would stop it" if right
                else "the program itself never assigns a value that would stop it" if is_known
                else "which of the values that the program assigns would stop it is not known"
            )  # fmt: skip
        if conditions.is_among(value, atom.constants) == atom.value:
            return right[0], "it is set already"
        if self.candidate.way == FALLS_OUT and self.goes_on():
            return right[0], "the thread goes on with another loop"
        return right[0], ""


def _is_said_by(owner: object, name: str) -> bool:
    """Whether a variable says how something is to be done, rather than holding what is to be."""
    value = inspect_safely.peek(owner, name).value
    return (
        type(value) is bool
        or conditions.event_kind(value) == EVENT
        or (conditions.is_state(value) and type(value) is not int)
    )


def _is_foreign(place: Place | None) -> bool:
    """Whether a flag is kept in an object or a module of a library: another thread's, most likely."""
    if not isinstance(place, Attribute):
        return False
    owner = place.owner
    if inspect_safely.is_a(owner, types.ModuleType):
        return not _is_programs_module(owner)
    if type(owner) is types.FunctionType:
        return not inspect_safely.is_programs(owner.__code__)
    cls: Any = owner if inspect_safely.is_class(owner) else type(owner)
    if cls in (types.SimpleNamespace, threading.Thread) or inspect_safely.name_of(cls) == "Namespace":
        return False
    return not any(
        _is_programs_module(sys.modules.get(inspect_safely.module_of(base))) for base in inspect_safely.mro(cls)[:-1]
    )


def _is_programs_module(module: object) -> bool:
    """One that is not known counts as the program's: made by `exec`, or run in a way of its own."""
    if module is None:
        return True
    held = inspect_safely.own_names(module) or {}
    filename = held.get("__file__")
    if type(filename) is str:
        return inspect_safely.is_programs_file(filename)
    return held.get("__name__") == "__main__" or held.get("__spec__") is None


def best(verdicts: list[Verdict]) -> Verdict | None:
    """The one that a plain cancel sets: the surest; None if none is good enough."""
    return verdicts[0] if verdicts and verdicts[0].is_sure else None
