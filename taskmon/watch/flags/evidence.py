"""What the program's source says of one flag: who writes it, from where, and who else looks at it."""

from __future__ import annotations

import sys
import types
from typing import Any, NamedTuple

from taskmon.watch.flags import inspect_safely, names, source, writers
from taskmon.watch.flags.bindings import locals_of
from taskmon.watch.flags.conditions import EVENT, FOREIGN, STATE
from taskmon.watch.flags.locations import Attribute, Cell, Global, Item
from taskmon.watch.flags.survey import Candidate, Survey
from taskmon.watch.flags.writers import CLEARED, FALSE, SET, TRUE, FileReading, Write

_FIRST_VALUES = frozenset({"__init__", "__new__", "__post_init__", "__set_name__", "__setstate__"})


class Evidence(NamedTuple):
    """The writes of one flag, sorted by who makes them."""

    #: Writes of the value that stops, outside of threads, in functions that end things.
    stoppers: list[Write]
    #: The same, in other functions: main, a signal handler, a slot.
    outside: list[Write]
    #: The same, by the thread itself or a sibling.
    inside: list[Write]
    #: Writes of the value that goes on, inside the loop or in what it calls.
    resets: list[Write]
    #: The thread itself puts it to "go on" before its loop: a stop before that is lost.
    set_on_start: bool
    #: It also holds other things than a truth value.
    holds_data: bool
    #: Functions other than the thread's own and those that write it read it, wait for it or ask for it.
    others_look: bool
    #: Of `outside`: writes where threads are joined, in a signal handler, or at the end of the program.
    enders: list[Write]


def files_of(survey: Survey, owner: Any = None) -> list[tuple[source.Source, FileReading]]:
    """The files of the program that matter for a flag: of what runs, of the owner's classes, and the main one."""
    wanted: dict[str, dict[str, Any] | None] = {}
    for scope in survey.scopes:
        wanted.setdefault(scope.found.source.filename, scope.function.__globals__)
    classes = inspect_safely.mro(owner if inspect_safely.is_class(owner) else type(owner)) if owner is not None else ()
    modules = [sys.modules.get(str(vars(cls).get("__module__"))) for cls in classes if cls.__module__ != "builtins"]
    if inspect_safely.is_a(owner, types.ModuleType):
        modules.append(owner)
    for module in [*modules, sys.modules.get("__main__")]:
        held = inspect_safely.own_names(module) or {}
        filename = held.get("__file__")
        if type(filename) is str and inspect_safely.is_programs_file(filename):
            wanted.setdefault(filename, held)
    found = []
    for filename, names_of_file in list(wanted.items())[:12]:
        read = source.module_source(filename, names_of_file)
        if read is not None:
            found.append((read, writers.read_file(read)))
    return found


def gather(candidate: Candidate, survey: Survey) -> Evidence:
    """Find and sort the writes of a candidate's flag."""
    atom = candidate.atom
    place = atom.seen.place
    owner = place.owner if isinstance(place, Attribute) else None
    is_event = atom.kind in (EVENT, FOREIGN)
    stop, go = (
        ((SET, CLEARED) if atom.value else (CLEARED, SET))
        if is_event
        else ((TRUE, FALSE) if atom.value else (FALSE, TRUE))
    )
    evidence = Evidence([], [], [], [], False, False, False, [])
    data, looks, on_start = False, False, False
    for read, file in files_of(survey, owner):
        known = _names(candidate, survey, file)
        for name in known:
            for write in file.writes.get(name, ()):
                if not _is_of(write, candidate, owner, file):
                    continue
                inside = _is_inside(write, file, survey, read)
                before = inside and _is_before(write, candidate, read)
                if atom.kind == STATE:
                    if names.is_stopper(write.function) and not inside:
                        evidence.stoppers.append(write)
                elif write.what == stop and not _is_first(write, is_event, file.writes[name]):
                    (
                        evidence.inside
                        if inside
                        else evidence.stoppers
                        if names.is_stopper(write.function)
                        else evidence.outside
                    ).append(write)
                elif write.what == go and inside:
                    if before:
                        on_start = True
                    elif not _is_after(write, candidate, read):
                        evidence.resets.append(write)
                elif write.what == writers.DATA and not is_event:
                    data = True
        evidence.enders.extend(write for write in evidence.outside if _ends_threads(write, file))
        writing = {write.function for name in known for write in file.writes.get(name, ())}
        expected = {scope.function.__name__ for scope in survey.scopes} | writing | {""}
        reading = {who for name, who in file.waits if name in known} | (
            set() if is_event else {who for name in known for who in file.references.get(name, ())}
        )
        looks = looks or bool(reading - expected)
    return evidence._replace(set_on_start=on_start, holds_data=data, others_look=looks)


