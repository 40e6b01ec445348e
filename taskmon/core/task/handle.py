"""What a window needs of a task, wherever the task runs: here, in another thread's bookkeeping or in another process.

`taskmon.core.task.task.Task` is the original. Tasks of other programs, and threads of programs that know nothing of
taskmon, are shown by objects of their own that keep to this protocol.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from taskmon.core.stacks.sampler import StackSample
from taskmon.core.stop import Dispatch
from taskmon.core.task.request import Request
from taskmon.core.task.snapshot import TaskSnapshot


class TaskHandle(Protocol):
    """One task, to look at and to ask. Any thread may call any method; none blocks, none does I/O."""

    @property
    def id(self) -> int:
        """Unique within the process that shows it; see `taskmon.core.task.snapshot.new_task_id`."""

    @property
    def name(self) -> str:
        """What the user sees. Not trusted: show it as plain text only."""

    def snapshot(self) -> TaskSnapshot:
        """Return the newest picture."""

    def ask(self, request: Request, dispatch: Dispatch | None = None) -> bool:
        """Ask something of it; return whether that was new and possible.

        Args:
            request: what is asked.
            dispatch: gets the function that runs stop and done callbacks, which are foreign code; without it they
                run here. Those of a stop after the current item run in the worker's thread, if it has one.
        """

    def retry(self) -> TaskHandle:
        """Start the same work again. Raises RuntimeError if that is not possible."""

    def add_done_callback(self, fn: Callable[[Any], object], /) -> None:
        """Call ``fn(self)`` once it has ended, in whichever thread that happens in."""

    def log_lines(self, since: int = 0) -> tuple[int, list[str]]:
        """Return the number of lines logged so far, and those that are kept from number `since` on."""

    def stack(self) -> StackSample | None:
        """Return where its thread is, or None if that is not known (yet).

        Asking is what keeps the answer fresh: a task of another process is sampled there while somebody asks here.
        """
