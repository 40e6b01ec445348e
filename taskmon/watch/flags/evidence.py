"""What the program's functions say of one flag: who sets it, from where, and who else looks at it."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # `signal` builds its enumerations anew
import ast
import threading
import types
from collections.abc import Iterator
from typing import Any, NamedTuple

from taskmon.watch.flags import calls, inspect_safely, loops, names, owners, uses
from taskmon.watch.flags.aftermath import (
    CHANGE,
    REPORT,
    WORK,
    Follow,
    after_loop,
    are_idle,
    leaves_changed,
    take_something,
)
from taskmon.watch.flags.bindings import own_nodes
from taskmon.watch.flags.conditions import COLLECTION, EVENTS, MEMBER, NUMBER, STATE, is_among
from taskmon.watch.flags.expressions import Expressions, has_code, is_instance
from taskmon.watch.flags.finding import Target
from taskmon.watch.flags.inspect_safely import UNKNOWN
from taskmon.watch.flags.loops import called_name
from taskmon.watch.flags.program import Program, Unit, names_used
from taskmon.watch.flags.readings import (
    Reading,
    beside,
    context,
    is_instead,
    is_of_the_clock,
    later_than,
    loop_around,
    reading_of,
    statement_of,
)
from taskmon.watch.flags.survey import Candidate, Survey, survey
from taskmon.watch.flags.uses import (
    CLEARED,
    DATA,
    FALSE,
    HANDED,
    LOOK,
    MAYBE,
    SET,
    TRUE,
    UNREAD,
    Finder,
    Use,
)  # fmt: skip
from taskmon.watch.thread_fields import fields_of, is_alive, name_of

#: What is said of a flag that others look at as well; a sentence of its own.
ALSO_ENDS = "it also ends "
#: Methods that give an object's variables their first values.
FIRST_VALUES = frozenset({"__init__", "__new__", "__post_init__", "__set_name__", "__setstate__"})
_OFTEN = frozenset({"is_set", "isSet", "wait", "done", "get", "is_alive", "running"})
_JOINS = frozenset({"join", "is_alive", "done", "wait_closed", "as_completed"})
#: What a function that starts a thread uses.
_STARTS = frozenset({"start", "Thread", "Timer", "submit", "run", "start_new_thread", "to_thread", "run_in_executor"})
_WAITS = frozenset({"join", "sleep", "wait"})
_ENDS_ALL = frozenset({"os._exit", "os.abort"})
_DEEPEST = 2


class Evidence(NamedTuple):
    """The uses of one flag, sorted by who makes them."""

    #: It is set by a method of the very object whose thread this is.
    own_ways: list[Use]
    #: Set where threads are ended: where they are joined or polled, or in a signal handler.
    enders: list[Use]
    #: Set, and then the thread is joined.
    joined: list[Use]
    #: Set anywhere outside of threads; the former three are among them.
    outside: list[Use]
    #: Set by the thread itself, or by one like it.
    inside: list[Use]
    #: Set by other threads.
    siblings: list[Use]
    #: Outside of threads it is set nowhere but where something else is so: `if price < limit: stop.set()`.
    on_condition: bool
    #: Put to "go on" inside the loop or in what it calls.
    resets: list[Use]
    #: The thread itself puts it to "go on" before its loop: a stop before that is lost.
    set_on_start: bool
    #: It also holds other things than a truth value.
    holds_data: bool
    #: The program switches it back where it starts no thread: a pause, a state.
    switches: list[Use]
    #: Who else looks at it, and would act on it: in words.
    looks: list[str]
    #: What others would leave off, or do at once, if it were set: in words.
    harms: list[str]
    #: Where the thread itself looks at it between the parts of one piece of work, in words; "" if nowhere.
    midst: str
    #: What the main thread does when it is set; None if it does not wait for it.
    main: Follow | None
    #: All of its uses, for what it is assigned.
    all: list[Use]


def gather(candidate: Candidate, survey: Survey, program: Program, target: Target) -> Evidence:
    """Find and sort the uses of a candidate's flag."""
    return _Sorter(candidate, survey, program, target).sort()


