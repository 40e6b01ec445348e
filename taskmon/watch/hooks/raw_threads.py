"""Threads that ``threading`` knows nothing of, in place of those that `taskmon.core.base.threads` starts elsewhere.

A program may wait until ``threading.enumerate()`` lists but one thread, so none of ours may be listed there.
"""

from __future__ import annotations

import _thread
import atexit
import gc
import sys
import time
from collections.abc import Callable
from gc import get_objects
from sys import _getframe
from typing import TYPE_CHECKING, Any, Final, NoReturn

from taskmon.core.base.threads import SYSTEM_NAME, SignalsBlocked
from taskmon.core.stacks import frames
from taskmon.watch.hooks.patching import Patches, nothing, report
from taskmon.watch.own_threading import Event, get_ident

if TYPE_CHECKING:
    from types import FrameType

#: The threads of ours.
OWN: Final[set[int]] = set()
_all_frames: Final = sys._current_frames  # before those of ours are left out
#: Whether what is collected is taken from all generations, a part of them at a time.
_INCREMENTAL: Final = sys.version_info >= (3, 14)
#: What is to become one, and the numbers that the kernel has given them. Adding to and taking from a set are atomic.
_coming: Final[set[object]] = set()
_native_ids: Final[set[int]] = set()
#: Seconds between two looks whether they have ended: a program that does nothing ends in less than a millisecond.
_SHORTEST_NAP: Final = 0.00005
_LONGEST_NAP: Final = 0.001
_Function: Final[Any] = type(nothing)
_monitoring: Final[Any] = getattr(sys, "monitoring", None)  # from Python 3.12 on
#: Numbers for tools of `sys.monitoring`, and those that are taken by threads of ours that have not begun.
_TOOLS: Final = (5, 4, 3)
_NO_TOOL: Final = -1
_taken: Final[set[int]] = set()
#: Stands for the thread that obeys a request of `taskmon.attach`: there is one at a time.
REQUEST: Final = "request"


def count_in_kernel() -> int:
    """How many threads of ours the kernel counts: before they begin in Python, and after they have ended there."""
    _forget_ended()
    return count_at_most()


def count_at_most() -> int:
    """The same without a look at the kernel: some of them may have ended."""
    return len(_coming) + len(_native_ids)


def _forget_ended() -> None:
    if not _native_ids:
        return
    from taskmon.core.stacks.kernel import cpu_seconds

    _native_ids.difference_update([native_id for native_id in list(_native_ids) if cpu_seconds(native_id) is None])


def expect(coming: object) -> None:
    """A thread of ours is about to be started."""
    _coming.add(coming)


def expect_no_more(coming: object) -> None:
    """It was not to be had."""
    _coming.discard(coming)


def enter(coming: object) -> None:
    """The calling thread is the one that was expected, and ours from now on."""
    _forget_ended()
    OWN.add(get_ident())
    _native_ids.add(_thread.get_native_id())
    _coming.discard(coming)


def wait_until_ended(timeout: float) -> bool:
    """Wait for at most so many seconds until none of them is left but the calling one; return whether that is so.

    At the end of the program: one that asks for the interpreter while it is torn down is ended by `pthread_exit`, and
    where its library cannot be loaded any more (no descriptor is left, or no file system), that aborts the process.
    """
    end, pause, nap = time.monotonic() + timeout, Event(), _SHORTEST_NAP
    others = OWN - {get_ident()}
    # It is there until it needs the interpreter no more.
    while _coming or (frames.can_be_taken() and not others.isdisjoint(frames.frames_by(_all_frames))):
        if time.monotonic() >= end:
            return False
        pause.wait(nap)
        nap = min(2 * nap, _LONGEST_NAP)
        others |= OWN - {get_ident()}  # some have only come
    return True


def forget() -> None:
    """In a forked child: none of them is here."""
    for them in (OWN, _coming, _native_ids):
        them.clear()
    for tool in list(_taken):
        _give_back(tool)


