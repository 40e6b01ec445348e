"""Showing the processes that the program has started: seen from outside, by what the kernel tells of them.

A child that is watched itself tells more than that, and the window shows it in place of the row from here.

Nothing is hooked and nothing is held: a child is read from ``/proc``, its end is looked at without reaping it, and a
signal goes to the very process that was seen, or to none. A child that runs other software is asked to stop as Ctrl-C
would ask it; one that runs the program's own Python is the program's to command, so nothing but an offer is made of it.
Linux only.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from taskmon.core.base import signals
from taskmon.core.base.modules import attribute_of
from taskmon.core.base.signals import Seen, command_of, ignores
from taskmon.core.stacks.facts import ThreadFacts
from taskmon.core.task.ladder import IGNORES, INTERRUPT, KILL, TERMINATE, WORDS, with_signals
from taskmon.core.task.snapshot import StopMeans
from taskmon.watch.rows.watched_task import WatchedTask
from taskmon.watch.thread_fields import active_threads, fields_of, native_id_of

if TYPE_CHECKING:
    from taskmon.watch.hooks.children import ChildHook
    from taskmon.watch.hooks.hooks import Hooks
    from taskmon.watch.rows.watched_task import Board

#: Seconds between two looks at the lists of children, and how long one may take: each thread of the program has a list,
#: and beside sixty busy threads it takes two seconds to read one.
PERIOD: Final = 1.0
LONGEST: Final = 0.05
#: Rows of one program: a build may start thousands.
_MOST: Final = 100
_LONGEST_NAME: Final = 120
#: Seconds for which a child that was given the watcher may tell of itself, before it is shown from here.
_TIME_TO_COME: Final = 5.0
#: Why a worker of the program's own is not cancelled by itself.
PART: Final = "it is a part of the program, which may rely on it"


class ProcessRow(WatchedTask):
    """A child process, or a grandchild's parent: one that runs on its own."""

    kind = "process"
    runs_elsewhere = True

    def __init__(
        self, board: Board, seen: Seen, name: str, parent: WatchedTask, hook: ChildHook | None, *, own: bool
    ) -> None:
        super().__init__(board, name, parent)
        self._hook = hook
        self.thread_name = f"process {seen.pid}"
        self._seen = seen
        self._looked_at = time.monotonic()
        self.facts = ThreadFacts(native_id=seen.pid)
        self._own = own
        self._tell_ways()

    def _tell_ways(self) -> None:
        heard = not ignores(self._seen.pid, signals.NUMBERS[INTERRUPT])
        if heard and not self._own:
            self.tell(with_signals(StopMeans(WORDS[INTERRUPT], signal=INTERRUPT), (TERMINATE, KILL)), "")
        elif self._own:
            offered = [INTERRUPT] if heard else []
            self.tell(with_signals(StopMeans(), (*offered, TERMINATE, KILL)), PART)
        else:
            self.tell(with_signals(StopMeans(ignores=True), (TERMINATE, KILL)), IGNORES)

    def is_of(self, started: int | None) -> bool:
        """Whether the process with its number, which began at `started`, is still this one."""
        return self._seen.started == started

    def look(self, seen: Seen) -> None:
        """See how much of a processor it uses, and what it hears."""
        now = time.monotonic()
        used = (seen.seconds - self._seen.seconds) / max(0.001, now - self._looked_at)
        self._seen, self._looked_at = seen, now
        self.facts = ThreadFacts(native_id=seen.pid, cpu=max(0.0, used), since=now)
        self._tell_ways()

    def _stop(self) -> None:
        signals.send(signals.NUMBERS[INTERRUPT], self._seen)

    def _use_offer(self, number: int) -> None:
        if self.means is not None:
            signals.send(signals.NUMBERS[self.means.signals[number]], self._seen)

    def program_ended(self) -> None:
        """The program is at its end: what it has started may go on."""
        now = signals.look(self._seen.pid)
        if now is None or now.is_dead or not self.is_of(now.started):
            self.finish(self.status())
        else:
            self.cut_off(consequence="its program ended; the process may go on")

    def status(self) -> int | None:
        """How it has ended: its status, or a signal, negative. None if that is not known, or not yet."""
        status = _status_of(self._seen.pid)
        if status is None and self._hook is not None:  # the program was faster to ask
            status = self._hook.status_of(self._seen.pid, self._looked_at)
        return status

    def finish(self, status: int | None) -> None:
        """It has ended, as far as that is known."""
        if status is None or self.stop_requested:
            self.end_unseen()
        elif status == -signals.NUMBERS[INTERRUPT] and signals.may_be_typed():
            self.end(cancelled=True)  # a terminal interrupts all of the group
        else:
            self.end(error=signals.end_sentence(status) if status else "")


