"""On a worker of Dask: its tasks of ours, what they tell, and what is asked of them.

A worker gets its agent when it needs one: when the first task of ours starts there. It is no registered plugin, for
Dask would hand that to workers that join later, and one that lacks taskmon would fail to start: it is other people's
cluster.

A task runs in the thread that Dask gives it, so that Dask's own slots, resources and limits stay true. What it reports
goes into slots of its own, as everywhere. Everything else happens in the worker's event loop: it wakes up when the
state of a task has changed, and sends what is new by `Worker.log_event`, on the topic of each listener. That a task has
begun is told within `SOON`, or a quarter of a heartbeat where there are so many workers that these are rare; of one
that is over by then nothing is said there. The last words of a task go with its result, if it has one. Messages to a
listener are numbered. One that misses a number says ``hello`` again and is told everything anew.

Progress is no message at all: it is among the metrics that Dask's heartbeat carries, and the scheduler keeps the last.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import weakref
from collections import OrderedDict, deque
from typing import Any, Final, NoReturn

from distributed import Status, Worker, get_worker
from tornado.ioloop import PeriodicCallback

from taskmon.cluster.call import METRIC, MOVES_KEPT, SENDER, Call, Ended, Sender, has_code, unpack
from taskmon.core.base.error_text import error_texts
from taskmon.core.base.errors import TaskmonError
from taskmon.core.base.threads import run_in_background
from taskmon.core.process.isolated import RemoteTaskError
from taskmon.core.run.inline import InlineTasks
from taskmon.core.stop import StopKind
from taskmon.core.task.events import StateChanged, TaskAdded, TaskEvent, TaskFinished, TaskLogged
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.core.task.task import Task
from taskmon.link.program.outbox import Outbox
from taskmon.link.wire.connection import Message, encode_many

#: Seconds within which it is told that a task has begun. Whatever else becomes of it is told at once.
SOON: Final = 0.1
#: Seconds between two looks at whether what is at work is still wanted.
TICK: Final = 0.5
#: Seconds after which a listener that shows all tasks is forgotten, unless it is heard of.
FORGET_AFTER: Final = 15.0
#: After a message of so many bytes, the next waits for so many seconds: under a flood, few messages carry much.
_PAUSE_PER_BYTE: Final = 5e-6
_LONGEST_PAUSE: Final = 0.1
#: Bytes of frames in a message.
_LIKELY_MESSAGE: Final = 65_536
#: Keys that are remembered: of tasks that have ended, and of those that must not start.
_REMEMBERED: Final = 20_000
#: States of a task within Dask's worker in which somebody still wants what it does.
_WANTED: Final = frozenset({"executing", "long-running"})


class _Listener:
    """Somebody who is told of tasks, and what was told so far."""

    def __init__(self, topic: str, *, all_tasks: bool) -> None:
        self.topic = topic
        self.all_tasks = all_tasks
        """Whether it wants to know of everybody's tasks, not only of those that it has started."""
        self.conversation = os.urandom(6).hex()
        self.outbox = Outbox()
        self.number = 0
        """Of the next message."""
        self.moved: dict[int, tuple[float, list[Any]]] = {}
        """Of each task what has moved last, and when."""
        self.keys: dict[int, str] = {}
        """The keys of tasks that it has not been told of yet."""
        self.kept: list[int] = []
        """Tasks that were cancelled and left a part of their result, for Dask to move."""
        self.live = 0
        self.heard_at = time.monotonic()
        self.not_before = 0.0
        self.put_off = False


