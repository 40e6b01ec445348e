"""Noticing progress bars, and stopping or pausing the loops that they show, each in its own thread.

A loop over a bar runs at the speed of C between two items, see `WatchedLoop`. How far a bar is, is read from
the bar itself by whoever looks.
"""

from __future__ import annotations

import sys
import time
from _operator import itemgetter, length_hint
from collections import deque
from collections.abc import Callable, Iterator
from itertools import chain
from types import FrameType
from typing import Any, Final
from weakref import ref

from taskmon.core.base.modules import attribute_of
from taskmon.watch.hooks.patching import Patches, nothing, report
from taskmon.watch.own_threading import Event, get_ident

#: Bars that have come since the last look.
_MOST_NEW: Final = 10_000
#: So many of the calls that a bar is made in are looked at.
_MOST_CALLS: Final = 50
#: The attribute of a bar that holds what is noted of it.
OWN: Final = "_taskmon"


class BarRecord:
    """One bar. It does not keep the bar alive, nor what is iterated."""

    def __init__(self, bar: Any, label: str) -> None:
        self.bar = ref(bar)
        self.label = label
        """What it is called, where the bar itself does not say."""
        self.thread_id, self.thread_name = _this_thread()
        self.began = time.monotonic()
        self.loop: WatchedLoop | None = None
        self.initial: Any = 0
        self.last: tuple[Any, Any, str, str] = (None, None, "", "")
        """How far it was when it was looked at last."""
        self.wanted = False
        """Whether its thread is to call `attend` at its next item."""
        self.on_pause: Callable[[], object] | None = None
        """Called in the bar's thread when it begins to wait."""
        self.advanced_elsewhere = False
        """Whether another thread than the bar's own advances it: raising there would end what it has no part in."""
        self.advanced_here = False
        """Whether its own thread has advanced it by hand."""
        self.advancer: int | None = None
        """The one other thread that advances it; 0 if there are several, None if there is none so far."""
        self.in_nursery = _runs_in_trio()
        """Whether it is one of several in a nursery of trio, which takes whatever is raised for a failure of all."""
        self.in_coroutine = _asyncio_task() is not None
        """Whether it is in a task of asyncio, which a cancel ends alone."""
        self.in_a_turn = _has_taken_an_item()
        """Whether what made it works off a queue, and is to tell when it is done with what it has taken."""
        self._reason: Any = None
        self._go_on: Event | None = None

    # -- any thread -----------------------------------------------------------------------------------------

    def stop(self, reason: Any) -> None:
        """Have its thread raise `taskmon.core.stop.reason.TaskCancelled` at its next item."""
        self._reason = reason
        self._interrupt()
        self.resume()

    def pause(self) -> None:
        """Have its thread wait at its next item."""
        self._go_on = Event()
        self._interrupt()

    def resume(self) -> None:
        """Let it go on."""
        go_on, self._go_on = self._go_on, None
        if self._reason is None:
            self.wanted = False
        if go_on is not None:
            go_on.set()

    def _interrupt(self) -> None:
        self.wanted = True
        if self.loop is not None:
            self.loop.interrupt()

    # -- its own thread -------------------------------------------------------------------------------------

    def watch_loop(self, iterable: Any, began: Callable[[], object]) -> Any:
        """Return what is to be iterated in place of `iterable`. `began` is called before the first item is taken."""
        loop = self.loop = WatchedLoop(iter(iterable), self.attend, lambda: self._begin(began))
        return loop.items

    def _begin(self, began: Callable[[], object]) -> None:
        self.thread_id, self.thread_name = _this_thread()
        began()

    def advanced(self) -> None:
        """The bar is advanced by hand, in whichever thread."""
        ident = _this_thread()[0]
        if ident != self.thread_id:
            self.advanced_elsewhere = True
            if self.advancer != ident:
                self.advancer = ident if self.advancer is None else 0
            return
        self.advanced_here = True
        if self.wanted:
            self.attend()

    def attend(self) -> None:
        """Raise if it was cancelled; wait while it is paused."""
        go_on = self._go_on
        if go_on is not None and self._reason is None:
            if self.on_pause is not None:
                self.on_pause()
            go_on.wait()
        if self._reason is not None:
            raise _cancelling(self._reason)

    # -- what the kinds of bars know ------------------------------------------------------------------------

    def read(self) -> tuple[Any, Any, str, str] | None:
        """Return the amount done, the total, the unit and a message; None if there is nothing to say."""
        return self.last

    def keep_last(self) -> None:
        """It is being closed, and may be gone before anybody looks how far it was. In its thread."""
        try:
            self.read()
        except Exception as error:  # a bar whose attributes are not what they are elsewhere
            report(error)

    @property
    def name(self) -> str:
        """What the bar calls itself."""
        told = self.description()
        if isinstance(told, str) and str.strip(told, " :"):  # of a subclass, the methods are somebody else's code
            self.label = str.strip(told).removesuffix(":")
        return self.label

    def description(self) -> object:
        """Return what the bar is described by, if it is a text and says something."""
        return None

    @property
    def ended(self) -> bool:
        """Whether it has been closed, or is gone."""
        return self.bar() is None

    @property
    def can_stop(self) -> bool:
        """Whether it is known to pass through its own thread item by item."""
        by_hand = self.advanced_here and not self.advanced_elsewhere
        return not self.in_nursery and (self.loop is not None or by_hand)

    @property
    def why_not_stop(self) -> str:
        """Why nothing is to be raised there; empty if it may."""
        if self.in_nursery:
            return "its nursery of trio would end all that run in it"
        if not self.can_stop:
            if not self.advanced_elsewhere:
                return "nothing has advanced it yet, so it is not known which thread will"
            return "other threads advance it, and they must not be stopped along with it"
        return (
            "what it has taken from a queue would never be done, and others may wait for that" if self.in_a_turn else ""
        )

    @property
    def cancelled(self) -> bool:
        """Whether it was asked to stop."""
        return self._reason is not None


