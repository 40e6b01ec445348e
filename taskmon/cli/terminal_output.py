"""Two ways to show tasks as text: one live line each on a terminal, plain lines anywhere else.

Whatever tasks say goes through `plain`, so it can neither move the cursor nor forge a line. Main thread only.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, TextIO

from taskmon.cli.terminal_text import fit, ordinary_spaces, terminal_size
from taskmon.core.base.errors import drop_output
from taskmon.core.base.text import (
    BYTES,
    format_amount,
    format_bytes,
    format_count,
    format_duration,
    format_figure,
    plain,
)
from taskmon.core.task.progress import RateMeter
from taskmon.core.task.state import STATE_LABELS, TaskState

if TYPE_CHECKING:
    from taskmon.core.task.snapshot import TaskSnapshot

_REDRAW_EVERY = 0.1
_REPORT_EVERY = 5.0
_BAR_WIDTH = 12
_NAME_WIDTH = 28
_LINE_LIMIT = 2_000
#: Of these it is told that a task is in them.
_TOLD_STATES = frozenset({TaskState.QUEUED, TaskState.HELD, TaskState.PAUSING, TaskState.PAUSED})

#: What a write says when its reader has gone, or the terminal has been closed.
_GONE = frozenset({errno.EPIPE, errno.ECONNRESET, errno.EIO})


class OutputGoneError(Exception):
    """What we write to has been closed at its other end."""


class OutputFullError(Exception):
    """What we write to takes no more, as a full disk; the text says why. Its reader, if it has one, is still there."""


class Face(Protocol):
    """How a session is shown."""

    interval: float
    """Seconds after which `show` wants to be called again even if nothing happened."""

    def show(self, snapshots: Sequence[TaskSnapshot]) -> None:
        """Show where the live tasks are."""

    def state_changed(self, snapshot: TaskSnapshot) -> None:
        """Tell of a change of state."""

    def say(self, line: str) -> None:
        """Tell one line that stays."""

    def close(self) -> None:
        """Leave the output fit for whoever writes next."""


def make_face(output: TextIO | None) -> Face:
    if output is not None and output.isatty() and os.environ.get("TERM") not in (None, "", "dumb"):
        return LiveFace(output)
    return PlainFace(output)


class PlainFace:
    """Lines for a pipe, a file or a log: changes of state at once, progress every few seconds."""

    interval = 1.0

    def __init__(self, output: TextIO | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._output = output
        self._clock = clock
        self._reported: dict[int, float] = {}

    def show(self, snapshots: Sequence[TaskSnapshot]) -> None:
        now = self._clock()
        for snapshot in snapshots:
            if snapshot.started_at is None or now - self._reported.setdefault(snapshot.id, now) < _REPORT_EVERY:
                continue
            self._reported[snapshot.id] = now
            parts = [_state(snapshot), *_progress(snapshot), snapshot.progress.message]
            self.say(f"{snapshot.name}: " + ", ".join(part for part in parts if part))

    def state_changed(self, snapshot: TaskSnapshot) -> None:
        if snapshot.state is TaskState.STOPPING:
            self.say(f"{snapshot.name}: cancelling…")
        elif snapshot.state is TaskState.RUNNING and not snapshot.paused_for:
            self.say(f"{snapshot.name}: started")

    def say(self, line: str) -> None:
        _write(self._output, _terminal_text(line) + "\n")

    def close(self) -> None:
        pass


class LiveFace:
    """One line for each task, drawn over in place. Lines that stay scroll away above them.

    The cursor is never hidden and rests on the last line, so there is nothing to put right if we are killed.
    """

    interval = _REDRAW_EVERY

    def __init__(self, output: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._output = output
        self._clock = clock
        self._drawn = 0
        self._next_draw = 0.0
        self._said: list[str] = []
        self._rates: dict[int, RateMeter] = {}

    def show(self, snapshots: Sequence[TaskSnapshot]) -> None:
        now = self._clock()
        if now < self._next_draw and not self._said:
            return  # many events, one drawing
        self._next_draw = now + _REDRAW_EVERY
        columns, rows = terminal_size(self._output)
        ids = {snapshot.id for snapshot in snapshots}
        self._rates = {task_id: rate for task_id, rate in self._rates.items() if task_id in ids}
        # One row is kept free above, so that the region never scrolls; one column at the right, so that no
        # terminal wraps the line.
        room = max(1, rows - 2)
        lines = [self._line(snapshot, columns - 1, now) for snapshot in snapshots[:room]]
        if len(snapshots) > room:
            lines[-1] = fit(f"… and {format_count(len(snapshots) - room + 1)} more tasks", columns - 1)
        self._draw(lines)

    def state_changed(self, snapshot: TaskSnapshot) -> None:
        del snapshot
        self._next_draw = 0.0  # seen in the next drawing, which comes at once

    def say(self, line: str) -> None:
        self._said.append(line)

    def close(self) -> None:
        self._draw([])

    def _draw(self, lines: list[str]) -> None:
        up = "\r" + (f"\x1b[{self._drawn - 1}A" if self._drawn > 1 else "")
        said = "".join(f"{_terminal_text(line)}\x1b[K\n" for line in self._said)
        self._said.clear()
        self._drawn = len(lines)
        _write(self._output, up + said + "\n".join(f"{line}\x1b[K" for line in lines) + "\x1b[J")

    def _line(self, snapshot: TaskSnapshot, width: int, now: float) -> str:
        name = plain(snapshot.name, _LINE_LIMIT)
        parts = [fit(name, min(_NAME_WIDTH, width)), _state(snapshot)]
        fraction = snapshot.progress.fraction
        if fraction is not None and width >= 60:
            full = int(fraction * _BAR_WIDTH)
            parts.append("█" * full + "░" * (_BAR_WIDTH - full))
        parts += _progress(snapshot)
        if snapshot.state is TaskState.RUNNING:
            parts += _rate(self._rates.setdefault(snapshot.id, RateMeter()), snapshot, now)
        parts.append(plain(snapshot.progress.message, _LINE_LIMIT))
        return fit(_terminal_text("  ".join(part for part in parts if part)), width)


def _state(snapshot: TaskSnapshot) -> str:
    if snapshot.state is TaskState.STOPPING:
        told = f"Cancelling… {format_duration(snapshot.stopping_for)}"
        if snapshot.shield:
            return f"{told} ({plain(snapshot.shield)})"
        return f"{told} (no checkpoint yet)" if snapshot.not_responding else told
    return STATE_LABELS[snapshot.state] if snapshot.state in _TOLD_STATES else ""


def _progress(snapshot: TaskSnapshot) -> list[str]:
    progress = snapshot.progress
    amount = format_amount(progress.done, progress.total, progress.unit)
    return [f"{progress.percent} %", amount] if progress.total is not None else [amount]


def _rate(meter: RateMeter, snapshot: TaskSnapshot, now: float) -> list[str]:
    """How fast a task has been over the last seconds, and the time left, each once it means something."""
    done, total, unit, _message = snapshot.progress
    if done is None:
        return []
    meter.add(now, done, unit)
    rate = meter.rate
    if not rate:
        return []
    words = [f"{format_bytes(rate) if unit == BYTES else format_count(rate) if rate >= 1 else format_figure(rate)}/s"]
    left = meter.seconds_left(total) if total is not None else None
    return words if left is None else [*words, f"about {format_duration(left)} left"]


def _terminal_text(line: str) -> str:
    return ordinary_spaces(plain(line, _LINE_LIMIT))


def _write(output: TextIO | None, text: str) -> None:
    if output is None:  # started with its standard output closed
        return
    try:
        output.write(text)
        output.flush()
    except (OSError, ValueError) as error:  # ValueError: closed at our own end
        drop_output(output)
        if isinstance(error, OSError) and error.errno not in _GONE:
            raise OutputFullError(error.strerror or str(error)) from error
        raise OutputGoneError from error
