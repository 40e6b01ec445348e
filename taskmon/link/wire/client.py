"""The end of a connection that has made it: programs and the command line. It never waits but in `exchange`."""

from __future__ import annotations

import os
import time
from collections import deque

from taskmon.link.wire.connection import VERSION, Connection, FrameError, Message, encode

TYPE_CHECKING = False  # `typing` takes a tenth of `taskmon list`
if TYPE_CHECKING:
    import threading
    from typing import Any, Final

    from taskmon.link.wire.channel import ProgramSocket

#: How long the window may take to greet, in seconds: it may have been stopped.
GREETING_TIME: Final = 5.0
_PIECE: Final = 65_536


class NoRoomError(Exception):
    """The window has said that it cannot take this connection, and why."""


class Client(Connection):
    """A connection that has been made. One thread at a time, but for what says otherwise."""

    def __init__(self, connection: ProgramSocket) -> None:
        super().__init__()
        self._socket = connection
        self._messages: deque[Message] = deque()
        self.sent_at = 0.0
        """When something was sent last, as `time.monotonic()`."""
        self._waits = 0

    def greet(self, *, ending: threading.Event | None = None, within: float = GREETING_TIME, **about: Any) -> Message:
        """Say who this is and wait for the answer, which is returned, for `within` seconds or until `ending`.

        Raises:
            NoRoomError: if the window refuses.
            OSError: if it does not answer.
        """
        self.queue([encode({"t": "hello", "v": VERSION, "pid": os.getpid(), "now": time.monotonic(), **about})])
        answer = self.receive(within, ending)
        if answer["t"] != "welcome":
            raise NoRoomError(str(answer.get("text") or "The window has refused the connection")[:500])
        return answer

    def receive(self, timeout: float, ending: threading.Event | None = None) -> Message:
        """Return the next message. Raises OSError if there is none within `timeout` seconds, or before `ending`."""
        end = time.monotonic() + timeout
        while not self._messages:
            left = end - time.monotonic()
            if left <= 0 or (ending is not None and ending.is_set()):
                raise TimeoutError("the window does not answer")
            self._messages.extend(self.exchange(min(left, 0.1)))
        return self._messages.popleft()

    def exchange(self, timeout: float) -> list[Message]:
        """Send what can be sent and return what has come, waiting at most `timeout` seconds for either.

        Raises:
            OSError: if the other end has gone, or does not keep to the protocol.
        """
        self.push()
        try:
            data = self._wait_and_read(max(1, int(timeout * 1000)))
        except BlockingIOError:
            return []
        return self._read(data)

    def _read(self, data: bytes) -> list[Message]:
        if not data:
            raise ConnectionResetError("the window has gone")
        try:
            return self.feed(data)
        except FrameError as error:
            raise ConnectionAbortedError(str(error)) from None

    def receive_messages(self, timeout: float) -> list[Message]:
        """Return what has come, waiting at most `timeout` seconds. Another thread may `push` meanwhile.

        Raises:
            OSError: if the other end has gone, or does not keep to the protocol.
        """
        try:
            return self._read(self._wait_and_receive(max(1, int(timeout * 1000))))
        except BlockingIOError:
            return []

    def wait_to_send(self, timeout: float) -> None:
        """Wait at most `timeout` seconds until something can be sent. Another thread may receive meanwhile."""
        self._socket.wait_to_send(max(1, int(timeout * 1000)))

    def shut_down(self) -> None:
        """Say that nothing comes any more, in either direction: who waits for a message waits no longer. Never raises.

        What has been sent is still delivered.
        """
        self._socket.shut_down()

    def push(self) -> None:
        """Send what can be sent at once. Raises ConnectionAbortedError if the program has closed the connection."""
        try:
            self._send()
        except ConnectionAbortedError:  # who listens may not notice, and wait for what comes to the program
            raise
        except ConnectionError:  # the other end has gone: what it said before that comes first
            self.discard()

    def _wait_and_read(self, milliseconds: int) -> bytes:
        """Return what comes within that time, b"" at the end. Raises BlockingIOError if nothing does.

        Beside many busy threads each call of the system costs a turn of all of them, a third of a second with 64. So
        while there is nothing to send, one call both waits and reads.
        """
        if self.unsent:
            self._socket.wait_for_either(milliseconds)
            self.push()
            return self._socket.receive_now(_PIECE)
        return self._wait_and_receive(milliseconds)

    def _wait_and_receive(self, milliseconds: int) -> bytes:
        if milliseconds != self._waits:
            self._waits = milliseconds
            self._socket.wait_at_most(milliseconds)
        return self._socket.receive(_PIECE)

    def _send(self) -> None:
        while self.unsent:
            try:
                sent = self._socket.send(self.next_piece(_PIECE))
            except BlockingIOError:
                return
            self.sent(sent)
            self.sent_at = time.monotonic()
