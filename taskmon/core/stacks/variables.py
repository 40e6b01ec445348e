"""The variables of a running function, read without a trace of the reading."""

from __future__ import annotations

import sys
from sys import getrefcount
from types import FrameType
from typing import Any, Final

_OPTIMIZED: Final = 1
"""CO_OPTIMIZED: a function's code, whose variables are not those of a namespace."""
_KEEPS_A_COPY: Final = sys.version_info < (3, 13)


def variables(frame: FrameType) -> dict[str, Any]:
    """Return what the variables of a frame hold now, by name. Any thread.

    Before Python 3.13 Python writes a copy of a function's variables into its frame, and leaves it there: whatever the
    function lets go of would live on, and an exception with this frame in its traceback would keep itself alive. So the
    copy is emptied at once. It is not where `locals()` has handed it to the program; and of a frame that is being
    traced nothing is read, for there the copy is written back into the variables when the tracer returns.
    """
    if not (_KEEPS_A_COPY and frame.f_code.co_flags & _OPTIMIZED):
        return {**frame.f_locals}
    if frame.f_trace is not None:
        return {}
    is_ours = getrefcount(frame.f_locals) <= 2  # the frame's own, and that of the question
    # From here to the clearing, no instruction lets another thread run.
    copy = frame.f_locals
    found = {**copy}
    if is_ours:
        copy.clear()
    return found