def _this_thread() -> tuple[int, str]:
    """The program's name for the thread that this is called in, and what it calls itself.

    With green threads, several are in one thread of the system, and only the program's ``threading`` tells them apart.
    """
    threading = sys.modules.get("threading")
    if threading is None:
        return get_ident(), ""
    ident = threading.get_ident()
    # Not current_thread(): it would make a thread known that is not.
    thread = threading._active.get(ident)
    name = vars(thread).get("_name") if thread is not None else None
    return ident, name if type(name) is str else ""


def _cancelling(reason: Any) -> BaseException:
    """What ends a loop in this thread, and nothing else: what is around it must take it for a cancel as well."""
    if _asyncio_task() is not None:
        # A TaskGroup lets the siblings of a cancelled task go on, and ends them for any other exception.
        asyncio: Any = sys.modules["asyncio"]
        error: BaseException = asyncio.CancelledError("its progress bar was cancelled")
        return error
    worker = attribute_of("multiprocessing.pool", "worker")
    frame: Any = sys._getframe(1)
    while worker is not None and frame is not None:
        if frame.f_code is worker.__code__:
            # Whatever is no `Exception` would end the pool's thread, and nobody would be told.
            return _BarCancelledError("its progress bar was cancelled")
        frame = frame.f_back
    from taskmon.core.stop.reason import TaskCancelled

    return TaskCancelled(reason)


def _asyncio_task() -> Any:
    """The task of asyncio that runs in this thread at the moment; None without one."""
    loop = attribute_of("asyncio.events", "_get_running_loop", nothing)()
    return sys.modules["asyncio"].current_task(loop) if loop is not None else None


class _BarCancelledError(Exception):
    """A progress bar in a thread of a ``multiprocessing.pool.ThreadPool`` was cancelled."""


def _has_taken_an_item() -> bool:
    """Whether a function that this is called in tells a queue of its items' ends, for which `join` waits."""
    frame: FrameType | None = sys._getframe(2)
    for _ in range(_MOST_CALLS):
        if frame is None:
            break
        if "task_done" in frame.f_code.co_names:
            return True
        frame = frame.f_back
    return False


def _runs_in_trio() -> bool:
    current_task = attribute_of("trio.lowlevel", "current_task")
    try:
        return current_task is not None and current_task() is not None
    except RuntimeError:
        return False


