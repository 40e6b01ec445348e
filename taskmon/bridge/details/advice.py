"""What a stuck thread is in, in words, and what would let it stop."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Final

from taskmon.bridge.details.thread import deadlock_words
from taskmon.bridge.table.ending import own_signals, program_of, way_to_end
from taskmon.bridge.table.rows import TaskRow
from taskmon.bridge.table.text import told, tr
from taskmon.core.base.text import format_duration, plain
from taskmon.core.stacks.blockers import Blocker, find_blockage
from taskmon.core.stacks.facts import Activity
from taskmon.core.stacks.sampler import StackFrame, StackSample
from taskmon.core.stacks.words import standing
from taskmon.core.task.snapshot import TaskSnapshot

_LIMIT: Final = 300
#: From how many seconds on it is said for how long a thread has been at the same place.
_TELL_FROM = 1.0


def headline(sample: StackSample, snapshot: TaskSnapshot | None = None) -> str:
    """Where the thread is, in one sentence: ``Blocked in socket.recv, client.py line 88, for at least 14 s.``

    What was seen, and no more: a call that is made over and over is at the same place at each look, and one that had
    been waiting when the first look came has been there for longer. The facts in the task's `snapshot` go further back
    than a stack, which is looked at only while somebody asks.
    """
    sample = _seen_longer(sample, snapshot)
    blockage = find_blockage(sample)
    if blockage is None:
        return tr("The thread has no Python code to show.")
    if snapshot is not None and not blockage.frame.own and (known := _known_otherwise(snapshot)):
        return tr("{sentence}.").format(sentence=known[:1].upper() + known[1:])
    where = place(blockage.frame)
    call = plain(blockage.call, 80)
    if call.startswith("with "):  # quoted as the line that it is: its name is the program's, and may be any word
        call = f"“{call}:”"
    held = sample.taken_at - blockage.since
    since = format_duration(held) if held >= _TELL_FROM else ""
    if blockage.blocker is Blocker.CHECKPOINT:
        return tr("Waiting in a checkpoint of taskmon, {where}: a stop ends that by itself.").format(where=where)
    if blockage.busy and call:
        words = (
            tr("Computing in {call}, {where}: the same at each look for {time}.")
            if since
            else tr("Computing in {call}, {where}.")
        )
    elif blockage.busy or blockage.blocker is Blocker.COMPUTING:
        words = tr("Computing at {where}.")
    elif call and since and sample.one_call:
        words = tr("Blocked in {call}, {where}, for at least {time}.")
    elif call and since and sample.one_call is False:
        words = tr("In {call}, {where}: seen there again and again over {time}.")
    elif call:
        words = tr("In {call}, {where}: the same at each look for {time}.") if since else tr("In {call}, {where}.")
    else:
        words = tr("At {where}: the same at each look for {time}.") if since else tr("At {where}.")
    return words.format(call=call, where=where, time=since)


def _known_otherwise(snapshot: TaskSnapshot) -> str:
    """What one with no call of the program's own does, as the facts tell it: a line of a library's says nothing."""
    if snapshot.is_kept:
        return told(snapshot.shield, _LIMIT)
    facts = snapshot.facts
    return standing(facts, snapshot.taken_at, tr) if facts is not None and not snapshot.state.is_final else ""


def _seen_longer(sample: StackSample, snapshot: TaskSnapshot | None) -> StackSample:
    """The stack with what the facts add: by them, the thread has not moved, nor used a processor, for longer.

    Only if that was seen up to a look that the stack's own go back to.
    """
    facts = snapshot.facts if snapshot is not None else None
    if snapshot is None or facts is None or facts.activity is None:
        return sample
    if not facts.since < sample.unmoved_since <= snapshot.taken_at:
        return sample
    return sample._replace(unmoved_since=facts.since, one_call=True)


def place(frame: StackFrame) -> str:
    """The file's name and the line."""
    return tr("{file} line {line}").format(file=plain(os.path.basename(frame.file), 80), line=frame.line)