class _Sorter:
    def __init__(self, candidate: Candidate, survey: Survey, program: Program, target: Target) -> None:
        self.candidate, self.survey, self.program, self.target = candidate, survey, program, target
        self.atom = candidate.atom
        self.is_event = self.atom.kind in EVENTS
        self.finder = Finder(self.atom, survey, program)
        self.own_codes = {id(scope.function.__code__) for scope in survey.scopes}
        self.main_codes = {id(code) for code, _ in program.main_frames}
        self.looks: list[str] = []
        self.harms: list[str] = []
        self.midst = ""
        self.main: Follow | None = None
        self._in_threads: dict[int, bool] = {}

    def sort(self) -> Evidence:
        atom = self.atom
        stop, go = (SET, CLEARED) if self.is_event or atom.kind in (COLLECTION, MEMBER) else (TRUE, FALSE)
        if not atom.value:
            stop, go = go, stop
        found = Evidence([], [], [], [], [], [], False, [], False, False, [], self.looks, self.harms, "", None, [])
        all_uses = self.finder.run()
        set_on_start = holds_data = False
        writers = {id(use.unit.code) for use in all_uses if use.what not in (LOOK, HANDED, UNREAD)}
        for use in all_uses:
            if use.what in (LOOK, HANDED, UNREAD):
                self.look(use, writers)
                continue
            if atom.kind in (STATE, NUMBER) or use.what == stop:
                if self.is_first(use, all_uses):
                    continue
                self.sort_write(use, found)
            elif use.what == go:
                if self.is_of_thread(use.unit):
                    if self.is_before(use):
                        if self.is_where_caught(use):
                            found.resets.append(use)
                        set_on_start = True
                    elif not self.is_after(use):
                        found.resets.append(use)
                elif not self.is_first(use, all_uses) and self.switches_back(use):
                    found.switches.append(use)
            elif use.what == MAYBE and isinstance(use.value, ast.UnaryOp):
                found.switches.append(use)
            elif use.what == DATA and not self.is_event:
                holds_data = True
        self.harms += self.other_kinds()
        return found._replace(
            set_on_start=set_on_start, holds_data=holds_data,
            on_condition=bool(found.outside) and all(map(self.is_on_condition, found.outside)),
            looks=list(dict.fromkeys(self.looks)),
            harms=list(dict.fromkeys(self.harms)), midst=self.midst, main=self.main, all=all_uses,
        )  # fmt: skip

    # -- who sets it ----------------------------------------------------------------------------------------

    def sort_write(self, use: Use, found: Evidence) -> None:
        unit = use.unit
        reading = reading_of(unit)
        called = {ast.unparse(node.func) for node in reading.nodes if isinstance(node, ast.Call)} if reading else ()
        if _ENDS_ALL.intersection(called):
            return  # whoever ends the process there does not wait for a thread to see it
        if self.is_of_thread(unit):
            found.inside.append(use)
            return
        if self.runs_in_thread(unit) and not unit.is_top:
            found.siblings.append(use)
            return
        found.outside.append(use)
        if use.sure and self.is_own_way(unit):
            found.own_ways.append(use)
        if is_handler(unit) or waits_for(unit, self.target.thread, self.finder.expressions) or self.in_interrupt(use):
            found.enders.append(use)
        if self.is_then_joined(unit, use.node):
            found.joined.append(use)

    def is_on_condition(self, use: Use) -> bool:
        """Whether it is set only if a test of anything but itself, or of a thread, comes out so."""
        reading = reading_of(use.unit)
        node = reading.parents.get(id(use.node)) if reading is not None else None
        while reading is not None and node is not None:
            if isinstance(node, ast.If) and not _asks_for_an_end(node.test):
                return True
            node = reading.parents.get(id(node))
        return False

    def is_then_joined(self, unit: Unit, node: ast.AST, depth: int = 0) -> bool:
        """Whether it is set, and the thread is joined next: `stop.set(); thread.join()`, itself or by who calls it."""
        reading = reading_of(unit)
        statement = statement_of(reading, node) if reading is not None else None
        if reading is None or statement is None:
            return False
        block = next(
            (
                block
                for _, block in ast.iter_fields(reading.parents[id(statement)])
                if isinstance(block, list) and any(item is statement for item in block)
            ),
            [],
        )
        later = block[next((n for n, item in enumerate(block) if item is statement), 0) + 1 :]
        for part in [each for each in later for each in [each, *own_nodes(each)]]:
            if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and part.func.attr == "join":
                known = self.finder.expressions.values(unit, part.func.value)
                if known is None or any(value is self.target.thread for value in known):
                    return True
        if depth or unit.is_top or loop_around(reading, statement) is not None:
            return False
        around = reading.parents[id(statement)]
        if isinstance(around, ast.If) and not _asks_for_an_end(around.test):
            return False  # whether it is set is another matter
        for caller in self.finder.expressions.callers(unit):
            asks = reading_of(caller)
            for named in self.finder.expressions.naming(caller, unit) if asks is not None else ():
                if self.is_then_joined(caller, named, depth + 1):
                    return True
        return False

    def switches_back(self, use: Use) -> bool:
        """Whether a function that puts it to "go on" does so in the midst of things, rather than to start a thread."""
        unit = use.unit
        if starts_threads(unit):
            return False
        name = unit.code.co_name
        owner = self._holder_for(unit)
        entry = inspect_safely.on_class(type(owner), name)[0] if owner is not None else UNKNOWN
        if type(entry) is not property:
            return True
        given_for_it = given_if(reading_of(unit), use.node)
        wanted = given_for_it or (uses.FALSE if self.atom.value else uses.TRUE)
        for other in self.finder.expressions.callers(unit):  # the setter of a property: what is it given?
            reading = reading_of(other)
            for node in self.finder.expressions.naming(other, unit) if reading is not None else ():
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                    parent = reading.parents.get(id(node)) if reading is not None else None
                    given = uses.kind_of(parent.value) if isinstance(parent, ast.Assign) else uses.MAYBE
                    if given in (wanted, uses.MAYBE):
                        return True
        return False

    def is_own_way(self, unit: Unit) -> bool:
        """Whether a function is a method of the object whose thread this is."""
        owner = owners.owner_of_thread(self.target, self.survey, owners.target_owner(self.atom))
        if owner is None or unit.is_top:
            return False
        return any(has_code(base, unit.code) for base in inspect_safely.mro(type(owner)))

    def is_method_of_owner(self, unit: Unit) -> bool:
        """Whether a function is a method of the object that keeps the flag, or of that whose thread this is."""
        owner = owners.target_owner(self.atom)
        return self.is_own_way(unit) or any(
            has_code(base, unit.code) for base in (inspect_safely.mro(type(owner)) if owner is not None else ())
        )

    def in_interrupt(self, use: Use) -> bool:
        reading = reading_of(use.unit)
        node: ast.AST | None = use.node
        while reading is not None and node is not None:
            if (
                isinstance(node, ast.ExceptHandler)
                and node.type is not None
                and "KeyboardInterrupt" in ast.dump(node.type)
            ):
                return True
            node = reading.parents.get(id(node))
        return False

    def is_first(self, use: Use, all_uses: list[Use]) -> bool:
        """Whether it only gives the flag its first value."""
        unit = use.unit
        if unit.code.co_name in FIRST_VALUES:
            return True
        is_its_function = isinstance(use.node, ast.Name) and use.node.id in unit.code.co_cellvars
        if self.finder.is_object or not (unit.is_top or is_its_function) or not isinstance(use.node, ast.Name):
            return False
        lines = [other.node.lineno for other in all_uses if other.unit is unit and other.what not in (LOOK, HANDED)]  # type: ignore[attr-defined]
        return bool(use.node.lineno == min(lines))

    def is_of_thread(self, unit: Unit) -> bool:
        """Whether a function is one of those the thread runs, and no others."""
        top = self.survey.top
        if top is not None and unit.code is top.function.__code__:
            return True
        if id(unit.code) not in self.own_codes and not self._called_by_own_alone(unit):
            return False
        return not self._called_outside(unit)

    def _called_by_own_alone(self, unit: Unit) -> bool:
        callers = self.finder.expressions.callers(unit)
        return bool(callers) and all(id(caller.code) in self.own_codes for caller in callers)

    def _called_outside(self, unit: Unit) -> bool:
        return any(
            id(caller.code) not in self.own_codes and not self.runs_in_thread(caller)
            for caller in self.finder.expressions.callers(unit)
        )

    def runs_in_thread(self, unit: Unit, depth: int = 0) -> bool:
        """Whether a function runs in threads only, as far as that shows."""
        key = id(unit.code)
        if key in self._in_threads:
            return self._in_threads[key]
        self._in_threads[key] = False
        self._in_threads[key] = found = self._find_runs_in_thread(unit, depth)
        return found

    def _find_runs_in_thread(self, unit: Unit, depth: int) -> bool:
        if unit.is_top or id(unit.code) in self.main_codes:
            return False
        if any(code is unit.code for code, _ in _runs_of_threads()):
            return True
        if unit.code.co_name == "run" and self._is_thread_class(unit):
            return True
        callers = self.finder.expressions.callers(unit)
        started = False
        for caller in callers[:20]:
            reading = reading_of(caller)
            if reading is None:
                return False
            how = uses.mentioned(reading, self.finder.expressions.naming(caller, unit))
            if "started" in how:
                started = True
            if "called" in how or "named" in how:
                if depth >= _DEEPEST or not self.runs_in_thread(caller, depth + 1):
                    return False
                started = True
        return started

    def may_run_in_thread(self, unit: Unit, depth: int = 0) -> bool:
        """Whether a function is seen to run in a thread, whoever else may call one of that name."""
        if self.runs_in_thread(unit) or any(code is unit.code for code, _ in _runs_of_threads()):
            return True
        for caller in self.finder.expressions.callers(unit)[:20]:
            reading = reading_of(caller)
            how = (
                uses.mentioned(reading, self.finder.expressions.naming(caller, unit)) if reading is not None else set()
            )
            if "started" in how or ("called" in how and depth < _DEEPEST and self.may_run_in_thread(caller, depth + 1)):
                return True
        return False

    def _is_thread_class(self, unit: Unit) -> bool:
        for thread in list(threading._active.values()):  # type: ignore[attr-defined]
            if any(has_code(base, unit.code) for base in inspect_safely.mro(type(thread))):
                return True
        return False

    def is_before(self, use: Use) -> bool:
        """Whether it stands before the loop in the thread's function."""
        scope, loop = self.candidate.passage.scope, self.candidate.passage.loop.node
        if use.unit.code is scope.function.__code__:
            return bool(use.node.lineno < loop.lineno)  # type: ignore[attr-defined,union-attr]
        return any(caller.function.__code__ is use.unit.code for caller, _ in self.candidate.passage.callers)

    def is_where_caught(self, use: Use) -> bool:
        """Whether it stands in a handler of what the flag raises: who takes it back there goes on."""
        if self.candidate.way != loops.RAISES:
            return False
        caught = [around.caught for _, around in self.candidate.passage.callers]
        return any(node is use.node for part in caught for each in part or () for node in ast.walk(each))

    def is_after(self, use: Use) -> bool:
        """Whether it stands after the loop."""
        scope, loop = self.candidate.passage.scope, self.candidate.passage.loop.node
        here = use.unit.code is scope.function.__code__
        return here and bool((loop.end_lineno or 0) < use.node.lineno)  # type: ignore[attr-defined,union-attr]

    # -- who looks at it ------------------------------------------------------------------------------------

    def look(self, use: Use, writers: set[int], depth: int = 0) -> None:
        """Somebody looks: see whether that matters to anybody but this thread."""
        unit = use.unit
        if (id(unit.code) in self.own_codes or self._is_inside_own(unit)) and not self._is_predicate(use):
            self.note_midst(use)
            return
        name = unit.code.co_name
        if use.what == UNREAD:
            if name in FIRST_VALUES or name.startswith("__"):
                return  # made by `dataclass` and the like
            self.looks.append(f"{name}() uses the name, and its source cannot be read")
            return
        if use.what == HANDED:
            giving = self.finder.handed_by.get(id(unit.code))  # of what a library does with it, the program's own line
            self.looks.append(f"{_where(*giving or (unit, use.node))} hands it on")
            return
        reading = reading_of(unit)
        assert reading is not None
        parent = reading.parents.get(id(use.node))
        if inspect_safely.is_a(self.atom.seen.value, threading.Thread) and isinstance(
            parent, (ast.Attribute, ast.Assign)
        ):
            return  # `self.thread.join()` asks nothing of the variable
        if self.atom.kind == STATE and (self.asks_for_another(unit, parent) or self.asks_the_same(unit, parent)):
            return
        self.judge_look(unit, reading, use.node, writers, depth)
        self.note_shared(unit, reading, use)

    def note_midst(self, use: Use) -> None:
        """Whether the thread itself would leave off between the parts of one piece of work."""
        reading = reading_of(use.unit) if use.what == LOOK else None
        kind, loop = context(reading, use.node) if reading is not None else ("", None)
        decider = statement_of(reading, use.node) if reading is not None else None
        if reading is None or loop is None or decider is None or kind != "loop":
            return
        before, later = beside(reading, decider, loop) if decider is not loop else ([], [])
        ends = (use.unit.code, loop.lineno)
        if not any(ends == (each.scope.function.__code__, each.loop.node.lineno) for each in self.survey.passages):  # type: ignore[union-attr]
            before, later = [loop], [*later, *later_than(reading, loop)[0]]
        where = _where(use.unit, use.node).rstrip(",")
        if take_something(before) and take_something(later):
            self.midst = self.midst or where
        if decider is not loop and (lock := _left_held(before, decider, reading)):
            self.harms.append(f"the thread would keep {lock} for good: {where}")

    def asks_for_another(self, unit: Unit, test: ast.AST | None) -> bool:
        """Whether somebody asks a state only for values that do not end the thread, and acts on none that does."""
        if not self.atom.value or not isinstance(test, ast.Compare) or not isinstance(test.ops[0], (ast.Is, ast.Eq)):
            return False
        known = self.finder.expressions.values(unit, test.comparators[0])
        return bool(known) and not any(is_among(each, self.atom.constants) for each in known or ())

    def asks_the_same(self, unit: Unit, test: ast.AST | None) -> bool:
        """Whether a test of a state comes out, for all that the program assigns once it has begun, as it does now."""
        if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], (ast.Is, ast.Eq, ast.IsNot, ast.NotEq)):
            return False
        place, known = self.atom.seen.place, self.finder.expressions.values(unit, test.comparators[0])
        if place is None or not known or len(test.ops) > 1:
            return False
        given: list[Any] = []
        for use in self.finder.uses:
            if use.what not in (LOOK, HANDED, UNREAD) and use.unit.code.co_name not in FIRST_VALUES:
                assigned = self.finder.expressions.values(use.unit, use.value) if use.value is not None else None
                if assigned is None:
                    return False
                given += assigned
        return len({is_among(each, tuple(known)) for each in (place.read(), *given)}) == 1

    def other_kinds(self) -> Iterator[str]:
        """Threads of another class than this one's that run the same function: each does work of its own by it."""
        own, top = _owner_of(self.target.function), self.survey.top
        for code, owner in _runs_of_threads() if own is not None and top is not None else ():
            if top is not None and code is top.function.__code__ and owner is not None and type(owner) is not type(own):
                theirs = survey(Target(types.MethodType(top.function, owner)))
                if any(each.key == self.candidate.key for each in theirs.candidates):
                    yield f"{ALSO_ENDS}a {inspect_safely.name_of(type(owner))}, which does other work"
        yield from self.kinds_to_come(own)

    def kinds_to_come(self, own: object) -> Iterator[str]:
        """Classes beside the thread's own that have the flag from the same base: theirs are ended as they begin."""
        bases = inspect_safely.mro(type(own))[:-1] if own is not None and self.is_event else ()
        for base in bases:
            if any(inspect_safely.class_names(base).get(name) is self.atom.seen.value for name in self.finder.names):
                for other in type.__subclasses__(base):
                    # A metaclass may compare in a way of its own.
                    if not any(other is each for each in bases) and self.is_thread_of(other):
                        yield f"{ALSO_ENDS}each {inspect_safely.name_of(other)} that is begun later"

    def is_thread_of(self, cls: Any) -> bool:
        """Whether objects of a class run what this thread runs."""
        top = self.survey.top
        code = top.function.__code__ if top is not None else None
        return any(has_code(base, code) for base in inspect_safely.mro(cls)) if code is not None else False

    def note_shared(self, unit: Unit, reading: Reading, use: Use) -> None:
        """Whether it also ends what another thread does, by a function that has nothing to do with this one's."""
        if not use.sure or context(reading, use.node)[0] not in ("loop", "wait"):
            return
        own = self.survey.top.function.__code__ if self.survey.top is not None else unit.code
        # A thread and what it has started are one thing, if the flag says nothing but that it is to end.
        together = names.is_pure(_name_of(self.atom)) and (_starts(own, unit.code) or _starts(unit.code, own))
        if not together and any(code is unit.code for code, _ in _runs_of_threads()):
            self.harms.append(f"{ALSO_ENDS}{unit.words}, which another thread runs")

    def _is_inside_own(self, unit: Unit) -> bool:
        parent = unit.parent
        while parent is not None:
            if id(parent) in self.own_codes and unit.code.co_name == "<lambda>":
                return True
            above = self.program.units.get(id(parent))
            parent = above.parent if above is not None else None
        return False

    def _is_predicate(self, use: Use) -> bool:
        reading = reading_of(use.unit)
        if reading is None or self.survey.top is None or use.unit.code is self.survey.top.function.__code__:
            return False
        return context(reading, use.node)[0] == "returned"

    def judge_look(self, unit: Unit, reading: Reading, node: ast.AST, writers: set[int], depth: int) -> None:
        kind, statement = context(reading, node)
        if kind == "wait" and statement is not None and (around := self.loop_ended_by_it(unit, reading, statement)):
            statement = around
        where = _where(unit, node)
        if kind == "guard" and isinstance(statement, ast.If) and self.turns_away(unit, statement):
            self.harms.append(f"{where} does nothing then, and others call it")
        if kind in ("talk", "guard") or (kind == "test" and self._sets_it(statement, unit)):
            return
        if kind == "copied" and isinstance(statement, ast.Assign) and depth < 3:
            target = statement.targets[0]
            assert isinstance(target, ast.Name)
            for other in reading.nodes:
                if isinstance(other, ast.Name) and other.id == target.id and isinstance(other.ctx, ast.Load):
                    self.judge_look(unit, reading, other, writers, depth + 1)
            return
        if kind == "returned":
            self.follow_predicate(unit, writers, depth)
            return
        if kind not in ("loop", "wait") or statement is None:
            self.looks.append(f"{where} looks at it as well")
            if kind == "test" and isinstance(statement, ast.If) and (harm := self.acts_on_it(unit, statement)):
                self.harms.append(f"{where} {harm}")
            return
        decider = statement_of(reading, node)
        if isinstance(decider, ast.If) and (harm := self.acts_on_it(unit, decider)):
            self.harms.append(f"{where} {harm}")
        follow = self.after(unit, reading, statement)
        if unit.is_top or id(unit.code) in self.main_codes:
            self.note_main(follow)
            if harm := self.ends_with_main(unit, reading, statement):
                self.harms.append(harm)
            return
        if self.may_run_in_thread(unit) and self.leaves_off(unit, reading, node, statement):
            self.harms.append(f"another thread would leave off in the midst of its work: {where}")
        if self.runs_in_thread(unit):
            if follow.level > REPORT:
                self.looks.append(f"another thread waits for it in {where} and works afterwards: {follow.words}")
        else:
            self.follow_waiting(unit, follow, where)

    # -- what setting it would do to others -----------------------------------------------------------------

    def acts_on_it(self, unit: Unit, statement: ast.If) -> str:
        """What somebody else does if it is set, in words, beyond leaving his own loop; "" if nothing is seen."""
        scopes = self.finder.expressions.scopes(unit)
        if not scopes:
            return ""
        if self.is_own_way(unit):
            if self.turns_away(unit, statement):
                return "does nothing then, and others call it"
            raises = any(isinstance(part, ast.Raise) for part in (*statement.body[-1:], *statement.orelse[-1:]))
            calling = [
                caller for caller in self.finder.expressions.callers(unit) if id(caller.code) not in self.own_codes
            ]
            if raises and any(self.runs_elsewhere(caller) for caller in calling):
                return "fails then, and others call it"
            if raises or not self.runs_elsewhere(unit):
                return ""
        work = [part for part in (*statement.body, *statement.orelse) if not _calls_stopper(part)]
        if names.is_wish(_name_of(self.atom)):
            return ""
        follow = after_loop(scopes[0], work, frozenset())
        if follow.level >= WORK:
            return f"acts on how it is: {follow.words}"
        changed = leaves_changed(scopes[0], work) if self.is_polled(unit, statement) else ""
        return f"acts on how it is: {changed}" if changed else ""

    def turns_away(self, unit: Unit, statement: ast.If) -> bool:
        """Whether a method that others call leaves its work undone once it is set, though nothing says that it ends.

        Of what the thread's own `stop()` sets that is expected; a house that is `draining` turns its guests away, and
        the recorder that another looks at takes nothing more.
        """
        reading = reading_of(unit)
        scopes = self.finder.expressions.scopes(unit)
        setters = [use.unit for use in self.finder.uses if use.what not in (LOOK, HANDED, UNREAD)]
        if reading is None or not scopes or starts_threads(unit) or not self.is_method_of_owner(unit):
            return False
        if names.is_pure(_name_of(self.atom)) and self.is_own_way(unit):
            return False
        if any(setter.code is unit.code for setter in setters):
            return False
        leaves = isinstance(statement.body[-1], ast.Return) and loop_around(reading, statement) is None
        later = later_than(reading, statement)[0] if leaves and not statement.orelse else []
        calling = [each for each in self.finder.expressions.callers(unit) if id(each.code) not in self.own_codes]
        works = take_something(later) or bool(leaves_changed(scopes[0], later))
        return works and any(self.runs_elsewhere(caller) for caller in calling)

    def is_polled(self, unit: Unit, statement: ast.If) -> bool:
        """Whether somebody else asks for it round after round, so that he acts as soon as it is set."""
        reading = reading_of(unit)
        return reading is not None and loop_around(reading, statement) is not None and self.runs_elsewhere(unit)

    def runs_elsewhere(self, unit: Unit, depth: int = 0) -> bool:
        """Whether a function is the main thread's at this moment, or called by one that is, or may run in a thread."""
        if unit.is_top or id(unit.code) in self.main_codes or self.may_run_in_thread(unit):
            return True
        callers = self.finder.expressions.callers(unit)[:20] if depth < _DEEPEST else []
        return any(self.runs_elsewhere(each, depth + 1) for each in callers if id(each.code) not in self.own_codes)

    def ends_with_main(self, unit: Unit, reading: Reading, statement: ast.stmt) -> str:
        """What ends along with the main thread's loop: its own work, or that of daemon threads it does not wait for."""
        scopes = self.finder.expressions.scopes(unit)
        if isinstance(statement, (ast.While, ast.For)) and scopes and not are_idle(scopes[0], list(statement.body)):
            return "the main thread works until it is set"
        later, _ = later_than(reading, statement)
        if any(isinstance(node, ast.Call) and called_name(node) == "join" for part in later for node in ast.walk(part)):
            return ""
        outer = [code for code, _ in self.program.main_frames if code is not unit.code]
        if not unit.is_top and any("join" in names_used(code) for code in outer):
            return ""  # whoever called it waits for them
        for thread in list(threading._active.values()):  # type: ignore[attr-defined]
            if fields_of(thread).get("_daemonic") and thread is not self.target.thread and _is_at_work(thread):
                return f"the program ends with it, and cuts {name_of(thread)} off, which nobody waits for"
        return ""

    def leaves_off(self, unit: Unit, reading: Reading, node: ast.AST, loop: ast.stmt) -> bool:
        """Whether another thread would leave its loop between the parts of one piece of work."""
        scopes = self.finder.expressions.scopes(unit)
        decider = statement_of(reading, node)
        if not scopes or not isinstance(loop, (ast.While, ast.For, ast.AsyncFor)) or decider is None:
            return False
        outer = loop_around(reading, loop)
        if outer is not None and isinstance(loop, (ast.For, ast.AsyncFor)):
            if not are_idle(scopes[0], list(loop.body)):
                return True
            loop = outer  # a pause in small steps: what matters is where in the round it is made
        if decider is loop:
            return False
        before, later = beside(reading, decider, loop)
        return take_something(before) and (
            not are_idle(scopes[0], later)
            or any(isinstance(part, (ast.Assign, ast.AugAssign)) for part in later)
            or (isinstance(decider, ast.If) and after_loop(scopes[0], decider.body, frozenset()).level >= REPORT)
        )

    def note_main(self, follow: Follow) -> None:
        """The main thread waits for it too."""
        if self.main is None or follow.level > self.main.level:
            self.main = follow

    def follow_waiting(self, unit: Unit, follow: Follow, where: str) -> None:
        """A function waits for it: whoever calls that goes on then."""
        for caller in self.finder.expressions.callers(unit):
            reading = reading_of(caller)
            if reading is None:
                continue
            named = {id(node) for node in self.finder.expressions.naming(caller, unit)}
            for call in reading.nodes:
                if (
                    not isinstance(call, ast.Call)
                    or called_name(call) != unit.code.co_name
                    or id(call.func) not in named
                ):
                    continue
                statement = statement_of(reading, call)
                if statement is None:
                    continue
                later = self.after(caller, reading, statement)
                worse = later if later.level > follow.level else follow
                if caller.is_top or id(caller.code) in self.main_codes:
                    self.note_main(worse)
                elif worse.level > CHANGE or not self.runs_in_thread(caller):
                    self.looks.append(f"{where} waits for it as well")

    def follow_predicate(self, unit: Unit, writers: set[int], depth: int) -> None:
        """A function tells others whether it is set: see who asks."""
        name = unit.code.co_name
        if name == "<lambda>":
            if not self._only_tells(unit):
                self.looks.append(f"a lambda at line {unit.code.co_firstlineno} looks at it as well")
            return
        if depth > _DEEPEST:
            return
        if name == "__bool__":
            return
        reading = reading_of(unit)
        owner = self._holder_for(unit)
        for caller in self.finder.expressions.callers(unit):
            asks = reading_of(caller)
            if asks is None or reading is None or id(caller.code) in self.own_codes or id(caller.code) in writers:
                continue
            for node in self.finder.expressions.naming(caller, unit):
                if isinstance(node, ast.Attribute):
                    certainty = self._asks_owner(caller, node, owner)
                    often = certainty == uses.PERHAPS and name in _OFTEN
                    if certainty == uses.NO or often or not isinstance(node.ctx, ast.Load):
                        continue
                asked: ast.AST = node
                parent = asks.parents.get(id(node))
                if isinstance(parent, ast.Call) and parent.func is node:
                    asked = parent
                elif _is_handed_to_call(asks, node):
                    continue  # to a thread, most likely this one
                self.judge_look(caller, asks, asked, writers, depth + 1)

    def _only_tells(self, unit: Unit) -> bool:
        """Whether a lambda only says whether the flag is set, as one that is handed to the thread does."""
        reading = reading_of(unit)
        body = reading.tree.body if reading is not None and isinstance(reading.tree, ast.Lambda) else None
        while isinstance(body, ast.UnaryOp):
            body = body.operand
        if isinstance(body, ast.BoolOp):
            return not any(isinstance(node, ast.Call) and called_name(node) not in _OFTEN for node in ast.walk(body))
        if isinstance(body, ast.Call):
            return called_name(body) in _OFTEN
        return isinstance(body, (ast.Name, ast.Attribute, ast.Subscript))

    def _holder_for(self, unit: Unit) -> Any:
        """The object whose method a predicate is; None for a plain function."""
        for scope in self.finder.expressions.scopes(unit):
            for seen in scope.arguments.values():
                return seen.value
        return None

    def _asks_owner(self, caller: Unit, node: ast.Attribute, owner: Any) -> int:
        if owner is None:
            return uses.PERHAPS
        known = self.finder.expressions.values(caller, node.value)
        if known is not None:
            return uses.YES if any(value is owner for value in known) else uses.NO
        if isinstance(node.value, ast.Name):
            cls = self.finder.expressions.class_of_name(caller, node.value, reading_of(caller))
            if cls is None:
                return uses.NO
            if cls is not UNKNOWN:
                return uses.YES if is_instance(owner, cls) else uses.NO
        return uses.PERHAPS

    def loop_ended_by_it(self, unit: Unit, reading: Reading, statement: ast.stmt) -> ast.stmt | None:
        """The loop around a `flag.wait(1)` that the same flag ends: it only sleeps on it."""
        loop = loop_around(reading, statement)
        if not isinstance(loop, ast.While):
            return None
        inside = {id(node) for node in ast.walk(loop)}
        for use in self.finder.uses:
            if use.unit.code is unit.code and use.what == LOOK and id(use.node) in inside:
                kind, decided = context(reading, use.node)
                if kind == "loop" and decided is loop:
                    return loop
        return None

    def _sets_it(self, statement: ast.stmt | None, unit: Unit) -> bool:
        """Whether a test only guards the flag's own setting: `if not stop.is_set(): stop.set()`."""
        if not isinstance(statement, ast.If):
            return False
        inside = {id(node) for part in [*statement.body, *statement.orelse] for node in ast.walk(part)}
        return any(
            use.unit.code is unit.code and id(use.node) in inside and use.what not in (LOOK, HANDED)
            for use in self.finder.uses
        )

    def after(self, unit: Unit, reading: Reading, statement: ast.stmt) -> Follow:
        """What comes after a statement in a function, up to its end."""
        scopes = self.finder.expressions.scopes(unit)
        if not scopes:
            return Follow(WORK, f"{unit.code.co_name}()")
        later, goes_on = later_than(reading, statement)
        if isinstance(statement, ast.While):
            later = [*statement.orelse, *later]
        if goes_on:
            return Follow(WORK, f"goes on in a loop (line {goes_on})")
        return after_loop(scopes[0], later, frozenset())


