"""Which of a thread's flags is its stop flag: what forbids one, and what speaks for it.

A wrong set is far worse than a missed flag. So what is forbidden, and what has little to be said for it, is never set
by a plain cancel; at most it is offered by name.
"""

from __future__ import annotations

import ast
import enum
import sys
import threading
import types
from typing import Any, Final, NamedTuple

from taskmon.watch.flags import inspect_safely, names
from taskmon.watch.flags.conditions import EVENT, FOREIGN, STATE
from taskmon.watch.flags.evidence import Evidence, gather
from taskmon.watch.flags.inspect_safely import UNKNOWN
from taskmon.watch.flags.locations import Attribute, Place
from taskmon.watch.flags.loops import FALLS_OUT
from taskmon.watch.flags.names import Meaning
from taskmon.watch.flags.survey import Candidate, Survey, loops_on

#: So much must speak for a flag, and so much more than for the next one.
ENOUGH: Final = 3
LEAD: Final = 2


class Verdict(NamedTuple):
    """One flag, weighed."""

    candidate: Candidate
    score: int
    #: Why it must not be set by a plain cancel; "" if it may.
    veto: str
    meaning: str
    evidence: Evidence
    #: For a state: the constant that the program itself assigns to stop.
    state: Any = UNKNOWN

    @property
    def is_sure(self) -> bool:
        """Good enough for a plain cancel."""
        return not self.veto and self.score >= ENOUGH


def weigh(survey: Survey) -> list[Verdict]:
    """All flags of a thread, the best first."""
    by_key: dict[tuple[object, ...], list[Candidate]] = {}
    for candidate in survey.candidates:
        if _is_touchable(candidate):
            by_key.setdefault(candidate.key, []).append(candidate)
    verdicts = []
    for group in by_key.values():
        if len({(each.atom.kind, each.atom.value) for each in group}) > 1 and group[0].atom.kind != STATE:
            continue  # both values leave: it is no stop flag
        verdicts.append(_weigh_one(_foremost(group, survey), survey, len(by_key) == 1))
    verdicts.sort(key=lambda each: (not each.veto, each.score, each.candidate.atom.seen.own), reverse=True)
    return verdicts


def _foremost(group: list[Candidate], survey: Survey) -> Candidate:
    """Of several tests of one flag, the one in the last loop it ends; leaving the function counts as the last."""
    order = {id(passage): number for number, passage in enumerate(survey.passages)}
    return max(group, key=lambda each: (each.way != FALLS_OUT, order.get(id(each.passage), -1)))


def _is_touchable(candidate: Candidate) -> bool:
    atom = candidate.atom
    place = atom.seen.place
    if isinstance(place, Attribute) and not place.is_writable() and atom.kind not in (EVENT, FOREIGN):
        return False
    return not (
        isinstance(place, Attribute) and inspect_safely.is_a(place.owner, threading.Thread) and place.name == "_started"
    )


def present(candidate: Candidate) -> bool | None:
    """The flag's value as a truth value, now; None if it is no flag any more."""
    atom = candidate.atom
    if atom.kind == EVENT:
        return threading.Event.is_set(atom.seen.value)
    if atom.kind == FOREIGN:
        return None
    value = atom.seen.place.read() if atom.seen.place is not None else UNKNOWN
    return bool(value) if type(value) in (bool, int) else None


def _weigh_one(candidate: Candidate, survey: Survey, is_only: bool) -> Verdict:
    atom = candidate.atom
    evidence = gather(candidate, survey)
    name = flag_name(candidate)
    meaning = names.meaning(name)
    if atom.kind == STATE:
        return _weigh_state(candidate, evidence, meaning, survey)
    score = 3 * bool(evidence.stoppers) + 2 * bool(evidence.outside)
    agrees = meaning == (Meaning.STOP if atom.value else Meaning.RUN)
    score += 2 * agrees + (atom.kind == EVENT) + is_only + atom.seen.own
    score -= 3 * (meaning == Meaning.OTHER)
    return Verdict(candidate, score, _veto(candidate, survey, evidence, meaning, agrees), meaning, evidence)


def flag_name(candidate: Candidate) -> str:
    """The name that tells most: where the flag is kept, or what the function calls it."""
    seen = candidate.atom.seen
    return seen.place.name if seen.place is not None else seen.words.rpartition(".")[2]