def advice(sample: StackSample, *, foreign: bool = False, timed: bool = False, has_way: bool = False) -> str:
    """What would let the thread stop; empty if there is nothing to say.

    Args:
        sample: the thread's stack.
        foreign: whether it belongs to a program that does not use taskmon: the advice is in plain Python then.
        timed: whether the wait that it is in is known to have a timeout.
        has_way: whether the program has a way to stop it, which was used.
    """
    blockage = find_blockage(sample)
    if blockage is None:
        return ""
    blocker, seen_for = blockage.blocker, sample.taken_at - sample.unmoved_since
    if blocker is Blocker.UNKNOWN and seen_for < _TELL_FROM:
        return ""  # it may wait or compute
    if blocker in _RETURNING and (timed or (sample.one_call is False and blocker not in _LOOKING_AGAIN)):
        if timed and sample.one_call and seen_for >= _TELL_FROM:
            if foreign:
                return tr("Its timeout is long: use a shorter one, and look at the stop flag between the calls.")
            return tr("Its timeout is long: use a shorter one, in a loop with ctx.checkpoint().")
        if foreign:
            return tr("It comes back from these calls: let the loop look at a stop flag between them.")
        return tr("It comes back from these calls: let the loop call ctx.checkpoint() between them.")
    if blocker is Blocker.COMPUTING and foreign and has_way:
        return tr(
            "It has a way to stop, which it has not come to since it was asked: let the code that it is in look there."
        )
    words = (_FOREIGN_LABELS if foreign else _OWN_LABELS).get(blocker, "")
    return tr(words) if words else ""