def _left_held(before: list[ast.stmt], decider: ast.stmt, reading: Reading) -> str:
    """The lock that is taken before a way out of the loop and is let go of on none, in words; "" if there is none."""
    held = ""
    for part in before:
        if (
            isinstance(part, ast.Expr)
            and isinstance(part.value, ast.Call)
            and isinstance(part.value.func, ast.Attribute)
        ):
            name = part.value.func.attr
            lock = ast.unparse(part.value.func.value)
            held = lock if name == "acquire" else "" if name == "release" and lock == held else held
    finals = [part for node in reading.nodes if isinstance(node, ast.Try) for part in node.finalbody]
    freed = [node for part in [decider, *finals] for node in ast.walk(part) if isinstance(node, ast.Call)]
    return "" if any(called_name(call) == "release" for call in freed) else held


def given_if(reading: Reading | None, node: ast.AST) -> str:
    """What a setter must be given to come to a place in it: `if value: …`; "" if it is not asked for so."""
    above = reading.parents.get(id(node)) if reading is not None else None
    while reading is not None and above is not None:
        if isinstance(above, ast.If) and node is not above.test:
            asked, is_so = above.test, node in above.body
            if isinstance(asked, ast.UnaryOp) and isinstance(asked.op, ast.Not):
                asked, is_so = asked.operand, not is_so
            return (uses.TRUE if is_so else uses.FALSE) if isinstance(asked, ast.Name) else ""
        node, above = above, reading.parents.get(id(above))
    return ""


