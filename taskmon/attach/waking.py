"""Ending the system call in which a thread waits, as a signal would, but without a signal.

The call returns "interrupted". Python looks up then, finds what it is asked for, and begins the call again; so it does
for every call that it makes itself. A library in C may take it for a failure: that is the risk, and why this is done
only where the user has asked for it. No code is put into the process, and no function of its is called.
"""

from __future__ import annotations

import ctypes
import platform
import struct
from typing import Final

from taskmon.attach.freezing import ptrace, while_held

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
    try:
        with open(f"/proc/{pid}/task/{thread}/syscall", encoding="ascii") as file:
            word = file.read().split()[0]
        return int(word) if word.lstrip("-").isdigit() and int(word) >= 0 else None
    except (OSError, IndexError):
        return None


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
