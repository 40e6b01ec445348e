"""The program as it runs: all functions of its own, and the objects that can be reached from its threads and modules.

Code objects tell which names a function uses without being parsed. So of thousands of functions only those few are
read that use a flag's name.
"""

from __future__ import annotations

import _collections  # type: ignore[import-not-found]  # as the program has it
import functools
import sys
import threading
import time
import types
import weakref
from _thread import get_ident
from collections import deque
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from taskmon.core.stacks.frames import current_frames
from taskmon.core.stacks.variables import variables
from taskmon.watch.flags import inspect_safely
from taskmon.watch.flags.inspect_safely import UNKNOWN
from taskmon.watch.forgetting import until_let_go
from taskmon.watch.thread_fields import active_threads, native_id_of

#: Limits on the work for one look.
MOST_UNITS: Final = 40_000
_MOST_OBJECTS: Final = 3000
_MOST_ITEMS: Final = 100
_DEEPEST: Final = 6
#: Seconds for which a module's functions are taken to be the same.
_LASTS: Final = 5.0
_walked: dict[int, tuple[dict[str, Any], int, float, list[Any]]] = until_let_go({})


class Unit(NamedTuple):
    """A function of the program, or the top of its main module while that runs."""

    code: types.CodeType
    #: Its module's globals.
    names: dict[str, Any]
    function: types.FunctionType | None
    #: The code it is defined in, if that is a function.
    parent: types.CodeType | None

    @property
    def is_top(self) -> bool:
        return self.code.co_name == "<module>"

    @property
    def words(self) -> str:
        return "the top of the program" if self.is_top else f"{self.code.co_qualname}()"


class Kept(NamedTuple):
    """Where an object is kept: "attribute" of `holder`, "global" of the module dictionary `holder`, "item", "cell"."""

    how: str
    holder: Any
    name: str


def names_used(code: types.CodeType) -> frozenset[Any]:
    """What a function calls by name: variables, attributes and texts, in its comprehensions as well."""
    kept = _names.get(id(code))
    if kept is not None and kept[0] is code:
        return kept[1]
    found: set[Any] = {*code.co_names, *code.co_varnames, *code.co_freevars, *code.co_cellvars}
    for const in code.co_consts:
        if type(const) is str:
            found.add(const)
        elif type(const) is types.CodeType and _is_comprehension(const):
            found |= names_used(const)
    if len(_names) > 2 * MOST_UNITS:
        _names.clear()
    _names[id(code)] = (code, frozenset(found))
    return _names[id(code)][1]


def is_looked_up(code: types.CodeType, name: str) -> bool:
    """Whether a function uses a name for an attribute or a global variable, in its comprehensions as well."""
    return name in code.co_names or any(
        type(const) is types.CodeType and _is_comprehension(const) and is_looked_up(const, name)
        for const in code.co_consts
    )


_names: dict[int, tuple[types.CodeType, frozenset[Any]]] = until_let_go({})


def module_names() -> list[dict[str, Any]]:
    """The dictionaries of the program's own modules."""
    found = []
    for module in list(sys.modules.values()):
        if not inspect_safely.is_a(module, types.ModuleType):
            continue
        names = inspect_safely.own_names(module) or {}
        filename = names.get("__file__")
        if names.get("__name__") == "__main__" or (type(filename) is str and inspect_safely.is_programs_file(filename)):
            found.append(names)
    return found