class BarHook:
    """Where the bars of all kinds are noted."""

    def __init__(self) -> None:
        self.new: deque[BarRecord] = deque(maxlen=_MOST_NEW)
        self.patches = Patches(report)
        self._noted: list[ref[BarRecord]] = []
        self._tidy_at = _MOST_NEW
        self.adopts = False
        """Whether bars may have come before anybody listened. Such a one is noted when it advances."""

    def note(self, record: BarRecord, bar: Any = None) -> None:
        """A bar has come, which is to hold its record if it is given. In its thread."""
        if bar is not None:
            setattr(bar, OWN, record)
        self.new.append(record)
        self._noted.append(ref(record))
        if len(self._noted) > self._tidy_at:
            count = len(self._noted)
            self._noted[:count] = [noted for noted in self._noted[:count] if noted() is not None]
            self._tidy_at = 2 * len(self._noted) + _MOST_NEW

    def undo(self) -> None:
        """Put everything back, and let those go on that wait. A loop that runs keeps counting for nobody."""
        self.patches.undo()
        for noted in self._noted:
            record = noted()
            if record is None:
                continue
            record.resume()
            names = getattr(record.bar(), "__dict__", None)
            if type(names) is dict:
                names.pop(OWN, None)


# A loop that can be counted, paused and stopped from another thread, with no bytecode of ours between two items.
#
# ``zip`` takes a number before each item. The iterator of numbers tells how many it has given
# (`operator.length_hint`), and can be told to be at its end (``__setstate__``), whereupon no further item is taken.
# Only then does Python code of ours run: it waits, ends the loop by an exception, or lets it go on with new numbers. As
# everything in between is C, and the exception is raised by C, no frame of ours stands in a traceback of the loop.


_MANY: Final = sys.maxsize


class WatchedLoop:
    """One loop over somebody's iterator. `items` is iterated instead; the rest may be called from any thread."""

    __slots__ = ("_attend", "_before", "_began", "_iterator", "_numbers", "_wanted", "finished", "items")

    def __init__(
        self, iterator: Iterator[Any], attend: Callable[[], None], began: Callable[[], object] | None = None
    ) -> None:
        """Call `attend` in the loop's own thread after `interrupt`; it may wait, and raise. `began` is called first."""
        self._iterator: Iterator[Any] | None = iterator
        self._attend = attend
        self._began = began
        self._before = 0
        self._numbers: Any = iter(())
        self._wanted = False
        self.finished = False
        """Whether it has had all items."""
        self.items: Iterator[Any] = chain.from_iterable(self._stretches())

    @property
    def done(self) -> int:
        """Items that the loop is through with; the one that it is working on is not among them."""
        taken = self._before + _taken(self._numbers)
        return taken if self.finished else max(0, taken - 1)

    def interrupt(self) -> None:
        """Have `attend` called before the next item is taken."""
        self._wanted = True  # first: a stretch that begins now sees it
        numbers = self._numbers
        taken = _taken(numbers)
        numbers.__setstate__(_MANY)
        self._before += taken

    def _stretches(self) -> Iterator[Iterator[Any]]:
        """The loop in pieces, each up to an interruption; resumed only between them."""
        iterator, self._iterator = self._iterator, None
        assert iterator is not None
        if self._began is not None:
            self._began()
        while True:
            self._numbers = iter(range(_MANY))
            if self._wanted:  # looked at only now: see interrupt()
                self._wanted = False
                try:
                    self._attend()
                except BaseException as error:
                    yield map(_raiser(), (error.with_traceback(None),))
                continue
            yield map(itemgetter(1), zip(self._numbers, iterator, strict=False))
            if not self._wanted:
                break
        self._before = self.done  # without the number that was taken for the item that did not come
        self._numbers = iter(())
        self.finished = True


def _raiser() -> Callable[[BaseException], Any]:
    """Return what raises an exception from within C: a generator that has ended raises what is thrown into it."""
    ended: Any = (item for item in "")
    next(ended, None)
    raiser: Callable[[BaseException], Any] = ended.throw
    return raiser


def _taken(numbers: Any) -> int:
    left = length_hint(numbers)
    return _MANY - left if left else 0
