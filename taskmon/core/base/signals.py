"""Signals for a process and for what it has started, each to the very process that was seen, or to none. POSIX only.

A terminal interrupts a whole group of processes at once, and programs are written for that. What is meant here is the
process itself and those beneath it in its process group; of a process that leads a session of its own, which is how the
window starts programs, all of that group. Whoever stands beside it, such as the next command of a pipe, is left alone.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Collection, Iterable
from typing import Final, NamedTuple

#: Asking, asking firmly, and ending, by their names; see `taskmon.core.task.ladder`.
NUMBERS: Final = {
    name: int(getattr(signal, name)) for name in ("SIGINT", "SIGTERM", "SIGKILL") if hasattr(signal, name)
}
TICKS: Final = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
#: So many rounds: what begins while the list is read is found in the next.
_ROUNDS: Final = 3
_STOPPED: Final = frozenset({b"T", b"t"})
_DEAD: Final = frozenset({b"Z", b"X"})
#: It clears away what the others leave behind, once they have gone: killed with them, it could not.
_TIDIES_UP: Final = b"multiprocessing.resource_tracker"


class Seen(NamedTuple):
    """A process at one moment."""

    pid: int
    parent: int
    group: int
    session: int
    started: int
    """In ticks since the machine started: with it, a number that was used again is another process."""
    seconds: float
    """Processor time used."""
    state: bytes
    threads: int
    pages: int
    image: int
    """Where its stack begins, if that may be known: somewhere else once it has replaced itself by another program."""

    def age_at(self, uptime: float) -> float:
        """Seconds since it began, when the system has been up for so long."""
        return max(0.0, uptime - self.started / TICKS)

    @property
    def is_dead(self) -> bool:
        """Whether it has ended, and only its parent has not heard of it."""
        return self.state in _DEAD

    @property
    def is_stopped(self) -> bool:
        """Whether a signal or a debugger keeps it from doing anything."""
        return self.state in _STOPPED


def may_be_typed() -> bool:
    """Whether a SIGINT may come from the user's Ctrl-C: this process is in the foreground of its terminal.

    Any other is somebody's who is not the user, such as the program itself.
    """
    for stream in (2, 1, 0):
        try:
            return os.tcgetpgrp(stream) == os.getpgrp()
        except (OSError, AttributeError):  # no terminal, or not its own
            continue
    return False


def name_of_signal(number: int) -> str:
    """What a signal is called: ``SIGKILL``, or ``signal 40`` for one of the real-time signals."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def end_sentence(status: int, sent: Collection[str] = ()) -> str:
    """How a process ended, in English: ``Ended with status 3``. `sent` are the signals that the user has sent it.

    So it is kept in the history and told by other programs; `signal_in` and `tells_end` know it again.
    """
    if status >= 0:
        return f"Ended with status {status}"
    name = name_of_signal(-status)
    return f"Ended by {name}{_BY_USER}" if name in sent else f"Ended by {name}"


def end_after(name: str) -> str:
    """The same of one that was sent a signal, and may have ended by that."""
    return f"Ended after {name}{_BY_USER}"


def signal_in(sentence: str) -> str:
    """The signal by which a process ended, by its `end_sentence`; empty if that tells of none."""
    told = _END.fullmatch(sentence)
    return (told["by"] or "") if told is not None else ""


def tells_end(sentence: str) -> bool:
    """Whether it tells how a process ended, rather than what a task left behind."""
    return _END.fullmatch(sentence) is not None


_BY_USER: Final = ", sent by you"
_NAME: Final = r"SIG[A-Z0-9]+|signal \d+"
_END: Final = re.compile(rf"Ended (?:with status \d+|(?:by (?P<by>{_NAME})|after (?:{_NAME}))(?:{_BY_USER})?)")


