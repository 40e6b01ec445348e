"""Where a thread is: one look at its stack, as plain values that can be sent to another process."""

from __future__ import annotations

from typing import NamedTuple


class StackFrame(NamedTuple):
    """One call."""

    file: str
    """The path of the source file, as the code object names it."""
    line: int
    function: str
    """The qualified name of the function."""
    own: bool
    """Whether it is the program's own code, rather than the standard library's or a package's."""
    call: str = ""
    """What it is calling, as the source spells it (``time.sleep``, ``with self._lock``); empty if that is not known.

    Told of the innermost frame, whose call into C is no frame of its own, and of the innermost of the program's own.
    """


class StackSample(NamedTuple):
    """A thread's calls at one moment, the innermost last."""

    taken_at: float
    """Seconds of `time.monotonic()`."""
    frames: tuple[StackFrame, ...]
    unmoved_since: float
    """Since when the innermost call has been seen at the same place, in seconds of `time.monotonic()`."""
    busy: float | None = None
    """The share of a processor that the thread has used since the look before, 0 to 1; None if that is not known."""
