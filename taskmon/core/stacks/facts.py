"""What is told of a thread at one moment: what it does, with what and since when; how much processor it uses; where.

Plain values, which come from `taskmon.core.stacks.look` in the program and are read in its window and its terminal.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

#: Calls that are told.
MOST_CALLS: Final = 4


class Activity(Enum):
    """What a thread does."""

    __hash__ = object.__hash__  # as `TaskState` does: members are single objects

    COMPUTING = "computing"
    OUTSIDE = "outside"
    """Computing in a call into C, without the interpreter lock."""
    SLEEPING = "sleeping"
    LOCK = "lock"
    SEMAPHORE = "semaphore"
    EVENT = "event"
    CONDITION = "condition"
    BARRIER = "barrier"
    QUEUE = "queue"
    """For something to come into a queue."""
    ROOM = "room"
    """For room in a queue."""
    ITEMS = "items"
    """For all items of a queue to be done."""
    WORK = "work"
    """A pool's thread that has nothing to do."""
    THREAD = "thread"
    """For a thread to end."""
    RESULT = "result"
    CHILD = "child"
    """For a process to end."""
    READING = "reading"
    WRITING = "writing"
    CONNECTING = "connecting"
    ACCEPTING = "accepting"
    FILE_LOCK = "file_lock"
    IO = "io"
    """For any of several descriptors."""
    LOOP = "loop"
    """An event loop with nothing to do."""
    CHECKPOINT = "checkpoint"
    """A wait of taskmon's own, which a stop ends at once."""
    AWAITING = "awaiting"
    """Of a coroutine: for what it awaits."""
    CALL = "call"
    """In a call into C of which nothing more is known."""
    STOPPED = "stopped"
    """Nothing, as nothing in its process: a signal or a debugger has stopped that."""

    @property
    def computes(self) -> bool:
        """Whether it keeps a processor busy."""
        return self is Activity.COMPUTING or self is Activity.OUTSIDE


class OwnCall(NamedTuple):
    """A call of the program's own code."""

    function: str
    """The qualified name of the function."""
    file: str
    line: int


class ThreadFacts(NamedTuple):
    """One thread at one look. Plain values, which can be sent to another process."""

    native_id: int | None = None
    """The number that the system's own tools use."""
    cpu: float | None = None
    """The share of one processor used since the look before, 0 to 1; None at the first look and where it is unknown."""
    activity: Activity | None = None
    """What it does; None if that cannot be said."""
    subject: str = ""
    """What it does that with: the name of a lock or call, a path, an address, a process id; empty if not known."""
    channel: str = ""
    """Of reading and writing: ``file``, ``socket``, ``pipe`` or ``terminal``; empty if not known."""
    wakes_at: float | None = None
    """When a wait ends by itself at the latest, in seconds of `time.monotonic()`; None if it does not or is unknown."""
    endless: bool = False
    """Whether it is known to wait without a timeout."""
    since: float = 0.0
    """Since when it has been seen at this very place without using a processor, in seconds of `time.monotonic()`."""
    seen_coming: bool = False
    """Whether it was seen elsewhere before that: without, it may have been there for longer than `since` says."""
    function: str = ""
    """The qualified name of the outermost function of the program's own; empty if there is none on its stack."""
    file: str = ""
    """The file of the innermost call of the program's own."""
    line: int = 0
    """The line of that call."""
    holder: str = ""
    """Of a wait for a lock or a thread: the name of the thread that has it, where that is known."""
    circle: tuple[str, ...] = ()
    """The names of the threads that it is in a deadlock with, itself first: each waits for the next."""
    calls: tuple[OwnCall, ...] = ()
    """Its innermost calls of the program's own, the innermost first."""
