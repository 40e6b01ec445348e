"""One end of a connection to the window: frames out, messages in, and never a wait but in `exchange`.

For programs and for the command line; the window's end is `taskmon.link.server`.
"""

from __future__ import annotations

import os
import select
import socket
import struct
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Final

from taskmon.link.frames import VERSION, Decoder, FrameError, Message, encode

#: How long the window may take to greet, in seconds: it may have been stopped.
GREETING_TIME: Final = 5.0
#: A program may have told the system to end it when it writes into a closed connection: not into this one.
_QUIETLY: Final = getattr(socket, "MSG_NOSIGNAL", 0)
_NOW: Final = getattr(socket, "MSG_DONTWAIT", 0)
_PIECE: Final = 65_536


class NoRoomError(Exception):
    """The window has said that it cannot take this connection, and why."""


class Conversation:
    """A connection that has been made. One thread at a time."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._decoder = Decoder()
        self._out = bytearray()
        self._came: deque[Message] = deque()
        self.sent_at = 0.0
        """When something was sent last, as `time.monotonic()`."""
        if sys.platform == "darwin":  # as MSG_NOSIGNAL elsewhere
            connection.setsockopt(socket.SOL_SOCKET, 0x1022, 1)
        self._poll = select.poll()  # select() knows no descriptor above 1 023
        connection.setblocking(True)  # see `_wait_and_read`
        self._waits = 0

    def greet(self, *, ending: threading.Event | None = None, **about: Any) -> Message:
        """Say who this is and wait for the answer, which is returned.

        Raises:
            NoRoomError: if the window refuses.
            OSError: if it does not answer.
        """
        self.queue([encode({"t": "hello", "v": VERSION, "pid": os.getpid(), "now": time.monotonic(), **about})])
        answer = self.receive(GREETING_TIME, ending)
        if answer["t"] != "welcome":
            raise NoRoomError(str(answer.get("text") or "The window has refused the connection")[:500])
        return answer

    def receive(self, timeout: float, ending: threading.Event | None = None) -> Message:
        """Return the next message. Raises OSError if there is none within `timeout` seconds, or before `ending`."""
        end = time.monotonic() + timeout
        while not self._came:
            left = end - time.monotonic()
            if left <= 0 or (ending is not None and ending.is_set()):
                raise TimeoutError("the window does not answer")
            self._came.extend(self.exchange(min(left, 0.1)))
        return self._came.popleft()

    @property
    def unsent(self) -> int:
        """Bytes that wait for the other end to read."""
        return len(self._out)

    def queue(self, frames: Iterable[bytes]) -> None:
        """Send these soon."""
        for frame in frames:
            self._out += frame

    def load(self, make: Callable[[], list[bytes]], enough: int) -> None:
        """Queue what `make` gives, again and again, until it gives nothing or `enough` bytes wait."""
        while len(self._out) < enough:
            frames = make()
            if not frames:
                return
            self.queue(frames)

    def exchange(self, timeout: float) -> list[Message]:
        """Send what can be sent and return what has come, waiting at most `timeout` seconds for either.

        Raises:
            OSError: if the other end has gone, or does not keep to the protocol.
        """
        self._try_to_send()
        try:
            data = self._wait_and_read(max(1, int(timeout * 1000)))
        except BlockingIOError:
            return []
        if not data:
            raise ConnectionResetError("the window has gone")
        try:
            return self._decoder.feed(data)
        except FrameError as error:
            raise ConnectionAbortedError(str(error)) from None

    def _wait_and_read(self, milliseconds: int) -> bytes:
        """Return what comes within that time, b"" at the end. Raises BlockingIOError if nothing does.

        Beside many busy threads each call of the system costs a turn of all of them, a third of a second with 64. So
        while there is nothing to send, one call both waits and reads.
        """
        if self._out:
            self._poll.register(self._socket, select.POLLIN | select.POLLOUT)
            self._poll.poll(milliseconds)
            self._try_to_send()
            return self._socket.recv(_PIECE, _NOW)
        if milliseconds != self._waits:
            self._waits = milliseconds
            limit = struct.pack("ll", milliseconds // 1000, milliseconds % 1000 * 1000)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        return self._socket.recv(_PIECE)

    def _try_to_send(self) -> None:
        try:
            self._send()
        except ConnectionError:  # the other end has gone: what it said before that comes first
            self._out.clear()

    def _send(self) -> None:
        while self._out:
            try:
                sent = self._socket.send(memoryview(self._out)[:_PIECE].tobytes(), _QUIETLY | _NOW)
            except BlockingIOError:
                return
            del self._out[:sent]
            self.sent_at = time.monotonic()
