"""The user's own command line, as the window hears it: list, cancel, come to the front, start what was asked for.

Nobody but the user can connect, and a program that describes its tasks never gets this role.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from taskmon.core.base.text import plain
from taskmon.core.base.threads import name_of_thread, run_in_background
from taskmon.core.stacks.facts import ThreadFacts
from taskmon.core.stacks.sampler import StackSample
from taskmon.core.stop import StopKind
from taskmon.core.stop.reason import CANCEL_COMMAND
from taskmon.core.task.events import TaskAdded, TaskEvent
from taskmon.core.task.handle import TaskHandle
from taskmon.core.task.ladder import SIGNALS, WORDS, in_turn, next_signal
from taskmon.core.task.live_tasks import TaskSource
from taskmon.core.task.request import Verb, to_stop
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.link.window.server_connection import Refusal, ServerConnection
from taskmon.link.wire.codec import NAME_LIMIT, SENTENCE_LIMIT, text, to_stack
from taskmon.link.wire.connection import Message, encode, encode_many

#: What a plain cancel does with a task that says nothing else.
_USUAL_MEANS = "sets its stop flag"
#: Seconds after which threads have been looked at again.
_OLDEST_LOOK: Final = 10.0


class TaskList:
    """What the window shows: the tasks of `sources` in order, ended ones too until they are forgotten. Any thread.

    Kept beside the table, so that a question is answered whatever the UI thread is doing.
    """

    def __init__(self, sources: Sequence[TaskSource], known: Iterable[TaskHandle] = ()) -> None:
        self._sources = sources
        self._lock = threading.Lock()
        self._tasks: dict[int, TaskHandle] = {task.id: task for task in known}

    def open(self) -> None:
        """Begin to listen."""
        for source in self._sources:
            for task in source.attach(self._take):
                self._add(task)

    def close(self) -> None:
        """Stop listening, and let all tasks go."""
        for source in self._sources:
            source.detach(self._take)
        with self._lock:
            self._tasks.clear()

    def forget(self, ids: Collection[int]) -> None:
        """Let tasks go that are no longer shown."""
        with self._lock:
            for task_id in ids:
                self._tasks.pop(task_id, None)

    def tasks(self) -> list[TaskHandle]:
        """All of them, in the order in which they came."""
        with self._lock:
            return list(self._tasks.values())

    def task(self, task_id: int) -> TaskHandle | None:
        with self._lock:
            return self._tasks.get(task_id)

    def _take(self, event: TaskEvent) -> None:
        if isinstance(event, TaskAdded):
            self._add(event.task)

    def _add(self, task: TaskHandle) -> None:
        with self._lock:
            self._tasks.setdefault(task.id, task)


def describe(snapshot: TaskSnapshot) -> dict[str, Any]:
    """Return a task as `taskmon list --json` shows it. Names and types are a promise, see the manual page."""
    origin, progress = snapshot.origin, snapshot.progress
    live = not snapshot.state.is_final
    cancellable = live and not snapshot.why_not_cancellable
    why_not = plain(snapshot.why_not_cancellable, SENTENCE_LIMIT) if live else ""
    return {
        "id": snapshot.id,
        "name": plain(snapshot.name, NAME_LIMIT),
        "state": snapshot.state_name,
        "label": snapshot.state_words(),
        "parent": snapshot.parent_id,
        "program": origin.program if origin is not None else "taskmon",
        "pid": origin.pid if origin is not None else os.getpid(),
        "thread": origin.thread if origin is not None else name_of_thread(snapshot.thread_id),
        "done": progress.done,
        "total": progress.total,
        "unit": plain(progress.unit, 40),
        "message": plain(snapshot.shield if snapshot.is_kept else progress.message, SENTENCE_LIMIT),
        "cancellable": cancellable,
        "cancel_means": cancel_means(snapshot) if cancellable else why_not,
        "reason": reason(snapshot),
        "started": _when(snapshot, snapshot.started_at),
        "ended": _when(snapshot, snapshot.ended_at),
        "doing": _doing(snapshot),
    }


def _doing(snapshot: TaskSnapshot) -> dict[str, Any] | None:
    """What its thread did at the last look; None if nobody has looked."""
    facts = snapshot.facts
    if facts is None or snapshot.state.is_final:
        return None
    now = snapshot.taken_at
    return {
        "activity": facts.activity.value if facts.activity is not None else None,
        "subject": plain(facts.subject, NAME_LIMIT),
        "channel": facts.channel,
        "holder": plain(facts.holder, NAME_LIMIT),
        "deadlock": [plain(name, NAME_LIMIT) for name in facts.circle],
        "wakes_in": None if facts.wakes_at is None else round(max(0.0, facts.wakes_at - now), 3),
        "unmoved_for": _unmoved_for(facts, now),
        "cpu": facts.cpu,
        "native_id": facts.native_id,
        "function": plain(facts.function, NAME_LIMIT),
        "file": plain(facts.file, SENTENCE_LIMIT),
        "line": facts.line,
    }


def _names_of_program(snapshot: TaskSnapshot) -> tuple[str, str]:
    origin = snapshot.origin
    return ("taskmon", str(os.getpid())) if origin is None else (origin.program, str(origin.pid))


def describe_stack(snapshot: TaskSnapshot, stack: StackSample | None) -> dict[str, Any]:
    """Return a thread as `taskmon stacks --json` shows it. Names and types are a promise, see the manual page."""
    told = to_stack(stack) if stack is not None else None
    started = snapshot.program
    return {
        **describe(snapshot),
        "kind": snapshot.origin.kind if snapshot.origin is not None else "task",
        "started_as": None if started is None else {**started._asdict(), "command": list(started.command)},
        "stack": None
        if told is None
        else {
            "age": round(max(0.0, time.monotonic() - told["at"]), 3),
            "frames": [
                dict(zip(("file", "line", "function", "own", "call"), frame, strict=True)) for frame in told["frames"]
            ],
        },
    }


def _unmoved_for(facts: ThreadFacts, now: float) -> float | None:
    """For how long it has been at one place; None if it was perhaps seen there but once: that is the look's age only.

    At a second look, one that has not moved has used no processor at all.
    """
    waited = now - facts.since
    return round(waited, 3) if facts.since and (facts.cpu == 0 or waited >= _OLDEST_LOOK) else None


def cancel_means(snapshot: TaskSnapshot) -> str:
    """What a cancel does, in words."""
    means = snapshot.stop_means
    if means is None or not means.means:
        return _USUAL_MEANS
    others = len(means.shared_with)
    if not others:
        return means.means
    return f"{means.means}, shared with {others} other {'task' if others == 1 else 'tasks'}"


def reason(snapshot: TaskSnapshot) -> str:
    """Why it stops, was stopped or failed, in words."""
    if snapshot.state in (TaskState.FAILED, TaskState.LOST):
        return plain(snapshot.error, SENTENCE_LIMIT)
    if snapshot.state is TaskState.CUT_OFF:
        return plain(snapshot.consequence or snapshot.error, SENTENCE_LIMIT) or "Cut off when the program ended"
    why = snapshot.reason
    # Of what its own program has cancelled, nobody knows that it was asked.
    cancelled = snapshot.state is TaskState.CANCELLED
    unasked = why is not None and cancelled and why[:3] == (StopKind.REQUEST, "", "")
    told = [why.sentence(cancelled=cancelled)] if why is not None and not unasked else []
    if snapshot.finished_before_stop:
        told.append("It finished before it could be cancelled")
    if cancelled and snapshot.consequence and not snapshot.ended_by:
        told.append(snapshot.consequence[0].upper() + snapshot.consequence[1:])
    return plain(". ".join(told), SENTENCE_LIMIT)


def _when(snapshot: TaskSnapshot, moment: float | None) -> str | None:
    """A moment in UTC, as ISO 8601 has it."""
    if moment is None:
        return None
    if snapshot.created:
        seconds = snapshot.created + (moment - snapshot.queued_at)
    else:
        seconds = time.time() + (moment - time.monotonic())
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):  # a program may claim anything
        return None


#: Hands a request on to the window's own thread; returns why it is not for this window, or nothing.
Ring = Callable[[Message], str]

_END: Final = encode({"t": "end"})


class ControlRole:
    """One command line. In the server's thread."""

    def __init__(self, connection: ServerConnection, task_list: TaskList, ring: Ring) -> None:
        self._connection = connection
        self._task_list = task_list
        self._ring = ring

    def hear(self, message: Message) -> None:
        """Do what is asked, and answer."""
        kind = message["t"]
        if kind == "list":
            self._list(message)
        elif kind == "stacks":
            self._stacks(text(message.get("program")))
        elif kind == "cancel":
            self._cancel(message)
        elif kind == "present":
            problem = self._ring(message)
            self._connection.say(encode({"t": "refused", "text": problem} if problem else {"t": "done"}))
        else:
            raise Refusal(f"There is no request “{plain(kind, 40)}”")

    def gone(self) -> None:
        """It has got what it wanted."""

    def _chosen(self, message: Message) -> list[TaskHandle]:
        ids = message.get("ids")
        if ids is None:
            return self._task_list.tasks()
        if type(ids) is not list or any(type(number) is not int for number in ids):
            raise Refusal("The ids must be a list of whole numbers")
        found = (self._task_list.task(number) for number in ids)
        return [task for task in found if task is not None]

    def _list(self, message: Message) -> None:
        listed = (describe(task.snapshot()) for task in self._chosen(message))
        self._connection.say(*encode_many("listing", "tasks", listed), _END)

    def _stacks(self, program: str) -> None:
        snapshots = [(task, task.snapshot()) for task in self._task_list.tasks()]
        told = (
            describe_stack(snapshot, task.stack())
            for task, snapshot in snapshots
            if snapshot.state.has_thread and program in _names_of_program(snapshot)
        )
        self._connection.say(*encode_many("stacks", "tasks", told), _END)

    def _cancel(self, message: Message) -> None:
        why, ids, group = text(message.get("reason")), message.get("ids"), message.get("group")
        name = message.get("signal", "")
        if name and (name not in SIGNALS or ids is None):
            raise Refusal("There is no such signal, or it does not say which programs and processes it is for")
        chosen = self._chosen(message)
        tasks = {task.id: task for task in chosen}
        meant = {task.id: snapshot for task in chosen if _is_meant(snapshot := task.snapshot(), ids, group)}
        answers: dict[int, dict[str, Any]] = {}
        asked, left = (list(meant.values()), []) if name else in_turn(meant.values())
        for snapshot in asked:
            task = tasks[snapshot.id]
            if snapshot.state.is_final:
                answers[task.id] = {"outcome": "ended", "label": snapshot.state_words()}
            elif name:
                answers[task.id] = _send_signal(task, snapshot, name, why)
            else:
                answers[task.id] = _ask_to_stop(task, snapshot, why)
        for snapshot in left:
            answers[snapshot.id] = {"outcome": "left", "why": plain(snapshot.why_not_cancellable, SENTENCE_LIMIT)}
        told = [
            {"id": number, "name": plain(snapshot.name, NAME_LIMIT), **answers[number]}
            for number, snapshot in meant.items()
        ]
        told += [{"id": number, "outcome": "unknown"} for number in ids or () if number not in tasks]
        self._connection.say(*encode_many("cancelled", "tasks", told), _END)