class Program:
    """A look at the program: made for one search, or for a few that follow each other at once, and then dropped.

    Nothing of it may be kept, for that would keep the program's objects alive.
    """

    def __init__(self, *more_names: dict[str, Any]) -> None:
        #: How many modules of all kinds there were.
        self.modules_loaded = len(sys.modules)
        self._modules = module_names()
        known = {id(names) for names in self._modules}
        self._modules += [names for names in more_names if id(names) not in known]
        self.main_frames = _main_frames()
        #: Their lines, by the identity of their code.
        self.main_lines = main_lines()
        #: The code that the program's threads are in, by identity, and the system's numbers of these threads.
        self.running = running_codes()
        self.threads = numbers_of_threads()
        self._units: dict[int, Unit] | None = None
        self._mentions: dict[str, list[Unit]] = {}
        #: All functions with the names they use: asked for many names, one after the other.
        self._named: list[tuple[frozenset[Any], Unit]] | None = None
        self._objects: dict[int, Any] | None = None
        self._kept: dict[int, list[Kept]] = {}
        #: Names of functions that are not those they were written with, by the identity of their code.
        self._renamed: dict[int, set[str]] | None = None
        self._instances: dict[Any, list[Any]] = {}
        self._main_locals: list[tuple[types.CodeType, str, Any]] = []
        #: Whether all of the program's functions are known: not of one too large to be read.
        self.is_whole = True

    # -- functions ------------------------------------------------------------------------------------------

    @property
    def units(self) -> dict[int, Unit]:
        """All functions, by the identity of their code."""
        if self._units is None:
            self._units = {}
            for frame_code, names in self.main_frames:
                self._add(frame_code, names, None, None)
            for frame in frames_of_others().values():
                inner: types.FrameType | None = frame
                while inner is not None:
                    if inspect_safely.is_programs(inner.f_code):
                        self._add(inner.f_code, inner.f_globals, None, None)
                    inner = inner.f_back
            for names in self._modules:
                self._add_module(names)
                if len(self._units) > MOST_UNITS:
                    self.is_whole = False
                    break
        return self._units

    def add_function(self, function: types.FunctionType) -> None:
        """One that is known from elsewhere."""
        units = self.units
        known = units.get(id(function.__code__))
        if known is None or known.function is None:
            self._add(function.__code__, function.__globals__, function, known.parent if known else None)
            self._mentions.clear()
            self._named = None

    def mentions(self, name: str) -> list[Unit]:
        """The functions whose code uses a name: as a variable, an attribute or a text."""
        found = self._mentions.get(name)
        if found is None:
            if self._named is None:
                self._named = [(names_used(unit.code), unit) for unit in self.units.values()]
            found = self._mentions[name] = [unit for names, unit in self._named if name in names]
        return found

    def names_of_code(self, code: types.CodeType) -> set[str]:
        """The names by which a function is called: its own, and those by which a decorator has it kept instead."""
        if self._renamed is None:
            self._renamed = {}
            for names in self._modules:
                self._note_names(names)
        return {code.co_name} | self._renamed.get(id(code), set())

    def _note_names(self, held: Any, depth: int = 0) -> None:
        assert self._renamed is not None
        for name, value in list(held.items()):
            if type(value) is types.FunctionType:
                if value.__code__.co_name not in (name, "<lambda>"):
                    self._renamed.setdefault(id(value.__code__), set()).add(name)
            elif depth == 0 and inspect_safely.is_class(value) and is_programs_class(value):
                self._note_names(inspect_safely.class_names(value), depth + 1)

    def _add_module(self, names: dict[str, Any]) -> None:
        """The functions of a module; known for some seconds, but for those that hold variables of others."""
        assert self._units is not None
        kept = _walked.get(id(names))
        now = time.monotonic()
        if kept is not None and kept[0] is names and kept[1] == len(names) and now - kept[2] < _LASTS:
            for unit in kept[3]:
                self._units.setdefault(id(unit.code), unit)
            return
        before, self._units = self._units, {}
        self._add_namespace(names, names, 0)
        found = list(self._units.values())
        self._units = before
        for unit in found:
            known = before.get(id(unit.code))
            if known is None or known.function is None:
                before[id(unit.code)] = unit if known is None else unit._replace(parent=known.parent or unit.parent)
        if len(_walked) > 2048:
            _walked.clear()
        if any(unit.function is not None and unit.function.__closure__ for unit in found):
            _walked.pop(id(names), None)
        else:
            _walked[id(names)] = (names, len(names), now, found)

    def _add_namespace(self, held: Any, names: dict[str, Any], depth: int) -> None:
        for value in list(held.values()):
            if type(value) in _SCALARS:
                continue
            for function in functions_behind(value, depth):
                if inspect_safely.is_programs(function.__code__):
                    self._add(function.__code__, function.__globals__, function, None)
            if (
                inspect_safely.is_class(value)
                and depth < 3
                and inspect_safely.class_names(value).get("__module__") == names.get("__name__")
            ):
                self._add_namespace(inspect_safely.class_names(value), names, depth + 1)

    def _add(
        self,
        code: types.CodeType,
        names: dict[str, Any],
        function: types.FunctionType | None,
        parent: types.CodeType | None,
    ) -> None:
        assert self._units is not None
        known = self._units.get(id(code))
        if known is not None and (function is None or known.function is not None):
            return
        is_function = bool(code.co_flags & 2) and not _is_comprehension(code)  # CO_NEWLOCALS: not of a class
        if is_function or code.co_name == "<module>":
            self._units[id(code)] = Unit(code, names, function, parent if known is None else known.parent)
        if known is None:
            inner = code if is_function else parent
            for const in code.co_consts:
                if type(const) is types.CodeType:
                    self._add(const, names, None, inner)

    # -- objects --------------------------------------------------------------------------------------------

    def kept(self, obj: object) -> list[Kept]:
        """Where an object is kept, as far as that can be reached."""
        self._explore()
        return self._kept.get(id(obj), [])

    def names_of(self, obj: object) -> set[str]:
        """By which names an object of any kind is known in the modules, and to the main thread."""
        self._explore()
        found = {name for names in self._modules for name, value in list(names.items()) if value is obj}
        return found | {name for _, name, value in self._main_locals if value is obj}

    def instances(self, cls: Any) -> list[Any]:
        """The objects of a class of the program, and of those derived from it, as far as they can be reached."""
        self._explore()
        found = self._instances.get(cls)
        return found if found is not None else []

    def variables_of_main(self, unit: Unit, name: str) -> list[Any]:
        """What a variable of a function is at this moment, if the main thread is in it: once for each call."""
        self._explore()
        return [value for code, other, value in self._main_locals if code is unit.code and other == name]

    def _explore(self) -> None:
        """Walk from the threads, the main thread's variables and the modules to what they hold."""
        if self._objects is not None:
            return
        self._objects = {}
        waiting: deque[tuple[Any, int]] = deque()
        for thread in list(threading._active.values()):  # type: ignore[attr-defined]
            waiting.append((thread, 0))
        for names in self._modules:
            for name, value in list(names.items()):
                if not name.startswith("__"):
                    self._note(value, Kept("global", names, name), waiting, 0)
        self._main_locals = list(_main_locals(self.main_frames))
        for _, name, value in self._main_locals:
            self._note(value, Kept("local", None, name), waiting, 0)
        while waiting and len(self._objects) < _MOST_OBJECTS:
            obj, depth = waiting.popleft()
            if id(obj) in self._objects:
                continue
            self._objects[id(obj)] = obj
            if depth < _DEEPEST:
                for how, name, value in _held_by(obj):
                    self._note(value, Kept(how, obj, name), waiting, depth + 1)
            if is_programs_class(type(obj)):
                for base in inspect_safely.mro(type(obj))[:-1]:
                    self._instances.setdefault(base, []).append(obj)

    def _note(self, value: Any, kept: Kept, waiting: Any, depth: int) -> None:
        if _is_of_interest(value):
            self._kept.setdefault(id(value), []).append(kept)
            waiting.append((value, depth))