def _ends_threads(write: Write, file: FileReading) -> bool:
    """Whether a write stands where a program ends its threads."""
    handlers = {"signal", "sigint", "sigterm", "ctrl", "handler"}
    return write.function in file.callers.get("join", ()) or bool(handlers & set(names.words_of(write.function)))


def _names(candidate: Candidate, survey: Survey, file: FileReading) -> set[str]:
    """What this file may call the flag."""
    seen = candidate.atom.seen
    first = seen.place.name if seen.place is not None else seen.words.rpartition(".")[2]
    found = {first}
    if candidate.atom.kind not in (EVENT, FOREIGN):
        return found
    found |= file.other_names.get(first, set())
    for scope in survey.scopes[:1]:
        code = scope.function.__code__
        parameters = code.co_varnames[: code.co_argcount]
        shift = 1 if scope.found.class_name and parameters[:1] == ("self",) else 0
        if first in parameters:
            place = parameters.index(first) - shift
            for starter in file.starters:
                if starter.function == scope.function.__name__ and 0 <= place < len(starter.arguments):
                    found.add(starter.arguments[place])
    return {name for name in found if name}


def _is_of(write: Write, candidate: Candidate, owner: Any, file: FileReading) -> bool:
    """Whether a write of that name is likely one of this flag, not of a namesake."""
    place = candidate.atom.seen.place
    if write.through in ("self", "cls") and owner is not None:
        bases = inspect_safely.mro(owner if inspect_safely.is_class(owner) else type(owner))
        return any(base.__name__ == write.class_name for base in bases)
    if candidate.atom.kind in (EVENT, FOREIGN):
        return True
    if isinstance(place, Attribute):
        if write.through == "":  # a class body, or a global of the module that owns it
            if inspect_safely.is_a(owner, types.ModuleType):
                return _reaches_global(write, file)
            return bool(write.class_name) and not write.function
        return True
    if isinstance(place, Global):
        if write.through != "":
            return write.through not in ("self", "cls")
        return _reaches_global(write, file)
    if isinstance(place, Item):
        return write.through != ""
    if isinstance(place, Cell):
        if write.through != "" or not write.function:
            return False
        outer = set(candidate.atom.scope.function.__qualname__.split(".")[:-1])
        return write.function in outer or any(
            place.name in locals_of(node).nonlocal_names for node in file.functions.get(write.function, ())
        )
    return True


def _reaches_global(write: Write, file: FileReading) -> bool:
    return not write.function or any(
        write.name in locals_of(node).global_names for node in file.functions.get(write.function, ())
    )


def _is_first(write: Write, is_event: bool, all_of_name: list[Write]) -> bool:
    """Whether it only gives the flag its first value."""
    if write.function in _FIRST_VALUES or (write.class_name and not write.function):
        return True
    if is_event or write.function or write.through:
        return False
    return write.line == min(other.line for other in all_of_name if not other.function and not other.class_name)


def _is_inside(write: Write, file: FileReading, survey: Survey, read: source.Source) -> bool:
    """Whether the write is made by a thread: this one or another."""
    for scope in survey.scopes:
        node = scope.node
        here = scope.found.source is read and node.lineno <= write.line <= (node.end_lineno or 0)
        if here and scope.function.__name__ == write.function:
            return scope is survey.scopes[0] or not _called_outside(write.function, file, survey)
    if write.function not in file.in_threads:
        return False
    if write.function == "run" and write.class_name not in file.thread_classes:
        return any(starter.function == "run" for starter in file.starters)
    return write.function in {starter.function for starter in file.starters} or not names.is_stopper(write.function)


def _called_outside(function: str, file: FileReading, survey: Survey) -> bool:
    """Whether a function that the thread calls is also called by others, or is there to end things."""
    own = {scope.function.__name__ for scope in survey.scopes} | file.in_threads
    return names.is_stopper(function) or bool(file.callers.get(function, set()) - own)


def _is_before(write: Write, candidate: Candidate, read: source.Source) -> bool:
    scope, loop = candidate.passage.scope, candidate.passage.loop.node
    return scope.found.source is read and scope.node.lineno <= write.line < loop.lineno


def _is_after(write: Write, candidate: Candidate, read: source.Source) -> bool:
    scope, loop = candidate.passage.scope, candidate.passage.loop.node
    return scope.found.source is read and (loop.end_lineno or 0) < write.line <= (scope.node.end_lineno or 0)
