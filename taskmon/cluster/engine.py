"""The inside of a `ClusterRunner`: its live tasks, and what it takes to have Dask run them and to hear how they end."""

from __future__ import annotations

import asyncio
import threading
import time
from contextvars import Context, copy_context
from itertools import count
from typing import Any, Final, NamedTuple

from dask.base import get_annotations
from distributed import Client, KilledWorker
from distributed import Future as DaskFuture
from distributed.client import FutureCancelledError
from distributed.utils import thread_state

from taskmon.cluster import by_value
from taskmon.cluster.call import EVALUATED, SENDER, Call, Ended, key_of, pack
from taskmon.cluster.connection import LAST_WORDS, Connection
from taskmon.cluster.task import ClusterTask, Outcome, Work
from taskmon.cluster.withdrawal import Withdrawals, reason_in
from taskmon.cluster.words import cluster_name, worker_name
from taskmon.core.base.error_text import summarize_error
from taskmon.core.base.errors import TaskmonError
from taskmon.core.base.text import count_of
from taskmon.core.task.snapshot import Origin, TaskSnapshot, new_task_id
from taskmon.core.task.state import TaskState
from taskmon.link.window.remote_source import RemoteSource
from taskmon.link.wire.connection import Message

#: Tasks that go to the scheduler in one message, and their bytes: it does nothing else while it takes one.
_MOST_AT_ONCE: Final = 200
_BYTES_AT_ONCE: Final = 1_000_000

#: Results are moved here at once, and after that, while many tasks live, only every so often: each move is a message to
#: the scheduler and to every worker that has one. Seconds for each live task, and at most; no less than the last took.
_PAUSE_PER_TASK: Final = 0.001
_LONGEST_PAUSE: Final = 0.5

_CLOSED: Final = "The client was closed, or has lost its scheduler: Dask gives up its tasks"

#: How a worker gets what it needs to run a task: nothing of it needs Qt, or any other package but Dask itself.
INSTALL: Final = "python -m pip install --no-deps taskmon-desktop"


class _Leaving(NamedTuple):
    """A task on its way to the scheduler."""

    task: ClusterTask
    given: dict[str, Any]
    """For `EVALUATED`."""
    alike: tuple[Any, ...]
    """What goes together is equal in this."""
    context: Context
    """Of its caller, with what that has annotated for Dask."""


class _Move:
    """Results that are moved here together."""

    def __init__(self) -> None:
        self.futures: dict[ClusterTask, DaskFuture] = {}
        self.results: asyncio.Future[dict[str, Ended | None]] = asyncio.get_running_loop().create_future()
        """By their keys. What is missing was lost meanwhile, or is to be moved anew."""


