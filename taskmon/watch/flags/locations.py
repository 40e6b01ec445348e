"""Where a boolean lives, so that it can be read and set: an attribute, a global, a closure's cell, an item."""

from __future__ import annotations

import _collections  # type: ignore[import-not-found]  # as the program has it
import threading
import types
from typing import Any, Final

from taskmon.watch.flags import inspect_safely
from taskmon.watch.flags.inspect_safely import UNKNOWN
from taskmon.watch.flags.names import words

_cell_contents = types.CellType.__dict__["cell_contents"]
#: What Python itself keeps on a Thread: never touched, however it is named.
THREADS_OWN: Final = words("""
    _target _name _args _kwargs _daemonic _ident _native_id _tstate_lock _started _is_stopped _initialized _stderr
    _invoke_excepthook _handle _context _os_thread_handle _joinable daemon name ident
""")


class Place:
    """One place. `key` is its identity: equal keys are the same place; the place keeps its owner alive."""

    key: tuple[object, ...]
    #: Its last name: what other code that writes it would call it.
    name: str

    def read(self) -> Any:
        """The value that is there now; UNKNOWN if there is none."""
        raise NotImplementedError

    def write(self, value: object) -> None:
        """Put another value there. Raises whatever a refusing object raises."""
        raise NotImplementedError


class Attribute(Place):
    """An attribute of an object, a class or a module. Without a value, `default` stands for it (as in `getattr`)."""

    def __init__(self, owner: object, name: str, default: Any = UNKNOWN) -> None:
        self.owner, self.name, self._default = owner, name, default
        self.key = ("attribute", id(owner), name)

    def read(self) -> Any:
        seen = inspect_safely.peek(self.owner, self.name)
        if seen.how in (inspect_safely.OWN, inspect_safely.CLASS):
            return seen.value
        return self._default if seen.how == inspect_safely.ABSENT else UNKNOWN

    def write(self, value: object) -> None:
        setattr(self.owner, self.name, value)

    def is_writable(self) -> bool:
        """Whether assigning to it is what it seems to be, and it is not Python's own."""
        if inspect_safely.is_a(self.owner, threading.Thread) and self.name in THREADS_OWN:
            return False
        entry, _ = inspect_safely.on_class(type(self.owner), self.name)
        if type(entry) is types.GetSetDescriptorType:
            return False
        return inspect_safely.writes_plainly(self.owner) and not self.name.startswith("__dict")


class Global(Place):
    """A global variable, in the very module whose function reads it: a name imported by value is another variable."""

    def __init__(self, names: dict[str, Any], name: str) -> None:
        self.names, self.name = names, name
        self.key = ("global", id(names), name)

    def read(self) -> Any:
        return self.names.get(self.name, UNKNOWN)

    def write(self, value: object) -> None:
        self.names[self.name] = value


class Cell(Place):
    """A variable of an enclosing function."""

    def __init__(self, cell: types.CellType, name: str) -> None:
        self._cell, self.name = cell, name
        self.key = ("cell", id(cell))

    def read(self) -> Any:
        try:
            return _cell_contents.__get__(self._cell)
        except ValueError:  # not assigned yet, or deleted
            return UNKNOWN

    def write(self, value: object) -> None:
        _cell_contents.__set__(self._cell, value)


class Item(Place):
    """An item of a plain dict, list, tuple or bytearray. Subclasses may run code, so they are not looked into."""

    def __init__(self, container: Any, index: Any, name: str, default: Any = UNKNOWN) -> None:
        self.container, self.index, self.name, self._default = container, index, name, default
        self.key = ("item", id(container), index if type(index) in (str, int) else id(index))

    def read(self) -> Any:
        container, index = self.container, self.index
        if type(container) in _DICTS:
            if type(index) in (str, int, bool):
                return dict.get(container, index, self._default)
            # Others may have a `__hash__` and an `__eq__` of their own.
            return next((value for key, value in list(dict.items(container)) if key is index), self._default)
        if type(container) in (list, tuple, bytearray, _collections.deque) and type(index) is int:
            return container[index] if -len(container) <= index < len(container) else UNKNOWN
        return UNKNOWN

    def write(self, value: object) -> None:
        self.container[self.index] = value

    def is_writable(self) -> bool:
        """Whether there can be another item in its place."""
        return type(self.container) in (dict, list, bytearray, _collections.OrderedDict, _collections.defaultdict)


_DICTS: Final = (dict, _collections.OrderedDict, _collections.defaultdict)