def knows(names: dict[str, Any], modules: set[str]) -> bool:
    """Whether a module is one of these, or has something of theirs among its names."""
    if names.get("__name__") in modules:
        return True
    for value in list(names.values()):
        if inspect_safely.is_a(value, types.ModuleType):
            module = (inspect_safely.own_names(value) or {}).get("__name__")
        elif inspect_safely.is_class(value):
            module = inspect_safely.module_of(value)
        elif type(value) is types.FunctionType:
            module = value.__module__
        else:
            module = inspect_safely.module_of(type(value)) if is_programs_class(type(value)) else None
        if module in modules:
            return True
    return False


def _main_frames() -> list[tuple[types.CodeType, dict[str, Any]]]:
    """The program's functions that the main thread is in, the innermost first."""
    frame = current_frames().get(threading.main_thread().ident or 0)
    found = []
    while frame is not None:
        if inspect_safely.is_programs(frame.f_code):
            found.append((frame.f_code, frame.f_globals))
        frame = frame.f_back
    return found


def main_lines() -> dict[int, int | None]:
    """The lines at which the main thread is in the program's functions, the outermost of each, by their code."""
    frame = current_frames().get(threading.main_thread().ident or 0)
    found: dict[int, int | None] = {}
    while frame is not None:
        if inspect_safely.is_programs(frame.f_code):
            found[id(frame.f_code)] = frame.f_lineno
        frame = frame.f_back
    return found