class _Child(NamedTuple):
    """A child at one look."""

    seen: Seen
    since: float
    """When it was first seen, in seconds of `time.monotonic()`."""
    reached: int
    """How many processes hear Ctrl-C there: itself, or the workers of a fork server."""


class ChildLook:
    """Keeps the rows of child processes. In the agent's thread."""

    def __init__(self, board: Board, program: WatchedTask, hooks: Hooks) -> None:
        self._board = board
        self._program = program
        self._hooks = hooks
        self._rows: dict[int, ProcessRow] = {}
        self._before: dict[int, _Child] = {}
        self._looked_at = time.monotonic()  # what is over at once is left alone
        self._lists: dict[int, tuple[float, list[int]]] = {}  # when that of a thread was read, and who is in it

    @property
    def reached(self) -> int:
        """How many processes a Ctrl-C would reach that is sent to the program and what stands beneath it."""
        return sum(child.reached for child in self._before.values())

    def note_signal(self, number: int) -> None:
        """The program is about to be sent a signal, and what stands beneath it in its group: say so of each of them."""
        for pid, row in self._rows.items():
            seen = signals.look(pid)
            if seen is not None and row.is_of(seen.started) and _reached(seen, number):
                row.note_stop("its program was sent the same signal")

    def look(self) -> None:
        """See which children have come and gone, if it is time to."""
        now = time.monotonic()
        if sys.platform != "linux" or now - self._looked_at < PERIOD:
            return
        self._looked_at = now
        if _has_children():
            self._read_lists()
        else:
            self._lists.clear()
        me, pids = os.getpid(), [pid for _, found in self._lists.values() for pid in found]
        here: dict[int, _Child] = {}
        for pid in pids:
            seen = signals.look(pid)
            if seen is None or seen.is_dead or seen.parent != me:  # its number is another's by now
                continue
            row, before = self._rows.get(pid), self._before.get(pid)
            known = before is not None and before.seen.started == seen.started
            since = before.since if before is not None and known else now
            here[pid] = _Child(seen, since, _reached(seen, signals.NUMBERS[INTERRUPT]))
            if row is not None and row.is_of(seen.started):
                row.look(seen)
            elif row is None and known and len(self._rows) < _MOST:
                self._add(seen, now - since)  # only what has been there for two looks: most are gone by then
        for pid, row in list(self._rows.items()):
            if row.is_of(_began(here, pid)):
                continue
            status = row.status()
            if status is None and row.is_of(_began(self._before, pid)):
                continue  # who has just been told of its end has not told us yet
            del self._rows[pid]
            row.finish(status)
        self._before = here

    def _read_lists(self) -> None:
        """Read who is a child of which thread, in turn, as far as there is time; those of ended threads are the main's.

        The threads are not listed from their folder: that would hold a descriptor, whose number the program may close
        and be given for a file of its own.
        """
        main, before = os.getpid(), self._lists
        threads = {main, *filter(None, map(native_id_of, list(active_threads().values())))}
        self._lists = {thread: before[thread] for thread in threads if thread in before}
        end = time.monotonic() + LONGEST
        for thread in sorted(threads, key=lambda thread: before.get(thread, (0.0,))[0]):
            found, now = _children_of("self", thread), time.monotonic()
            self._lists[thread] = now, found
            if now >= end:
                return

    def _add(self, seen: Seen, age: float) -> None:
        words = command_of(seen.pid)
        if not words or any("resource_tracker" in word or "semaphore_tracker" in word for word in words):
            return
        name, own = _name_of(seen.pid, words)
        hook = self._hooks.children
        if age < _TIME_TO_COME and self._hooks.hands_on and (own or (hook is not None and seen.pid in hook.handed)):
            return
        row = self._rows[seen.pid] = ProcessRow(self._board, seen, name, self._program, hook, own=own)
        self._board.show(row)


