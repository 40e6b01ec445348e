"""How libraries that run the program's work have it cancelled: what their own users would call. In the agent's thread.

Only what is known by name; nothing is imported.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any, Final

from taskmon.core.stacks.variables import variables

MEANS: Final = "calls cancel() of its worker"
_TEXTUAL: Final = "textual.worker"


def cancel_of_coroutine(coroutine: Any) -> Callable[[], None] | None:
    """What cancels the task with this coroutine in the library's own way; None if none is known."""
    frame = getattr(coroutine, "cr_frame", None)
    if frame is None or frame.f_globals.get("__name__") != _TEXTUAL:
        return None
    return _canceller(variables(frame).get("self"))


def cancel_of_call(function: Any, code: CodeType) -> Callable[[], None] | None:
    """What cancels a call that a library has a pool execute, if the program's code in it asks for that."""
    if type(function) is not FunctionType or function.__globals__.get("__name__") != _TEXTUAL:
        return None
    if not _asks(code, "is_cancelled"):
        return None
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        if name == "self":
            return _canceller(cell.cell_contents)
    return None


def _asks(code: CodeType, name: str) -> bool:
    return name in code.co_names or any(_asks(each, name) for each in code.co_consts if isinstance(each, CodeType))


def _canceller(worker: Any) -> Callable[[], None] | None:
    if worker is None or type(worker).__module__ != _TEXTUAL:
        return None

    def cancel() -> None:
        task = worker._task
        if task is not None:
            with contextlib.suppress(RuntimeError):  # the loop has been closed: nothing of it will run again
                task.get_loop().call_soon_threadsafe(worker.cancel)

    return cancel