_B = Blocker
#: What lets go of each, in a program that was written with taskmon. A wait of taskmon's own needs no advice.
_OWN_LABELS: Final = {
    _B.SLEEP: "Use ctx.sleep(seconds) in place of time.sleep: a stop ends it at once.",
    _B.LOCK: "Acquire the lock with a timeout, in a loop with ctx.checkpoint(). And look at who holds it meanwhile.",
    _B.EVENT: "Wait with a timeout, in a loop with ctx.checkpoint(); or wait for the stop itself,"
    " ctx.stop.wait(seconds), and let ctx.stop.on_stop(event.set) wake it.",
    _B.CONDITION: "Wait with a timeout, in a loop with ctx.checkpoint().",
    _B.QUEUE_GET: "Let taskmon.start_feed take the items: its workers wake for a stop. Or get(timeout=…) in a loop"
    " with ctx.checkpoint().",
    _B.QUEUE_PUT: "Use put(item, timeout=…) in a loop with ctx.checkpoint(): nobody makes room in the queue.",
    _B.QUEUE_JOIN: "join() of a queue has no timeout: it returns once task_done() has been called for each item. Let"
    " subtasks take the items, ctx.subtask(…), and wait with ctx.join(…).",
    _B.SOCKET: "Register ctx.stop.on_stop(lambda: sock.shutdown(socket.SHUT_RDWR)) before the call: it then returns at"
    " once. Or sock.settimeout(seconds) and ctx.checkpoint() in a loop.",
    _B.HTTP: "Give the request a timeout, and read the answer in pieces with ctx.checkpoint() between them; or"
    " ctx.stop.on_stop(response.close).",
    _B.SUBPROCESS: "Register ctx.stop.on_stop(process.terminate) after the start of the program: it ends, and the wait"
    " with it.",
    _B.PROCESS: "Use poll(seconds) or a timeout, in a loop with ctx.checkpoint().",
    _B.INPUT: "Ask the user before the task starts: reading from the terminal cannot be ended from outside.",
    _B.JOIN: "Start the other thread as a subtask, ctx.subtask(…), and wait with ctx.join(…). Or join(timeout) in a"
    " loop with ctx.checkpoint().",
    _B.FUTURE: "Wait with ctx.join(task), which a stop ends. Or result(timeout=…) in a loop with ctx.checkpoint().",
    _B.SELECT: "Give select a timeout and call ctx.checkpoint() in the loop; or write to a socket pair from"
    " ctx.stop.on_stop to wake it.",
    _B.ASYNCIO: "Let the stop end the loop's work: ctx.stop.on_stop(lambda: loop.call_soon_threadsafe(task.cancel)).",
    _B.DATABASE: "Register ctx.stop.on_stop(connection.interrupt) before the query (sqlite3); it then raises.",
    _B.FILE: "Read and write in pieces, with ctx.checkpoint() between them. A pipe, a device or a dead network drive"
    " may hold a call for ever: open it in a process of its own, taskmon.isolated.",
    _B.NATIVE: "The call computes in C and cannot be interrupted. Split the work and call ctx.checkpoint() between the"
    " parts, or run it in a process of its own: taskmon.isolated.",
    _B.COMPUTING: "Call ctx.checkpoint() in the loop, or iterate with ctx.track(…); a checkpoint costs well under a"
    " microsecond.",
    _B.UNKNOWN: "Look for a timeout, or for a way to close what it waits for, and register that: ctx.stop.on_stop(…).",
}
#: And in any other, in plain Python.
_FOREIGN_LABELS: Final = {
    _B.SLEEP: "Use event.wait(seconds) of a threading.Event, not time.sleep: setting the event ends it at once.",
    _B.LOCK: "Acquire the lock with a timeout, and look at a stop flag between the attempts.",
    _B.EVENT: "Wait with a timeout and look at a stop flag in between, or set the event when asking to stop.",
    _B.CONDITION: "Wait with a timeout, and look at a stop flag in between.",
    _B.QUEUE_GET: "Use get(timeout=…) and look at a stop flag in between, or put None into the queue to end it.",
    _B.QUEUE_PUT: "Use put(item, timeout=…) and look at a stop flag in between: nobody makes room in the queue.",
    _B.QUEUE_JOIN: "It waits until task_done() has been called for each item of the queue, and join() of a queue has no"
    " timeout. Look at the threads that take the items.",
    _B.SOCKET: "Set sock.settimeout(seconds) and look at a stop flag in between, or shut the socket down to end it.",
    _B.HTTP: "Give the request a timeout, and look at a stop flag between the pieces of the answer.",
    _B.SUBPROCESS: "Terminate the other program, or wait for it with a timeout and look at a stop flag in between.",
    _B.PROCESS: "Use poll(seconds) or a timeout, and look at a stop flag in between.",
    _B.INPUT: "It waits for input in its terminal. Press Enter there.",
    _B.JOIN: "It waits for another thread. Stop that one, or join(timeout) and look at a stop flag in between.",
    _B.FUTURE: "It waits for a result. Use result(timeout=…) and look at a stop flag in between.",
    _B.SELECT: "Give select a timeout and look at a stop flag in the loop.",
    _B.ASYNCIO: "Cancel the tasks of its event loop: loop.call_soon_threadsafe(task.cancel).",
    _B.DATABASE: "connection.interrupt() ends a query of sqlite3 from another thread.",
    _B.FILE: "Read and write in pieces, and look at a stop flag in between. Before a read from a pipe, wait with"
    " select and a timeout.",
    _B.NATIVE: "The call computes in C. Split the work, and look at a stop flag between the parts.",
    _B.COMPUTING: "Give its loop a stop flag to look at: if stop_event.is_set(): return.",
    _B.UNKNOWN: "Look for a timeout, or for a way to close what it waits for.",
}
#: Waits for which a timeout would be advised, or to end what is waited for. That is not needed where they end already.
_RETURNING: Final = frozenset({
    _B.LOCK, _B.EVENT, _B.CONDITION, _B.QUEUE_GET, _B.QUEUE_PUT, _B.SUBPROCESS, _B.PROCESS, _B.JOIN, _B.FUTURE,
    _B.SELECT, _B.UNKNOWN,
})  # fmt: skip
#: Those that Python waits for by looking again and again, within one call: ``run(command, timeout=…)``.
_LOOKING_AGAIN: Final = frozenset({_B.SUBPROCESS})
#: Where the work itself has a loop, or may have one: there a flag can be looked at.
_IN_A_LOOP: Final = frozenset({Blocker.COMPUTING, Blocker.SLEEP, Blocker.NATIVE, Blocker.UNKNOWN})
_MAY_LOOP: Final = frozenset({
    None, Activity.COMPUTING, Activity.SLEEPING, Activity.OUTSIDE, Activity.CALL
})  # fmt: skip


