"""Looking at the stacks of running threads, for those who ask why one does not stop.

`ask` never waits: a thread of the sampler looks a few times a second, as long as somebody asks, and each look says
since when the thread has been seen at the same place. Nothing is read from disk but, on Linux, the kernel's own figures
of the thread. No source text is used: names of calls come from the code objects.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from types import FrameType
from typing import Any, Final, NamedTuple

from taskmon.core.base.modules import attribute_of
from taskmon.core.base.threads import spawn
from taskmon.core.stacks.calls import call_at
from taskmon.core.stacks.frames import current_frames
from taskmon.core.stacks.kernel import cpu_seconds, native_id_of, seconds_in_line, voluntary_switches


class StackFrame(NamedTuple):
    """One call."""

    file: str
    """The path of the source file, as the code object names it."""
    line: int
    function: str
    """The qualified name of the function."""
    own: bool
    """Whether it is the program's own code, rather than the standard library's or a package's."""
    call: str = ""
    """What it is calling, as the source spells it (``time.sleep``, ``with self._lock``); empty if that is not known.

    Told of the innermost frame, whose call into C is no frame of its own, and of the innermost of the program's own.
    """


class StackSample(NamedTuple):
    """A thread's calls at one moment, the innermost last."""

    taken_at: float
    """Seconds of `time.monotonic()`."""
    frames: tuple[StackFrame, ...]
    unmoved_since: float
    """Since when the innermost call has been seen at the same place, in seconds of `time.monotonic()`.

    Of one that came there again and again and then computes in one call, since when it has been in that.
    """
    busy: float | None = None
    """The share of a processor that the thread has used lately, 0 to 1; None if that is not known.

    Of one that has moved, since the look before; else since it came there, but for the last seconds only.
    """
    load: float | None = None
    """What all threads of the process have used in that time, in processors; None if that is not known.

    Where this one has stood in line for a processor, as beside other programs that compute, it is what they would have
    used without.
    """
    one_call: bool | None = None
    """Whether it has been in one call since `unmoved_since`: False if it has left it and come there again."""


#: Seconds between two looks at a thread that somebody asks about …
PERIOD: Final = 0.4
#: … and for how long after the last question it is still looked at.
PATIENCE: Final = 3.0
#: So many looks back goes the share of a processor that a thread has used at one place. Where many want the processor,
#: one that computes may be given nothing of it between two looks.
_LOOKS_BACK: Final = 8
#: The share of a processor from which a thread computes at its place rather than waits there again and again …
_COMPUTES_FROM: Final = 0.5
#: … and for how long it must not have waited then, in seconds, to be in one call: it may have waited before, for the
#: interpreter or for memory. Code in Python gives the interpreter away at each look.
_UNBROKEN: Final = 3.0
#: So many times slower than alone, at most, others are taken to make a thread that computes: one that hardly runs
#: stands in line for longer than that each time it wakes up.
_MOST_HELD_UP: Final = 8.0
#: Innermost frames kept of a stack; a recursion may be thousands deep.
MOST_FRAMES: Final = 200

_PACKAGE: Final = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__spec__.origin or "")))) + os.sep
_JOBS: Final = os.path.join(_PACKAGE, "jobs") + os.sep
_STDLIB: Final = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
_PACKAGES: Final = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")


class _Thread:
    """What is known of one thread."""

    __slots__ = (
        "asked_at", "clocks", "place", "sample", "switches", "unbroken_since", "unmoved_since",
    )  # fmt: skip

    def __init__(self) -> None:
        self.asked_at = 0.0
        # At each of the last looks: when it was, what the thread and its process had used by then, and how long the
        # thread had stood in line; all in seconds.
        self.clocks: deque[tuple[float, float, float, float]] = deque(maxlen=_LOOKS_BACK)
        self.place: object = None
        self.unmoved_since = 0.0
        self.unbroken_since = 0.0  # since when it has not waited twice
        self.switches: int | None = None
        self.sample: StackSample | None = None