def frames_of_others() -> dict[int, types.FrameType]:
    """Where all threads are but the one that asks: a frame that refers to itself would live until it is collected.

    And with it all that it has looked at.
    """
    frames = current_frames()
    frames.pop(get_ident(), None)
    return frames


def running_codes() -> dict[int, types.CodeType]:
    """The code that the program's threads are in at this moment, that of libraries included, by its identity."""
    found: dict[int, types.CodeType] = {}
    for frame in frames_of_others().values():
        inner: types.FrameType | None = frame
        while inner is not None:
            code = inner.f_code
            found[id(code)] = code
            inner = inner.f_back
    return found


def running_lines() -> dict[int, int]:
    """In which line the program's threads are at this moment, by the identity of the code."""
    found: dict[int, int] = {}
    for frame in frames_of_others().values():
        inner: types.FrameType | None = frame
        while inner is not None:
            found[id(inner.f_code)] = inner.f_lineno or 0
            inner = inner.f_back
    return found


def numbers_of_threads() -> frozenset[int]:
    """The system's numbers of the threads that the program's ``threading`` knows to run.

    Unlike their idents and the identities of their objects, these are not used again soon.
    """
    return frozenset(filter(None, map(native_id_of, list(active_threads().values()))))


def _main_locals(frames: list[tuple[types.CodeType, dict[str, Any]]]) -> Iterator[tuple[types.CodeType, str, Any]]:
    """The variables of the main thread's functions, each with the function's code."""
    wanted = {id(code) for code, _ in frames}
    frame = current_frames().get(threading.main_thread().ident or 0)
    found: list[tuple[types.CodeType, str, Any]] = []
    while frame is not None:
        code = frame.f_code
        if id(code) in wanted and code.co_flags & 1:  # a function's: not of a module or a class
            found += [(code, name, value) for name, value in variables(frame).items() if name.isidentifier()]
        frame = frame.f_back
    yield from found


def _is_comprehension(code: types.CodeType) -> bool:
    return code.co_name in ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")


def functions_behind(value: Any, depth: int) -> Iterator[types.FunctionType]:
    """The functions that a module or a class keeps under a name, through whatever decorates them."""
    waiting = [value]
    for _ in range(12):
        if not waiting:
            return
        value = waiting.pop()
        kind = type(value)
        if kind is types.FunctionType:
            yield value
            if value.__closure__ is None and not waiting and not value.__dict__:
                return
            if value.__dict__ and (inner := value.__dict__.get("__wrapped__")) is not None:
                waiting.append(inner)
            waiting += [cell for cell in _cell_values(value) if type(cell) is types.FunctionType]
        elif kind in (staticmethod, classmethod, types.MethodType):
            waiting.append(value.__func__)
        elif kind is property:
            waiting += [part for part in (value.fget, value.fset, value.fdel) if part is not None]
        elif kind in (functools.partial, functools.partialmethod, functools.cached_property):
            waiting.append(value.func)
        elif depth == 0 and not inspect_safely.is_class(value) and not inspect_safely.is_a(value, types.ModuleType):
            held = inspect_safely.own_names(value) if inspect_safely.is_plain(value) else None
            for part in list((held or {}).values())[:30]:
                if type(part) is types.FunctionType:
                    waiting.append(part)