def _is_meant(snapshot: TaskSnapshot, ids: object, group: object) -> bool:
    """Whether a task was named, or lives and is of a group, as which a program's name counts. None is everything."""
    if ids is not None:
        return True
    if group is None or snapshot.state.is_final:
        return not snapshot.state.is_final
    return group == snapshot.group or (snapshot.origin is not None and group == snapshot.origin.program)


def _send_signal(task: TaskHandle, snapshot: TaskSnapshot, name: str, why: str) -> dict[str, Any]:
    """Send a program or a process the signal that it was asked for by its name."""
    means = snapshot.stop_means
    if means is None or name not in (*means.signals, means.signal):
        wrong = "it ignores that signal" if means is not None and means.signals else "it is no program or process"
        return {"outcome": "impossible", "why": f"it cannot be sent {name}: {wrong}"}
    if name in means.signals:
        request = to_stop(why, by=CANCEL_COMMAND, kind=StopKind.USER, verb=Verb.OFFER, offer=means.signals.index(name))
    else:
        request = to_stop(why, by=CANCEL_COMMAND, kind=StopKind.USER)
    if not task.ask(request, run_in_background):
        return {"outcome": "before", "next": next_signal(snapshot)}
    return {"outcome": "sent", "means": WORDS[name]}


def _ask_to_stop(task: TaskHandle, snapshot: TaskSnapshot, why: str) -> dict[str, Any]:
    if snapshot.why_not_cancellable:
        why_not = plain(snapshot.why_not_cancellable, SENTENCE_LIMIT)
        ignores = snapshot.stop_means is not None and snapshot.stop_means.ignores
        return {"outcome": "impossible", "why": why_not, "next": next_signal(snapshot) if ignores else ""}
    # The callbacks of a task are foreign code: not in this thread.
    first = task.ask(to_stop(why, by=CANCEL_COMMAND, kind=StopKind.USER), run_in_background)
    kept = {"why": plain(snapshot.shield, SENTENCE_LIMIT)} if snapshot.is_kept else {}
    if not first:
        return {"outcome": "before", "next": next_signal(snapshot), **kept}
    shared = list(snapshot.stop_means.shared_with) if snapshot.stop_means is not None else []
    return {"outcome": "asked", "means": cancel_means(snapshot), "shared": shared, **kept}