def is_stuck(snapshot: TaskSnapshot) -> bool:
    """Whether a Cancel of its own does not end it: it has none, has not ended by it, or is in a deadlock."""
    in_a_circle = snapshot.facts is not None and bool(snapshot.facts.circle)
    return not snapshot.state.is_final and (bool(snapshot.why_not_cancellable) or snapshot.overdue or in_a_circle)


def ways_out(row: TaskRow, rows: Iterable[TaskRow], sample: StackSample | None) -> list[str]:
    """What ends a task as things are, and what would let it stop: all that the details and a report say of that.

    Args:
        row: the task.
        rows: all rows, for those that it is in a deadlock with.
        sample: its thread's stack, as far as there is one yet.

    Returns:
        Paragraphs, of one line or more.
    """
    snapshot = row.snapshot
    if snapshot.state.is_final:
        return []
    signals = own_signals(row)
    lines = deadlock_words(row, rows) or ([] if signals else _for_its_author(snapshot, sample))
    program = program_of(row) if is_stuck(snapshot) else None
    return [line for line in (way_to_end(program) if program is not None else "", signals, *lines) if line]


def _for_its_author(snapshot: TaskSnapshot, sample: StackSample | None) -> list[str]:
    """What to change in the program: at the call that it is in, and where a flag would help, how to add one."""
    foreign = snapshot.origin is not None
    means, facts = snapshot.stop_means, snapshot.facts
    if means is not None and means.offers and facts is not None and facts.wakes_at is not None:
        return []  # it has a flag, and looks at it as soon as its wait ends
    may_wait_for_ever = facts is not None and facts.endless
    if foreign and not (snapshot.why_not_cancellable or snapshot.overdue or may_wait_for_ever):
        return []  # the same, for all that is known
    timed = facts is not None and facts.wakes_at is not None
    has_way = means is not None and bool(means.means) and snapshot.stop_requested_at is not None
    hint = advice(sample, foreign=foreign, timed=timed, has_way=has_way) if sample is not None else ""
    lines = [hint] if hint else []
    if foreign and means is not None and means.offers and not means.means:
        # It has a flag, and why no Cancel sets that has been said.
        own = tr("A flag that ends it and nothing else would give it a Cancel.")
        return [own] if _may_loop(snapshot, sample) else lines
    if not snapshot.why_not_cancellable or not _may_loop(snapshot, sample):
        return lines
    if snapshot.details:  # whoever looked for a way knows best what is missing
        told = (plain(part, _LIMIT) for part in snapshot.details.splitlines())
        return [*lines, "\n".join(line for line in told if line.strip())]
    if not foreign:
        return lines or [tr("Let its loop call ctx.checkpoint(), or look at ctx.stop.is_set().")]
    return [
        *lines,
        tr("Give the program a threading.Event and let the loop look at it: while not stop_event.is_set(): …"),
        tr("Or let the loop look at an attribute such as self.running, which is set to False to end it."),
        tr("Or show its progress with tqdm: each step of the bar is then a place where it can stop."),
    ]


def _may_loop(snapshot: TaskSnapshot, sample: StackSample | None) -> bool:
    """Whether a flag would be looked at: in a call that waits for others, it would not."""
    blockage = find_blockage(sample) if sample is not None else None
    if blockage is not None:
        return blockage.blocker in _IN_A_LOOP
    return snapshot.facts is None or snapshot.facts.activity in _MAY_LOOP
