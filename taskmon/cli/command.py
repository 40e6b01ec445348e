"""Running a command that is not Python, as it is, and showing it in the window: what it prints goes through here.

The command shares the terminal, the group of processes and whatever it reads with this process, so that Ctrl-C, Ctrl-Z
and the size of the window mean to it what they always do. Where it would write to a terminal, it still does. Its status
becomes that of this process. Linux and other systems of that kind.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import Final

from taskmon.core.base import signals
from taskmon.core.base.errors import TaskmonError
from taskmon.core.base.text import plain
from taskmon.link.program.publisher import Publisher
from taskmon.watch.rows.command import CommandRow
from taskmon.watch.rows.watched_task import Board

_PIECE: Final = 65_536
#: Milliseconds between two looks at it.
_LOOK_EVERY: Final = 500
#: Seconds that the end may be held up so that a window hears of it that is there, or has just been started. The command
#: itself has ended by then: only who waits for this process waits so long, where the machine is busy.
_GOODBYE: Final = 3.0
#: Seconds for which what is left in the pipes after its end is waited for, if others go on writing.
_LATE: Final = 0.5
#: Sent by the system itself, as by a terminal to all of its group; see `sigaction(2)`.
_SI_KERNEL: Final = 0x80
#: What is passed on to the command; the others do to this process what they do to all.
_PASSED_ON: Final = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH")


class _Tap:
    """One stream of the command: what comes is written where the command would have written it, and heard."""

    def __init__(self, to: int) -> None:
        self.to = to
        self.size_of: int | None = None  # the terminal, if it is one
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        if os.isatty(to):
            import pty
            import tty

            self.reading, self.writing = pty.openpty()
            self.size_of = to
            tty.setraw(self.writing)  # the terminal itself makes of the bytes what it makes of them
            self.fit()
        else:
            self.reading, self.writing = os.pipe()

    def fit(self) -> None:
        """Be as large as the terminal."""
        if self.size_of is None:
            return
        import fcntl
        import termios

        with contextlib.suppress(OSError):
            size = fcntl.ioctl(self.size_of, termios.TIOCGWINSZ, b"\0" * 8)
            fcntl.ioctl(self.reading, termios.TIOCSWINSZ, size)

    def copy(self) -> str | None:
        """Pass on what has come, and return it as text; None at the end."""
        try:
            data = os.read(self.reading, _PIECE)
        except OSError:  # of a terminal that nobody has open any more
            data = b""
        if not data:
            return None
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(self.to, left) :]
        except OSError:  # nobody reads any more: the command is to meet that, too
            return None
        return self._decode(data)

    def close(self) -> None:
        """Read no more."""
        os.close(self.reading)


class Command:
    """One command from its start to its end. In the main thread of a process that does nothing else.

    Args:
        path: what is executed.
        words: the command line, its own name first.
        name: what its user calls it.
        run: what the window knows this run by; empty if it does not.
        coming: whether a window has just been started.
    """

    def __init__(self, path: str, words: Sequence[str], name: str, run: str, *, coming: bool) -> None:
        self._path = path
        self._words = list(words)
        self._board = Board(name, os.getpid(), lambda function: function())
        self._row = CommandRow(self._board, name)
        self._board.show(self._row)
        self._publisher = Publisher(self._board, program=name, run=run)
        self._coming = coming
        self._taps: list[_Tap] = []

    def go(self) -> int:
        """Run it; return its status, or the number of the signal that ended it, negative.

        Raises:
            TaskmonError: it could not be started.
        """
        process = self._start()
        self._row.begins(process.pid)
        threading.Thread(target=self._pass_signals, args=(process.pid,), daemon=True).start()
        self._publisher.start()
        try:
            self._copy_until_it_ends(process)
        finally:
            status = process.wait()
        self._publisher.close(_GOODBYE, lambda: self._row.finish(status), coming=self._coming)
        self._leave_behind()
        return status

    def _start(self) -> subprocess.Popen[bytes]:
        outs = [_Tap(1)]
        together = _are_one(1, 2)
        outs += [] if together else [_Tap(2)]
        self._taps = list(outs)
        # A handler becomes the default in the command; blocked, a signal would stay blocked in it.
        for number in self._numbers():
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, _nothing)
        try:
            process = subprocess.Popen(
                self._words, executable=self._path, stdout=outs[0].writing, stderr=outs[-1].writing
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            refusal = TaskmonError("Cannot run", f"{plain(self._path)} could not be started: {reason}.")
            refusal.exit_status = 126  # as a shell has it
            raise refusal from error
        finally:
            signal.pthread_sigmask(signal.SIG_BLOCK, self._numbers())
            for tap in outs:
                os.close(tap.writing)
        return process

    @staticmethod
    def _numbers() -> list[int]:
        return [getattr(signal, name) for name in _PASSED_ON]

    def _copy_until_it_ends(self, process: subprocess.Popen[bytes]) -> None:
        poll, looked_at = select.poll(), 0.0
        late: float | None = None
        open_taps = {tap.reading: tap for tap in self._taps}
        for number in open_taps:
            poll.register(number, select.POLLIN)
        ended = os.pidfd_open(process.pid) if hasattr(os, "pidfd_open") else -1
        if ended >= 0:
            poll.register(ended, select.POLLIN)
        while True:
            ready = [number for number, _ in poll.poll(_LOOK_EVERY)]
            for number in ready:
                if number == ended:
                    continue
                said = open_taps[number].copy()
                if said is None:
                    poll.unregister(number)
                    tap = open_taps.pop(number)
                    self._taps.remove(tap)
                    tap.close()
                else:
                    self._row.hear(said)
            if late is None and (ended in ready or (ended < 0 and process.poll() is not None)):
                late = time.monotonic() + _LATE
            # What it printed before its end is in the pipe when the end is told; what others print may have no end.
            if late is not None and (ready in ([ended], []) or time.monotonic() > late):
                break
            if time.monotonic() - looked_at > _LOOK_EVERY / 1000:
                looked_at = time.monotonic()
                self._row.look()
        if ended >= 0:
            os.close(ended)

    def _pass_signals(self, pid: int) -> None:
        """What is sent to this process alone is meant for the command. In a thread of its own."""
        seen = signals.look(pid)
        numbers = self._numbers()
        while True:
            told = signal.sigwaitinfo(numbers)
            if told.si_signo == signal.SIGWINCH:
                for tap in list(self._taps):
                    tap.fit()
            elif told.si_code == _SI_KERNEL or told.si_pid == self._publisher.window:
                continue  # the command has got it as well
            elif seen is not None:
                signals.send_to_one(told.si_signo, seen)

    def _leave_behind(self) -> None:
        """What the command has left running may still write: a process that nobody awaits passes that on."""
        for tap in self._taps:
            poll = select.poll()
            poll.register(tap.reading, select.POLLIN)
            if any(event & select.POLLHUP for _, event in poll.poll(0)):
                continue
            if os.fork() == 0:
                with contextlib.suppress(BaseException):
                    while tap.copy() is not None:
                        pass
                os._exit(0)


def _are_one(one: int, other: int) -> bool:
    """Whether two descriptors lead to the same place, in which what is written stands in order."""
    try:
        return os.path.sameopenfile(one, other)
    except OSError:
        return False


def _nothing(number: int, frame: object) -> None:
    del number, frame


def run_command(path: str, words: Sequence[str], name: str, run: str = "", *, coming: bool = False) -> int:
    """Run a command and end as it does: return its status; if a signal ended it, this process is ended by the same.

    Raises:
        TaskmonError: it could not be started.
    """
    status = Command(path, words, name, run, coming=coming).go()
    if status < 0:
        _end_by(-status)
    return status


def _end_by(number: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))  # it would be of us
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    with contextlib.suppress(OSError, ValueError):  # SIGKILL has no handler
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_kill(threading.get_ident(), number)  # a signal for any thread would be taken by the one that waits
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [number])
