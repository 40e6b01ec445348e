"""The user's own command line, as the window hears it: list, cancel, come to the front, start what was asked for.

Nobody but the user can connect, and a program that describes its tasks never gets this role.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from taskmon.core.handle import TaskHandle
from taskmon.core.snapshot import TaskSnapshot
from taskmon.core.stop import StopKind
from taskmon.core.text import plain
from taskmon.core.threads import run_in_background
from taskmon.link.checked import text
from taskmon.link.frames import Message, encode, encode_many
from taskmon.link.guest import Guest, Refusal
from taskmon.link.roster import Roster, cancel_means, describe

#: Hands a request on to the window's own thread; returns why it is not for this window, or nothing.
Ring = Callable[[Message], str]

_END: Final = encode({"t": "end"})


class ControlRole:
    """One command line. In the server's thread."""

    def __init__(self, guest: Guest, roster: Roster, ring: Ring) -> None:
        self._guest = guest
        self._roster = roster
        self._ring = ring

    def hear(self, message: Message) -> None:
        """Do what is asked, and answer."""
        kind = message["t"]
        if kind == "list":
            self._list(message)
        elif kind == "cancel":
            self._cancel(message)
        elif kind == "present":
            problem = self._ring(message)
            self._guest.say(encode({"t": "refused", "text": problem} if problem else {"t": "done"}))
        else:
            raise Refusal(f"There is no request “{plain(kind, 40)}”")

    def gone(self, farewell: bool) -> None:
        """It has got what it wanted."""

    def _chosen(self, message: Message) -> list[TaskHandle]:
        ids = message.get("ids")
        if type(ids) is list:
            found = (self._roster.task(number) for number in ids if type(number) is int)
            return [task for task in found if task is not None]
        return self._roster.tasks()

    def _list(self, message: Message) -> None:
        listed = (describe(task.snapshot()) for task in self._chosen(message))
        self._guest.say(*encode_many("listing", "tasks", listed), _END)

    def _cancel(self, message: Message) -> None:
        by, ids, group = text(message.get("by")) or "taskmon cancel", message.get("ids"), message.get("group")
        answers: list[dict[str, Any]] = []
        if type(ids) is list:
            known = {task.id for task in self._chosen(message)}
            answers += [{"id": number, "outcome": "unknown"} for number in ids if number not in known]
        # The newest first, so that a waiting task is not started because one before it has made room.
        for task in reversed(self._chosen(message)):
            snapshot = task.snapshot()
            if type(ids) is not list and (snapshot.state.is_final or not _is_of(snapshot, group)):
                continue
            answers.append(_ask_to_stop(task, snapshot, by))
        self._guest.say(*encode_many("cancelled", "tasks", reversed(answers)), _END)


def _is_of(snapshot: TaskSnapshot, group: object) -> bool:
    """Whether a task belongs to a group; the name of a program is one, too. None is everything."""
    if group is None:
        return True
    return group == snapshot.group or (snapshot.origin is not None and group == snapshot.origin.program)


def _ask_to_stop(task: TaskHandle, snapshot: TaskSnapshot, by: str) -> dict[str, Any]:
    answer: dict[str, Any] = {"id": snapshot.id, "name": plain(snapshot.name, 400)}
    if snapshot.state.is_final:
        return {**answer, "outcome": "ended", "state": snapshot.state.name}
    if snapshot.cancellable:
        return {**answer, "outcome": "impossible", "why": plain(snapshot.cancellable, 1_000)}
    # The callbacks of a task are foreign code: not in this thread.
    first = task.cancel(by=by, kind=StopKind.REMOTE, dispatch=run_in_background)
    shared = list(snapshot.stop_means.shared_with) if snapshot.stop_means is not None else []
    return {**answer, "outcome": "asked" if first else "before", "means": cancel_means(snapshot), "shared": shared}