def _cell_values(function: types.FunctionType) -> list[Any]:
    found = []
    for cell in function.__closure__ or ():
        try:
            found.append(cell.cell_contents)
        except ValueError:
            continue
    return found


@functools.lru_cache(2048)
def _module_is_programs(module_name: str, filename: str) -> bool:
    return module_name == "__main__" or inspect_safely.is_programs_file(filename)


def is_programs_class(cls: Any) -> bool:
    """Whether a class is one of the program's own."""
    module = inspect_safely.class_names(cls).get("__module__")
    if type(module) is not str or module in ("builtins", "threading"):
        return False
    held = inspect_safely.own_names(sys.modules.get(module)) if module in sys.modules else None
    if held is None:
        return True  # made by exec(), or run in a way of its own
    filename = held.get("__file__")
    return _module_is_programs(module, filename if type(filename) is str else "")


_SCALARS: Final = (types.NoneType, int, str, bool, float, bytes)
_CONTAINERS: Final = (
    dict, list, tuple, set, frozenset, _collections.deque, _collections.OrderedDict, _collections.defaultdict
)  # fmt: skip


def _is_of_interest(value: Any) -> bool:
    """Whether to note where it is kept: what may be a flag, or lead to one."""
    kind = type(value)
    if kind in _SCALARS or kind in (types.ModuleType, types.BuiltinFunctionType, types.CodeType):
        return False
    if kind in _CONTAINERS or kind in (types.MethodType, functools.partial, types.SimpleNamespace, weakref.ref):
        return True
    if kind is types.FunctionType:
        return value.__closure__ is not None
    if inspect_safely.is_class(value):
        return is_programs_class(value)
    if kind is types.MappingProxyType:
        return True
    if inspect_safely.is_a(value, threading.Event) or inspect_safely.is_a(value, threading.Thread):
        return True
    if (
        inspect_safely.module_of(kind)
        in ("multiprocessing.synchronize", "queue", "_queue", "threading", "concurrent.futures._base")
        or inspect_safely.name_of(kind) == "Namespace"
    ):
        return True
    return is_programs_class(kind)


def _held_by(obj: Any) -> Iterator[tuple[str, str, Any]]:
    """What an object holds: (how, name, value). Runs nothing of the object's own."""
    kind = type(obj)
    if kind in (dict, _collections.OrderedDict, _collections.defaultdict):
        for key, value in list(dict.items(obj))[:_MOST_ITEMS]:
            yield "item", key if type(key) is str else "", value
    elif kind in (list, tuple, set, frozenset, _collections.deque):
        for value in list(obj)[:_MOST_ITEMS]:
            yield "item", "", value
    elif kind is types.MethodType:
        yield "self", "", obj.__self__
        if type(obj.__func__) is types.FunctionType and obj.__func__.__closure__:
            yield "", "", obj.__func__
    elif kind is functools.partial:
        for value in (obj.func, *obj.args, *obj.keywords.values()):
            yield "", "", value
    elif kind is types.FunctionType:
        for name, cell in zip(obj.__code__.co_freevars, obj.__closure__ or (), strict=False):
            try:
                yield "cell", name, cell.cell_contents
            except ValueError:
                continue
    elif kind is types.MappingProxyType:
        inner = inspect_safely.behind_proxy(obj)
        if inner is not UNKNOWN:
            yield "item", "", inner
    elif kind is weakref.ref:
        inner = obj()
        if inner is not None:
            yield "", "", inner
    elif inspect_safely.is_class(obj):
        for name, value in list(inspect_safely.class_names(obj).items()):
            if not name.startswith("__"):
                yield "attribute", name, value
    else:
        if inspect_safely.is_a(obj, tuple):
            fields = inspect_safely.on_class(kind, "_fields")[0]
            for number, value in enumerate(tuple.__iter__(obj)):
                named = type(fields) is tuple and number < len(fields)
                yield "attribute" if named else "item", fields[number] if named else "", value
        for name, value in list((inspect_safely.own_names(obj) or {}).items()) if inspect_safely.is_plain(obj) else ():
            yield "attribute", name, value
        for name, value in inspect_safely.slot_values(obj):
            yield "attribute", name, value