def _veto(candidate: Candidate, survey: Survey, evidence: Evidence, meaning: str, agrees: bool) -> str:
    """Why a plain cancel must not set it."""
    atom = candidate.atom
    if atom.kind == FOREIGN:
        return "setting it would reach other processes, or run the program's own code"
    if present(candidate) is atom.value and not evidence.set_on_start:
        return "it is set already"
    outside = evidence.stoppers or evidence.outside
    if evidence.inside and not outside:
        return "only the thread itself sets it"
    if evidence.resets:
        return "the thread takes it back, as one does with news"
    if candidate.way == FALLS_OUT and candidate.passage.loop.only_sleeps and candidate.passage.work_follows:
        return "the thread waits for it and works afterwards"
    if candidate.way == FALLS_OUT and _goes_on(candidate, survey):
        return "the thread goes on with another loop"
    if evidence.holds_data:
        return "it also holds other values"
    if meaning in (Meaning.STOP, Meaning.RUN) and not agrees:
        return "its name says the opposite"
    if meaning == Meaning.OTHER and not evidence.stoppers:
        return "its name says something else"
    if meaning == Meaning.NEUTRAL and not evidence.stoppers and not _ends_the_program(evidence):
        return "it may say how far things are, rather than how far they are to go"
    if _is_foreign(atom.seen.place):
        return "it belongs to a library"
    if meaning == Meaning.NOTHING and not evidence.stoppers:
        if not evidence.enders:
            return "nothing says that it is there to stop the thread"
        if evidence.others_look:
            return "others look at it as well"
    if not outside and {"alive", "active"} & set(names.words_of(flag_name(candidate))):
        return "it may say what is, rather than what is wanted"
    return ""


def _is_foreign(place: Place | None) -> bool:
    """Whether a flag is kept in an object or a module of a library: another thread's, most likely."""
    if not isinstance(place, Attribute):
        return False
    owner = place.owner
    if inspect_safely.is_a(owner, types.ModuleType):
        return not _is_programs_module(owner)
    cls: Any = owner if inspect_safely.is_class(owner) else type(owner)
    if cls in (types.SimpleNamespace, threading.Thread) or cls.__name__ == "Namespace":
        return False
    return not any(_is_programs_module(sys.modules.get(str(base.__module__))) for base in inspect_safely.mro(cls)[:-1])


def _is_programs_module(module: object) -> bool:
    """One that is not known counts as the program's: made by `exec`, or run in a way of its own."""
    if module is None:
        return True
    held = inspect_safely.own_names(module) or {}
    filename = held.get("__file__")
    if type(filename) is str:
        return inspect_safely.is_programs_file(filename)
    return held.get("__name__") == "__main__" or held.get("__spec__") is None


def _ends_the_program(evidence: Evidence) -> bool:
    """Whether it is set where the threads are ended, and nowhere else."""
    return bool(evidence.enders) and len(evidence.enders) == len(evidence.outside) and not evidence.inside


def _goes_on(candidate: Candidate, survey: Survey) -> bool:
    """Whether the thread enters another endless loop, which this flag does not end, after the one it ends."""
    ended = {id(other.passage) for other in survey.candidates if other.key == candidate.key}
    return loops_on(candidate.passage, survey, lambda later: id(later) in ended)


def _weigh_state(candidate: Candidate, evidence: Evidence, meaning: str, survey: Survey) -> Verdict:
    """A state compared with constants: only a constant that the program itself assigns in order to stop."""
    atom = candidate.atom
    assert atom.seen.place is not None
    value = atom.seen.place.read()
    right = []
    for write in evidence.stoppers:
        constant = _constant(candidate, write.value)
        if constant is not UNKNOWN and (constant in atom.constants) == atom.value and type(constant) is type(value):
            right.append(constant)
    veto = ""
    if not right or any(other is not right[0] and other != right[0] for other in right):
        veto = "the program itself never assigns a value that would stop it"
    elif (value in atom.constants) == atom.value:
        veto = "it is set already"
    elif candidate.way == FALLS_OUT and _goes_on(candidate, survey):
        veto = "the thread goes on with another loop"
    score = 3 * bool(right) + 1 + atom.seen.own
    return Verdict(candidate, score, veto, meaning, evidence, right[0] if right else UNKNOWN)


def _constant(candidate: Candidate, expr: ast.expr | None) -> Any:
    """The value of a constant as the program writes it: a literal, or a member of an Enum."""
    if isinstance(expr, ast.Constant):
        return expr.value
    if isinstance(expr, ast.Attribute):
        seen = candidate.atom.scope.look(expr)
        if seen is not None and (inspect_safely.is_a(seen.value, enum.Enum) or type(seen.value) in (str, int)):
            return seen.value
    return UNKNOWN


def best(verdicts: list[Verdict]) -> Verdict | None:
    """The one that a plain cancel sets; None if none is good enough, or two are too close to call."""
    if not verdicts or not verdicts[0].is_sure:
        return None
    first = verdicts[0]
    for other in verdicts[1:]:
        if other.is_sure and first.score - other.score < LEAD:
            both = {first.meaning, other.meaning} <= {Meaning.STOP, Meaning.RUN}
            if not both and not (first.evidence.stoppers and other.evidence.stoppers):
                return None
    return first
