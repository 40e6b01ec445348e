"""What a thread waits for, or is busy with, as far as its stack tells: the base of the advice on how to end it."""

from __future__ import annotations

import os
from enum import Enum
from typing import Final, NamedTuple

from taskmon.core.stacks.sampler import StackFrame, StackSample

#: The share of a processor from which a thread counts as computing rather than waiting.
_BUSY_FROM: Final = 0.5
#: Where several threads compute, they share one interpreter, and each has a part of a processor only. So less is
#: enough where all threads together use as much of one as this …
_LOADED_FROM: Final = 0.7
#: … but a thread that only waits uses less than this.
_SHARED_FROM: Final = 0.02
#: Seconds at one place after which a name that is also that of a call which never waits is believed.
_BELIEVED_AFTER: Final = 1.0


class Blocker(Enum):
    """The known ways not to come to a checkpoint."""

    SLEEP = "sleep"
    LOCK = "lock"
    EVENT = "event"
    CONDITION = "condition"
    """A Condition, Semaphore or Barrier of `threading`."""
    QUEUE_GET = "queue_get"
    QUEUE_PUT = "queue_put"
    QUEUE_JOIN = "queue_join"
    SOCKET = "socket"
    HTTP = "http"
    SUBPROCESS = "subprocess"
    PROCESS = "process"
    """A process, pipe or queue of `multiprocessing`."""
    INPUT = "input"
    JOIN = "join"
    FUTURE = "future"
    SELECT = "select"
    ASYNCIO = "asyncio"
    DATABASE = "database"
    FILE = "file"
    CHECKPOINT = "checkpoint"
    """A wait of taskmon's own, which a stop ends by itself."""
    NATIVE = "native"
    """A call into C that computes."""
    COMPUTING = "computing"
    """Python code that computes."""
    UNKNOWN = "unknown"


class Blockage(NamedTuple):
    """Where a thread is stuck."""

    blocker: Blocker
    call: str
    """What it is in, as the source spells it: ``time.sleep``, ``self.sock.recv``; may be empty."""
    frame: StackFrame
    """The innermost call of the program's own code; where it has none on the stack, the innermost of all."""
    busy: bool
    """Whether it computes."""
    since: float
    """Since when it has been seen there, in seconds of `time.monotonic()`."""


def find_blockage(sample: StackSample) -> Blockage | None:
    """Return what a thread is stuck in; None for an empty stack."""
    frames = sample.frames
    if not frames:
        return None
    place = next((number for number in reversed(range(len(frames))) if frames[number].own), len(frames) - 1)
    own, innermost = frames[place], frames[-1]
    beneath = frames[place + 1 :] if own.own else frames
    call = own.call or (beneath[0].function if beneath and own.own else "") or innermost.call
    share = sample.busy or 0.0
    loaded = sample.load is not None and sample.load >= _LOADED_FROM
    in_c = sample.one_call is True and sample.taken_at - sample.unmoved_since >= _BELIEVED_AFTER
    busy = share >= _BUSY_FROM
    if busy:
        blocker = _computing(innermost, beneath, in_c=in_c)
    else:
        sure = not _may_compute(sample)
        blocker = (
            _from_frames(beneath)
            or _from_call(innermost.call, sure=sure)
            or _from_call(own.call, sure=sure)
            or Blocker.UNKNOWN
        )
        if blocker is Blocker.UNKNOWN and share >= _SHARED_FROM and loaded:
            busy, blocker = True, _computing(innermost, beneath, in_c=in_c)
        elif blocker is Blocker.UNKNOWN and not innermost.call and (sample.busy is None or share >= _SHARED_FROM):
            blocker = Blocker.COMPUTING  # at no call it waits for nothing but its turn of the interpreter
    if busy and not beneath and blocker is not Blocker.NATIVE:
        call = ""
    return Blockage(blocker, call, own, busy, sample.unmoved_since)


def _computing(innermost: StackFrame, beneath: tuple[StackFrame, ...], *, in_c: bool) -> Blocker:
    # A native function has no frame of its own; one that returned long ago is still what the instruction names. A loop
    # in Python is found at the same one or two instructions each time: it gives the interpreter away nowhere else.
    return Blocker.NATIVE if in_c and innermost.call and not beneath else Blocker.COMPUTING


def _may_compute(sample: StackSample) -> bool:
    """Whether a call with the name of one that waits may as well be another: ``table.get(key)`` never does."""
    if sample.taken_at - sample.unmoved_since < _BELIEVED_AFTER:
        return True
    return sample.one_call is False if sample.busy is None else sample.busy >= _SHARED_FROM


