"""What a program and the window say to each other while they are connected.

The publisher's thread tells. What the window asks for is heard by another, which does nothing but wait for it, and done
there: beside busy threads each wait for the interpreter takes a turn of all of them, a third of a second with 64, and a
request must not come behind what is being told.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from taskmon.core.base.threads import SignalsBlocked, spawn
from taskmon.core.task.events import TaskEvent
from taskmon.core.task.handle import TaskHandle
from taskmon.link.program.outbox import Outbox
from taskmon.link.wire.client import Client
from taskmon.link.wire.codec import seconds
from taskmon.link.wire.connection import Message, encode, encode_many

#: Seconds between two looks at the tasks, unless the window asks for fewer.
TICK: Final = 0.1
_SLOWEST_TICK: Final = 10.0
#: Seconds between two looks at what the threads do, and between two while the window shows that over time. It says so
#: again and again; each time is good for so many seconds.
PERIOD: Final = 1.0
CLOSE_PERIOD: Final = 0.25
_CLOSE_FOR: Final = 3.0
#: With nothing to tell, something is said this often, in seconds.
BEAT: Final = 0.5
#: With more bytes than this on their way, no more are made.
_FULL: Final = 65_536
#: After the window has asked for something, what follows is told sooner: so many rounds, of so many seconds.
_QUICK_ROUNDS: Final = 20
_QUICK_WAIT: Final = 0.01
#: Seconds after which the listening thread looks whether the program has closed the connection beneath it.
_LISTENS_FOR: Final = 10.0
_BEAT_FRAME: Final = encode({"t": "beat"})
_ALL_FRAME: Final = encode({"t": "all"})
_BYE_FRAME: Final = encode({"t": "bye"})


class Session:
    """One connection, from the window's welcome on."""

    def __init__(
        self,
        client: Client,
        tasks: Callable[[], Iterable[TaskHandle]],
        events: deque[TaskEvent],
        on_look: Callable[[float], object] | None = None,
    ) -> None:
        self._client = client
        self._tasks = tasks
        self._events = events
        self._on_look = on_look
        self._outbox = Outbox()
        self._replaced_by: str | None = None
        self._told = threading.Event()
        self._tick = TICK
        self._close_until = 0.0  # the window shows what the threads do over time
        self._quick = 0
        self._wake = threading.Event()
        self._is_alone = False  # the system has refused a thread that listens
        self._failure: Exception | None = None  # what ended that thread
        self._listens_no_more = threading.Event()

    def run(self, tasks: Iterable[TaskHandle], ending: threading.Event) -> None:
        """Tell of `tasks` and those to come, and obey, until `ending` is set.

        Raises:
            OSError: when the window has gone.
        """
        client, outbox = self._client, self._outbox
        for task in tasks:
            outbox.add(task)
        with SignalsBlocked():
            spawn(self._listen, "taskmon-link", self._be_alone)
        next_look = 0.0
        told_of_all = leaving = False
        while not ending.is_set():
            self._take_events()
            client.load(outbox.news, _FULL)
            if not told_of_all and not outbox.has_news:
                told_of_all = True
                client.queue([_ALL_FRAME])
            if outbox.incomplete and not outbox.has_news:
                outbox.incomplete = False
                for task in self._tasks():
                    outbox.add(task)
            if self._replaced_by is not None and not outbox.has_news:
                client.queue([encode({"t": "replaced", "by": self._replaced_by[:200]})])
                self._replaced_by = None
                leaving = True
            now = time.monotonic()
            if now >= next_look and client.unsent < _FULL:
                next_look = now + self._tick
                if self._on_look is not None:
                    self._on_look(CLOSE_PERIOD if now < self._close_until else PERIOD)
                client.queue(encode_many("moves", "moves", outbox.moves()))
            if not client.unsent and now - client.sent_at >= BEAT:
                client.queue([_BEAT_FRAME])
            self._send(_QUICK_WAIT if self._quick or leaving else TICK)
            if leaving and not client.unsent:
                leaving = False
                self._told.set()
            self._quick = max(0, self._quick - 1)

    def _send(self, wait: float) -> None:
        """Send what can be sent, and wait at most so many seconds for more to do. May raise OSError."""
        client = self._client
        if self._is_alone:
            for message in client.exchange(wait):
                self._hear(message)
            return
        client.push()
        if client.unsent:
            client.wait_to_send(wait)
        else:
            self._wake.wait(wait)
        self._wake.clear()
        if self._failure is not None:
            raise self._failure

    # -- in the listening thread --------------------------------------------------------------------------------

    def _listen(self) -> None:
        try:
            while True:
                for message in self._client.receive_messages(_LISTENS_FOR):
                    self._hear(message)
        except Exception as error:
            self._failure = error
        except BaseException:  # of the program's: what it has put in place may be called in any thread
            self._failure = RuntimeError("the listening thread has been ended")
        finally:
            self._listens_no_more.set()
            self._wake.set()

    def _be_alone(self, error: BaseException) -> None:
        del error
        self._is_alone = True
        self._listens_no_more.set()
        self._wake.set()

    def _hear(self, message: Message) -> None:
        if message["t"] == "pace":
            self._tick = min(max(TICK, seconds(message.get("seconds"))), _SLOWEST_TICK)
        elif message["t"] == "closely":
            self._close_until = time.monotonic() + _CLOSE_FOR
        else:
            self._outbox.obey(message)
        self._quick = _QUICK_ROUNDS
        self._wake.set()

    # -- the end ------------------------------------------------------------------------------------------------

    def tell_replaced(self, by: str, timeout: float) -> None:
        """Tell that the program becomes another, and wait at most so many seconds until that has been sent. Any thread.

        If it does not come to that, the conversation goes on as before.
        """
        self._told.clear()
        self._replaced_by = by
        self._told.wait(timeout)

    def hurry(self) -> None:
        """See at once whether this is to end: the program waits for the last words. Any thread."""
        self._wake.set()

    def say_goodbye(self, within: float) -> None:
        """Tell what is left to tell, and that nothing follows, in at most so many seconds."""
        client, end = self._client, time.monotonic() + within
        self._take_events()
        while self._outbox.has_news or client.unsent:
            client.load(self._outbox.news, _FULL)
            if time.monotonic() >= end:
                return
            self._send(_QUICK_WAIT)
        client.queue([_BYE_FRAME])
        while client.unsent and time.monotonic() < end:
            self._send(_QUICK_WAIT)

    def end(self, within: float) -> bool:
        """Have the listening thread end; return whether it has, within so many seconds."""
        self._client.shut_down()
        return self._listens_no_more.wait(within)

    def _take_events(self) -> None:
        events = self._events
        while events:
            self._outbox.take(events.popleft())
