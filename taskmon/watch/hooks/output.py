"""What the program prints, as lines of its log.

Only the lowest layer of ``sys.stdout`` and ``sys.stderr`` is listened to, where bytes go to the system: the
streams stay the same objects, with their buffers, their encoding and their terminal. A write that fails is repeated
without us, so that the error comes from where it always comes from.
"""

from __future__ import annotations

import sys
from collections import deque
from typing import Any, Final

from taskmon.watch.hooks.patching import report

#: Writes kept until the next look, and how much of each.
_MOST_WRITES: Final = 500
_LONGEST_WRITE: Final = 16_384


class OutputHook:
    """Hears what is written. `take` gives it as lines."""

    def __init__(self) -> None:
        self._writes: deque[tuple[int, bytes]] = deque(maxlen=_MOST_WRITES)
        self._rests = [b"", b""]
        self._raws: list[Any] = []

    def install(self) -> None:
        """Listen to both streams, as far as they are what Python made them."""
        for number, stream in enumerate((sys.stdout, sys.stderr)):
            raw: Any = getattr(stream, "buffer", None)
            buffered = hasattr(raw, "raw")
            raw = raw.raw if buffered else raw
            try:
                raw.write = self._listener(number, raw, buffered)
            except (AttributeError, TypeError):  # no stream, or one of another make
                continue
            self._raws.append(raw)

    def uninstall(self) -> None:
        """Listen no more."""
        for raw in self._raws:
            vars(raw).pop("write", None)
        self._raws.clear()

    def _listener(self, number: int, raw: Any, buffered: bool) -> Any:
        write, keep, writes = raw.write, _LONGEST_WRITE, self._writes

        def listen(data: Any) -> Any:
            try:
                written = write(data)
            except Exception:
                vars(raw).pop("write", None)
                if buffered:
                    return 0  # the buffer tries again, without us in the traceback
                raise
            if written:
                try:
                    # Of a long one, the end.
                    writes.append((number, bytes(memoryview(data)[max(0, written - keep) : written])))
                except Exception as error:
                    vars(raw).pop("write", None)
                    report(error)
            return written

        return listen

    def take(self, *, all_of_it: bool = False) -> list[str]:
        """Return the lines that were completed since the last call; with `all_of_it`, unfinished ones as well."""
        lines: list[str] = []
        while self._writes:
            number, data = self._writes.popleft()
            *complete, rest = (self._rests[number] + data).split(b"\n")
            # A progress bar returns to the beginning of its line again and again: what stands there last counts.
            self._rests[number] = rest[-_LONGEST_WRITE:]
            lines += [_shown(line) for line in complete]
        if all_of_it:
            lines += [_shown(rest) for rest in self._rests if rest]
            self._rests = [b"", b""]
        return lines


def _shown(line: bytes) -> str:
    return line.rstrip(b"\r").rpartition(b"\r")[2].decode("utf-8", "replace")