class Agent:
    """See the module. One for each worker; several workers may live in one process."""

    def __init__(self, worker: Worker) -> None:
        self.id = os.urandom(8).hex()
        self._worker = weakref.ref(worker)
        self._loop = worker.loop
        self._heartbeat = worker.periodic_callbacks["heartbeat"]
        self._address = {
            "agent": self.id,
            "address": worker.address,
            "name": str(worker.name),
            "host": socket.gethostname(),
            "pid": os.getpid(),
        }
        self._lock = threading.Lock()
        self._tasks = InlineTasks()
        self._calls: dict[int, tuple[Call, Task]] = {}  # what has been started, by its number; with the lock
        self._marks: OrderedDict[str, Message] = OrderedDict()  # stops for tasks that may come; with the lock
        self._ended: OrderedDict[str, None] = OrderedDict()  # keys; with the lock
        self._events: deque[TaskEvent] = deque()
        self._fresh: dict[int, TaskAdded] = {}  # calls that nobody has been told of; with the lock, as are the next two
        self._carried: set[int] = set()  # calls whose results carry their last words
        self._awake: float | None = None  # within how many seconds the loop will look at the events
        # From here on, for the loop alone.
        self._listeners: dict[str, _Listener] = {}
        self._owners: dict[int, str] = {}  # the topics of live tasks, subtasks included, by their numbers
        self._ticks = PeriodicCallback(self._tick, TICK * 1000)
        self._tasks.attach(self._sink)
        worker.metrics[METRIC] = self._moves

    # -- a task's thread ----------------------------------------------------------------------------------------

    def run(self, call: Call, fn: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Ended:
        """Run a task to its end; raise what it raised."""
        task = self._tasks.prepare(
            fn, args, kwargs,
            name=call.name, group=call.group, timeout=call.timeout, takes_context=call.takes_context,
        )  # fmt: skip
        with self._lock:
            mark = self._marks.pop(call.key, None)
            self._calls[task.id] = call, task
        try:
            if mark is not None:
                _cancel(task, mark)
            self._tasks.perform(task)
        finally:
            with self._lock:
                _remember(self._ended, call.key, None)
        try:
            if task.state is TaskState.FAILED:
                self._wake(0.0)
                _raise(task.exception())
            picture = task.snapshot()
            stopped, ran = picture.state is TaskState.CANCELLED, picture.started_at is not None
            value = task.partial_result if stopped else task.result()
            words = self._last_words(task, call, picture)
            if words is not None and stopped and value is not None:
                words["kept"] = [task.id]
            return Ended(value, stopped=stopped, ran=ran, words=words)
        finally:
            del task  # the error's traceback leads to this frame

    def _last_words(self, task: Task, call: Call, picture: TaskSnapshot) -> Message | None:
        """Return what there is to tell of a task that has ended; None if it is told as other news: after a stop."""
        with self._lock:
            added = self._fresh.pop(task.id, None)
            if task.id not in self._calls or (added is None and picture.reason is not None):
                return None
            self._carried.add(task.id)
        outbox = Outbox()
        outbox.add(task, picture if added is None else added.snapshot)
        outbox.take(StateChanged(picture, TaskState.RUNNING))
        outbox.take(TaskFinished(picture))
        frames: list[bytes] = []
        while news := outbox.news():
            frames += news
        return {**self._address, **_frames(frames), "keys": [(task.id, call.key)]}

    def _sink(self, event: TaskEvent) -> None:
        """Note what has happened and wake the loop. In any thread, with the task's lock held."""
        if event.__class__ is TaskLogged:  # the lines stay where they are until they are asked for
            return
        self._events.append(event)
        picture: TaskSnapshot = event.snapshot  # type: ignore[union-attr]  # no log lines here
        with self._lock:
            is_call = picture.id in self._calls
            if not isinstance(event, TaskAdded):
                with_result = is_call and picture.state is TaskState.SUCCEEDED and picture.reason is None
                may_wait = with_result or picture.id in self._fresh
            else:
                may_wait = True
                if is_call:
                    self._fresh[picture.id] = event
                else:
                    self._fresh.pop(_root(event.task).id, None)  # a call with subtasks is told of, as they are
        self._wake(max(SOON, self._heartbeat.callback_time / 4000) if may_wait else 0.0)  # that is in milliseconds

    def _wake(self, within: float) -> None:
        """See that the loop looks at the events within so many seconds. Any thread."""
        with self._lock:
            if self._awake is not None and self._awake <= within:
                return
            self._awake = within
        if within:
            self._loop.add_callback(self._loop.call_later, within, self._tell)
        else:
            self._loop.add_callback(self._tell)

    # -- the worker's loop ----------------------------------------------------------------------------------------

    def hear(self, topic: str, messages: list[Message]) -> list[Any]:
        """Do what a listener asks. Return for each message whether it makes sense here (still), see `_obey`."""
        self._drain()
        answers = [self._obey(topic, message) for message in messages]
        listener = self._listeners.get(topic)
        if listener is not None:
            listener.heard_at = time.monotonic()
            self._send(listener)
        return answers

    def _obey(self, topic: str, message: Message) -> Any:
        """Return False if there is nothing to obey to; for a ``hello``, the numbers of the tasks that live."""
        kind = message["t"]
        if kind == "mark":
            return self._mark(message)
        if kind == "hello":
            return self._greet(topic, all_tasks=message["all"])
        listener = self._listeners.get(topic)
        if listener is None:
            return False
        if kind == "detach":  # whether a worker's slot is given away is for Dask to decide
            message = {**message, "id": None}
        if kind != "beat":
            listener.outbox.obey(message)
        return True

    def _mark(self, message: Message) -> bool:
        """Stop a task that may not have come yet, and make sure that it does not begin. False if it did not begin."""
        key = message["key"]
        with self._lock:
            if key in self._ended:
                return True
            ids = [number for number, (call, _) in self._calls.items() if call.key == key]
            if not ids:
                _remember(self._marks, key, message)
        found = [task for task in self._tasks.tasks() if task.id in ids]
        for task in found:
            _cancel(task, message)
        return bool(ids)

    def _greet(self, topic: str, *, all_tasks: bool) -> list[int]:
        """Begin anew with a listener: tell of all that lives."""
        self._listeners[topic] = listener = _Listener(topic, all_tasks=all_tasks)
        told: list[int] = []
        for task in self._tasks.tasks():
            with self._lock:
                self._fresh.pop(task.id, None)
            owner = self._owner(task)
            self._owners.setdefault(task.id, owner)
            if all_tasks or owner == topic:
                self._add(listener, task)
                told.append(task.id)
        self._ticks.start()
        return told

    def _owner(self, task: Task) -> str:
        with self._lock:
            started = self._calls.get(_root(task).id)
        return started[0].topic if started is not None else ""

    def _add(self, listener: _Listener, task: Any, picture: Any = None) -> None:
        with self._lock:
            started = self._calls.get(task.id)
        if started is not None:
            listener.keys[task.id] = started[0].key
        listener.live += 1
        listener.outbox.add(task, picture)

    def _tell(self) -> None:
        """Tell all listeners what is new."""
        with self._lock:
            self._awake = None
        self._drain()
        for listener in list(self._listeners.values()):
            self._send(listener)

    def _drain(self) -> None:
        """Hand events on to the listeners that they concern."""
        events = self._events
        while events:
            event = events.popleft()
            if isinstance(event, TaskAdded):
                self._drain_new(event)
                continue
            number = event.snapshot.id  # type: ignore[union-attr]  # no log lines here
            owner = self._owners.get(number)
            if owner and number in self._carried:
                owner = self._owners[number] = ""  # who has started it hears of it with its result
                listener = self._listeners.get(self._calls[number][0].topic)
                if listener is not None and not listener.all_tasks:
                    listener.outbox.forget(number)
                    listener.live -= 1
            started = None
            if event.__class__ is TaskFinished:
                self._owners.pop(number, None)
                with self._lock:
                    self._carried.discard(number)
                    started = self._calls.pop(number, None)
                    if started is not None:
                        _remember(self._ended, started[0].key, None)
            for listener in self._listeners.values():
                if listener.all_tasks or listener.topic == owner:
                    listener.outbox.take(event)
                    listener.live -= event.__class__ is TaskFinished
                    if started is not None and started[1].partial_result is not None:
                        listener.kept.append(number)

    def _drain_new(self, event: TaskAdded) -> None:
        task: Any = event.task
        owner = self._owner(task)
        with self._lock:
            self._fresh.pop(task.id, None)
            if task.id in self._carried:
                owner = ""
        self._owners[task.id] = owner
        if owner and owner not in self._listeners:
            self._listeners[owner] = _Listener(owner, all_tasks=False)
            self._ticks.start()
        for listener in self._listeners.values():
            if listener.all_tasks or listener.topic == owner:
                now: TaskSnapshot = task.snapshot()  # which may have told something by now
                self._add(listener, task, event.snapshot if now.state.is_final else now)

    def _send(self, listener: _Listener) -> None:
        """Tell one listener what is new: at once, unless it has just been told much."""
        now = time.monotonic()
        if now < listener.not_before:
            if not listener.put_off:
                listener.put_off = True
                self._loop.call_later(listener.not_before - now, self._send_late, listener)
            return
        outbox = listener.outbox
        frames: list[bytes] = []
        size = total = 0
        while news := outbox.news():
            frames += news
            size += sum(map(len, news))
            if size > _LIKELY_MESSAGE:
                self._say(listener, frames)
                total += size
                frames, size = [], 0
        if frames:
            self._say(listener, frames)
        listener.not_before = now + min((total + size) * _PAUSE_PER_BYTE, _LONGEST_PAUSE)

    def _send_late(self, listener: _Listener) -> None:
        listener.put_off = False
        listener.not_before = 0.0
        self._drain()
        self._send(listener)

    def _say(self, listener: _Listener, frames: list[bytes]) -> None:
        worker = self._worker()
        if worker is None:
            return
        message: dict[str, Any] = {
            **self._address,
            **_frames(frames),
            "conversation": listener.conversation,
            "number": listener.number,
        }
        if listener.keys:
            message["keys"] = list(listener.keys.items())
            listener.keys = {}
        if listener.kept:
            message["kept"] = listener.kept
            listener.kept = []
        listener.number += 1
        worker.log_event(listener.topic, message)

    def _tick(self) -> None:
        """Look whether anybody still wants what is at work, and whether anybody still listens."""
        self._drain()
        self._stop_unwanted(self._worker())
        now = time.monotonic()
        for topic, listener in list(self._listeners.items()):
            silent = now - listener.heard_at > FORGET_AFTER
            if silent and (listener.all_tasks or (listener.live <= 0 and not listener.outbox.has_news)):
                del self._listeners[topic]
        if not self._listeners:
            self._ticks.stop()

    def _moves(self, worker: Worker) -> dict[str, list[Any]]:  # noqa: ARG002  # as Dask calls it, with each heartbeat
        """Return for each listener how many messages it must have, and what has moved lately.

        Of two heartbeats it may see the second only.
        """
        self._drain()
        now = time.monotonic()
        told = {}
        for topic, listener in self._listeners.items():
            listener.moved.update({item[0]: (now, item) for item in listener.outbox.moves()})
            listener.moved = {
                number: (at, item) for number, (at, item) in listener.moved.items() if now - at < MOVES_KEPT
            }
            self._send(listener)  # what has been found to be more than a move
            frames = encode_many("moves", "moves", (item for _, item in listener.moved.values()))
            count = listener.number
            told[topic] = [self.id, now, listener.conversation, count, *(frame[4:].decode() for frame in frames)]
        return told

    def _stop_unwanted(self, worker: Worker | None) -> None:
        """Ask tasks to stop that Dask has given up, because they were cancelled there or their client has gone."""
        with self._lock:
            calls = {number: call for number, (call, _) in self._calls.items()}
        if not calls:
            return
        known = worker.state.tasks if worker is not None and worker.status is not Status.closed else {}
        for task in self._tasks.tasks():
            call = calls.get(task.id)
            if call is not None and not task.stop_requested:
                state = known.get(call.key)
                if state is None or state.state not in _WANTED:
                    _cancel(task, {"reason": "nobody waits for its result any more", "by": "Dask", "kind": "request"})


def run(call: bytes, needed: list[Any], sender: Sender) -> Ended:
    """What Dask runs in place of a task's function, see `EVALUATED`.

    Raises:
        TaskmonError: the client speaks another version of our protocol, or of Python where that matters.
        BaseException: whatever the function raised.
    """
    worker = get_worker()
    (protocol, python), (our_protocol, our_python) = sender, SENDER
    if protocol != our_protocol:
        from taskmon import __version__

        raise TaskmonError(
            f"Worker {worker.name} has another taskmon, {__version__}",
            "the program and its workers need the same version: install it there",
        )
    if python != our_python and has_code(call):
        raise TaskmonError(
            f"Worker {worker.name} runs Python {our_python}, and its program {python}",
            "functions of the main program are sent as code, which needs the same version: put them in a module",
        )
    return agent_of(worker).run(*unpack(call, needed))


def hear(topic: str, agent_id: str, messages: list[Message], dask_worker: Worker) -> list[Any] | None:
    """Hand messages to the agent of a worker, for `Client.run`. None if it is not the one they are meant for."""
    agent = agent_of(dask_worker)
    return agent.hear(topic, messages) if agent_id in ("", agent.id) else None


_agents: Final[weakref.WeakKeyDictionary[Worker, Agent]] = weakref.WeakKeyDictionary()
_agents_lock: Final = threading.Lock()


def agent_of(worker: Worker) -> Agent:
    """Return the agent of a worker, made if it has none yet. Any thread."""
    with _agents_lock:
        agent = _agents.get(worker)
        if agent is None:
            agent = _agents[worker] = Agent(worker)
        return agent


def _frames(frames: list[bytes]) -> Message:
    return {"now": time.monotonic(), "frames": frames}


def _root(task: Any) -> Any:
    while task.parent is not None:
        task = task.parent
    return task


def _cancel(task: Task, message: Message) -> None:
    task.cancel(
        message.get("reason", ""), by=message.get("by", ""), kind=StopKind(message["kind"]), dispatch=run_in_background
    )


def _remember(known: OrderedDict[str, Any], key: str, value: Any) -> None:
    known[key] = value
    while len(known) > _REMEMBERED:
        known.popitem(last=False)


def _raise(error: BaseException | None) -> NoReturn:
    assert error is not None
    if isinstance(error, Exception):
        raise error
    # In Dask's thread, SystemExit and KeyboardInterrupt would end the worker; others confuse it.
    raise RemoteTaskError(type(error).__name__, *error_texts(error)) from None
