"""Stopping all threads of a process for a moment, by ptrace.

The kernel lets them go on by itself when the thread that holds them ends: so each time it is a thread of its own, and
nothing that happens to us can leave them held. No signal is sent to the process.

Some system calls end early when their thread has been held, as after a signal (`signal(7)` lists them: `epoll_wait`,
for example). Python begins such a call again by itself.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from taskmon.attach.process import status_of, system_call_of, threads_of, why_no_access
from taskmon.attach.refusals import Refusal, Refused

_T = TypeVar("_T")
_DETACH: Final = 17
_SEIZE: Final = 0x4206
_INTERRUPT: Final = 0x4207
_ANY_KIND: Final = 0x40000000  # __WALL: threads of other processes, too
#: Seconds within which all threads have to be held.
_PATIENCE: Final = 1.0
_PAUSE: Final = 0.0002
#: Seconds that the main thread has for a signal that came meanwhile; it may block it.
_TAKES_ITS_SIGNAL: Final = 0.01


def while_frozen(pid: int, work: Callable[[], _T]) -> _T:
    """Return what `work` returns, called while no thread of the process runs. The shorter it is, the better.

    Raises:
        Refused: they cannot be held, or the process has gone; then `work` was not called.
    """

    def run() -> _T:
        held: dict[int, int] = {}
        try:
            _hold_all(pid, held)
            return work()
        finally:
            _let_all_go(pid, held)

    return _in_one_thread(run)


def while_held(thread: int, work: Callable[[], _T]) -> _T | None:
    """As `while_frozen`, for one thread alone; None if it has ended or cannot be held."""

    def run() -> _T | None:
        held: dict[int, int] = {}
        try:
            is_held = _seize(thread) and _wait_for({thread}, held, time.monotonic() + _PATIENCE) and thread in held
            return work() if is_held else None
        except OSError:
            return None
        finally:
            for number, pending in held.items():
                _let_go(number, pending)

    return _in_one_thread(run)


def _in_one_thread(run: Callable[[], _T]) -> _T:
    """Call it in a thread of its own: only the one that holds others may look into them and let them go."""
    with ThreadPoolExecutor(1, "taskmon-freezing") as executor:
        return executor.submit(run).result()


def _hold_all(pid: int, held: dict[int, int]) -> None:
    end = time.monotonic() + _PATIENCE
    seen: set[int] = set()
    while True:
        new = set(threads_of(pid)) - seen  # those that run may start others meanwhile
        if not new:
            break
        seen |= new
        waiting = set()
        for thread in new:
            try:
                if _seize(thread):
                    waiting.add(thread)
            except PermissionError:
                if _has_ended(pid, thread):
                    continue
                raise why_no_access(pid) from None
        if not _wait_for(waiting, held, end):
            raise Refused(Refusal.STUCK)
    if not held:
        raise Refused(Refusal.GONE, pid=pid)


def _has_ended(pid: int, thread: int) -> bool:
    try:
        return status_of(pid, thread)["State"][:1] in "ZX"
    except Refused:
        return True


def _seize(thread: int) -> bool:
    """Have a thread stop; False if it has ended. Raises PermissionError."""
    try:
        ptrace(_SEIZE, thread)
        ptrace(_INTERRUPT, thread)
    except ProcessLookupError:
        return False
    return True


def _wait_for(threads: set[int], held: dict[int, int], end: float) -> bool:
    """Wait until they stand still, and note in `held` which signal each was about to receive. False if time is up."""
    pause = threading.Event()
    while threads:
        for thread in list(threads):
            try:
                number, status = os.waitpid(thread, _ANY_KIND | os.WNOHANG)
            except ChildProcessError:
                threads.discard(thread)
                continue
            if not number:
                continue
            threads.discard(thread)
            if os.WIFSTOPPED(status):
                # Held by us (an event stands in the upper bits), or just when a signal was on its way to it.
                held[thread] = 0 if status >> 16 else os.WSTOPSIG(status)
        if threads:
            if time.monotonic() >= end:
                return False
            pause.wait(_PAUSE)
    return True


def _let_all_go(pid: int, held: dict[int, int]) -> None:
    """Let them go on, the main thread first if a signal has come meanwhile: it is the one that Python answers it in.

    The kernel gives a signal to the main thread if that wants it; but not to one that is held, and so it would get to
    whoever is let go first, and the main thread would not be woken for it.
    """
    if pid in held and _is_signalled(pid):
        _let_go(pid, held.pop(pid))
        end, pause = time.monotonic() + _TAKES_ITS_SIGNAL, threading.Event()
        while time.monotonic() < end and _is_signalled(pid):
            pause.wait(_PAUSE)
    for thread, pending in held.items():
        _let_go(thread, pending)


def _is_signalled(pid: int) -> bool:
    """Whether a signal has come for the process that no thread has taken yet."""
    try:
        return int(status_of(pid)["ShdPnd"], 16) != 0
    except (Refused, KeyError, ValueError):
        return False


def _let_go(thread: int, pending: int) -> None:
    try:
        ptrace(_DETACH, thread, data=pending)
    except OSError:
        return  # it has been killed


_libc: Any = None


def ptrace(request: int, thread: int, address: int = 0, data: int = 0) -> None:
    """The system call. Raises OSError."""
    global _libc
    if _libc is None:
        _libc = ctypes.CDLL(None, use_errno=True)
        _libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
        _libc.ptrace.restype = ctypes.c_long
    if _libc.ptrace(request, thread, address, data) == -1:
        number = ctypes.get_errno() or errno.EIO
        raise OSError(number, os.strerror(number))


# Ending the system call in which a thread waits, as a signal would, but without a signal.
#
# The call returns "interrupted". Python looks up then, finds what it is asked for, and begins the call again; so it
# does for every call that it makes itself. A library in C may take it for a failure: that is the risk, and why this is
# done only where the user has asked for it. No code is put into the process, and no function of its is called.


_GET_REGISTERS, _SET_REGISTERS = 0x4204, 0x4205
_GENERAL: Final = 1  # NT_PRSTATUS
_EINTR: Final = 4
#: ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND, ERESTART_RESTARTBLOCK: the kernel would begin the call again.
_TO_BE_RESTARTED: Final = frozenset({-512, -513, -514, -516})
#: Of user_regs_struct on x86-64, in words: rax and orig_rax.
_RESULT, _CALL = 10, 15
#: System calls by which Python itself, as a rule, waits: sleeps, locks, and selectors. Tried before all others.
_USUAL: Final = frozenset({23, 7, 230, 202, 232, 270, 271, 281, 441})


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("size", ctypes.c_size_t))


def can_wake() -> bool:
    """Whether it is known how, on this kind of processor."""
    return platform.machine() == "x86_64"


def wakeable(pid: int, threads: list[int]) -> list[int]:
    """Of these threads, those that wait in the system, the least risky first."""
    found = []
    for thread in threads:
        call = _waits_in(pid, thread)
        if call is not None:
            found.append((call not in _USUAL, thread))
    return [thread for _, thread in sorted(found)]


def _waits_in(pid: int, thread: int) -> int | None:
    """The number of the system call that a thread is in; None if it is in none, or in one unknown."""
    word, *_ = system_call_of(pid, thread) or [""]
    return int(word) if word.isdigit() else None


def wake(thread: int) -> bool:
    """End the call in which a thread waits; False if it waits in none."""
    return bool(while_held(thread, lambda: _interrupt(thread)))


def _interrupt(thread: int) -> bool:
    buffer = ctypes.create_string_buffer(1024)
    vector = _Vector(ctypes.addressof(buffer), len(buffer))
    ptrace(_GET_REGISTERS, thread, _GENERAL, ctypes.addressof(vector))
    words = list(struct.unpack_from(f"<{vector.size // 8}q", buffer))
    if words[_CALL] < 0 or words[_RESULT] not in _TO_BE_RESTARTED:
        return False
    words[_CALL] = -1  # or the kernel would begin it again
    words[_RESULT] = -_EINTR
    struct.pack_into(f"<{len(words)}q", buffer, 0, *words)
    ptrace(_SET_REGISTERS, thread, _GENERAL, ctypes.addressof(vector))
    return True
