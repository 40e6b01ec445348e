"""One end of a connection without its socket: bytes in and messages out, messages in and bytes out.

A frame is its length in four bytes, most significant first, and a JSON object. JSON, because a reader of it can build
nothing but plain values, it is there in C in every Python, and programs in other languages can speak it. What it would
let through is refused here: nesting that exhausts the stack, names that appear twice, NaN, lengths that are announced
but never sent.

Who moves the bytes is another's affair: `taskmon.link.wire.client` in a program and on the command line, which waits
nowhere but in a wait for its socket, and asyncio in the window, which a program never loads.
"""

from __future__ import annotations

import json
import re

TYPE_CHECKING = False  # `typing` takes a tenth of `taskmon list`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, Final, NoReturn

#: The version of this protocol. A greeting with another one is answered with one error, and the connection is closed.
VERSION: Final = 1
#: The longest frame, in bytes without its head.
LONGEST_FRAME: Final = 65_536
#: Frames of our own stay below this, so that no end is kept busy by one for long.
_LIKELY_FRAME: Final = 16_384
#: How deep lists and objects may be nested.
DEEPEST: Final = 16
_HEAD: Final = 4

Message = dict[str, "Any"]


class FrameError(ValueError):
    """What arrived is no message, and nothing behind it can be trusted to be one."""


class Connection:
    """What has come of a frame that is not complete, and what has not gone yet. One thread at a time.

    After a `FrameError` it must not be fed again: the connection is to be closed.
    """

    __slots__ = ("_came", "_out")

    def __init__(self) -> None:
        self._came = bytearray()
        self._out = bytearray()

    # -- what comes -----------------------------------------------------------------------------------------

    def feed(self, data: bytes) -> list[Message]:
        """Take bytes as they arrive, in pieces of any size, and return the messages that they complete.

        Holds on to less than one frame and what was fed with it. Raises `FrameError`.
        """
        buffer = self._came
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
        return len(self._came)

    # -- what goes ------------------------------------------------------------------------------------------

    @property
    def unsent(self) -> int:
        """Bytes that have not been taken."""
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

    def next_piece(self, size: int) -> bytes:
        """The next bytes to be sent, at most `size`; they stay until `sent` says that they have gone."""
        return bytes(memoryview(self._out)[:size])

    def sent(self, count: int) -> None:
        """So many bytes have gone."""
        del self._out[:count]

    def discard(self) -> None:
        """Nobody will read what has not gone."""
        self._out.clear()


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
