"""One connection, as the window has it: messages in and out within bounds, and a role once it has said who it is."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol

from taskmon.link.wire.connection import VERSION, Connection, FrameError, Message, encode

if TYPE_CHECKING:
    import asyncio  # it is loaded by the server's thread

#: What a connection may send in the long run and at once; beyond that, it is not read from for a while.
BYTES_PER_SECOND: Final = 1_000_000
BYTES_AT_ONCE: Final = 6_000_000
FRAMES_PER_SECOND: Final = 200
FRAMES_AT_ONCE: Final = 1_000
#: A connection that lets more bytes than this wait to be read is given up.
MOST_UNREAD: Final = 262_144
#: The command line asks for long lists, and reads them.
_MOST_LISTED: Final = 16_777_216
#: It is read from again once it may send so much, so as not to be read piece by piece.
PIECE: Final = 65_536
_SOME_FRAMES: Final = 20
#: Seconds that the last words of the window may take.
_LAST_WORDS: Final = 1.0

Answered = Callable[[bool], None]


class Role(Protocol):
    """What a connection is there for."""

    def hear(self, message: Message) -> None:
        """Take a message. In the server's thread."""

    def gone(self) -> None:
        """The connection has ended. In the server's thread."""


class Refusal(Exception):
    """Why a connection is closed, in words for the other end; empty to say nothing."""


class ServerConnection:
    """Used by the server's thread, but for `ask`."""

    def __init__(self, writer: asyncio.StreamWriter, loop: asyncio.AbstractEventLoop, pid: int) -> None:
        self.pid = pid
        """The process at the other end, as the kernel knows it; 0 if it does not tell."""
        self.role: Role | None = None
        self.heard_at = time.monotonic()
        self._limit = MOST_UNREAD
        self._writer = writer
        self._loop = loop
        self._connection = Connection()
        self._asked: deque[bytes] = deque()  # by any thread; emptied by the server's
        self._lock = threading.Lock()
        self._closed = False
        self._answered: dict[int, Answered] = {}
        self._number = 0
        self._bytes = float(BYTES_AT_ONCE)
        self._frames = float(FRAMES_AT_ONCE)
        self._counted_at = self.heard_at

    # -- asking it: any thread ------------------------------------------------------------------------

    def ask(self, message: Message, answered: Answered | None = None) -> bool:
        """Send a request soon, see `taskmon.link.window.remote_task.Line`."""
        with self._lock:
            if self._closed:
                return False
            if answered is not None:
                self._number += 1
                self._answered[self._number] = answered
                message = {**message, "n": self._number}
            self._asked.append(encode(message))
            first = len(self._asked) == 1
        if first:
            with contextlib.suppress(RuntimeError):  # the loop has ended, and the connection with it
                self._loop.call_soon_threadsafe(self._send_requests)
        return True

    def take_answer(self, message: Message) -> Answered | None:
        """Who waits for this answer."""
        number = message.get("n")
        return self._answered.pop(number, None) if type(number) is int else None

    def take_all_answers(self) -> list[Answered]:
        """Those who wait for an answer that will not come."""
        with self._lock:
            self._closed = True  # nobody else begins to wait
            waiting = list(self._answered.values())
            self._answered.clear()
        return waiting

    def allow_long_lists(self) -> None:
        """It is the user's command line."""
        self._limit = _MOST_LISTED

    # -- what goes ------------------------------------------------------------------------------------

    def say(self, *frames: bytes) -> None:
        """Send frames. Raises Refusal if it reads too slowly."""
        if not self._writer.is_closing():
            self._writer.write(b"".join(frames))
            if self._writer.transport.get_write_buffer_size() > self._limit:
                raise Refusal

    def _send_requests(self) -> None:
        with self._lock:
            frames = list(self._asked)
            self._asked.clear()
        try:
            self.say(*frames)
        except Refusal:
            self.abort()

    # -- what comes -----------------------------------------------------------------------------------

    def receive(self, data: bytes) -> list[Message]:
        """Return the messages that `data` completes. Raises Refusal for nonsense."""
        self.heard_at = time.monotonic()
        try:
            messages = self._connection.feed(data)
        except FrameError as error:
            raise Refusal(str(error)) from None
        self._bytes -= len(data)
        self._frames -= len(messages)
        return messages

    def rest(self) -> float:
        """Seconds for which it is not to be read from, because it has sent more than it may."""
        now = time.monotonic()
        passed = max(0.0, now - self._counted_at)
        self._counted_at = now
        self._bytes = min(float(BYTES_AT_ONCE), self._bytes + passed * BYTES_PER_SECOND)
        self._frames = min(float(FRAMES_AT_ONCE), self._frames + passed * FRAMES_PER_SECOND)
        if self._bytes > 0 and self._frames > 0:
            return 0.0
        return max(0.01, (PIECE - self._bytes) / BYTES_PER_SECOND, (_SOME_FRAMES - self._frames) / FRAMES_PER_SECOND)

    # -- the end --------------------------------------------------------------------------------------

    def close(self, why: str = "") -> None:
        """Close it, telling why if there is room for that."""
        with self._lock:
            self._closed = True
            self._answered.clear()
        if not why or self._writer.is_closing():
            self.abort()
            return
        self._writer.write(encode({"t": "error", "v": VERSION, "text": why[:500]}))
        self._writer.close()
        self._loop.call_later(_LAST_WORDS, self.abort)  # of one that does not read

    def abort(self) -> None:
        """Cut it off; whoever reads from it meets its end. Idempotent."""
        self._writer.transport.abort()


MakeControl = Callable[[ServerConnection], Role]
