"""The program's end: one quiet thread that looks for the window and tells it of the program's tasks.

While there is no window it costs one look at the file system a second, and the source is not listened to. With
one, whoever has news only appends it to a queue; this thread does the rest, and never waits for the window but in
a wait for its socket. A window that stops listening costs the program dropped progress, nothing else.

A fork leaves the child without a connection; a program that ends says goodbye.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from taskmon.core.base.threads import GOODBYE, SignalsBlocked, can_spare_descriptors, carry_through, run_at_exit, spawn
from taskmon.core.task.events import TaskEvent, TaskLogged
from taskmon.link.wire.channel import connect
from taskmon.link.wire.meeting import address, somebody_listens

if TYPE_CHECKING:
    from taskmon.core.task.live_tasks import TaskSource
    from taskmon.link.program.session import Session
    from taskmon.link.wire.channel import ProgramSocket


#: Seconds between two looks for a window.
LOOK_PERIOD: Final = 1.0
#: So often at the end of a program, where one is on its way.
_HASTY_PERIOD: Final = 0.05
#: How long a window is left alone that has said it has no room, or that something went wrong with.
_LONG_PAUSE: Final = 10.0
#: Seconds that the thread which listens to the window has to end with the connection.
_LISTENER_ENDS: Final = 0.5


class Publisher:
    """Shows the tasks of `source` in the window, whenever there is one. Any thread may call any method.

    Args:
        source: what has the tasks; a `taskmon.TaskRunner` is one.
        program: what its user would call this program; by default the name of its script.
        run: what the window knows this run of the program by already, if it does.
        on_look: called in the publisher's thread before each look that is taken for a window, with how many seconds
            may lie between two looks at what the threads do.
    """

    def __init__(
        self,
        source: TaskSource,
        *,
        program: str = "",
        run: str = "",
        on_look: Callable[[float], object] | None = None,
    ) -> None:
        self._source = source
        self._on_look = on_look
        self._program = program or os.path.basename(sys.argv[0] if sys.argv else "") or "python"
        self.run = run or os.urandom(8).hex()
        """By which the window knows this program again after a connection was lost."""
        self._session: Session | None = None
        self._path = address()
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._without_a_word = threading.Event()  # nothing is left to tell a window that has not been met yet
        self._thread_ended = threading.Event()
        self._goodbye = GOODBYE
        self._finish: Callable[[], object] | None = None
        self._coming = False
        self._started = False
        self._socket: ProgramSocket | None = None
        self.connected = False
        """Whether a window shows the tasks at this moment."""
        self.window = 0
        """The process of the window that was met last."""

    def start(self) -> None:
        """Begin looking for a window. A second call does nothing."""
        with self._lock:
            if self._started or self._ending.is_set():
                return
            self._started = True
        _publishers.add(self)
        _close_with_multiprocessing()
        with SignalsBlocked():
            spawn(self._work, "taskmon-link", lambda _: self._thread_ended.set())  # without a thread: not shown

    def close(
        self, timeout: float = GOODBYE, finish: Callable[[], object] | None = None, *, coming: bool = False
    ) -> None:
        """Say goodbye and stop, waiting at most `timeout` seconds. The tasks go on. A second call does nothing.

        Args:
            timeout: a bound for a window, or a machine, that is busy. Where nobody listens, nothing is waited for.
            finish: brings the tasks to their end. Called once a window hears of it, be it one that has not been met
                before, by the thread that talks to it: this one, if there is no other.
            coming: whether to wait for a window that does not listen yet.
        """
        with self._lock:
            if not self._ending.is_set():
                self._goodbye, self._finish, self._coming = timeout, finish, coming
                if finish is None:
                    self._without_a_word.set()
                self._ending.set()
            has_thread = self._started and not self._thread_ended.is_set()
        session = self._session
        if session is not None:
            session.hurry()
        if not has_thread:
            self._tell_the_end()
        elif threading.current_thread().name != "taskmon-link":
            self._thread_ended.wait(timeout)
        _publishers.discard(self)

    def tell_replaced(self, by: str, timeout: float) -> None:
        """The program is about to replace itself, by itself if `by` is empty: tell it, in at most so many seconds."""
        session = self._session
        if session is not None:
            session.tell_replaced(by, timeout)

    def __enter__(self) -> Publisher:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- the thread -----------------------------------------------------------------------------------------

    def _work(self) -> None:
        pause = 0.0
        try:
            while not self._ending.wait(pause):
                pause = LOOK_PERIOD
                try:
                    if self._may_meet():
                        pause = self._meet()
                except BaseException:  # of the program's: what it has put in place may be called in any thread
                    pause = _LONG_PAUSE
            self._tell_the_end()
        finally:
            self._thread_ended.set()

    def _tell_the_end(self) -> None:
        """Tell how the tasks have ended, if no window has heard that yet."""
        end, pause = time.monotonic() + self._goodbye, threading.Event()
        while self._finish is not None and time.monotonic() < end:
            if self._may_meet():
                self._meet()
            if not self._coming or self.window or not can_spare_descriptors():
                return  # none, or one that has gone
            pause.wait(_HASTY_PERIOD)

    def _may_meet(self) -> bool:
        return somebody_listens(self._path) and can_spare_descriptors()

    def _meet(self) -> float:
        """Talk to the window until one of both ends it; return the seconds after which to look for it again."""
        # Only now: a program that nobody watches need not pay for them.
        from taskmon.link.program.session import Session
        from taskmon.link.wire.client import GREETING_TIME, Client, NoRoomError

        try:
            self._socket = connection = connect(self._path)
        except OSError:
            return LOOK_PERIOD
        events: deque[TaskEvent] = deque()  # of this connection: a thread that is late with one must not tell the next
        sink = _sink_into(events)
        try:
            client = Client(connection)
            within = self._goodbye if self._ending.is_set() else GREETING_TIME
            about = {"role": "peer", "program": self._program, "run": self.run, "returns": True}
            told = client.greet(ending=self._without_a_word, within=within, **about)
            pid = told.get("pid")
            self.window = pid if type(pid) is int else 0
            session = self._session = Session(client, self._source.tasks, events, self._on_look)
            tasks = self._source.attach(sink)
            self.connected = True
            session.run(tasks, self._ending)
            finish, self._finish = self._finish, None
            if finish is not None:
                finish()
            self._source.detach(sink)
            session.say_goodbye(self._goodbye * 0.8)
        except NoRoomError:
            return _LONG_PAUSE
        except OSError:  # the window has gone
            return LOOK_PERIOD
        except Exception:  # of ours, or of a source; the program is not to hear of it
            return _LONG_PAUSE
        finally:
            self.connected = False
            self._source.detach(sink)
            ended, self._socket, self._session = self._session, None, None
            # The listening thread may still use the number: then it is closed when that has let go of it.
            if ended is None or ended.end(_LISTENER_ENDS):
                connection.close()
        return LOOK_PERIOD

    def _forget_after_fork(self) -> None:
        """In a forked child: the thread is not here, and the connection is the parent's."""
        connection, self._socket = self._socket, None
        self._lock = threading.Lock()  # the old ones may be held for ever
        self._ending = threading.Event()
        self._ending.set()
        self._finish = None
        self._thread_ended = threading.Event()
        self._thread_ended.set()
        self.connected = False
        if connection is not None:
            connection.close()  # this descriptor of it alone


def _sink_into(events: deque[TaskEvent]) -> Callable[[TaskEvent], None]:
    """Return what takes the events of a source, in whichever thread they happen."""

    def sink(event: TaskEvent) -> None:
        if event.__class__ is not TaskLogged:  # the lines stay where they are until they are asked for
            events.append(event)

    return sink


_publishers: Final[weakref.WeakSet[Publisher]] = weakref.WeakSet()


def _close_all() -> None:
    for publisher in list(_publishers):
        carry_through(publisher.close, time.monotonic() + GOODBYE)


def _close_with_multiprocessing() -> None:
    """A process that `multiprocessing` has forked leaves without the interpreter's exit, but not without its own."""
    process, util = sys.modules.get("multiprocessing.process"), sys.modules.get("multiprocessing.util")
    if process is not None and util is not None and process.parent_process() is not None:
        util.Finalize(None, _close_all, exitpriority=-100)


def _forget_all() -> None:
    for publisher in list(_publishers):
        publisher._forget_after_fork()
    _publishers.clear()


run_at_exit(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
