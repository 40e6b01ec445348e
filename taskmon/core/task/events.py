"""Facts about tasks, and the hub that hands them on.

An event is posted while the lock of its task is held. That is what puts the events of one task in order, and why a
listener that is called directly must be brief. A subscriber that may take its time gets a thread of its own.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from taskmon.core.base.errors import log_error, type_name
from taskmon.core.base.text import to_text_or_raise
from taskmon.core.base.threads import Background
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import TaskState

if TYPE_CHECKING:
    from taskmon.core.task.handle import TaskHandle


class TaskAdded(NamedTuple):
    """A task was created and queued."""

    snapshot: TaskSnapshot
    task: TaskHandle


class StateChanged(NamedTuple):
    """A task entered ``snapshot.state``, coming from `old`."""

    snapshot: TaskSnapshot
    old: TaskState


class TaskChanged(NamedTuple):
    """Something else than the state of a task has changed that nobody would look for: what a cancel would do."""

    snapshot: TaskSnapshot


class TaskFinished(NamedTuple):
    """A task reached its final state. Follows its last `StateChanged`; nothing follows it."""

    snapshot: TaskSnapshot


class TaskLogged(NamedTuple):
    """A task logged a line. The one event that may be dropped, when there are too many to be read."""

    task_id: int
    line: str


TaskEvent = TaskAdded | StateChanged | TaskChanged | TaskFinished | TaskLogged
Sink: TypeAlias = "Callable[[TaskEvent], object]"

#: How many log lines may wait for one slow subscriber.
LOG_BACKLOG: Final = 10_000


class EventHub:
    """Where the events of a runner are heard. All methods may be called from any thread."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin without listeners; also in a forked child, where those of the parent must not be called."""
        self._lock = threading.Lock()
        self.sinks: tuple[Sink, ...] = ()  # replaced, never changed: post() reads it without a lock

    def attach(self, sink: Sink) -> None:
        """Call ``sink(event)`` directly, in the thread that the event happens in, with the task's lock held.

        For sinks that only pass the event on. They must not block, and must not call back into the task. What
        they raise is logged.
        """
        with self._lock:
            self.sinks = (*self.sinks, sink)

    def detach(self, sink: Sink) -> None:
        """Stop calling `sink`. A call that has begun ends by itself. Unknown sinks are ignored."""
        with self._lock:
            self.sinks = tuple(kept for kept in self.sinks if kept != sink)

    def subscribe(self, listener: Sink) -> Subscription:
        """Call ``listener(event)`` for every event from now on, in order, in a thread of its own.

        It may be slow or raise: nobody else notices. The thread exists only while there is something to deliver.
        """
        return Subscription(self, listener)

    def post(self, event: TaskEvent) -> None:
        """Hand `event` to all sinks. Never raises."""
        for sink in self.sinks:
            try:
                sink(event)
            except BaseException as error:
                log_error("taskmon.events", error, "Listener %r failed", sink)


class Subscription:
    """One listener, in a thread of its own. `close()` ends it; as a context manager it closes itself."""

    def __init__(self, hub: EventHub, listener: Sink) -> None:
        self._hub = hub
        self._listener = listener
        self._lock = threading.Lock()
        self._log_lines = 0  # that wait
        self._background = Background("taskmon-events", self._complain)  # should there be no thread: the events wait
        self.dropped = 0
        """Log lines that were not delivered because too many waited."""
        hub.attach(self._enqueue)

    def close(self, timeout: float | None = None) -> bool:
        """Take no more events and deliver those that wait, for at most `timeout` seconds; return whether all were.

        Called by the listener itself, it does not wait.
        """
        self._hub.detach(self._enqueue)
        return self._background.close(timeout)

    def __enter__(self) -> Subscription:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _enqueue(self, event: TaskEvent) -> None:
        if event.__class__ is TaskLogged:
            with self._lock:
                if self._log_lines >= LOG_BACKLOG:
                    self.dropped += 1
                    return
                self._log_lines += 1
        self._background.post(lambda: self._deliver(event))

    def _deliver(self, event: TaskEvent) -> None:
        if event.__class__ is TaskLogged:
            with self._lock:
                self._log_lines -= 1
        try:
            self._listener(event)
        except BaseException as error:
            self._complain(error)

    def _complain(self, error: BaseException) -> None:
        log_error("taskmon.events", error, "Listener %r failed", self._listener)


# The log of one task: the newest lines, and a count of what had to go.

#: Lines kept for each task.
LINES_KEPT: Final = 1_000
#: Longest line kept, in characters.
LINE_LIMIT: Final = 4_096


class TaskLog:
    """A ring of lines. Belongs to a task and is guarded by its lock."""

    __slots__ = ("_lines", "count")

    def __init__(self) -> None:
        self._lines: deque[str] | None = None  # most tasks log nothing
        self.count = 0
        """Lines logged so far, dropped ones included."""

    @property
    def dropped(self) -> int:
        """Lines that are no longer kept."""
        return self.count - len(self._lines or ())

    def add(self, lines: list[str]) -> None:
        """Keep `lines`, in place of older ones."""
        if self._lines is None:
            self._lines = deque(maxlen=LINES_KEPT)
        self._lines.extend(lines)
        self.count += len(lines)

    def since(self, number: int) -> tuple[int, list[str]]:
        """Return the count and the kept lines from line `number` (counting from 0) on."""
        skip = max(0, number - self.dropped)
        return self.count, list(self._lines or ())[skip:]


def to_lines(text: object) -> list[str]:
    """Return `text` as lines that may be kept: clipped, and no more than are. Never raises."""
    try:
        lines = to_text_or_raise(text, LINE_LIMIT * LINES_KEPT).splitlines() or [""]
    except BaseException as error:
        return [f"(a {type_name(text)} whose text raised {type_name(error)})"]
    return [line[:LINE_LIMIT] for line in lines[-LINES_KEPT:]]