def _asks_for_an_end(test: ast.expr) -> bool:
    """Whether a test asks for no more than whether there is something to end: `if thread.is_alive():`, `if self.x:`."""
    return all(
        isinstance(node, (ast.Name, ast.Attribute, ast.expr_context, ast.boolop, ast.unaryop, ast.BoolOp, ast.UnaryOp))
        or (isinstance(node, ast.Call) and called_name(node) in _OFTEN)
        or (isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.Is, ast.IsNot)))
        or isinstance(node, (ast.Is, ast.IsNot, ast.Constant))
        for node in ast.walk(test)
    )


def _calls_stopper(statement: ast.stmt) -> bool:
    """`worker.stop()`: who asks for the end when it has come acts on nothing."""
    match statement:
        case ast.Expr(value=ast.Call() as call):
            return names.is_stopper(called_name(call))
    return False


def _name_of(atom: Any) -> str:
    seen = atom.seen
    return str(seen.place.name if seen.place is not None else seen.words.rpartition(".")[2])


def _is_at_work(thread: threading.Thread) -> bool:
    """Whether a thread runs a function of the program's own."""
    if not is_alive(thread):
        return False
    target = (inspect_safely.own_names(thread) or {}).get("_target")
    call = calls.resolve(target, [], {}) if target is not None else None
    if call is not None:
        return inspect_safely.is_programs(call.function.__code__)
    run, _ = inspect_safely.on_class(type(thread), "run")
    return type(run) is types.FunctionType and inspect_safely.is_programs(run.__code__)


