"""Showing the threads of a program that is only looked at, from another process: nothing of it can be asked for.

What looks is given to us, and so is what it has seen.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from taskmon.core.base import signals
from taskmon.core.stacks.sampler import StackFrame, StackSample
from taskmon.watch.rows.watched_task import Board, RawProgress, WatchedTask

#: Seconds between two looks.
PERIOD: Final = 1.0
ONLY_LOOKED_AT: Final = "it is only looked at; restart it with “taskmon run” to be able to cancel"
_LIBRARY: Final = re.compile(r"[/\\](site-packages|dist-packages)[/\\]|[/\\]lib(64)?[/\\]python3\.\d+[/\\]|^<")


class Frame(Protocol):
    """One call, as it was seen."""

    @property
    def function(self) -> str: ...
    @property
    def file(self) -> str: ...
    @property
    def line(self) -> int: ...


class Thread(Protocol):
    """A thread, as it was seen."""

    @property
    def ident(self) -> int: ...
    @property
    def native_id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def active(self) -> bool: ...
    @property
    def holds_interpreter(self) -> bool: ...
    @property
    def frames(self) -> Sequence[Frame]: ...


class OutsideTask(WatchedTask):
    """A thread of the program, or with ``kind`` "program" the program itself."""

    kind = "thread"

    def __init__(self, board: Board, name: str, parent: WatchedTask | None = None, at: float | None = None) -> None:
        super().__init__(board, name, parent, at=at)
        self.why_not = ONLY_LOOKED_AT
        self.progress_from = self._message
        self._sample: StackSample | None = None
        self._said = ""
        self._cpu: tuple[float, float] | None = None
        self._place: object = None
        self._since = 0.0

    def look(self, thread: Thread, cpu: float | None) -> None:
        """It was seen; `cpu` are the seconds of a processor that it has used in all."""
        now = time.monotonic()
        busy = None
        if cpu is not None and self._cpu is not None and now > self._cpu[0]:
            busy = min(1.0, max(0.0, (cpu - self._cpu[1]) / (now - self._cpu[0])))
        self._cpu = (now, cpu) if cpu is not None else None
        calls = tuple(
            StackFrame(frame.file, frame.line, frame.function, not _LIBRARY.search(frame.file))
            for frame in reversed(thread.frames)
        )
        if calls != self._place:
            self._place, self._since = calls, now
        self._sample = StackSample(now, calls, self._since, busy)
        self._said = "holds the interpreter" if thread.holds_interpreter else ""
        self.thread_id, self.thread_name = thread.ident or None, thread.name

    def stack(self) -> StackSample | None:
        """What was seen last."""
        return None if self.state.is_final else self._sample

    def _message(self) -> RawProgress:
        return None, None, "", self._said


class OutsideProgram(OutsideTask):
    """The program."""

    kind = "program"


class OutsideLook:
    """Keeps the rows of one program. One thread, but for `call_soon`.

    Args:
        program: what its user calls it.
        pid: its process.
        look: returns its threads; what it raises, and nothing else, ends the watching.
        began: when the program did, in seconds of `time.monotonic()`.
    """

    def __init__(self, program: str, pid: int, look: Callable[[], Sequence[Thread]], began: float) -> None:
        self._pid = pid
        self._look = look
        self._wake = threading.Event()
        self._stopped = False
        self.board = Board(program, pid, self._call_soon)
        self._program = OutsideProgram(self.board, program, at=began)
        self.board.show(self._program)
        self._rows: dict[object, OutsideTask] = {}

    def run(self) -> None:
        """Look again and again, while somebody watches, until `stop`; raise what `look` raises."""
        while not self._stopped:
            if self.board.watched:
                self.look()
            self._wake.wait(PERIOD)
            self._wake.clear()

    def stop(self) -> None:
        """End `run`. Any thread, or a signal handler."""
        self._stopped = True
        self._wake.set()

    def look(self) -> None:
        """Bring all rows up to date."""
        seen: set[object] = set()
        for thread in self._look():
            main = thread.native_id == self._pid or thread.name == "MainThread"
            key = thread.native_id or thread.ident
            seen.add(key)
            row = self._program if main else self._rows.get(key)
            fresh = row is None
            if row is None:
                name = thread.name or (thread.frames[-1].function if thread.frames else "")
                row = self._rows[key] = OutsideTask(self.board, name or f"thread {key}", self._program)
            kernel = signals.look(self._pid, thread.native_id)
            row.look(thread, None if kernel is None else kernel.seconds)
            if fresh:
                self.board.show(row)
        for gone in self._rows.keys() - seen:
            self._rows.pop(gone).end()

    def finish(self, why: str) -> None:
        """It is looked at no more."""
        for row in self.board.tasks():
            row.lose(why)

    def _call_soon(self, function: Callable[[], object]) -> None:
        function()
        self._wake.set()
