"""Why a thread was asked to stop."""

from __future__ import annotations

import time
from enum import Enum
from typing import Final, NamedTuple

from taskmon.core.base.text import to_text


class StopKind(Enum):
    """What sort of event asked for the stop."""

    REQUEST = "request"
    USER = "user"
    DEADLINE = "deadline"
    PARENT = "parent"
    SHUTDOWN = "shutdown"
    REMOTE = "remote"


#: Who asked, where the user did so in a terminal.
CANCEL_COMMAND: Final = "taskmon cancel"
#: And where the window did, because it was closed.
WINDOW: Final = "taskmon"


class StopReason(NamedTuple):
    """Why a stop was requested. The first reason wins and is handed down to linked tokens unchanged."""

    kind: StopKind
    by: str
    """Who asked: a user, a task's name, a signal. May be empty."""
    text: str
    """Why, in a few words. May be empty."""
    at: float
    """When, in seconds of `time.monotonic()`."""

    @classmethod
    def given(cls, text: object, by: object, kind: StopKind) -> StopReason:
        """Return the reason of a stop that is requested now, whatever the caller has given for words; None is none.

        Raises:
            ValueError: `kind` is no kind of stop. It would fail where it is told, far from who gave it.
        """
        told, who = ("" if given is None else to_text(given).strip() for given in (text, by))
        return cls(StopKind(kind), who, told, time.monotonic())

    @property
    def from_terminal(self) -> bool:
        """Whether the user asked with ``taskmon cancel``."""
        return self.kind is StopKind.USER and self.by == CANCEL_COMMAND

    @property
    def by_closing(self) -> bool:
        """Whether the window asked its own tasks, because it was closed."""
        return self.kind is StopKind.SHUTDOWN and self.by == WINDOW

    def sentence(self, *, cancelled: bool = True) -> str:
        """Return the reason in words, such as ``cancelled by the user: no longer needed``.

        Args:
            cancelled: whether it is that of a cancelled task; another was asked to stop, and no more is known.
        """
        base = _DEFAULT_TEXTS[self.kind]
        if not cancelled:
            base = base.replace("cancelled by", "asked to stop by")
        if self.from_terminal:
            base = f"{base}, with {self.by}"
        elif self.kind is StopKind.SHUTDOWN and self.by:
            base = f"the program is quitting ({self.by})"
        elif self.by and self.kind is not StopKind.USER:
            base = f"{base} by {self.by}" if self.kind is StopKind.REQUEST else f"{base} ({self.by})"
        return f"{base}: {self.text}" if self.text else base


_DEFAULT_TEXTS: Final = {
    StopKind.REQUEST: "asked to stop",
    StopKind.USER: "cancelled by the user",
    StopKind.DEADLINE: "its time was up",
    StopKind.PARENT: "its parent was cancelled",
    StopKind.SHUTDOWN: "its runner was shut down",
    StopKind.REMOTE: "cancelled by another program",
}


class TaskCancelled(BaseException):
    """Raised inside a worker, by a checkpoint, because the task was asked to stop.

    It derives from `BaseException` so that the commonest line of a worker loop,
    ``except Exception:``, cannot swallow it (as `asyncio.CancelledError` and ``trio.Cancelled`` do).
    Let it pass. Release what you hold in ``finally`` or a context manager; if you must catch it,
    raise it again. A swallowed one is raised anew at every later checkpoint.

    Attributes:
        reason: who asked for the stop, and why.
    """

    def __init__(self, reason: StopReason) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        # Whoever raises one of their own accord may give any words.
        return self.reason.sentence() if isinstance(self.reason, StopReason) else str(self.reason)