def _began(seen: dict[int, _Child], pid: int) -> int | None:
    return seen[pid].seen.started if pid in seen else None


def _reached(seen: Seen, number: int) -> int:
    """How many processes hear a signal there that is sent to all of this program's group; see `signals.send`."""
    if seen.group != os.getpgrp():
        return 0
    if not ignores(seen.pid, number):
        return 1
    if not any("multiprocessing.forkserver" in word for word in command_of(seen.pid)):
        return 0
    workers = map(signals.look, _children_of(seen.pid, seen.pid))
    return sum(1 for each in workers if each is not None and each.group == seen.group and not ignores(each.pid, number))


def _children_of(process: int | str, thread: int) -> list[int]:
    try:
        with open(f"/proc/{process}/task/{thread}/children", "rb") as file:
            return [int(word) for word in file.read(65_536).split()]
    except (OSError, ValueError):  # it has ended, or this kernel does not tell
        return []


def _has_children() -> bool:
    """Whether this process has any, asked for all its threads at once. A dead one that was not reaped counts."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _name_of(pid: int, words: list[str]) -> tuple[str, bool]:
    """Return what to call a child, and whether it runs this program's own Python."""
    name = _multiprocessing_name(pid)
    if name:
        return f"{name} (process {pid})", True
    mine = command_of(os.getpid())
    if words == mine:
        return f"copy of the program (process {pid})", True
    shown = " ".join([os.path.basename(words[0]), *words[1:]])
    code = next((word for word in words[1:6] if "multiprocessing" in word), "")
    if "forkserver" in code:
        return f"fork server (process {pid})", True
    if code:
        return f"worker (process {pid})", True
    return shown if len(shown) <= _LONGEST_NAME else shown[: _LONGEST_NAME - 1] + "…", False


def is_named() -> bool:
    """Whether this process has been told its name, if it is one that ``multiprocessing`` has started anew."""
    return not _is_spawned(command_of(os.getpid())) or _own_name() is not None


def _is_spawned(words: list[str]) -> bool:
    return any("multiprocessing.spawn" in word for word in words[1:])


def _own_name() -> str | None:
    for package in ("multiprocessing", "billiard"):
        name = fields_of(attribute_of(f"{package}.process", "_current_process")).get("_name")
        if type(name) is str and name != "MainProcess":
            return name
    return None


def name_of_part() -> str:
    """What to call this process, which a watched program has started as a part of itself."""
    name = _own_name()
    if name is not None:
        return f"{name[:_LONGEST_NAME]} (process {os.getpid()})"
    words = command_of(os.getpid())
    if _is_spawned(words):
        return f"worker (process {os.getpid()})"
    if "--process-name" in words[:-1]:  # loky's, which joblib uses
        return f"{words[words.index('--process-name') + 1][:_LONGEST_NAME]} (process {os.getpid()})"
    script = next((word for word in words[1:] if not word.startswith("-")), "") if words else ""
    return f"{os.path.basename(script) or 'worker'} (process {os.getpid()})"


def _multiprocessing_name(pid: int) -> str:
    """Return the name of a `multiprocessing.Process`, read without running any code of the program's."""
    children: Any = attribute_of("multiprocessing.process", "_children")
    if type(children) is not set:
        return ""
    for child in list(children):
        names = fields_of(child)
        started = fields_of(names.get("_popen"))
        if started.get("pid") == pid:
            name = names.get("_name")
            return name[:_LONGEST_NAME] if type(name) is str else ""
    return ""


def _status_of(pid: int) -> int | None:
    """Return how a child has ended: its status, or a signal, negative. A look only: the program reaps it."""
    try:
        ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except (ChildProcessError, OSError):
        return None
    if ended is None:
        return None
    return ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status