class ClusterEngine:
    """See the module. Any thread, unless said otherwise."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.name = cluster_name(client.scheduler.address)
        self.source = RemoteSource()
        self.closed = False  # with the lock
        self._lock = self.source.lock
        self._idle = threading.Condition(self._lock)
        self._tasks: dict[str, ClusterTask] = {}  # those that have not ended, by their keys; with the lock
        self._futures: dict[str, DaskFuture] = {}  # likewise
        self.connection = Connection(
            client, self.name, self.source, self._find, on_look=self._look, given_up=self._given_up
        )
        self._withdrawals = Withdrawals(client, self.connection)
        self._numbers = count(1)
        self._leaving: dict[str, _Leaving] = {}  # by their keys; with the lock
        self._next_move: _Move | None = None  # from here on for the loop
        self._moves: set[_Move] = set()
        self._moved_at = self._took = 0.0

    # -- tasks come ---------------------------------------------------------------------------------------------

    def start(self, work: Work, *, held: bool = False, retry_of: ClusterTask | None = None) -> ClusterTask:
        now, state = time.monotonic(), TaskState.HELD if held else TaskState.QUEUED
        key = key_of(work.name, self.connection.topic, next(self._numbers), work.place)
        origin = Origin(self.name, 0, known_as="" if work.place else key)  # it may be shown at some place later
        picture = TaskSnapshot(
            new_task_id(), work.name, state, 0, now, now, created=time.time(), group=work.group, origin=origin,
            pausable=False,
        )  # fmt: skip
        if retry_of is not None:
            picture = picture._replace(retry_of=retry_of.id, attempt=retry_of.snapshot().attempt + 1)
        with self._lock:
            if self.closed or self.client.status in ("closing", "closed"):
                raise RuntimeError("cannot schedule new futures after shutdown, or without a client")
            task = ClusterTask(picture, key, work, self)
            if not self._tasks:
                self.client.loop.add_callback(self.connection.watch)
            self._tasks[key] = task
            self.source.add(task)
        if not held:
            self.submit(task)
        return task

    def submit(self, task: ClusterTask) -> None:
        """Pack a task as it is now, and have it sent soon, together with others."""
        work = task.work
        call = Call(task.key, self.connection.topic, work.name, work.group, work.timeout, work.takes_context)
        try:
            packed, needed = pack(call, work.fn, work.args, work.kwargs)
        except Exception as error:
            _fail_to_send(task, error)
            return
        # Dask gives up a whole message for a result that is lost: what needs one goes alone.
        alike = work.options, get_annotations(), task.key if needed else ""
        leaving = _Leaving(task, {"call": packed, "needed": needed, "sender": SENDER}, alike, copy_context())
        # Of Dask's tasks those go first that others have started.
        if getattr(thread_state, "key", None) is not None and self.connection.has_contact:
            self._send([leaving])
            return
        with self._lock:
            is_first = not self._leaving
            self._leaving[task.key] = leaving
        if is_first:
            self.client.loop.add_callback(self._send_all)

    async def _send_all(self) -> None:
        """Send what has come. In the loop: while it is busy, more comes, and one message is as good for many."""
        await self.connection.renewed()
        with self._lock:
            leaving, self._leaving = self._leaving, {}
        if not self.connection.has_contact:
            for one in leaving.values():
                one.task.give_up(_CLOSED)
            return
        some: list[_Leaving] = []
        size = 0
        for one in leaving.values():
            full = len(some) >= _MOST_AT_ONCE or size >= _BYTES_AT_ONCE
            if some and (full or one.alike != some[0].alike):
                self._send(some)
                some, size = [], 0
            some.append(one)
            size += len(one.given["call"])
        if some:
            self._send(some)

    def _send(self, leaving: list[_Leaving]) -> None:
        """Send tasks that are alike for Dask. The loop, or any thread."""
        evaluated, given = [EVALUATED] * len(leaving), [one.given for one in leaving]
        keys, options = [one.task.key for one in leaving], leaving[0].task.work.options
        try:
            futures = leaving[0].context.run(self.client.map, eval, evaluated, given, key=keys, pure=False, **options)
        except Exception as error:
            for one in leaving:
                _fail_to_send(one.task, error)
            return
        with self._lock:  # what has been given up meanwhile is in neither
            self._futures.update((key, future) for key, future in zip(keys, futures, strict=True) if key in self._tasks)
        for one, future in zip(leaving, futures, strict=True):
            self.client.loop.add_callback(self._follow, one.task, future)

    def live_tasks(self) -> list[ClusterTask]:
        with self._lock:
            return list(self._tasks.values())

    def wait_idle(self, timeout: float | None) -> bool:
        """Wait until there are none, at most `timeout` seconds; return whether there are none."""
        with self._idle:
            return self._idle.wait_for(lambda: not self._tasks, timeout)

    def close(self) -> None:
        """Take no more tasks; once all have ended, stop listening."""
        with self._lock:
            self.closed = True
            if self._tasks:
                return
        self._leave_soon()

    # -- for the tasks ------------------------------------------------------------------------------------------

    def withdraw(self, task: ClusterTask, message: Message) -> bool:
        """Stop a task that may not have begun. False if there is no contact. The lock is held."""
        if self._leaving.pop(task.key, None) is not None:  # nobody else knows of it
            self.client.loop.add_callback(task.withdrawn)
            return True
        if self.connection.is_silent:
            return False
        self._withdrawals.add(task, message)
        return True

    def has_lost_result(self, task: ClusterTask) -> bool:
        """Whether a task is to be done again, because its result was lost."""
        future = self._futures.get(task.key)
        return future is not None and (future.status == "lost" or (task.was_made and future.status == "pending"))

    def start_again(self, task: ClusterTask) -> ClusterTask:
        """Start its work once more. Raises RuntimeError after `close`."""
        return self.start(task.work, retry_of=task)

    def ended(self, task: ClusterTask) -> None:
        """It has reached its final state: let Dask forget it."""
        with self._idle:
            future = self._futures.pop(task.key, None)
            self._tasks.pop(task.key, None)
            idle, closed = not self._tasks, self.closed
            if idle:
                self._idle.notify_all()
        if future is not None:
            future.release()
        if idle and closed:
            self._leave_soon()
        elif idle:
            self.client.loop.add_callback(self._rest)

    def _given_up(self) -> list[str]:
        with self._lock:
            return [key for key, future in self._futures.items() if future.status == "cancelled"]

    def _find(self, key: str) -> ClusterTask | None:
        with self._lock:
            return self._tasks.get(key)

    # -- the client's loop --------------------------------------------------------------------------------------

    def _rest(self) -> None:
        with self._lock:
            if self._tasks:
                return
        self.connection.rest()

    def _leave_soon(self) -> None:
        if self.client.status == "running":
            self.client.loop.add_callback(self._leave)

    async def _leave(self) -> None:
        self.connection.close()
        try:
            await self.client.run_on_scheduler(by_value.clear_topic, self.connection.topic)
        except Exception:  # the scheduler goes as well
            return

    async def _follow(self, task: ClusterTask, future: DaskFuture) -> None:
        """Wait until Dask has the result of a task, and move it here."""
        while not task.done():
            error = await future.exception()
            if error is not None:
                await self._fail(task, error)
                return
            task.was_made = True
            if future.status == "finished":
                try:
                    ended = await self._move(task, future)
                    if ended is None:  # its worker was lost before that: Dask runs it again
                        continue
                    if ended.words is not None:
                        self.connection.hear_last_words(ended.words)
                    value = ended.value()
                except Exception as problem:
                    if future.status == "finished":
                        why = TaskmonError("Its result cannot be moved here", summarize_error(problem))
                        self._arrive(task, Outcome(TaskState.FAILED, error=why))
                        return
                    continue
                if ended.stopped:
                    self._arrive(task, Outcome(TaskState.CANCELLED, value, last_words=ended.ran))
                else:
                    self._arrive(task, Outcome(TaskState.SUCCEEDED, value))
                return
            if future.status == "cancelled":
                await self._lose_hold(task, future)
                return

    async def _move(self, task: ClusterTask, future: DaskFuture) -> Ended | None:
        """Move a result here, together with others. None if it was lost on the way, or must be moved anew."""
        move = self._next_move
        if move is None:
            self._next_move = move = _Move()
            pause = min(max(len(self._tasks) * _PAUSE_PER_TASK, self._took), _LONGEST_PAUSE)
            self.client.loop.call_later(max(0.0, self._moved_at + pause - time.monotonic()), self._begin_move, move)
        move.futures[task] = future
        return (await move.results).get(task.key)

    async def _begin_move(self, move: _Move) -> None:
        self._moved_at = begun_at = time.monotonic()
        self._next_move = None
        self._moves.add(move)
        try:
            futures = {task.key: future for task, future in move.futures.items()}
            results = await self.client.gather(futures, errors="skip")
            if not move.results.done():
                move.results.set_result(results)
        except Exception as problem:
            if not move.results.done():
                move.results.set_exception(problem)
        finally:
            self._took = time.monotonic() - begun_at
            self._moves.discard(move)

    def _arrive(self, task: ClusterTask, outcome: Outcome) -> None:
        if not task.arrive(outcome):
            self.client.loop.call_later(LAST_WORDS, task.settle)

    async def _fail(self, task: ClusterTask, error: BaseException) -> None:
        if isinstance(error, KilledWorker):
            attempts = error.allowed_failures + 1
            lost = "Its worker was lost" if attempts == 1 else "Its workers were lost, one after the other"
            why = TaskmonError(lost, f"Dask gave it up after {count_of(attempts, 'attempts')}", str(error))
            self._arrive(task, Outcome(TaskState.FAILED, error=why, last_words=False))
        elif isinstance(error, ModuleNotFoundError) and task.worker is None:
            self._arrive(task, Outcome(TaskState.FAILED, error=await self._explain(task, error), last_words=False))
        else:
            self._arrive(task, Outcome(TaskState.FAILED, error=error, last_words=task.worker is not None))

    async def _explain(self, task: ClusterTask, error: ModuleNotFoundError) -> BaseException:
        """Say which worker it is that lacks a module, and what to do about it."""
        try:
            found = await self.client.run_on_scheduler(by_value.workers_of_failure, task.key)
        except Exception:
            return error
        module = error.name or str(error).partition("'")[2].rstrip("'")
        where = ", ".join(worker_name(name, host) for name, host in found) or "its worker"
        what = f"{where} has no module {module!r}" if module != "taskmon" else f"{where} has no taskmon"
        hint = f"install it there: {INSTALL}" if module.partition(".")[0] == "taskmon" else "install it there"
        return TaskmonError(what[:1].upper() + what[1:], hint, str(error))

    async def _lose_hold(self, task: ClusterTask, future: DaskFuture) -> None:
        """Dask does not follow a task any more: it was cancelled there, or contact was lost."""
        client = self.client
        task.given_up = not task.done()
        await self.connection.renewed()
        if task.done():
            return
        if client.status != "running":
            task.give_up(_CLOSED)
        elif task.worker is None and (told := await _withdrawn_why(future)) is not None:
            task.withdrawn(reason_in(told))
        elif task.worker is None:
            # It may have begun just now. Then its worker asks it to stop, and tells of it.
            client.loop.call_later(LAST_WORDS, self._give_up_unseen, task)

    def _give_up_unseen(self, task: ClusterTask) -> None:
        if task.worker is None:
            task.give_up("The cluster has forgotten it: it was cancelled there, or the contact was lost for a while")

    def _look(self) -> None:
        """Once a second: what has been lost?"""
        for move in list(self._moves):
            lost = [task for task, future in move.futures.items() if future.status != "finished"]
            if lost:  # Dask waits until they have been run again: move the rest without them
                self._moves.discard(move)
                move.results.set_result({})
            for task in lost:
                task.done_in_vain()
        if self.client.status in ("closing", "closed"):
            for task in self.live_tasks():
                task.give_up(_CLOSED)


def _fail_to_send(task: ClusterTask, error: Exception) -> None:
    why = TaskmonError("It cannot be sent to the cluster", summarize_error(error))
    task.arrive(Outcome(TaskState.FAILED, error=why, last_words=False))


async def _withdrawn_why(future: DaskFuture) -> str | None:
    """Why somebody has cancelled it who knew that it had not begun; None if that is not so."""
    try:
        await future.result()
    except FutureCancelledError as error:
        return error.msg or "" if error.reason == by_value.WITHDRAWN else None
    except Exception:
        return None
    return None