def _from_frames(frames: tuple[StackFrame, ...]) -> Blocker | None:
    """Judge by the first known function, from the one that the program's own code has called."""
    for frame in frames:
        parts = frame.file.replace(os.sep, "/").rsplit("/", 3)
        for end in ("/".join(parts[-3:]), "/".join(parts[-2:]), parts[-1]):
            rules = _FUNCTIONS.get(end)
            if rules is None:
                continue
            last = frame.function.rpartition(".")[2]
            found = rules.get(frame.function) or rules.get(last) or rules.get("*")
            if found is not None:
                return found
        if _HTTP_PACKAGES.intersection(parts[:-1]):
            return Blocker.HTTP
        if "asyncio" in parts[:-1]:
            return Blocker.ASYNCIO
        if "multiprocessing" in parts[:-1]:
            return Blocker.PROCESS
    return None


def _from_call(call: str, *, sure: bool) -> Blocker | None:
    """Judge by the name of a function in C; if not `sure` that it waits, by names alone that nothing else bears."""
    if call.startswith("with "):
        return Blocker.LOCK
    if call == "input" or "stdin" in call:
        return Blocker.INPUT
    name = call.rpartition(".")[2]
    return _CALLS.get(name) if sure or name not in _ALSO_OF_OTHERS else None


_B = Blocker
_HTTP_PACKAGES: Final = frozenset({"requests", "urllib3", "httpx", "httpcore", "urllib", "http", "botocore"})
_FUNCTIONS: Final[dict[str, dict[str, Blocker]]] = {
    "threading.py": {"join": _B.JOIN, "_wait_for_tstate_lock": _B.JOIN, "Event.wait": _B.EVENT,
                     "wait": _B.CONDITION, "wait_for": _B.CONDITION, "acquire": _B.CONDITION, "_wait": _B.CONDITION},
    "queue.py": {"get": _B.QUEUE_GET, "put": _B.QUEUE_PUT, "join": _B.QUEUE_JOIN},
    "socket.py": {"*": _B.SOCKET},
    "ssl.py": {"*": _B.SOCKET},
    "socketserver.py": {"*": _B.SOCKET},
    "subprocess.py": {"*": _B.SUBPROCESS},
    "selectors.py": {"*": _B.SELECT},
    "shutil.py": {"*": _B.FILE},
    "pathlib.py": {"*": _B.FILE},
    "futures/_base.py": {"result": _B.FUTURE, "exception": _B.FUTURE, "wait": _B.FUTURE, "as_completed": _B.FUTURE,
                         "result_iterator": _B.FUTURE, "_result_or_cancel": _B.FUTURE},
    "core/task/task.py": {"result": _B.FUTURE, "exception": _B.FUTURE, "wait_ended": _B.FUTURE},
    "core/task/context.py": {"*": _B.CHECKPOINT},
    "core/stop/token.py": {"wait": _B.CHECKPOINT, "sleep": _B.CHECKPOINT},
    "core/process/parent.py": {"*": _B.PROCESS},
}  # fmt: skip
_CALLS: Final = {
    "sleep": _B.SLEEP,
    "acquire": _B.LOCK, "acquire_lock": _B.LOCK,
    "get": _B.QUEUE_GET, "put": _B.QUEUE_PUT,
    "recv": _B.SOCKET, "recv_into": _B.SOCKET, "recvfrom": _B.SOCKET, "recvmsg": _B.SOCKET, "accept": _B.SOCKET,
    "connect": _B.SOCKET, "send": _B.SOCKET, "sendall": _B.SOCKET, "sendto": _B.SOCKET, "do_handshake": _B.SOCKET,
    "getaddrinfo": _B.SOCKET, "gethostbyname": _B.SOCKET,
    "waitpid": _B.SUBPROCESS, "wait4": _B.SUBPROCESS, "system": _B.SUBPROCESS,
    "select": _B.SELECT, "poll": _B.SELECT, "epoll": _B.SELECT,
    "execute": _B.DATABASE, "executemany": _B.DATABASE, "executescript": _B.DATABASE, "commit": _B.DATABASE,
    "fetchone": _B.DATABASE, "fetchmany": _B.DATABASE, "fetchall": _B.DATABASE, "backup": _B.DATABASE,
    "open": _B.FILE, "read": _B.FILE, "readline": _B.FILE, "readlines": _B.FILE, "readinto": _B.FILE,
    "write": _B.FILE, "flush": _B.FILE, "fsync": _B.FILE, "flock": _B.FILE, "lockf": _B.FILE, "stat": _B.FILE,
    "join": _B.JOIN,
    "result": _B.FUTURE,
}  # fmt: skip
#: Names that dictionaries, strings and plain classes have as well.
_ALSO_OF_OTHERS: Final = frozenset({"get", "put", "join", "result"})
