"""One end of a connection to the window: frames out, messages in, and never a wait but in `exchange`.

For programs and for the command line; the window's end is `taskmon.link.window.server`.
"""

from __future__ import annotations

import _socket
import contextlib
import json
import os
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, NoReturn, Protocol

if TYPE_CHECKING:
    import socket

    from taskmon.link.wire.channel import ProgramSocket

# Bytes into messages and back. A frame is its length in four bytes, most significant first, and a JSON object.
#
# JSON, because a reader of it can build nothing but plain values, it is there in C in every Python, and programs in
# other languages can speak it. What it would let through is refused here: nesting that exhausts the stack, names that
# appear twice, NaN, lengths that are announced but never sent. Pure functions and one small state machine: no socket,
# no clock.

#: The version of this protocol. A greeting with another one is answered with one error, and the connection is closed.
VERSION: Final = 1
#: The longest frame, in bytes without its head.
LONGEST_FRAME: Final = 65_536
#: Frames of our own stay below this, so that no end is kept busy by one for long.
_LIKELY_FRAME: Final = 16_384
#: How deep lists and objects may be nested.
DEEPEST: Final = 16
_HEAD: Final = 4

Message = dict[str, Any]


class FrameError(ValueError):
    """What arrived is no message, and nothing behind it can be trusted to be one."""


class Decoder:
    """Takes bytes as they arrive, in pieces of any size, and gives the messages that are complete.

    After a `FrameError` it must not be fed again: the connection is to be closed.
    """

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """Return the messages that `data` completes.

        Holds on to less than one frame and what was fed with it. Raises `FrameError`.
        """
        buffer = self._buffer
        buffer += data
        messages: list[Message] = []
        start = 0
        while len(buffer) - start >= _HEAD:
            length = int.from_bytes(buffer[start : start + _HEAD], "big")
            if not 0 < length <= LONGEST_FRAME:  # looked at before a byte of it is waited for
                raise FrameError(f"a frame of {length} bytes; from 1 to {LONGEST_FRAME} are possible")
            end = start + _HEAD + length
            if len(buffer) < end:
                break
            messages.append(decode(bytes(buffer[start + _HEAD : end])))
            start = end
        del buffer[:start]
        return messages

    @property
    def waiting(self) -> int:
        """Bytes of a frame that is not complete yet."""
        return len(self._buffer)


def decode(data: bytes) -> Message:
    """Return the message that a frame holds. Bytes that are no UTF-8 become U+FFFD. Raises `FrameError`."""
    if _is_too_deep(data):
        raise FrameError(f"nested deeper than {DEEPEST}, or not balanced")
    try:
        message = json.loads(
            data.decode("utf-8", "replace"), object_pairs_hook=_unique_names, parse_constant=_no_constants
        )
    except FrameError:
        raise
    except (ValueError, RecursionError) as error:  # not JSON, or an integer of thousands of digits
        raise FrameError(f"not JSON: {error}") from None
    if type(message) is not dict or type(message.get("t")) is not str:
        raise FrameError("not an object with a text “t”")
    return message


def encode(message: Message) -> bytes:
    """Return `message` as a frame. Raises ValueError if it is too long, or has a number that is not finite."""
    data = json.dumps(message, allow_nan=False, separators=(",", ":")).encode()
    if len(data) > LONGEST_FRAME:
        raise ValueError(f"a message of {len(data)} bytes; {LONGEST_FRAME} are possible")
    return len(data).to_bytes(_HEAD, "big") + data


def encode_many(kind: str, name: str, items: Iterable[Any]) -> list[bytes]:
    """Return frames of kind `kind` that hold `items` as the list `name`: as many as it takes, none of them long.

    An item that is too long for any frame is left out.
    """
    frames: list[bytes] = []
    head = f'{{"t":"{kind}","{name}":['.encode()
    parts: list[bytes] = []
    size = 0
    for item in items:
        part = json.dumps(item, allow_nan=False, separators=(",", ":")).encode()
        if len(part) + len(head) + 2 > LONGEST_FRAME:
            continue
        if parts and size + len(part) > _LIKELY_FRAME:
            frames.append(_framed(head, parts))
            parts, size = [], 0
        parts.append(part)
        size += len(part) + 1
    if parts:
        frames.append(_framed(head, parts))
    return frames


def _framed(head: bytes, parts: list[bytes]) -> bytes:
    data = head + b",".join(parts) + b"]}"
    return len(data).to_bytes(_HEAD, "big") + data


# A text to its closing quote; or to the end of the frame, so that no text is looked at twice.
_TEXTS: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)', re.DOTALL)
_ALL_BUT_BRACKETS: Final = bytes(code for code in range(256) if code not in b"[]{}")
_ONE_KIND: Final = bytes.maketrans(b"{}", b"[]")


def _is_too_deep(data: bytes) -> bool:
    """Whether lists and objects are nested too deep; told without recursion, in a few passes at the speed of C."""
    if data.count(b"[") + data.count(b"{") <= DEEPEST:
        return False
    brackets = _TEXTS.sub(b"", data).translate(_ONE_KIND, _ALL_BUT_BRACKETS)
    for _ in range(DEEPEST):  # each pass takes away what has nothing within it
        brackets = brackets.replace(b"[]", b"")
        if not brackets:
            return False
    return True


def _unique_names(pairs: list[tuple[str, Any]]) -> Message:
    message = dict(pairs)
    if len(message) != len(pairs):
        raise FrameError("a name appears twice in an object")
    return message


def _no_constants(name: str) -> NoReturn:
    raise FrameError(f"{name} is no number")


#: How long the window may take to greet, in seconds: it may have been stopped.
GREETING_TIME: Final = 5.0
_PIECE: Final = 65_536
#: A program may have told the system to end it when it writes into a closed connection: not into this one.
_QUIETLY: Final = getattr(_socket, "MSG_NOSIGNAL", 0)


class NoRoomError(Exception):
    """The window has said that it cannot take this connection, and why."""


class Conversation:
    """A connection that has been made. One thread at a time."""

    def __init__(self, connection: ProgramSocket) -> None:
        self._socket = connection
        self._decoder = Decoder()
        self._out = bytearray()
        self._came: deque[Message] = deque()
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
            self._socket.wait_for_either(milliseconds)
            self._try_to_send()
            return self._socket.receive_now(_PIECE)
        if milliseconds != self._waits:
            self._waits = milliseconds
            self._socket.wait_at_most(milliseconds)
        return self._socket.receive(_PIECE)

    def _try_to_send(self) -> None:
        try:
            self._send()
        except ConnectionError:  # the other end has gone: what it said before that comes first
            self._out.clear()

    def _send(self) -> None:
        while self._out:
            try:
                sent = self._socket.send(memoryview(self._out)[:_PIECE].tobytes())
            except BlockingIOError:
                return
            del self._out[:sent]
            self.sent_at = time.monotonic()


# One connection, as the window has it: bytes in and out within bounds, and a role once it has said who it is.

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


class Role(Protocol):
    """What a connection is there for."""

    def hear(self, message: Message) -> None:
        """Take a message. In the server's thread."""

    def gone(self) -> None:
        """The connection has ended. In the server's thread."""


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
        """Send a request soon, see `taskmon.link.window.remote_task.Line`."""
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

    def take_all_answers(self) -> list[Callable[[bool], None]]:
        """Those who wait for an answer that will not come."""
        with self._lock:
            self.closed = True  # nobody else begins to wait
            waiting = list(self._answered.values())
            self._answered.clear()
        return waiting

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
