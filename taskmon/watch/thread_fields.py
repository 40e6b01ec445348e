"""What is to be known of a ``threading.Thread``, read without a line of the program's being run for it.

A subclass may hide `name` by a method, raise from it until its title is known, or answer whatever it likes when it is
asked what it is. In any thread.
"""

from __future__ import annotations

from typing import Any

from taskmon.core.base.modules import attribute_of
from taskmon.watch.own_threading import get_ident


def fields_of(thread: Any) -> dict[str, Any]:
    """Return the attributes that are set on it."""
    try:
        found = object.__getattribute__(thread, "__dict__")
    except AttributeError:
        return {}
    return found if type(found) is dict else {}


def name_of(thread: Any) -> str:
    """Return what Python calls it, if need be what its class is called."""
    name = fields_of(thread).get("_name")
    return str.__str__(name) if isinstance(name, str) else type.__getattribute__(type(thread), "__name__")


def ident_of(thread: Any) -> int | None:
    ident = fields_of(thread).get("_ident")
    return ident if type(ident) is int else None


def native_id_of(thread: Any) -> int | None:
    """Return the system's number of it, once it has one."""
    number = fields_of(thread).get("_native_id")
    return number if type(number) is int and number > 0 else None


def active_threads() -> dict[int, Any]:
    """Return the threads that the program's ``threading`` knows to run, by ident: its own table, which changes.

    Empty while the program has not imported that. `threading.enumerate` would take a lock.
    """
    table = attribute_of("threading", "_active")
    return table if type(table) is dict else {}


def has_started(thread: Any) -> bool:
    """Whether it has begun to run."""
    started = fields_of(thread).get("_started")
    return started is not None and bool(started.is_set())


def is_alive(thread: Any) -> bool:
    """Whether it runs, or is about to: whether the program's ``threading`` knows it to."""
    return active_threads().get(ident_of(thread) or 0) is thread


def is_a(thread: Any, kind: type) -> bool:
    """As `isinstance`, without asking the thread."""
    return issubclass(type(thread), kind)


def green_library() -> str:
    """Return the name of what has made green threads of the program's threads; empty if they are Python's own."""
    theirs = attribute_of("threading", "get_ident", get_ident)
    if theirs is get_ident:
        return ""
    module = getattr(theirs, "__module__", None)
    return module.partition(".")[0] if type(module) is str else "another library"
