"""The frames of all threads, taken so that no thread is held up for good."""

from __future__ import annotations

import gc
import sys
from _operator import call
from collections.abc import Callable
from types import BuiltinFunctionType, FrameType
from typing import Final

#: Up to Python 3.11.8, `sys._current_frames` makes objects while it holds the lock on the list of threads. A collection
#: that this sets off runs Python code, which lets go of the interpreter: a thread that ends just then takes it, waits
#: for that lock, and nothing runs in the process ever after (python/cpython#106883). Since 3.12 none is set off there.
_COLLECTS: Final = sys.version_info < (3, 12)
#: In 3.12 and 3.13 it takes the frames of all interpreters of the process. Those that a program makes have a lock each
#: and run meanwhile: what is taken there is let go of twice, and the process aborts. Since 3.14 they are held. Nobody
#: has any without the module of this name: it is looked for rather than asked, for its answer races with their end.
_CROSSES: Final = (3, 12) <= sys.version_info < (3, 14)
_INTERPRETERS: Final = "_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters"


#: What tells of them. The program may replace that of `sys`, as debuggers do; in one that is watched, what stands here
#: leaves the threads of ours out.
take_frames: Callable[[], dict[int, FrameType]] = sys._current_frames


def can_be_taken() -> bool:
    """Whether to take frames does no harm, as it does where several interpreters may run in one process. Any thread."""
    return not _CROSSES or _INTERPRETERS not in sys.modules


def current_frames() -> dict[int, FrameType]:
    """Return the innermost frame of each thread, by its identity; none if that may do harm. Any thread."""
    return frames_by(take_frames) if can_be_taken() else {}


def frames_by(take: Callable[[], dict[int, FrameType]]) -> dict[int, FrameType]:
    """Return what `take` returns: that function, or what stands for it and calls this for the original itself."""
    if not _COLLECTS or type(take) is not BuiltinFunctionType or not gc.isenabled():
        return take()
    try:
        # One instruction, without a return to Python in between: no other thread sees that the collector rests.
        frames: dict[int, FrameType]
        _, frames, _ = map(call, (gc.disable, take, gc.enable))  # type: ignore[arg-type]
    except BaseException:
        gc.enable()
        raise
    return frames