def _where(unit: Unit, node: ast.AST) -> str:
    return f"{unit.words}, line {getattr(node, 'lineno', 0)},"


def _is_handed_to_call(reading: Reading, node: ast.AST) -> bool:
    """Whether it is an argument: `Thread(target=scan, args=(root, token.is_cancelled))`."""
    parent = reading.parents.get(id(node))
    while isinstance(parent, (ast.Tuple, ast.List, ast.Dict)):
        parent = reading.parents.get(id(parent))
    return isinstance(parent, (ast.Call, ast.keyword))


def waits_for(unit: Unit, thread: threading.Thread | None, expressions: Expressions) -> bool:
    """Whether a function waits for a thread to end, or asks whether it has; not for another, nor joins it words.

    Of what cannot be looked at it may be this one.
    """
    if not _JOINS & names_used(unit.code):
        return False
    reading = reading_of(unit)
    for node in reading.nodes if reading is not None else ():
        if reading is not None and _waits_for_thread(node, reading.parents.get(id(node))):
            known = expressions.values(unit, node.value) if isinstance(node, ast.Attribute) else None
            others = [value for value in known or () if inspect_safely.is_a(value, threading.Thread)]
            if thread is None or not others or any(value is thread for value in others):
                return True
    return reading is None


def _waits_for_thread(node: ast.AST, parent: ast.AST | None) -> bool:
    if isinstance(node, ast.Name):
        return node.id == "as_completed"
    if not isinstance(node, ast.Attribute) or node.attr not in _JOINS:
        return False
    if not isinstance(parent, ast.Call) or parent.func is not node:
        return isinstance(parent, ast.Call)  # handed on, as in `map(Thread.join, threads)`
    if node.attr != "join" or not parent.args:
        return True
    limit = parent.args[0]
    name = limit.attr if isinstance(limit, ast.Attribute) else limit.id if isinstance(limit, ast.Name) else ""
    is_number = isinstance(limit, ast.Constant) and type(limit.value) in (int, float)
    return len(parent.args) == 1 and (is_number or "time" in name.lower())


