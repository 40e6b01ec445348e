"""One connection, as the window has it: bytes in and out within bounds, and a role once it has said who it is."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from taskmon.link.frames import VERSION, Decoder, FrameError, Message, encode

#: Seconds in which a connection must have said who it is.
HELLO_TIME: Final = 5.0
#: What a connection may send in the long run and at once; beyond that, it is not read from for a while.
BYTES_PER_SECOND: Final = 1_000_000
BYTES_AT_ONCE: Final = 6_000_000
FRAMES_PER_SECOND: Final = 200
FRAMES_AT_ONCE: Final = 1_000
#: A connection that lets more bytes than this wait to be read is given up.
MOST_UNREAD: Final = 262_144
#: The command line asks for long lists, and reads them.
_MOST_LISTED: Final = 16_777_216
_PIECE: Final = 65_536
_QUIETLY: Final = getattr(socket, "MSG_NOSIGNAL", 0)


class Role(Protocol):
    """What a connection is there for."""

    def hear(self, message: Message) -> None:
        """Take a message. In the server's thread."""

    def gone(self, farewell: bool) -> None:
        """The connection has ended, with or without a goodbye. In the server's thread."""


class Refusal(Exception):
    """Why a connection is closed, in words for the other end; empty to say nothing."""


class Guest:
    """Used by the server's thread, but for `ask`."""

    def __init__(self, connection: socket.socket, pid: int, wake: Callable[[Guest], None]) -> None:
        self.socket = connection
        self.pid = pid
        """The process at the other end, as the kernel knows it; 0 if it does not tell."""
        self.role: Role | None = None
        self.came_at = self.heard_at = time.monotonic()
        self.reads = True
        """False while it has sent more than it may."""
        self.watched = 0
        """For what the server's selector has it."""
        self.limit = MOST_UNREAD
        self.closed = False
        self._wake = wake
        self._decoder = Decoder()
        self._out = bytearray()
        self._asked: deque[bytes] = deque()  # by any thread; emptied by the server's
        self._lock = threading.Lock()
        self._answered: dict[int, Callable[[bool], None]] = {}
        self._number = 0
        self._bytes = float(BYTES_AT_ONCE)
        self._frames = float(FRAMES_AT_ONCE)
        self._counted_at = self.came_at

    # -- asking it: any thread ------------------------------------------------------------------------

    def ask(self, message: Message, answered: Callable[[bool], None] | None = None) -> bool:
        """Send a request soon, see `taskmon.link.remote.Line`."""
        with self._lock:
            if self.closed:
                return False
            if answered is not None:
                self._number += 1
                self._answered[self._number] = answered
                message = {**message, "n": self._number}
            self._asked.append(encode(message))
        self._wake(self)
        return True

    def take_answer(self, message: Message) -> Callable[[bool], None] | None:
        """Who waits for this answer."""
        number = message.get("n")
        return self._answered.pop(number, None) if type(number) is int else None

    def allow_long_lists(self) -> None:
        """It is the user's command line."""
        self.limit = _MOST_LISTED

    # -- bytes ------------------------------------------------------------------------------------------

    @property
    def unsent(self) -> bool:
        """Whether something waits to be sent."""
        return bool(self._out or self._asked)

    def say(self, *frames: bytes) -> None:
        """Send frames. Raises Refusal if it reads too slowly."""
        for frame in frames:
            self._out += frame
        self.flush()

    def flush(self) -> None:
        """Send what can be sent without waiting. Raises Refusal if too much is left, OSError if it has gone."""
        while self._asked:
            self._out += self._asked.popleft()
        while self._out:
            try:
                sent = self.socket.send(memoryview(self._out)[:_PIECE].tobytes(), _QUIETLY)
            except (BlockingIOError, InterruptedError):
                break
            del self._out[:sent]
        if len(self._out) > self.limit:
            raise Refusal

    def read(self) -> list[Message]:
        """Return the messages that have come. Raises Refusal for nonsense, OSError if it has gone."""
        try:
            data = self.socket.recv(_PIECE)
        except (BlockingIOError, InterruptedError):
            return []
        if not data:
            raise ConnectionResetError
        self.heard_at = time.monotonic()
        try:
            messages = self._decoder.feed(data)
        except FrameError as error:
            raise Refusal(str(error)) from None
        self._spend(len(data), len(messages))
        return messages

    def _spend(self, size: int, count: int) -> None:
        self._bytes -= size
        self._frames -= count
        self.reads = self._bytes > 0 and self._frames > 0

    def rest(self, now: float) -> float:
        """Earn the right to send more; return the seconds until it is read from again, 0 if it is."""
        passed = max(0.0, now - self._counted_at)
        self._counted_at = now
        self._bytes = min(float(BYTES_AT_ONCE), self._bytes + passed * BYTES_PER_SECOND)
        self._frames = min(float(FRAMES_AT_ONCE), self._frames + passed * FRAMES_PER_SECOND)
        # Not at the first byte: a connection that is read from piece by piece costs more than it is worth.
        self.reads = self.reads or (self._bytes > _PIECE and self._frames > _SOME_FRAMES)
        if self.reads:
            return 0.0
        return max(0.01, (_PIECE - self._bytes) / BYTES_PER_SECOND, (_SOME_FRAMES - self._frames) / FRAMES_PER_SECOND)

    def close(self, why: str = "") -> None:
        """Close the connection, telling why if there is room for that."""
        with self._lock:
            self.closed = True
            self._answered.clear()
        if why:
            with contextlib.suppress(OSError):
                self.socket.send(encode({"t": "error", "v": VERSION, "text": why[:500]}), _QUIETLY)
        self.socket.close()


_SOME_FRAMES: Final = 20
