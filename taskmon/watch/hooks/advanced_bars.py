"""Bars of alive-progress and enlighten, which only tell when they are advanced.

Their loops advance them between two items, in the thread that takes these: there a cancel is raised, and a pause waits.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any, Final

from taskmon.watch.hooks.bars import OWN, BarHook, BarRecord

#: Bars of enlighten that are followed at once.
_MOST: Final = 256


class AliveRecord(BarRecord):
    """What ``alive_bar()`` hands to the program."""

    total: Any = None

    def read(self) -> tuple[Any, Any, str, str] | None:
        """See `BarRecord.read`."""
        handle = self.bar()
        current = vars(handle).get("_current") if handle is not None else None
        self.last = (current() if current is not None else self.last[0], self.total, "", "")
        return self.last

    @property
    def ended(self) -> bool:
        """Whether its block has been left."""
        handle = self.bar()
        return handle is None or vars(handle).get("_handle") is None


class EnlightenRecord(BarRecord):
    """One counter of enlighten, which nothing can refer to weakly: it is let go once it has been closed."""

    def __init__(self, counter: Any) -> None:
        super().__init__(self, "progress bar")
        self.bar = lambda: counter  # type: ignore[assignment]

    def let_go(self) -> None:
        """It is over."""
        self.read()
        self.bar = _nothing  # type: ignore[assignment]

    def read(self) -> tuple[Any, Any, str, str] | None:
        """See `BarRecord.read`."""
        counter: Any = self.bar()
        if counter is not None:
            unit = counter.unit
            self.last = (counter._count, counter.total, unit if type(unit) is str else "", "")
        return self.last

    @property
    def name(self) -> str:
        """Its description, or that there is none."""
        counter: Any = self.bar()
        told = counter.desc if counter is not None else None
        if type(told) is str and told.strip(" :"):
            self.label = told.strip().removesuffix(":")
        return self.label

    @property
    def ended(self) -> bool:
        """Whether it has been closed, or let go."""
        counter: Any = self.bar()
        return counter is None or bool(counter._closed)


def install_alive(module: ModuleType, hook: BarHook) -> None:
    """Hook into ``alive_progress.core.progress``."""
    kind: Any = vars(module)["__AliveBarHandle"]
    make, advance, patches = kind.__init__, kind.__call__, hook.patches

    def init(handle: Any, *args: Any, **kwargs: Any) -> None:
        make(handle, *args, **kwargs)
        try:
            names = sys._getframe(1).f_locals  # of the block's own function
            title = getattr(names.get("config"), "title", None)
            record = AliveRecord(handle, title if type(title) is str and title else "progress bar")
            record.total = 1.0 if getattr(names.get("config"), "manual", False) else names.get("total")
            if sys.version_info < (3, 13):
                names.clear()
            setattr(handle, OWN, record)
            hook.note(record)
        except Exception as error:
            patches.give_up(error)

    def call(handle: Any, *args: Any, **kwargs: Any) -> Any:
        record = vars(handle).get(OWN)
        if record is not None and vars(handle).get("_handle"):
            record.advanced()
        return advance(handle, *args, **kwargs)

    patches.replace(kind, "__init__", init)
    patches.replace(kind, "__call__", call)


def install_enlighten(module: ModuleType, hook: BarHook) -> None:
    """Hook into ``enlighten._counter``."""
    kind: Any = module.Counter
    printable: Any = module.PrintableCounter
    update, close, patches = kind.update, printable.close, hook.patches
    held: dict[int, EnlightenRecord] = {}

    def advance(counter: Any, *args: Any, **kwargs: Any) -> Any:
        record = held.get(id(counter))
        try:
            if record is None and len(held) < _MOST and not counter._closed:
                record = held[id(counter)] = EnlightenRecord(counter)
                hook.note(record)
        except Exception as error:
            patches.give_up(error)
        if record is not None:
            record.advanced()
        return update(counter, *args, **kwargs)

    def end(counter: Any, *args: Any, **kwargs: Any) -> Any:
        record = held.pop(id(counter), None)
        if record is not None:
            record.let_go()
        return close(counter, *args, **kwargs)

    patches.replace(kind, "update", advance)
    patches.replace(printable, "close", end)


def _nothing() -> None:
    pass
