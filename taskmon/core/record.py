"""What a task is made of, most of it only when it is needed: a trivial one should cost little more than its work."""

from __future__ import annotations

import contextvars
import functools
import threading
import time
from collections.abc import Callable
from concurrent.futures._base import CANCELLED_AND_NOTIFIED, FINISHED, PENDING, RUNNING
from typing import TYPE_CHECKING, Any

from taskmon.core.context import ContextOf, TaskContext
from taskmon.core.future import LazyFuture
from taskmon.core.ids import new_task_id
from taskmon.core.log import TaskLog
from taskmon.core.state import FINAL_STATES, TaskState
from taskmon.core.stop import StopReason, StopToken

if TYPE_CHECKING:
    from taskmon.core.engine import Engine
    from taskmon.core.task import Task

_S = TaskState


class TaskRecord(LazyFuture):
    """The values of a task, and the parts that are made when they are first asked for."""

    # What most tasks never need is a default of the class, and costs a task nothing until it is set. What each of them
    # does need is set by __init__ and has none: CPython is quick only with attributes that the class does not have. No
    # __slots__: a Future has a dict in any case, whose first thirty values are kept within the object.
    group: str = ""
    parent: Task | None = None
    attempt: int = 1
    retry_of: int | None = None
    partial_result: Any = None
    _name: str | None = None
    _timeout: float | None = None
    _detached: bool = False  # guarded by the engine's lock
    _stop_requested_at: float | None = None
    _stop_seen_at: float | None = None
    _paused_at: float | None = None
    _paused_for: float = 0.0
    _cancel_hint: str = ""
    _after_item: StopReason | None = None  # the stop that takes effect at the end of the item
    _error_line: str = ""
    _error_details: str = ""
    _log: TaskLog | None = None
    _signal: threading.Condition | None = None

    def __init__(
        self,
        fn: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        engine: Engine,
        takes_context: bool,
    ) -> None:
        super().__init__()
        self.id = new_task_id()
        self._fn = fn
        self._args = args
        self._kwargs = kwargs
        self._takes_context = takes_context
        self._call_context = contextvars.copy_context()
        self._engine = engine
        self._hub = engine.hub
        self._in_line = False  # before the workers; guarded by the engine's lock, as is the next
        self._has_place = False  # a worker is busy with it
        self._status = _S.QUEUED
        self._revision = 0
        self._created = time.time()
        self._queued_at = time.monotonic()
        self._started_at: float | None = None
        self._ended_at: float | None = None
        self._thread_id: int | None = None
        self._token: StopToken | None = None  # made when first needed, as are the next two: see _stop, _context
        self._made_context: TaskContext | None = None
        self._way: ContextOf | None = None

    @property
    def name(self) -> str:
        """What the user sees. Not trusted: show it as plain text only."""
        name = self._name
        if name is None:  # nobody gave it one, and nobody has looked so far
            name = self._name = _name_of(self._fn)
        return name

    @property
    def _stop(self) -> StopToken:
        token = self._token
        return token if token is not None else self._make_token()

    def _make_token(self) -> StopToken:
        with self._lock:  # two threads may both find none
            token = self._token
            if token is None:
                token = StopToken()
                if self._status not in FINAL_STATES:
                    token._owner = self  # type: ignore[assignment]  # a record is always a task
                self._token = token
            return token

    @property
    def _context(self) -> TaskContext:
        context = self._made_context
        return context if context is not None else self._make_context()

    def _make_context(self) -> TaskContext:
        with self._lock:
            context = self._made_context
            if context is None:
                context = self._made_context = TaskContext(self, self._stop)  # type: ignore[arg-type]
                if self._way is not None:
                    self._way.made = context
            return context

    if not TYPE_CHECKING:  # for type checkers it is the attribute that Future has

        @property
        def _state(self) -> str:
            """The state as `concurrent.futures` knows it."""
            if self._status is _S.CANCELLED:
                return CANCELLED_AND_NOTIFIED
            if self._status in FINAL_STATES:
                return FINISHED
            return RUNNING if self._status.has_thread else PENDING


def _name_of(fn: Callable[..., Any]) -> str:
    while isinstance(fn, functools.partial):
        fn = fn.func
    return str(getattr(fn, "__name__", None) or type(fn).__name__)
