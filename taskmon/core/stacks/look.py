"""Finds out what each thread does at this moment: `FactsLook` looks at them again and again.

A look is made of three sources, and what they do not tell together is left out, never guessed: the frames of the thread
tell what it has called, the kernel tells whether it waits there and until when (`taskmon.core.stacks.kernel`), and the
thread's own clock tells what it has used since the look before. A thread that has not moved and has used nothing since
is not looked at again: 200 waiting threads cost a clock reading each. Nor is the kernel asked of one that has only come
back to a wait that its frames tell as well as the kernel did there before, as one that polls does: how long a wait
lasts at most, and whether it is one without an end, is asked of those that are still there at the next look.

Whether a call into C computes *outside Python*, without the interpreter lock, cannot be read anywhere: looking gives
the lock away, so whoever runs then may just have taken it. So the thread's clock is read many times over within one
call into C, which keeps the lock all the while; a clock that goes on meanwhile is that of a thread without it.

What is not told: how long a thread waits for the interpreter. The look itself takes the interpreter from others, and no
way to measure it was found that stood a test against threads whose waits were known.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import repeat
from sys import getswitchinterval
from types import CodeType, FrameType
from typing import Final, NamedTuple, TypeAlias

from taskmon.core.stacks import kernel
from taskmon.core.stacks.calls import call_at, may_wait_at
from taskmon.core.stacks.facts import MOST_CALLS, Activity, OwnCall, ThreadFacts
from taskmon.core.stacks.frames import current_frames
from taskmon.core.stacks.sampler import is_own as _is_own_file

#: The share of a processor from which a thread that is in no known wait counts as computing.
_COMPUTES_FROM: Final = 0.02
#: One that is seen to run may have come from one brief wait and be on its way to the next, and beside busy others it is
#: seen so often. From this share on it computes: less is told as 0 %.
_RUNS_FROM: Final = 0.005
#: The share from which it is worth finding out whether a call into C computes without the interpreter lock.
_TRY_OUTSIDE_FROM: Final = 0.3
#: How often the clock is read for that, one after the other: some 100 µs.
_READINGS: Final = 250
#: How many threads are tried in one look.
_MOST_TRIED: Final = 8
#: So many threads are read before the system is asked about the first of them: it must not have gone far since.
_AT_ONCE: Final = 4
#: Among many busy threads each question to the kernel costs a turn of all of them. After so many seconds the others
#: have to wait for one of the next looks; until then, what those do that rest is what their frames tell.
_LONGEST_LOOK: Final = 0.25
#: A share of a longer time without a look, in seconds, says nothing of now.
_LONGEST_GAP: Final = 5.0
#: A wait that ends sooner than this, in seconds, may be one for the interpreter lock, which has a short timeout.
_SHORT_WAIT: Final = 0.06
#: Frames that are looked through for a known wait, from the innermost on, and for own code.
_NEAR: Final = 8
_DEEPEST: Final = 200


class _Seen:
    """One thread, from look to look."""

    __slots__ = (
        "asked_at", "cpu", "facts", "frame", "instruction", "is_read", "is_settled", "judged_at", "looked_at", "told",
    )  # fmt: skip

    def __init__(self) -> None:
        self.frame = 0
        self.instruction = -1
        self.cpu: float | None = None
        self.looked_at = 0.0
        self.judged_at = 0.0
        self.is_read = False  # the facts are those of this place
        self.is_settled = False  # … and the kernel was asked as well
        self.asked_at: list[tuple[CodeType, int]] | None = None  # the calls in which it was when the kernel was asked …
        self.told: tuple[Activity | None, str] = None, ""  # … and what that told
        self.facts = ThreadFacts()


class _Reading(NamedTuple):
    """What the frames of a thread tell. Frames themselves are not kept: see `FactsLook.look`."""

    frame: int
    """The identity of the innermost one."""
    near: list[tuple[CodeType, int]]
    """The innermost ones, up to the first of the program's own: code and instruction."""
    calls: list[tuple[CodeType, int]]
    """The innermost ones of the program's own: code and line."""
    outer: CodeType | None
    """The outermost one of the program's own."""