def fails_once_gone(use: Use) -> str:
    """How a key is taken out, in words, if that may be done only once: "remove()"; "" if it may be done again."""
    reading = reading_of(use.unit)
    parent = reading.parents.get(id(use.node)) if reading is not None else None
    above = reading.parents.get(id(parent)) if reading is not None and parent is not None else None
    match parent, above:
        case ast.Attribute(attr="discard" | "clear"), ast.Call():
            return ""
        case ast.Attribute(attr="pop"), ast.Call(args=[_, _]):
            return ""
    asked: ast.AST | None = parent
    while reading is not None and asked is not None:
        if isinstance(asked, ast.If) and ast.unparse(use.node) in ast.unparse(asked.test):
            return ""
        asked = reading.parents.get(id(asked))
    return f"{parent.attr}()" if isinstance(parent, ast.Attribute) else "del"


def starts_threads(unit: Unit) -> bool:
    """Whether a function is seen to start threads."""
    return bool(_STARTS & names_used(unit.code))


def setting(found: Evidence) -> list[Use]:
    """All that set it, or may: with what they are given."""
    given = [use for use in found.all if use.what == MAYBE and use.unit.code.co_name not in FIRST_VALUES]
    return [*found.outside, *given]


def kept_in_step(found: Evidence) -> str:
    """What else all functions write that set a flag, in words: set alone, the two would not agree.

    Of a method, the variables of its object; of a plain function, those of the module or of the function around it.
    """
    common: set[str] | None = None
    for use in setting(found):
        reading = reading_of(use.unit)
        code = use.unit.code
        if reading is None or use.unit.is_top:
            return ""
        told = names.is_stopper(code.co_name) or is_handler(use.unit)  # `cancel(why)` and a signal's number do nothing
        reasons = code.co_varnames[: code.co_argcount] if told else ()
        own = code.co_varnames[0] if reading.class_name and code.co_argcount else ""
        line: int = use.node.lineno  # type: ignore[attr-defined]
        # What is written before or after somebody waits is another matter: once the thread has ended, for instance, its
        # object is made ready for the next.
        waits = [node.lineno for node in reading.nodes if isinstance(node, ast.Call) and called_name(node) in _WAITS]
        outer = {name for node in reading.nodes if isinstance(node, (ast.Global, ast.Nonlocal)) for name in node.names}
        written = {
            ast.unparse(target)
            for node in reading.nodes
            if isinstance(node, ast.Assign) and not (isinstance(node.value, ast.Constant) and node.value.value is None)
            if not is_of_the_clock(node.value)
            if not any(min(node.lineno, line) < each < max(node.lineno, line) for each in waits)
            if not is_instead(reading, node, use.node)
            if not (isinstance(node.value, ast.Name) and node.value.id in reasons)
            for target in node.targets
            if ast.unparse(target) != ast.unparse(use.node)
            if (isinstance(target, ast.Name) and target.id in outer)
            or (isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == own)
        }
        common = written if common is None else common & written
    return min(common, default="") if common else ""


