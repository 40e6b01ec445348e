"""What a program has to tell the window: events come in, frames go out. No socket, no thread, no clock of its own.

A change of state is never lost, though several of one task may travel in one picture, with the states that were passed.
Progress is looked at when there is room to tell it: what moved in between was never news.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final

from taskmon.core.base.threads import run_in_background
from taskmon.core.task.events import TaskAdded, TaskEvent, TaskFinished
from taskmon.core.task.handle import TaskHandle
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.link.wire.codec import from_request, to_item, to_move, to_stack, whole
from taskmon.link.wire.connection import Message, encode, encode_many

#: Pictures made into frames at a time: the rest waits until these have gone.
_SLICE: Final = 64
#: Tasks looked at in one tick; with more at work, each comes less often.
_LOOKS: Final = 500
#: A task of which only checkpoints and pauses may be news is told of this often, in ticks.
_REFRESH: Final = 10
#: One that has not moved for so many looks is looked at every so manieth tick only, until it moves.
_REST_AFTER: Final = 20
_REST: Final = 5
#: More tasks than this are not told of at the same time: the window would not show them.
MOST_TASKS: Final = 10_000
#: Log lines sent for one question, or left behind at the end of a task.
_LINES: Final = 200
_LINE_LIMIT: Final = 500
_LINES_AT_ONCE: Final = 50
_CHARACTERS_AT_ONCE: Final = 4_000


class _Sent:
    """A task that has not ended, and what was told of it last."""

    __slots__ = ("age", "handle", "may_have_moved", "picture", "revision", "still")

    def __init__(self, handle: TaskHandle, picture: TaskSnapshot) -> None:
        self.handle = handle
        self.may_have_moved: Callable[[TaskSnapshot], bool] = getattr(handle, "has_moved_since", _always)
        """Whether it is worth a picture: 200 threads that wait would cost the program two thousand a second."""
        self.picture = picture
        self.revision = picture.revision
        self.age = 0
        self.still = 0
        """At so many looks, one after the other, nothing of it had moved."""


def _always(picture: TaskSnapshot) -> bool:
    del picture
    return True


class Outbox:
    """One connection's news. Used by one thread, but for `obey`, which another may call."""

    def __init__(self) -> None:
        self._tasks: dict[int, _Sent] = {}
        self._at_work: dict[int, _Sent] = {}
        self._waiting: dict[int, tuple[TaskSnapshot, list[TaskState]]] = {}
        self._ended: list[int] = []
        self._answers: deque[bytes] = deque()
        self._next = 0  # whose turn it is to be looked at
        self.incomplete = False
        """Whether there were too many tasks to tell of all. Those that live are to be added once there is room."""

    # -- what happens in the program ------------------------------------------------------------------------

    def add(self, task: TaskHandle, picture: TaskSnapshot | None = None) -> None:
        if task.id in self._tasks:
            return
        if len(self._tasks) >= MOST_TASKS:  # a window that does not listen, or more than it could show
            self.incomplete = True
            return
        picture = task.snapshot() if picture is None else picture
        self._note_state(self._tasks.setdefault(task.id, _Sent(task, picture)), picture)
        self._waiting[picture.id] = picture, []

    def take(self, event: TaskEvent) -> None:
        """Note what has happened."""
        if isinstance(event, TaskAdded):
            self.add(event.task, event.snapshot)
            return
        if isinstance(event, TaskFinished):
            self._ended.append(event.snapshot.id)
            return
        picture: TaskSnapshot = event.snapshot  # type: ignore[union-attr]  # log lines are not handed to this
        sent = self._tasks.get(picture.id)
        if sent is None or picture.revision <= sent.revision:
            return
        self._note_state(sent, picture)
        waiting = self._waiting.get(picture.id)
        via = [*waiting[1], waiting[0].state] if waiting is not None else []
        self._waiting[picture.id] = picture, via

    def _note_state(self, sent: _Sent, picture: TaskSnapshot) -> None:
        sent.revision = picture.revision
        if picture.state.has_thread:
            self._at_work[picture.id] = sent
        else:
            self._at_work.pop(picture.id, None)

    def forget(self, task_id: int) -> None:
        """Tell no more of a task: somebody else does."""
        self._tasks.pop(task_id, None)
        self._at_work.pop(task_id, None)
        self._waiting.pop(task_id, None)

    # -- what is told ---------------------------------------------------------------------------------------

    @property
    def has_news(self) -> bool:
        """Whether there is something that must not be lost."""
        return bool(self._waiting or self._answers or self._ended)

    def news(self) -> list[bytes]:
        """Return some frames of what must not be lost, the oldest first; none if there is nothing."""
        if self._waiting:
            taken = [self._waiting.pop(task_id) for task_id in list(self._waiting)[:_SLICE]]
            for picture, _ in taken:
                sent = self._tasks.get(picture.id)
                if sent is not None:
                    sent.picture = picture
            return encode_many("tasks", "tasks", [to_item(picture, via) for picture, via in taken])
        if self._ended:
            frames = [frame for task_id in self._ended for frame in self._farewell(task_id)]
            self._ended.clear()
            return frames
        return [self._answers.popleft() for _ in range(len(self._answers))]  # more may be coming, in another thread

    def _farewell(self, task_id: int) -> list[bytes]:
        """Leave the end of its log with the window: the program may be gone when somebody asks for it."""
        sent = self._tasks.pop(task_id, None)
        self._at_work.pop(task_id, None)
        if sent is None:
            return []
        count, _ = sent.handle.log_lines(_NO_LINES)
        return self._log_frames(sent, count - _LINES) if count else []

    def moves(self) -> list[list[Any]]:
        """Look at the tasks that are at work and return what has moved, see `to_move`."""
        active = list(self._at_work.values())
        if len(active) > _LOOKS:
            first = self._next % len(active)
            self._next = first + _LOOKS
            active = [*active[first : first + _LOOKS], *active[: max(0, first + _LOOKS - len(active))]]
        items: list[list[Any]] = []
        for sent in active:
            sent.age += 1
            if sent.still >= _REST_AFTER and sent.age % _REST:
                continue
            before = sent.picture
            if not sent.may_have_moved(before):
                sent.still += 1
                continue
            picture = sent.handle.snapshot()
            if picture.revision != sent.revision or picture.id in self._waiting:
                continue  # a change of state is on its way, with its event
            if _what_can_be_asked(picture) != _what_can_be_asked(before):
                self._waiting[picture.id] = picture, []  # no change of state, and yet more than a move
                continue
            if (
                picture.progress == before.progress
                and picture.log_lines == before.log_lines
                and picture.shield == before.shield
                and picture.stop_seen_at == before.stop_seen_at
                and picture.facts == before.facts
                and (sent.age < _REFRESH or (picture.checkpoint is None and picture.paused_for == before.paused_for))
            ):
                sent.still += 1
                continue
            sent.picture, sent.age, sent.still = picture, 0, 0
            items.append(to_move(picture))
        return items

    # -- what the window wants ------------------------------------------------------------------------------

    def obey(self, message: Message) -> None:
        """Do what the window asks: hand a request to a task, or say more of it. Nothing else is possible."""
        kind = message["t"]
        sent = self._tasks.get(message["id"]) if type(message.get("id")) is int else None
        if kind == "log":
            if sent is not None:
                self._answers.extend(self._log_frames(sent, whole(message.get("since")) or 0))
        elif kind == "stack":
            sample = sent.handle.stack() if sent is not None else None
            answer = {"t": "stack", "id": message.get("id"), **(to_stack(sample) if sample is not None else {})}
            self._answers.append(encode(answer))
        else:
            request = from_request(message)
            # Stop callbacks are foreign code, and may block: not in this thread.
            done = sent is not None and request is not None and sent.handle.ask(request, run_in_background)
            self._answer(message, done)

    def _answer(self, message: Message, done: bool) -> None:
        number = whole(message.get("n"))
        if number is not None:
            self._answers.append(encode({"t": "did", "n": number, "ok": done}))

    def _log_frames(self, sent: _Sent, since: int) -> list[bytes]:
        since = max(since, 0)
        count, found = sent.handle.log_lines(since)
        first = count - len(found)
        task_id = sent.handle.id
        frames = []
        while True:
            taken, size = 0, 0
            for line in found[:_LINES_AT_ONCE]:  # as many as a frame takes, whatever they are written in
                size += min(len(line), _LINE_LIMIT)
                if taken and size > _CHARACTERS_AT_ONCE:
                    break
                taken += 1
            lines = [line[:_LINE_LIMIT] for line in found[:taken]]
            frames.append(encode({"t": "log", "id": task_id, "from": first, "count": count, "lines": lines}))
            found, first = found[taken:], first + taken
            if not found:
                return frames


#: Beyond any line: asks for the count alone.
_NO_LINES: Final = 2**53


def _what_can_be_asked(picture: TaskSnapshot) -> tuple[str, bool, float | None]:
    return picture.why_not_cancellable, picture.item_wise, picture.after_item_since
