"""Bars of click, prompt_toolkit, dask, alive-progress and enlighten.

Those of the first two are noted when they are first iterated or advanced. The last two only tell when they are
advanced. Their loops do that between two items, in the thread that takes these: there a cancel is raised, and a pause
waits.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final, NamedTuple

from taskmon.watch.hooks.bars import OWN, BarHook, BarRecord
from taskmon.watch.hooks.patching import leave_out, nothing

#: Bars of enlighten that are followed at once.
_MOST: Final = 256


class Kind(NamedTuple):
    """What is to be known of the bars of one library."""

    #: The attributes that hold how far it is, and of how much.
    done: str
    total: str
    label: str
    #: Whether it is over, by its attributes.
    over: Callable[[dict[str, Any]], bool]


CLICK: Final = Kind("pos", "length", "label", lambda names: bool(names.get("finished")))
PROMPT_TOOLKIT: Final = Kind("items_completed", "total", "label", lambda names: names.get("stop_time") is not None)


class OtherRecord(BarRecord):
    """A bar of such a library."""

    def __init__(self, bar: Any, kind: Kind) -> None:
        super().__init__(bar, "progress bar")
        self._kind = kind
        self.closed = False

    def read(self) -> tuple[Any, Any, str, str] | None:
        bar = self.bar()
        names = vars(bar) if bar is not None else {}
        done = names.get(self._kind.done, self.last[0])
        if self.loop is not None and self.loop.done > (done or 0):
            done = self.loop.done
        total = names.get(self._kind.total, self.last[1])
        self.last = (done, total, "", "")
        return self.last

    def description(self) -> object:
        bar = self.bar()
        return vars(bar).get(self._kind.label) if bar is not None else None

    @property
    def ended(self) -> bool:
        """Whether it was closed, is full, or has had all its items."""
        bar = self.bar()
        if bar is None or self.closed or (self.loop is not None and self.loop.finished):
            return True
        return self._kind.over(vars(bar))


class DaskRecord(BarRecord):
    """What ``dask.diagnostics.ProgressBar`` draws: how many tasks of a graph are done."""

    def __init__(self, bar: Any) -> None:
        super().__init__(bar, "dask")
        self.closed = False
        self.advanced_elsewhere, self.advancer = True, 0

    def read(self) -> tuple[Any, Any, str, str] | None:
        bar = self.bar()
        state = vars(bar).get("_state") if bar is not None else None
        if type(state) is dict:
            done = len(state["finished"])
            self.last = (done, done + sum(len(state[name]) for name in ("ready", "waiting", "running")), "tasks", "")
        return self.last

    @property
    def ended(self) -> bool:
        """Whether its graph has been computed, or given up."""
        return self.closed or self.bar() is None


def install_click(module: ModuleType, hook: BarHook) -> None:
    """Hook into ``click._termui_impl``."""
    kind: Any = module.ProgressBar
    _hear_advances(kind, "update", CLICK, hook)
    _hear_the_end(kind, "render_finish", hook)
    _watch_loops(kind, "generator", "iter", CLICK, hook, restore=False)  # it is iterated once, in several calls perhaps


def install_prompt_toolkit(module: ModuleType, hook: BarHook) -> None:
    """Hook into ``prompt_toolkit.shortcuts.progress_bar.base``."""
    kind: Any = module.ProgressBarCounter
    _hear_advances(kind, "item_completed", PROMPT_TOOLKIT, hook)
    _watch_loops(kind, "__iter__", "data", PROMPT_TOOLKIT, hook, restore=True)


def install_dask(module: ModuleType, hook: BarHook) -> None:
    """Hook into ``dask.diagnostics.progress``."""
    kind: Any = module.ProgressBar
    start, patches = kind._start, hook.patches

    def start_bar(bar: Any, *args: Any) -> Any:
        result = start(bar, *args)
        try:
            record = DaskRecord(bar)
            hook.note(record, bar)
        except Exception as error:
            patches.give_up(error)
        return result

    patches.replace(kind, "_start", start_bar)
    _hear_the_end(kind, "_finish", hook)


def _record_of(bar: Any, kind: Kind, hook: BarHook) -> OtherRecord | None:
    if not hasattr(bar, "__dict__"):
        return None
    record = vars(bar).get(OWN)
    if record is None:
        record = OtherRecord(bar, kind)
        hook.note(record, bar)
    return record if isinstance(record, OtherRecord) else None


def _hear_advances(owner: Any, method: str, kind: Kind, hook: BarHook) -> None:
    advance, patches = getattr(owner, method), hook.patches

    def advance_bar(bar: Any, *args: Any, **kwargs: Any) -> Any:
        record = None
        try:
            record = _record_of(bar, kind, hook)
        except Exception as error:
            patches.give_up(error)
        if record is not None and record.loop is None:
            record.advanced()
        try:
            return advance(bar, *args, **kwargs)
        except BaseException as error:
            leave_out(error)
            raise

    patches.replace(owner, method, advance_bar)


def _hear_the_end(owner: Any, method: str, hook: BarHook) -> None:
    close, patches = getattr(owner, method), hook.patches

    def close_bar(bar: Any, *args: Any, **kwargs: Any) -> Any:
        record = getattr(bar, OWN, None)
        if isinstance(record, (OtherRecord, DaskRecord)):
            record.closed = True
            record.keep_last()
        try:
            return close(bar, *args, **kwargs)
        except BaseException as error:
            leave_out(error)
            raise

    patches.replace(owner, method, close_bar)


def _watch_loops(owner: Any, method: str, source: str, kind: Kind, hook: BarHook, *, restore: bool) -> None:
    """Have what is iterated pass through a loop that can be counted and stopped. The method makes a generator."""
    iterate, patches = getattr(owner, method), hook.patches

    def iterate_bar(bar: Any) -> Any:
        loop = iterate(bar)  # has not looked at what it iterates yet
        try:
            record = _record_of(bar, kind, hook)
            iterable = vars(bar).get(source) if record is not None else None
            if record is not None and record.loop is None and iterable is not None:
                began = (lambda: setattr(bar, source, iterable)) if restore else nothing
                setattr(bar, source, record.watch_loop(iterable, began))
        except Exception as error:  # what cannot be iterated is for the bar to say
            if not isinstance(error, TypeError):
                patches.give_up(error)
        return loop

    patches.replace(owner, method, iterate_bar)


class AliveRecord(BarRecord):
    """What ``alive_bar()`` hands to the program."""

    total: Any = None

    def read(self) -> tuple[Any, Any, str, str] | None:
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
        self.read()
        self.bar = nothing  # type: ignore[assignment]

    def read(self) -> tuple[Any, Any, str, str] | None:
        counter: Any = self.bar()
        if counter is not None:
            unit = counter.unit
            self.last = (counter._count, counter.total, unit if type(unit) is str else "", "")
        return self.last

    def description(self) -> object:
        counter: Any = self.bar()
        return counter.desc if counter is not None else None

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
            hook.note(record, handle)
        except Exception as error:
            patches.give_up(error)

    def call(handle: Any, *args: Any, **kwargs: Any) -> Any:
        record = vars(handle).get(OWN)
        if record is not None and vars(handle).get("_handle"):
            record.advanced()
        try:
            return advance(handle, *args, **kwargs)
        except BaseException as error:
            leave_out(error)
            raise

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
        try:
            return update(counter, *args, **kwargs)
        except BaseException as error:
            leave_out(error)
            raise

    def end(counter: Any, *args: Any, **kwargs: Any) -> Any:
        record = held.pop(id(counter), None)
        if record is not None:
            record.let_go()
        return close(counter, *args, **kwargs)

    patches.replace(kind, "update", advance)
    patches.replace(printable, "close", end)
