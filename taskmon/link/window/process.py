"""The process at the other end of a connection: whether it lives, and how it ended, where the kernel tells."""

from __future__ import annotations

import _socket  # not `socket`, which takes longer, and which only the server's thread needs
import contextlib
import os
import select
import signal
import struct
from typing import TYPE_CHECKING, Final

from taskmon.core.base import signals
from taskmon.core.base.threads import run_in_background

if TYPE_CHECKING:
    import socket

#: ``SO_PEERPIDFD`` of Linux 6.5: the process that has connected, not one that got its number since.
_SO_PEERPIDFD: Final = 77
#: ``PIDFD_GET_INFO`` of Linux, with the first version of its structure, of 64 bytes; the exit status came with 6.15.
_PIDFD_GET_INFO: Final = 0xC040FF0B
_INFO_SIZE: Final = 64
_INFO_EXIT: Final = 1 << 3
_EXIT_CODE_AT: Final = 60
#: So many processes above one are looked at.
_MOST_ANCESTORS: Final = 16
#: The place of a process's exit code in its ``stat``, counted from its state.
_STAT_EXIT_CODE: Final = 49


class Process:
    """Held from its connection to its end. Used by one thread, but for `send`."""

    def __init__(self, pid: int, connection: socket.socket | None = None) -> None:
        self.pid = pid
        self._dead_since: float | None = None
        self._descriptor = _hold(pid, connection)
        began = signals.look(pid) if pid > 0 else None
        self._began = began if self.lives else None

    @property
    def group(self) -> int | None:
        """The group in which it began, which a Ctrl-C of any process above it there reaches; None if not known."""
        return self._began.group if self._began is not None else None

    def fileno(self) -> int:
        """A descriptor that can be read from once it has ended; -1 where there is no such thing."""
        return self._descriptor

    @property
    def lives(self) -> bool:
        """Whether it has not ended. True if that cannot be told."""
        if self._descriptor < 0:
            return process_lives(self.pid)
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        return not poll.poll(0)

    @property
    def is_stopped(self) -> bool:
        """Whether a signal or a debugger keeps it from doing anything; False where that is not told."""
        seen = signals.look(self.pid) if self.pid > 0 else None
        return seen is not None and seen.is_stopped

    def dead_for(self, now: float) -> float:
        """Seconds since it was first seen to have ended; 0 if that is now. `now` is of `time.monotonic()`."""
        if self._dead_since is None:
            self._dead_since = now
        return now - self._dead_since

    def status(self) -> int | None:
        """How it ended: its exit status, or the number of a signal, negative. None if that is not known, or not yet.

        Most kernels tell this to its parent alone, and to others only until the parent has heard it.
        """
        for tell in (self._told, self._left_behind, self._told):  # the parent may hear of it in between
            code = tell()
            if code is not None:
                return os.waitstatus_to_exitcode(code)
        return None

    def _told(self) -> int | None:
        if self._descriptor < 0:
            return None
        import fcntl

        info = bytearray(_INFO_SIZE)
        struct.pack_into("Q", info, 0, _INFO_EXIT)
        try:
            fcntl.ioctl(self._descriptor, _PIDFD_GET_INFO, info)
        except OSError:  # an older kernel
            return None
        (mask,) = struct.unpack_from("Q", info, 0)
        return struct.unpack_from("i", info, _EXIT_CODE_AT)[0] if mask & _INFO_EXIT else None

    def _left_behind(self) -> int | None:
        """What stands in the list of processes until the parent has asked."""
        try:
            with open(f"/proc/{self.pid}/io", "rb"):
                pass  # who may not read this is told that the code is 0
            with open(f"/proc/{self.pid}/stat", "rb") as file:
                values = file.read().rpartition(b")")[2].split()
            return int(values[_STAT_EXIT_CODE]) if values[0] == b"Z" and self._is_held else None
        except (OSError, IndexError, ValueError):
            return None

    def send(self, name: str) -> bool:
        """Send it a signal soon, and what it has started in its group. Any thread; False if it has ended.

        By the moment at which it began it is told from another that has got its number since.
        """
        began, now = self._began, signals.look(self.pid)
        if began is None or now is None or now.is_dead or now.started != began.started:
            return False
        run_in_background(lambda: signals.send(signals.NUMBERS[name], began))
        return True

    @property
    def _is_held(self) -> bool:
        """Whether its number cannot be another's by now: it has not been cleared away yet."""
        if self._descriptor < 0:
            return True
        try:
            signal.pidfd_send_signal(self._descriptor, 0)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Hold it no more. Idempotent."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def _hold(pid: int, connection: socket.socket | None) -> int:
    if pid <= 0 or not hasattr(os, "pidfd_open"):
        return -1
    if connection is not None:
        with contextlib.suppress(OSError):
            return connection.getsockopt(_socket.SOL_SOCKET, _SO_PEERPIDFD)
    try:
        return os.pidfd_open(pid)
    except OSError:  # it has gone already, or there are no descriptors left
        return -1


def ancestors_of(pid: int) -> list[int]:
    """The processes above one, the nearest first, as far as the kernel tells."""
    found: list[int] = []
    seen = signals.look(pid) if pid > 0 else None
    while seen is not None and seen.parent > 1 and len(found) < _MOST_ANCESTORS:
        found.append(seen.parent)
        seen = signals.look(seen.parent)
    return found


def process_lives(pid: int) -> bool:
    """Whether a process is there and has not ended. True if that cannot be told."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[:1] not in ([b"Z"], [b"X"])
    except FileNotFoundError:
        if os.path.isdir("/proc/self"):
            return False
    except OSError:
        return True
    try:  # a system without such a list
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def program_sentence(status: int) -> str:
    """How a process ended, told of a task: ``Its program ended by SIGKILL``. In English, as what programs tell."""
    if status >= 0:
        return f"Its program ended with status {status}"
    return f"Its program ended by {signals.name_of_signal(-status)}"
