"""What is to be known of the program's Qt objects, of PySide and PyQt. In the agent's thread.

Only what Qt calls thread-safe is called of them, or what is but read. Qt itself is never imported here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import CodeType, FrameType, FunctionType
from typing import Any, Final

from taskmon.core.stacks.calls import call_at
from taskmon.watch.ownership import is_work

MODULES: Final = ("PySide6.QtCore", "PyQt6.QtCore", "PyQt5.QtCore", "PySide2.QtCore")
_ASKED: Final = "isInterruptionRequested"
#: The methods in which a loop of events goes its rounds.
_LOOPS: Final = frozenset({"exec", "exec_"})
#: Calls from one function of the program to the next that are followed.
_DEEPEST: Final = 3

_mro_of = type.__dict__["__mro__"].__get__
_dict_of_class = vars(type)["__dict__"].__get__


def kind_of(obj: Any) -> str:
    """Return ``QThread``, ``QRunnable`` or ``QObject``, whichever it is; empty if it is not Qt's."""
    for kind in _mro_of(type(obj)):
        if kind.__module__ in MODULES and kind.__name__ in ("QThread", "QRunnable", "QObject"):
            return str(kind.__name__)
    return ""


def qt_class(obj: Any, name: str) -> Any:
    """The class of that name of the binding that an object is of; None if there is none."""
    for kind in _mro_of(type(obj)):
        if kind.__module__ in MODULES:
            return getattr(sys.modules.get(kind.__module__), name, None)
    return None


def thread_of(obj: Any) -> Any:
    """The QThread that an object's slots run in, or the object itself if it is one; None for anything else."""
    if kind_of(obj) == "QThread":
        return obj
    if kind_of(obj) != "QObject":
        return None
    return _call(obj, "QObject", "thread")


def object_name(obj: Any) -> str:
    """Its ``objectName``; empty if it has none."""
    name = _call(obj, "QObject", "objectName") if kind_of(obj) in ("QThread", "QObject") else ""
    return name if type(name) is str else ""


def interruption_of(thread: Any) -> Callable[[], object] | None:
    """What asks a QThread to leave. Qt says of it that any thread may."""
    method = getattr(qt_class(thread, "QThread"), "requestInterruption", None) if kind_of(thread) == "QThread" else None
    return None if method is None else lambda: method(thread)


def asks_for_interruption(function: Any, owner: Any) -> bool:
    """Whether a function of the program asks if its QThread is to leave, or one that it calls does."""
    code = getattr(function, "__code__", None)
    return isinstance(code, CodeType) and _asks(code, function.__globals__, owner, 0, set())


def _asks(code: CodeType, names: dict[str, Any], owner: Any, depth: int, seen: set[CodeType]) -> bool:
    if _ASKED in code.co_names:
        return True
    seen.add(code)
    inner = [const for const in code.co_consts if isinstance(const, CodeType)]
    if any(_asks(each, names, owner, depth, seen) for each in inner if each not in seen):
        return True
    if depth >= _DEEPEST:
        return False
    for name in code.co_names:
        for called in (names.get(name), _method(owner, name)):
            if type(called) is not FunctionType or called.__code__ in seen or not is_work(called.__code__):
                continue
            if _asks(called.__code__, called.__globals__, owner, depth + 1, seen):
                return True
    return False


def _method(owner: Any, name: str) -> Any:
    for kind in _mro_of(type(owner)):
        found = _dict_of_class(kind).get(name)
        if found is not None:
            return found
    return None


def is_in_loop(frame: FrameType | None) -> bool:
    """Whether a thread, by its innermost frame, is in a loop of Qt's events. Asks Qt for nothing."""
    while frame is not None and any(name in sys.modules for name in MODULES):
        code = frame.f_code
        if not _LOOPS.isdisjoint(code.co_names):  # only what may call it is taken apart
            owner, _, method = call_at(code, frame.f_lasti).rpartition(".")
            if owner and method in _LOOPS:  # and not Python's own exec(), in which every `python -m` is
                return True
        frame = frame.f_back
    return False


def has_application() -> bool:
    """Whether the program has an application now: one that ends has it no more."""
    return _application()[1] is not None


def quit_application() -> bool:
    """Ask the program's application to quit, as the end of its last window does. Return whether there is one.

    Only an event is left in its queue, which Qt says that any thread may do.
    """
    core, application = _application()
    if application is None:
        return False
    heard = core.QMetaObject.invokeMethod(application, "quit", core.Qt.ConnectionType.QueuedConnection)
    return heard is not False  # PyQt returns nothing, and raises if it cannot


def _application() -> tuple[Any, Any]:
    """The module of the binding that has one, and the application; None if there is none."""
    for name in MODULES:
        core: Any = sys.modules.get(name)
        application = core.QCoreApplication.instance() if core is not None else None
        if application is not None:
            return core, application
    return None, None


def _call(obj: Any, kind: str, method: str) -> Any:
    try:
        return getattr(qt_class(obj, kind), method)(obj)
    except Exception:  # Qt's part of it has been deleted, or never came to be
        return None