def is_handler(unit: Unit) -> bool:
    """Whether a function is called by a signal, now."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        number = getattr(_signal, name, None)
        handler = _signal.getsignal(number) if number is not None else None
        if not callable(handler):
            continue
        call = calls.resolve(handler, [], {})
        if call is not None and call.function.__code__ is unit.code:
            return True
    return False


def _runs_of_threads() -> Iterator[tuple[types.CodeType, object]]:
    """The functions that the threads of this moment run, and whose methods they are."""
    for thread in list(threading._active.values()):  # type: ignore[attr-defined]
        if thread is threading.main_thread() or inspect_safely.is_a(thread, threading._DummyThread):
            continue
        target = (inspect_safely.own_names(thread) or {}).get("_target")
        if target is not None:
            call = calls.resolve(target, [], {})
            if call is not None:
                yield call.function.__code__, _owner_of(target)
        run, _ = inspect_safely.on_class(type(thread), "run")
        if type(run) is types.FunctionType and run is not threading.Thread.run:
            yield run.__code__, thread


def _owner_of(function: object) -> object:
    """The object whose method it is; None for a plain function."""
    return function.__self__ if type(function) is types.MethodType else None


def _starts(code: types.CodeType, other: types.CodeType) -> bool:
    """Whether a function starts threads, and names another one as it would for them."""
    names = names_used(code)
    return bool(_STARTS & names) and other.co_name in names
