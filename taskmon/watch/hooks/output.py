"""What the program prints, as lines of its log.

Only the lowest layer of ``sys.stdout`` and ``sys.stderr`` is listened to, where bytes go to the system: the
streams stay the same objects, with their buffers, their encoding and their terminal. A write that fails is repeated
without us, so that the error comes from where it always comes from.
"""

from __future__ import annotations

import sys
from collections import deque
from typing import Any, Final
from weakref import ref

from taskmon.watch.hooks.patching import leave_out, nothing, report

#: Writes kept until the next look, and how much of each.
_MOST_WRITES: Final = 500
_LONGEST_WRITE: Final = 16_384


class OutputHook:
    """Hears what is written. `take` gives it as lines.

    Listening costs the program something with each write, so it is done only while somebody watches, and before that as
    long as somebody may come.
    """

    def __init__(self, stdout: Any = None, stderr: Any = None) -> None:
        """Listen to these; by default to the program's, as they are now."""
        # What was written to stdout, as it is; to stderr, in a tuple. Adding to and taking from it are atomic.
        self._writes: deque[Any] = deque(maxlen=_MOST_WRITES)
        self._rests = [b"", b""]
        self._raws: list[Any] = []
        self._streams = [_lowest(stream) for stream in (stdout or sys.stdout, stderr or sys.stderr)]

    def install(self) -> None:
        """Listen to both streams, as far as they are what Python made them. A second call does nothing."""
        if self._raws:
            return
        for number, found in enumerate(self._streams):
            raw: Any = found[0]()
            if raw is None or "write" in vars(raw):
                continue
            try:
                raw.write = self._listener(number, raw, found[1])
            except (AttributeError, TypeError):  # of another make
                continue
            self._raws.append(raw)

    def uninstall(self) -> None:
        """Listen no more. What was heard can still be taken."""
        raws, self._raws = self._raws, []
        for raw in raws:
            vars(raw).pop("write", None)

    def _listener(self, number: int, raw: Any, buffered: bool) -> Any:
        write, keep, longest, writes = raw.write, self._keep, _LONGEST_WRITE, self._writes
        append = writes.append if not number else lambda data: writes.append((data,))

        def listen(data: Any) -> Any:
            if type(data) is not bytes or len(data) >= longest:
                try:
                    return listen_to_much(data)
                except Exception as error:
                    leave_out(error)
                    raise
            # Without a buffer this is the way of each print: a short text is kept as it is, before the system has it.
            append(data)
            try:
                return write(data)
            except Exception as error:
                vars(raw).pop("write", None)
                leave_out(error)
                try:  # noqa: SIM105 -- `contextlib` costs a watched program more than all of this
                    writes.pop()
                except IndexError:  # it has been taken already
                    pass
                raise

        def listen_to_much(data: Any) -> Any:
            try:
                written = write(data)
            except Exception as error:
                vars(raw).pop("write", None)
                if buffered:
                    return 0  # the buffer tries again, without us in the traceback
                leave_out(error)
                raise
            keep(number, raw, data, written)
            return written

        return listen_to_much if buffered else listen

    def _keep(self, number: int, raw: Any, data: Any, written: int | None) -> None:
        if not written:
            return
        try:
            # Of a long one, the end. A copy: it may be a buffer's, which will hold something else.
            part = bytes(memoryview(data)[max(0, written - _LONGEST_WRITE) : written])
            self._writes.append((part,) if number else part)
        except Exception as error:
            vars(raw).pop("write", None)
            report(error)

    def forget(self) -> None:
        """What was heard so far is of no interest."""
        self._writes.clear()
        self._rests = [b"", b""]

    def take(self, *, all_of_it: bool = False) -> list[str]:
        """Return the lines that were completed since the last call; with `all_of_it`, unfinished ones as well."""
        lines: list[str] = []
        while self._writes:
            data = self._writes.popleft()
            number = int(type(data) is tuple)
            *complete, rest = (self._rests[number] + (data[0] if number else data)).split(b"\n")
            # A progress bar returns to the beginning of its line again and again: what stands there last counts.
            self._rests[number] = rest[-_LONGEST_WRITE:]
            lines += [_shown(line) for line in complete]
        if all_of_it:
            lines += [_shown(rest) for rest in self._rests if rest]
            self._rests = [b"", b""]
        return lines


def _lowest(stream: Any) -> tuple[Any, bool]:
    """Return a weak reference to the layer of a stream that writes, and whether there is a buffer before it."""
    raw: Any = getattr(stream, "buffer", None)
    buffered = hasattr(raw, "raw")
    raw = raw.raw if buffered else raw
    # Not `vars`: that alone would make each later look at one of its attributes slower.
    if type(raw).__dictoffset__ and type(raw).__weakrefoffset__:
        return ref(raw), buffered
    return nothing, False  # no stream, or one of another make


def _shown(line: bytes) -> str:
    return line.rstrip(b"\r").rpartition(b"\r")[2].decode("utf-8", "replace")
