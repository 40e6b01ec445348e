"""Showing a command that is not Python: what it prints is its log and its progress, and signals are what stops it."""

from __future__ import annotations

import signal
import threading
import time

from taskmon.core.base import signals
from taskmon.core.base.signals import Seen, ignores
from taskmon.core.stacks.facts import ThreadFacts
from taskmon.core.task.events import TaskLog, TaskLogged, to_lines
from taskmon.core.task.ladder import IGNORES, INTERRUPT, KILL, TERMINATE, WORDS, with_signals
from taskmon.core.task.snapshot import StopMeans
from taskmon.watch.printed import PrintedProgress, without_escapes
from taskmon.watch.rows.watched_task import Board, WatchedTask


class CommandRow(WatchedTask):
    """A command, in the process that has started it. `look`, `hear` and `finish` are called by one thread."""

    kind = "program"

    def __init__(self, board: Board, name: str) -> None:
        super().__init__(board, name)
        self._log = TaskLog()
        self._line = ""
        self._printed = PrintedProgress()
        self._seen: Seen | None = None
        self._looked_at = time.monotonic()
        self.progress_from = self._printed.now
        self.why_not = "it has not begun"

    def begins(self, pid: int) -> None:
        self._seen = signals.look(pid)
        self.thread_name = f"process {pid}"
        self.facts = ThreadFacts(native_id=pid)
        self._tell_ways()

    def look(self) -> None:
        """See how much of a processor it uses, and what it hears."""
        before, now = self._seen, time.monotonic()
        seen = signals.look(before.pid) if before is not None else None
        if before is None or seen is None or seen.started != before.started:
            return
        used = (seen.seconds - before.seconds) / max(0.001, now - self._looked_at)
        self._seen, self._looked_at = seen, now
        self.facts = ThreadFacts(native_id=seen.pid, cpu=max(0.0, used), since=now)
        self._tell_ways()

    def hear(self, said: str) -> None:
        """It has printed something."""
        self._printed.feed(said)
        *whole, self._line = (self._line + said).replace("\r\n", "\n").split("\n")
        self._line = self._line[-10_000:]
        # Of a line that was written over again and again, the last version is what a terminal leaves.
        self._add([line.rstrip("\r").rpartition("\r")[2] for line in whole])

    def _add(self, lines: list[str]) -> None:
        kept = [line for text in lines for line in to_lines(without_escapes(text))]
        with self.lock:
            self._log.add(kept)
        for line in kept:
            self._board.hub.post(TaskLogged(self.id, line))

    def _tell_ways(self) -> None:
        seen = self._seen
        if seen is None:
            return
        if ignores(seen.pid, signals.NUMBERS[INTERRUPT]):
            self.tell(with_signals(StopMeans(ignores=True), (TERMINATE, KILL)), IGNORES)
        else:
            self.tell(with_signals(StopMeans(WORDS[INTERRUPT], signal=INTERRUPT), (TERMINATE, KILL)), "")

    def _stop(self) -> None:
        self._send(INTERRUPT)

    def _use_offer(self, number: int) -> None:
        if self.means is not None:
            self._send(self.means.signals[number])

    def _send(self, name: str) -> None:
        seen = self._seen
        if seen is not None:
            threading.Thread(target=signals.send, args=(signals.NUMBERS[name], seen), daemon=True).start()

    def finish(self, status: int) -> None:
        """It has ended: with a status, or by a signal, whose number is negative."""
        if self._line.strip():
            self._add([self._line.rstrip("\r").rpartition("\r")[2]])
        if self.stop_requested or (status == -signal.SIGINT and signals.may_be_typed()):
            self.end(cancelled=True)
        else:
            self.end(error=signals.end_sentence(status) if status else "")

    def log_lines(self, since: int = 0) -> tuple[int, list[str]]:
        """See `taskmon.core.task.handle.TaskHandle.log_lines`."""
        with self.lock:
            return self._log.since(since)

    def _lines_logged(self) -> int:
        return self._log.count