def look(pid: int, thread: int | None = None) -> Seen | None:
    """Return what the kernel tells of a process or one of its threads; None if it has gone, or nothing is told."""
    folder = f"/proc/{pid}" if thread is None else f"/proc/{pid}/task/{thread}"
    fields = read_file(f"{folder}/stat", 4096).rpartition(b")")[2].split()
    try:
        return Seen(
            pid,
            parent=int(fields[1]),
            group=int(fields[2]),
            session=int(fields[3]),
            started=int(fields[19]),
            seconds=(int(fields[11]) + int(fields[12])) / TICKS,
            state=fields[0],
            threads=int(fields[17]),
            pages=int(fields[21]),
            image=int(fields[25]),
        )
    except (IndexError, ValueError):
        return None


def command_of(pid: int) -> list[str]:
    """The words with which a process was started; empty if that cannot be told."""
    return [os.fsdecode(word) for word in read_file(f"/proc/{pid}/cmdline", 8192).split(b"\0") if word]


def ignores(pid: int, number: int) -> bool:
    """Whether a process has said that it ignores a signal: sent to it, nothing would happen."""
    for line in read_file(f"/proc/{pid}/status", 8192).splitlines():
        if line.startswith(b"SigIgn:"):
            try:
                return bool(int(line.split()[1], 16) >> (number - 1) & 1)
            except (IndexError, ValueError):
                return False
    return False


def read_file(path: str, most: int) -> bytes:
    """Return the beginning of a file; nothing if it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read(most)
    except OSError:
        return b""


def send(number: int, to: Seen, spared: Iterable[int] = ()) -> bool:
    """Send a signal to a process and to what stands beneath it in its group, but for those `spared`.

    Return whether it was there. Takes some milliseconds: not for a thread that must not wait.
    """
    if sys.platform != "linux":
        return _send_alone(number, to)
    reached: set[tuple[int, int]] = set()
    left_out = set(spared)
    there = False
    for _ in range(_ROUNDS):
        fresh = [
            one for one in _beneath(to, there) if one.pid not in left_out and (one.pid, one.started) not in reached
        ]
        if not fresh:
            break
        for one in fresh:
            reached.add((one.pid, one.started))
            if number == NUMBERS["SIGKILL"] and _TIDIES_UP in read_file(f"/proc/{one.pid}/cmdline", 4096):
                continue
            sent = send_to_one(number, one)
            there = there or (sent and one.pid == to.pid)
        if number != NUMBERS["SIGKILL"]:
            break  # it is for those that there are: what is started by a handler was not meant
    return there


def send_to_one(number: int, to: Seen) -> bool:
    """Send a signal to one process; return whether it was there, and still the same."""
    try:
        handle = os.pidfd_open(to.pid)
    except OSError:
        return False  # it has ended
    try:
        now = look(to.pid)
        if now is None or now.started != to.started:
            return False
        signal.pidfd_send_signal(handle, number)
        if number == NUMBERS["SIGTERM"] and now.is_stopped:
            signal.pidfd_send_signal(handle, signal.SIGCONT)  # as long as it stands still, it cannot hear
    except OSError:
        return False
    finally:
        os.close(handle)
    return True


def _beneath(root: Seen, was_sent: bool) -> list[Seen]:
    """The process, first, and what stands beneath it in its group; nothing if it had gone before it `was_sent` any."""
    now = look(root.pid)
    lives = now is not None and now.started == root.started
    if now is not None and lives:
        root = now
    elif not was_sent:
        return []
    group = {pid: seen for pid in _pids() if (seen := look(pid)) is not None and seen.group == root.group}
    leads = root.session == root.pid == root.group
    others = [
        seen
        for seen in group.values()
        if seen.pid != root.pid and not seen.is_dead and (leads or _descends(seen, root.pid, group))
    ]
    return [root, *others] if lives else others


def _descends(seen: Seen, from_pid: int, everybody: dict[int, Seen]) -> bool:
    parent, steps = seen.parent, 0
    while parent != from_pid and steps < len(everybody):
        above = everybody.get(parent)
        if above is None:
            return False
        parent, steps = above.parent, steps + 1
    return parent == from_pid


def _pids() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdecimal()]
    except OSError:
        return []


def _send_alone(number: int, to: Seen) -> bool:
    try:
        os.kill(to.pid, number)
    except OSError:
        return False
    return True