class StackSampler:
    """Looks at threads of this process. All methods may be called from any thread.

    Args:
        clock: for tests.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.reset()

    def reset(self) -> None:
        """Begin anew; also in a forked child, where the sampler's thread does not exist."""
        self._lock = threading.Lock()
        self._threads: dict[int, _Thread] = {}
        self._wake = threading.Event()
        self._looking = False

    def ask(self, thread_id: int) -> StackSample | None:
        """Return the latest look at a thread, and have it looked at for a while; None at first. Never waits."""
        thread = self._threads.get(thread_id)
        now = self._clock()
        if thread is not None and self._looking:
            thread.asked_at = now
            if self._threads.get(thread_id) is thread:  # it may have been dropped this very moment
                return thread.sample
        with self._lock:
            thread = self._threads.setdefault(thread_id, _Thread())
            thread.asked_at = now
            self._wake.set()
            start, self._looking = not self._looking, True
        if start:
            spawn(self._work, "taskmon-stacks", self._cannot_work)
        return thread.sample

    def look(self, thread_id: int) -> StackSample | None:
        """Look at a thread now, in the calling thread; None if there is no such thread.

        Takes a fraction of a millisecond, more the deeper the stack is: not for the UI thread. Who looks asks.
        """
        sample = self._look(thread_id)
        with self._lock:
            thread = self._threads.get(thread_id)
            if thread is not None:
                thread.asked_at = self._clock()
        return sample

    def _look(self, thread_id: int) -> StackSample | None:
        began = self._clock()
        frame = current_frames().get(thread_id)
        if frame is None:
            with self._lock:
                self._threads.pop(thread_id, None)
            return None
        place, calls = _read(frame)
        del frame  # it refers to everything that the thread works on
        native_id = _native_id(thread_id)
        cpu, switches = (
            (cpu_seconds(native_id), voluntary_switches(native_id)) if native_id is not None else (None, None)
        )
        in_line = seconds_in_line(native_id) if native_id is not None else 0.0
        process_cpu = time.process_time()
        now = self._clock()
        with self._lock:
            thread = self._threads.setdefault(thread_id, _Thread())
            moved = place != thread.place
            if moved:
                thread.place, thread.unmoved_since = place, now
            if moved or switches != thread.switches:
                thread.unbroken_since = now
            busy = load = None
            clocks = thread.clocks
            if cpu is not None and clocks:
                then, cpu_then, process_cpu_then, in_line_then = clocks[-1 if moved else 0]
                if now > then:
                    used = max(0.0, cpu - cpu_then)
                    busy = min(1.0, used / (now - then))
                    held_up = min(_MOST_HELD_UP, 1 + (in_line - in_line_then) / used) if used else 1.0
                    load = max(0.0, (process_cpu - process_cpu_then) / (now - then)) * held_up
            if cpu is None or moved:
                clocks.clear()
            if cpu is not None:
                clocks.append((now, cpu, process_cpu, in_line))
            thread.switches = switches
            since, one_call = thread.unmoved_since, thread.unbroken_since == thread.unmoved_since
            if (
                not one_call
                and busy is not None
                and busy >= _COMPUTES_FROM
                and now - thread.unbroken_since >= _UNBROKEN
            ):
                since, one_call = thread.unbroken_since, True
            # Where many want the processor a look takes long, and what was seen had been so when it began.
            taken_at = max(began, since)
            thread.sample = StackSample(taken_at, calls, since, busy, load, None if switches is None else one_call)
            return thread.sample

    def forget(self, thread_id: int) -> None:
        """Drop what is known of a thread, because another work begins there or the thread has ended."""
        with self._lock:
            self._threads.pop(thread_id, None)

    def rest(self) -> None:
        """Drop what is known of all threads, and let the sampler's own end at once rather than soon."""
        with self._lock:
            self._threads.clear()
            self._wake.set()

    def _work(self) -> None:
        while True:
            with self._lock:
                now = self._clock()
                for thread_id, thread in list(self._threads.items()):
                    if now - thread.asked_at > PATIENCE:
                        del self._threads[thread_id]
                if not self._threads:
                    self._looking = False  # under the lock: who asks now starts a new thread
                    return
                self._wake.clear()
                wanted = list(self._threads)
            for thread_id in wanted:
                self._look(thread_id)
            self._wake.wait(PERIOD)

    def _cannot_work(self, error: BaseException) -> None:
        del error  # no thread can be had: the next question tries again
        with self._lock:
            self._looking = False


#: The one sampler of this process.
sampler: Final = StackSampler()


def is_own(file: str, module: str = "") -> bool:
    """Whether a source file is the program's own, rather than a library's. Built-in jobs are: they are the work."""
    if file.startswith(_JOBS):
        return True
    if file.startswith((_PACKAGE, _STDLIB, "<frozen ", "<taskmon ")) or any(part in file for part in _PACKAGES):
        return False
    # A frozen program names the files of its libraries without a folder.
    return os.path.isabs(file) or module.partition(".")[0] not in sys.stdlib_module_names


def _read(innermost: FrameType) -> tuple[object, tuple[StackFrame, ...]]:
    """Return what tells the place, and the calls, without those of the machinery that started the work."""
    # First everything that changes while the thread runs, and only then what takes time.
    seen: list[tuple[Any, int, int, str]] = []
    frame: FrameType | None = innermost
    while frame is not None and len(seen) < MOST_FRAMES:
        module = frame.f_globals.get("__name__")
        seen.append((frame.f_code, frame.f_lineno or 0, frame.f_lasti, module if isinstance(module, str) else ""))
        frame = frame.f_back
    del frame
    # The innermost call alone would not do: everybody waits in the same few functions.
    place = (id(innermost), tuple((code, instruction) for code, _, instruction, _ in seen))
    calls: list[StackFrame] = []
    own_told = False
    for number, (code, line, instruction, module) in enumerate(seen):
        own = is_own(code.co_filename, module)
        call = call_at(code, instruction) if not number or (own and not own_told) else ""
        own_told = own_told or own
        calls.append(StackFrame(code.co_filename, line, code.co_qualname, own, call))
    calls.reverse()
    return place, tuple(_without_machinery(calls))


def _without_machinery(calls: list[StackFrame]) -> list[StackFrame]:
    """Leave out the outermost calls: what starts threads, and the runner that calls the work."""
    for number, call in enumerate(calls):
        core = call.file.startswith((_PACKAGE, "<taskmon ")) and not call.own
        if not (core or call.file in _STARTERS or call.file.startswith("<frozen ")):
            return calls[number:]
    return calls


_STARTERS: Final = frozenset(
    {os.path.join(_STDLIB, "threading.py"), os.path.join(_STDLIB, "concurrent", "futures", "thread.py")}
)


def _native_id(thread_id: int) -> int | None:
    """Return the number by which the kernel knows a thread; None where that is not known."""
    active = attribute_of("threading", "_active", {})  # enumerate() takes a lock
    thread = active.get(thread_id)
    native_id = getattr(thread, "native_id", None)
    return native_id if type(native_id) is int else native_id_of(thread_id)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=sampler.reset)