OwnCode: TypeAlias = "Callable[[CodeType], bool]"
_Due = tuple[int, int | None, _Seen, float | None]


class FactsLook:
    """Looks at threads of this process, again and again. For one thread at a time: it belongs to whoever looks.

    Args:
        is_own: whether code is the program's own rather than a library's.
        clock: seconds of `time.monotonic()`; for tests.
    """

    def __init__(self, is_own: OwnCode | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._is_own = is_own or _is_own
        self._clock = clock
        self._seen: dict[int, _Seen] = {}

    def look(self, threads: Mapping[int, int | None]) -> dict[int, ThreadFacts]:
        """Look at `threads`: native ids, where known, by `threading.get_ident()`. Those that have ended are left out.

        A function that returns while its frame is held has its variables kept until that is let go of, here: what the
        program wants to end in its own thread would end in this one. So frames are held only between two calls of the
        system, where no other thread runs.
        """
        frames = current_frames()
        now = self._clock()
        found: dict[int, ThreadFacts] = {}
        due: list[_Due] = []
        for ident, known_id in threads.items():
            frame = frames.get(ident)
            if frame is None:
                continue
            seen = self._seen.get(ident)
            native_id = known_id if known_id is not None else self._native_id_of(ident, seen)
            cpu = kernel.cpu_seconds(native_id) if native_id is not None else None
            if seen is None or seen.facts.native_id != native_id:
                seen = self._seen[ident] = _Seen()
            share = _share(seen, cpu, now)
            place = id(frame), frame.f_lasti, cpu
            if place != (seen.frame, seen.instruction, seen.cpu):
                came = seen.frame != 0
                seen.frame, seen.instruction, seen.cpu = place
                seen.is_read = seen.is_settled = False
                seen.facts = seen.facts._replace(native_id=native_id, cpu=share, since=now, seen_coming=came)
            elif cpu is None:  # without a clock, it may have left its place and come back
                seen.facts = seen.facts._replace(since=now, seen_coming=False)
            elif seen.facts.cpu != share:
                seen.facts = seen.facts._replace(cpu=share)
            found[ident] = seen.facts
            seen.looked_at = now
            if not seen.is_settled or seen.facts.activity in _TO_BE_JUDGED_ANEW:
                due.append((ident, native_id, seen, share))
        frame = None
        frames.clear()
        due = self._judge_what_has_come_back(due, found, now)
        due.sort(key=lambda each: each[2].judged_at)
        tries = _MOST_TRIED
        readings: dict[int, _Reading | None] = {}
        for number, (ident, native_id, seen, share) in enumerate(due):
            if self._clock() - now > _LONGEST_LOOK:  # the others' turn comes first, next time
                self._read_those_that_rest(due[number:], found, now)
                break
            if ident not in readings:
                readings = self._read([each[0] for each in due[number : number + _AT_ONCE]])
            reading = readings[ident]
            if reading is None:
                del found[ident]
                continue
            facts = self._judge(reading, native_id, share, may_try=tries > 0)
            tries -= share is not None and share >= _TRY_OUTSIDE_FROM
            found[ident] = _noted(seen, reading, facts, now)
            seen.is_settled = True
            seen.judged_at = now
            seen.asked_at, seen.told = reading.near, (facts.activity, facts.subject)
        for ident in self._seen.keys() - found.keys():
            del self._seen[ident]
        return {ident: found[ident] for ident in threads if ident in found}

    def unmoved(self, facts: Mapping[int, ThreadFacts], frames: Mapping[int, FrameType]) -> dict[int, ThreadFacts]:
        """Return the facts of those threads that stand where they did when these were found, by frames of now."""
        return {
            ident: known
            for ident, known in facts.items()
            if (frame := frames.get(ident)) is not None
            and (seen := self._seen.get(ident)) is not None
            and seen.is_read
            and (seen.frame, seen.instruction) == (id(frame), frame.f_lasti)
        }

    def forget(self) -> None:
        """Begin anew: nobody wants to know of any thread any more."""
        self._seen.clear()

    def _native_id_of(self, ident: int, seen: _Seen | None) -> int | None:
        """Return the number of a thread that ``threading`` does not know; it stays, so it is looked up once."""
        known = seen.facts.native_id if seen is not None else None
        return known if known is not None and kernel.cpu_seconds(known) is not None else kernel.native_id_of(ident)

    def _judge_what_has_come_back(self, due: list[_Due], found: dict[int, ThreadFacts], now: float) -> list[_Due]:
        """Judge by their frames those that have moved, but only to where they were. Return the others."""
        moved = [
            ident
            for ident, _, seen, share in due
            if seen.asked_at and not seen.is_read and share is not None and share <= _RUNS_FROM
        ]
        readings = self._read(moved) if moved else {}
        rest: list[_Due] = []
        for each in due:
            ident, native_id, seen, share = each
            reading = readings.get(ident)
            if reading is not None and reading.near == seen.asked_at:
                facts = self._judge(reading, native_id, share, may_try=False, may_ask=False)
                if facts.activity is not None and (facts.activity, facts.subject) == seen.told:
                    found[ident] = _noted(seen, reading, facts, now)
                    seen.judged_at = now
                    continue
            rest.append(each)
        return rest

    def _read_those_that_rest(self, due: Iterable[_Due], found: dict[int, ThreadFacts], now: float) -> None:
        """Find out by their frames what those do that stand where they did at the look before. Asks the kernel nothing.

        A thread that waits for the interpreter uses its processor a little: these wait for what they have called.
        """
        rest = [each for each in due if not each[2].is_read and each[2].facts.since < now and each[3] == 0.0]
        readings = self._read([each[0] for each in rest])
        for ident, native_id, seen, share in rest:
            reading = readings[ident]
            if reading is not None:
                facts = self._judge(reading, native_id, share, may_try=False, may_ask=False)
                found[ident] = _noted(seen, reading, facts, now)

    def _read(self, idents: Sequence[int]) -> dict[int, _Reading | None]:
        """Read the frames of some threads, None of those that have ended, without a call of the system."""
        frames = current_frames()
        readings = {ident: self._reading_of(frames[ident]) if ident in frames else None for ident in idents}
        frames.clear()  # our own is in it, and would keep it
        return readings

    def _reading_of(self, innermost: FrameType) -> _Reading:
        near: list[tuple[CodeType, int]] = []
        outer = None
        calls: list[tuple[CodeType, int]] = []
        frame: FrameType | None = innermost
        depth = 0
        while frame is not None and depth < _DEEPEST:
            own = self._is_own(frame.f_code)
            if not calls and len(near) < _NEAR:
                near.append((frame.f_code, frame.f_lasti))
            if own:
                if len(calls) < MOST_CALLS:
                    calls.append((frame.f_code, frame.f_lineno or 0))
                outer = frame.f_code
            frame = frame.f_back
            depth += 1
        return _Reading(id(innermost), near, calls, outer)

    def _judge(
        self, reading: _Reading, native_id: int | None, share: float | None, *, may_try: bool, may_ask: bool = True
    ) -> ThreadFacts:
        _, near, calls, outer = reading
        facts = ThreadFacts(
            native_id,
            share,
            function=outer.co_qualname if outer is not None else "",
            file=calls[0][0].co_filename if calls else "",
            line=calls[0][1] if calls else 0,
            calls=tuple(OwnCall(code.co_qualname, code.co_filename, line) for code, line in calls),
        )
        call = call_at(*near[0])
        wait, subject = _known_wait(near, call)
        at_call = bool(call) or may_wait_at(*near[0])
        if outer is None:
            subject = ""  # not as the program spells it
            call = "" if near[0][0].co_filename == THREADING else call
        if share is not None and share > _RUNS_FROM and wait is None and not at_call and outer is not None:
            return facts._replace(activity=Activity.COMPUTING)  # between two calls there is nothing to wait for
        for_work = outer is None and (wait in _WAITS_FOR_WORK or call.endswith(".get")) and _is_at_work(near)
        if native_id is None or not may_ask or (state := kernel.system_call(native_id)) is None:
            return _without_kernel(facts, Activity.WORK if for_work else wait, subject)
        name = state.name
        if for_work and name == "futex":
            wait = Activity.WORK
        if name == "futex":
            return self._in_futex(facts, state, wait, subject, call, at_call=at_call, may_try=may_try)
        if name == kernel.RUNNING:
            known = wait if share is not None else None  # at the first look, it may just as well compute
            return _computing(facts, call, known, subject, may_try=may_try, seen_running=True)
        if name in {"wait4", "waitid"}:
            return facts._replace(activity=Activity.CHILD, subject=_child_of(state))
        if wait in _BY_ANY_CALL:
            return facts._replace(activity=wait, subject=subject if wait is not Activity.CHILD else "")
        if name in {"clock_nanosleep", "nanosleep"} or (name == "select" and state.arguments[:1] == (0,)):
            if call.rpartition(".")[2] in _DATABASE_CALLS:
                return facts._replace(activity=Activity.CALL, subject=call)  # until somebody else's lock is let go
            return facts._replace(activity=Activity.SLEEPING, wakes_at=kernel.wakes_at(native_id, state))
        if name == "epoll_wait" or (name in {"select", "poll"} and wait is Activity.LOOP):
            return facts._replace(activity=Activity.LOOP if wait is Activity.LOOP else Activity.IO)
        return _at_a_descriptor(facts, native_id, state, call)

    def _in_futex(
        self,
        facts: ThreadFacts,
        state: kernel.SystemCall,
        wait: Activity | None,
        subject: str,
        call: str,
        *,
        at_call: bool,
        may_try: bool,
    ) -> ThreadFacts:
        """It waits for a lock: one of the program's, or the interpreter's."""
        assert facts.native_id is not None
        wakes_at = None
        if kernel.has_timeout(state):
            wakes_at = kernel.wakes_at(facts.native_id, state)
            if wakes_at is None or wakes_at - self._clock() < max(_SHORT_WAIT, 2 * getswitchinterval()):
                # Perhaps for the interpreter: then it would go on at once. A short wait of its own looks the same, but
                # one that is at no call can have none.
                return _computing(
                    facts, call, wait, subject, may_try=may_try, seen_running=wait is None and not at_call
                )
        if wait is not None:
            endless = not kernel.has_timeout(state)
            return facts._replace(activity=wait, subject=subject, wakes_at=wakes_at, endless=endless)
        if facts.cpu is not None and facts.cpu >= _COMPUTES_FROM:  # the interpreter has locks of its own, too
            return _computing(facts, call, None, "", may_try=may_try, seen_running=False)
        return facts._replace(activity=Activity.CALL, subject=call, wakes_at=wakes_at) if call else facts


def _noted(seen: _Seen, reading: _Reading, facts: ThreadFacts, now: float) -> ThreadFacts:
    """Keep the facts of a place, with since when the thread is there, and return them."""
    place = reading.frame, reading.near[0][1]
    since, came = seen.facts.since, seen.facts.seen_coming
    if place != (seen.frame, seen.instruction) and since < now:  # it has gone on during the look
        since, came = now, True
    seen.frame, seen.instruction = place
    seen.is_read = True
    seen.facts = facts._replace(since=since, seen_coming=came)
    return seen.facts


def _share(seen: _Seen, cpu: float | None, now: float) -> float | None:
    if cpu is None or seen.cpu is None or not 0 < now - seen.looked_at <= _LONGEST_GAP:
        return None
    used = cpu - seen.cpu
    return min(1.0, used / (now - seen.looked_at)) if used > 0 else 0.0


def _computing(
    facts: ThreadFacts, call: str, wait: Activity | None, subject: str, *, may_try: bool, seen_running: bool
) -> ThreadFacts:
    """It computes, if it has used a processor; else it is about to begin, or has just ended, the wait that it is at."""
    share = facts.cpu or 0.0
    if share >= _COMPUTES_FROM or (seen_running and share > _RUNS_FROM):
        if call and not call.startswith("with ") and share >= _TRY_OUTSIDE_FROM and may_try:
            assert facts.native_id is not None
            if _runs_without_lock(facts.native_id):
                return facts._replace(activity=Activity.OUTSIDE, subject=call)
        return facts._replace(activity=Activity.COMPUTING)
    return facts if wait is None else facts._replace(activity=wait, subject=subject)


def _runs_without_lock(native_id: int) -> bool:
    """Whether a thread's clock goes on while this thread keeps the interpreter lock."""
    clock = (~native_id << 3) | 6
    try:
        began = time.perf_counter()
        # One call into C: neither `list` nor `map` lets go of the lock between two readings.
        readings = list(map(time.clock_gettime, repeat(clock, _READINGS)))
        took = time.perf_counter() - began
    except (OSError, OverflowError):
        return False
    return readings[-1] - readings[0] > 0.5 * took


def _without_kernel(facts: ThreadFacts, wait: Activity | None, subject: str) -> ThreadFacts:
    """Where the kernel tells nothing: a known wait is told, unless the thread has used its time for something."""
    return _computing(facts, "", wait, subject, may_try=False, seen_running=False)


def _at_a_descriptor(facts: ThreadFacts, native_id: int, state: kernel.SystemCall, call: str) -> ThreadFacts:
    last = call.rpartition(".")[2]
    activity = _BY_SYSTEM_CALL.get(state.name)
    if state.name == "poll":  # before a call with a timeout: the call itself tells what for
        activity = _BY_PYTHON_CALL.get(last, Activity.IO)
    if activity is None:
        return facts._replace(activity=Activity.CALL, subject=call) if call else facts
    number = kernel.descriptor_of(native_id, state)
    described = kernel.describe_descriptor(number) if number is not None else None
    if described is None or not described.kind:
        return facts._replace(activity=activity)
    if activity is Activity.IO and described.kind == "socket":
        return facts._replace(activity=Activity.IO, subject=described.name, channel="socket")
    # Python waits by `poll` where a socket has a timeout: a call that waits by itself has none.
    endless = state.name in {"read", "recv", "accept"} and described.kind in {"socket", "pipe"}
    return facts._replace(activity=activity, subject=described.name, channel=described.kind, endless=endless)


_A = Activity
_BY_SYSTEM_CALL: Final = {
    "read": _A.READING, "recv": _A.READING, "write": _A.WRITING, "send": _A.WRITING, "sendfile": _A.WRITING,
    "fsync": _A.WRITING, "connect": _A.CONNECTING, "accept": _A.ACCEPTING, "flock": _A.FILE_LOCK,
    "fcntl": _A.FILE_LOCK, "open": _A.READING, "select": _A.IO,
}  # fmt: skip
_BY_PYTHON_CALL: Final = {
    "recv": _A.READING, "recv_into": _A.READING, "recvfrom": _A.READING, "recvmsg": _A.READING, "read": _A.READING,
    "do_handshake": _A.READING, "send": _A.WRITING, "sendall": _A.WRITING, "sendto": _A.WRITING, "write": _A.WRITING,
    "accept": _A.ACCEPTING, "_accept": _A.ACCEPTING, "connect": _A.CONNECTING,
}  # fmt: skip
#: By the last part of a file's path and the qualified name of a function, what a thread in it waits for. The outermost
#: of a library's calls decides: an Event waits by a Condition, and a queue by both.
_BY_FUNCTION: Final[dict[str, dict[str, Activity]]] = {
    "threading.py": {
        "Thread.join": _A.THREAD, "Thread._wait_for_tstate_lock": _A.THREAD, "Event.wait": _A.EVENT,
        "Condition.wait": _A.CONDITION, "Condition.wait_for": _A.CONDITION, "Semaphore.acquire": _A.SEMAPHORE,
        "Barrier.wait": _A.BARRIER, "Barrier._wait": _A.BARRIER, "_RLock.acquire": _A.LOCK,
        "Condition.__enter__": _A.LOCK, "Timer.run": _A.SLEEPING, "_shutdown": _A.THREAD,
    },
    "queue.py": {"Queue.get": _A.QUEUE, "Queue.put": _A.ROOM, "Queue.join": _A.ITEMS, "_PySimpleQueue.get": _A.QUEUE},
    "_base.py": {
        "Future.result": _A.RESULT, "Future.exception": _A.RESULT, "wait": _A.RESULT, "as_completed": _A.RESULT,
    },
    "subprocess.py": {
        "Popen.wait": _A.CHILD, "Popen._wait": _A.CHILD, "Popen.communicate": _A.CHILD, "Popen._communicate": _A.CHILD,
    },
    "selectors.py": {
        "EpollSelector.select": _A.IO, "SelectSelector.select": _A.IO, "_PollLikeSelector.select": _A.IO,
    },
    "base_events.py": {"BaseEventLoop._run_once": _A.LOOP},
    "synchronize.py": {
        "Condition.wait": _A.CONDITION, "Condition.wait_for": _A.CONDITION, "Event.wait": _A.EVENT,
        "SemLock.__enter__": _A.LOCK, "Condition.__enter__": _A.LOCK,
    },
    "queues.py": {
        "Queue.get": _A.QUEUE, "SimpleQueue.get": _A.QUEUE, "Queue.put": _A.ROOM, "JoinableQueue.put": _A.ROOM,
        "JoinableQueue.join": _A.ITEMS,
    },
    "process.py": {"BaseProcess.join": _A.CHILD},
    "pool.py": {"ApplyResult.get": _A.RESULT, "ApplyResult.wait": _A.RESULT, "IMapIterator.next": _A.RESULT},
    # Of taskmon itself. The waits within its calls are its own affair: what counts is what the caller waits for.
    "context.py": {
        "TaskContext.sleep": _A.CHECKPOINT, "TaskContext.checkpoint": _A.CHECKPOINT,
        "TaskContext._attend": _A.CHECKPOINT, "TaskContext._wait_in_checkpoint": _A.CHECKPOINT,
        "TaskContext.join": _A.RESULT,
    },
    "turn.py": {"Turn.step": _A.CHECKPOINT, "Turn._wait": _A.CHECKPOINT, "Turn._sit_out": _A.CHECKPOINT},
    "task.py": {
        "Task.pause_here": _A.CHECKPOINT, "Task.wait_ended": _A.RESULT, "Task.exception": _A.RESULT,
        "Task.result": _A.RESULT,
    },
    "feed.py": {"Feed._take": _A.QUEUE},
    "token.py": {"StopToken.wait": _A.CHECKPOINT, "StopToken.sleep": _A.CHECKPOINT},
}  # fmt: skip
#: Its calls lead through others of its own, which say nothing.
_PROCESSES: Final = "multiprocessing"
_HOMES: Final = {
    "_base.py": "futures", "base_events.py": "asyncio", "context.py": "task", "turn.py": "task", "task.py": "task",
    "feed.py": "run", "token.py": "stop", "synchronize.py": _PROCESSES, "queues.py": _PROCESSES,
    "process.py": _PROCESSES, "pool.py": _PROCESSES,
}  # fmt: skip
#: Known by the library's function, whatever that does meanwhile: read from a pipe, sleep and look again.
_BY_ANY_CALL: Final = frozenset({_A.CHILD, _A.QUEUE, _A.ROOM, _A.ITEMS, _A.EVENT, _A.CONDITION, _A.RESULT})
#: Which sleep for a little while, again and again, where a database is locked.
_DATABASE_CALLS: Final = frozenset({"execute", "executemany", "executescript", "commit"})
#: What a thread that has used no processor since is not at any more.
_TO_BE_JUDGED_ANEW: Final = frozenset({None, _A.COMPUTING, _A.OUTSIDE})
_WAITS_FOR_WORK: Final = frozenset({_A.QUEUE, _A.CONDITION, _A.EVENT, _A.SEMAPHORE, _A.LOCK})
_BY_CALL: Final = {
    "sleep": _A.SLEEPING, "acquire": _A.LOCK, "acquire_lock": _A.LOCK, "__enter__": _A.LOCK, "waitpid": _A.CHILD,
    "wait4": _A.CHILD, "waitid": _A.CHILD, "system": _A.CHILD,
}  # fmt: skip


def _known_wait(near: Iterable[tuple[CodeType, int]], call: str) -> tuple[Activity | None, str]:
    """Return what the innermost calls, down to the program's own, wait for, and its name in the source if any."""
    found: Activity | None = None
    name = ""
    for number, (code, instruction) in enumerate(near):
        function = _function_wait(code)
        if function is not None:
            found, name = function, ""
            continue
        if found is None and os.path.basename(os.path.dirname(code.co_filename)) == _PROCESSES:
            continue
        spelt = call if not number else call_at(code, instruction)
        if found is None and not number:
            if spelt.startswith("with "):
                return Activity.LOCK, spelt[5:]
            last = spelt.rpartition(".")[2]
            wait = _BY_CALL.get(last)
            if wait is Activity.LOCK:
                return wait, spelt.rpartition(".")[0]
            if wait is not None:
                return wait, ""
        if found in {Activity.LOCK, Activity.SEMAPHORE} and spelt:
            name = spelt[5:] if spelt.startswith("with ") else spelt.rpartition(".")[0]
        elif found is not None and spelt and not name:
            name = spelt.rpartition(".")[0]
        break
    return found, "" if name == "super()" else name  # a class's own way to wait, which its callers see


def _is_at_work(near: Sequence[tuple[CodeType, int]]) -> bool:
    """Whether a thread without own calls is a library's that waits by itself.

    Not one with a wait for its target, `event.wait`, nor a pool's that executes one: its loop does not call it by name.
    """
    begins_in = next((code for code, _ in reversed(near) if code.co_filename != THREADING), None)
    if begins_in is None or _function_wait(begins_in) is not None:
        return False
    first = max((number for number, (code, _) in enumerate(near) if _function_wait(code) is not None), default=-1)
    if not 0 <= first < len(near) - 1:
        return True
    spelt = call_at(*near[first + 1])
    return spelt.startswith("with ") or spelt.rpartition(".")[2] in {"", near[first][0].co_name}


def _function_wait(code: CodeType) -> Activity | None:
    folder, _, base = code.co_filename.replace(os.sep, "/").rpartition("/")
    functions = _BY_FUNCTION.get(base)
    if functions is None:
        return None
    home = _HOMES.get(base)
    if home is not None and not folder.endswith("/" + home):
        return None
    if home is None and code.co_filename not in _STDLIB_FILES:
        return None
    return functions.get(code.co_qualname)


_STDLIB: Final = os.path.dirname(os.path.abspath(os.__file__))
#: Where the program's `threading` is: in a watched program, `threading` is something else to modules of ours.
THREADING: Final = os.path.join(_STDLIB, "threading.py")
#: A program may have its own ``queue.py``.
_STDLIB_FILES: Final = frozenset(
    os.path.join(_STDLIB, name) for name in ("threading.py", "queue.py", "subprocess.py", "selectors.py")
)


def _child_of(state: kernel.SystemCall) -> str:
    """Return the id of the process that is waited for; empty for any."""
    arguments = state.arguments
    if state.name == "waitid":
        number = arguments[1] if arguments[:1] == (1,) and len(arguments) > 1 else 0
    else:
        number = arguments[0] if arguments else 0
    return str(number) if 0 < number < 1 << 31 else ""


def _is_own(code: CodeType) -> bool:
    return _is_own_file(code.co_filename)