class OwnThreads:
    """Keeps the threads of ours apart from those of the program.

    Where the program asks for the frames of all, they are left out: of dumps at a timeout, for instance. What looks
    from within C, as faulthandler does, or from outside, sees them all the same. And the program's objects do not die
    there: many can do so in the thread that made them alone, and the program may have no other.
    """

    def __init__(self) -> None:
        self._patches = Patches()
        self._held: list[list[object]] = []

    def hide(self) -> None:
        """Begin to: for the program by what it has in `sys`, for us by what was there before it could be replaced."""
        self._patches.replace(sys, "_current_frames", _without_own(sys._current_frames))
        frames.take_frames = _without_own(_all_frames)
        gc.callbacks.append(self._collecting)

    def undo(self) -> None:
        """Hide them no more."""
        self._patches.undo()
        if self._collecting in gc.callbacks:
            gc.callbacks.remove(self._collecting)

    def _collecting(self, phase: str, info: dict[str, int]) -> None:
        """A collection begins or ends, set off by the calling thread. In one of ours it is to find everything in use.

        What is held meanwhile is only older after that, and found to be garbage the next time, in another thread.
        """
        if phase == "stop":
            self._held.clear()
        elif get_ident() in OWN:
            generations = [None] if _INCREMENTAL else range(info["generation"] + 1)
            self._held.extend(get_objects(generation) for generation in generations)


def _without_own(original: Callable[[], dict[int, FrameType]]) -> Callable[[], dict[int, FrameType]]:
    def current_frames() -> dict[int, FrameType]:
        found = frames.frames_by(original)
        for ident in list(OWN):
            found.pop(ident, None)
        me = get_ident()
        if me in found:
            found[me] = _getframe(1)  # who asks is not here
        return found

    current_frames.__name__ = current_frames.__qualname__ = original.__name__
    return current_frames


def stand_in_for(module: Any) -> None:
    """Have everybody who imports from `module`, which is `taskmon.core.base.threads`, get what is here."""
    for function in (run_at_exit, spawn, try_spawn, run_in_background):
        setattr(module, function.__name__, function)
    atexit.unregister(module.at_exit)


def run_at_exit(function: Callable[[], object]) -> None:
    """Nothing: the agent says goodbye, after whatever the program does at its exit."""
    del function


def spawn(target: Callable[[], object], name: str, on_failure: Callable[[BaseException], None]) -> None:
    """See `taskmon.core.base.threads.spawn`."""
    error = try_spawn(target, name, on_failure)
    if error is not None:
        on_failure(error)


def try_spawn(
    target: Callable[[], object], name: str, on_late_failure: Callable[[BaseException], None]
) -> BaseException | None:
    """See `taskmon.core.base.threads.try_spawn`."""
    del name, on_late_failure
    coming = object()

    def run() -> None:
        try:
            enter(coming)
            if sys.version_info >= (3, 14):
                _thread.set_name(SYSTEM_NAME)
            target()
        except BaseException as error:  # Python would print it among what the program prints
            report(error)
        finally:
            OWN.discard(get_ident())

    first, tool = _undisturbed(run)
    expect(coming)
    try:
        with SignalsBlocked():
            _thread.start_new_thread(first, ())
    except RuntimeError as error:
        _give_back(tool)
        expect_no_more(coming)
        return error
    return None


def _undisturbed(run: Callable[[], None]) -> tuple[Callable[[], None], int]:
    """Return what a new thread is to call so that `run` is called, and nobody hears of it; and what that has taken.

    What a program gives to `sys.monitoring`, or to `threading.settrace_all_threads` and `setprofile_all_threads`, is
    called in all threads, and would end ours by what it raises there. But whatever is done by such a function itself
    Python tells nobody: so `run` is called by one. For a moment this takes a number that is there for tools, the
    highest that is free: its function is called before the others.
    """
    for tool in _TOOLS if _monitoring is not None else ():
        try:
            _monitoring.use_tool_id(tool, SYSTEM_NAME)
        except ValueError:  # it is the program's, or that of another thread that has not begun
            continue
        _taken.add(tool)
        try:
            function = _Function(nothing.__code__.replace(), {})  # of its own: no other thread calls this
            _monitoring.register_callback(tool, _monitoring.events.PY_START, _beginner(tool, run))
            _monitoring.set_local_events(tool, function.__code__, _monitoring.events.PY_START)
        except BaseException:  # the program hears of this thread, and has raised
            _give_back(tool)
            raise
        return function, tool
    return run, _NO_TOOL


def _beginner(tool: int, run: Callable[[], None]) -> Callable[..., NoReturn]:
    def begin(*_: object) -> NoReturn:  # called by Python, in the thread that has just begun
        _give_back(tool)
        run()
        raise SystemExit  # with this the thread ends without a word: those that would be called next are the program's

    return begin


def _give_back(tool: int) -> None:
    if tool in _taken:
        _taken.discard(tool)
        _monitoring.register_callback(tool, _monitoring.events.PY_START, None)
        _monitoring.free_tool_id(tool)


def run_in_background(function: Callable[[], None]) -> None:
    """See `taskmon.core.base.threads.run_in_background`."""
    spawn(function, "", lambda _: function())
