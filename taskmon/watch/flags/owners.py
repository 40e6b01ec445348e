"""Whose a flag is, and whose a thread: the object whose method it runs, or which keeps it."""

from __future__ import annotations

import ast
import functools
import threading
import types
from typing import Any

from taskmon.watch.flags import inspect_safely, uses
from taskmon.watch.flags.conditions import Atom
from taskmon.watch.flags.expressions import has_code
from taskmon.watch.flags.finding import Target
from taskmon.watch.flags.locations import Attribute
from taskmon.watch.flags.program import Program, frames_of_others
from taskmon.watch.flags.readings import reading_of
from taskmon.watch.flags.scope import Scope
from taskmon.watch.flags.survey import Survey


def target_owner(atom: Atom) -> Any:
    """The object that a flag is an attribute of; None if it is none."""
    place = atom.seen.place
    return place.owner if isinstance(place, Attribute) else None


def owner_of_thread(target: Target, survey: Survey, of_flag: Any = None) -> Any:
    """The object whose thread this is: whose method it runs, or which keeps the thread, or the Thread itself."""
    top = survey.top
    if top is not None and top.found.class_name and top.function.__code__.co_argcount:
        seen = top.arguments.get(top.function.__code__.co_varnames[0])
        if (
            seen is not None
            and not inspect_safely.is_class(seen.value)
            and any(has_code(base, top.function.__code__) for base in inspect_safely.mro(type(seen.value)))
        ) and (of_flag is None or of_flag is seen.value or not keeps_thread(of_flag, target.thread)):
            return seen.value
    if of_flag is not None and (of_flag is target.thread or keeps_thread(of_flag, target.thread)):
        return of_flag
    return target.thread if target.thread is not None and type(target.thread) is not threading.Thread else None


def keeps_thread(obj: Any, thread: threading.Thread | None) -> bool:
    """Whether an object has a thread in one of its attributes, alone or in a list."""
    return thread is not None and any(kept is thread for kept in threads_of(obj))


def threads_of(obj: Any) -> list[threading.Thread]:
    """The threads that an object keeps, or whose methods are run by them."""
    found: list[threading.Thread] = []
    held = list((inspect_safely.own_names(obj) or {}).values()) if inspect_safely.is_plain(obj) else []
    held += [value for _, value in inspect_safely.slot_values(obj)]
    for value in held:
        if type(value) in (list, tuple, set):
            found += [item for item in list(value)[:50] if inspect_safely.is_a(item, threading.Thread)]
        elif type(value) is dict:
            found += [item for item in list(value.values())[:50] if inspect_safely.is_a(item, threading.Thread)]
        elif inspect_safely.is_a(value, threading.Thread):
            found.append(value)
    for thread in list(threading._active.values()):  # type: ignore[attr-defined]
        target = (inspect_safely.own_names(thread) or {}).get("_target")
        while type(target) is functools.partial:
            target = target.func
        if thread is obj or (type(target) is types.MethodType and target.__self__ is obj):
            found.append(thread)
    return found


def are_in_it(code: types.CodeType, owner: Any) -> set[int]:
    """The threads, by their identity, that are at this moment in a method of this object with this code."""
    found = set()
    first = code.co_varnames[0] if code.co_argcount else ""
    for ident, frame in frames_of_others().items():
        inner: types.FrameType | None = frame
        while inner is not None and inner.f_code is not code:
            inner = inner.f_back
        if inner is not None and Scope.running(inner).get(first) is owner:
            found.add(ident)
    return found


def started_by(owner: Any, survey: Survey, program: Program) -> bool:
    """Whether a method of an object's class starts threads of this thread's function."""
    top = survey.top
    if top is None:
        return False
    for unit in program.mentions(top.function.__name__):
        reading = reading_of(unit)
        if reading is None or not any(has_code(base, unit.code) for base in inspect_safely.mro(type(owner))):
            continue
        named: list[ast.AST] = [
            node
            for node in reading.nodes
            if (isinstance(node, ast.Attribute) and node.attr == top.function.__name__)
            or (isinstance(node, ast.Name) and node.id == top.function.__name__)
        ]
        if "started" in uses.mentioned(reading, named):
            return True
    return False
