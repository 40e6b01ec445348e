"""What anybody runs on a cluster, for `taskmon dask`: the tasks of ours whole, the rest as far as the truth goes.

The workers' agents tell of the tasks of ours, from whichever client, and are asked to stop them. The scheduler is asked
once a second what waits, and what else is at work. Dask has no way to stop a function that runs: it can only forget it,
and does not know then that it goes on. So a row of Dask's own has a Cancel only while it is certain that it has not
begun. Graphs have thousands of tasks: those of one group, which are called alike, are one row with a count.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from dask.utils import key_split
from distributed import Client
from tornado.ioloop import PeriodicCallback

from taskmon.cluster import by_value
from taskmon.cluster.call import KEY_PREFIX, is_shown_at, name_in
from taskmon.cluster.connection import NOWHERE, ClusterRow, Connection
from taskmon.cluster.withdrawal import Withdrawals, reason_in
from taskmon.cluster.words import cluster_name, worker_name
from taskmon.core.base.text import plain
from taskmon.core.stop import StopKind, StopReason
from taskmon.core.task.events import Sink
from taskmon.core.task.progress import Progress
from taskmon.core.task.snapshot import Origin, StopMeans, TaskSnapshot, new_task_id
from taskmon.core.task.state import TaskState
from taskmon.link.window.remote_source import RemoteSource
from taskmon.link.window.remote_task import RemoteTask
from taskmon.link.window.verdict import Ending
from taskmon.link.wire.connection import Message
from taskmon.link.wire.meeting import place

#: Seconds between two looks at the scheduler, and between two words to the agents.
LOOK_PERIOD: Final = 1.0
_BEAT_PERIOD: Final = 5.0
#: Tasks that are shown of what the scheduler has to do; those at work come first.
MOST_TASKS: Final = 2_000

#: Of so many tasks that are called alike, each has a row; more have one row.
FOLD: Final = 20

RUNS: Final = "Dask can only forget it: a function that runs goes on, unseen, until it returns"
MAY_BEGIN: Final = "It is on its worker, where it may begin at any moment, and Dask cannot stop what has begun"
NEEDED: Final = "Other tasks need its result, and would be cancelled with it"
_ALL_BEGUN: Final = "Dask can only forget them: functions that run go on, unseen, until they return"
_LEAVES: Final = "disconnects; the tasks go on"
_TAKES_BACK: Final = "takes back what has not begun; what has goes on until it returns"

_S = TaskState


class ClusterView:
    """A `TaskSource` of everything on a cluster. Any thread may call any method; none waits.

    Args:
        client: a connected client, which is the caller's to close.
        everything: whether to show what is no task of ours as well.
    """

    def __init__(self, client: Client, *, everything: bool = False) -> None:
        self.client = client
        self.name = cluster_name(client.scheduler.address)
        """What the cluster is called in a window."""
        self.count = 0
        """How many tasks the scheduler had to do at the last look, whosesoever they are."""
        self.workers = 0
        """How many workers it had then."""
        self.shows_all = True
        """Whether all of what was asked for has a row."""
        self._everything = everything
        self._source = RemoteSource()
        self._rows: dict[str, SeenTask] = {}  # by their keys
        self._groups: dict[str, SeenGroup] = {}  # by their names
        self._elsewhere = is_shown_at(place())
        self._connection = Connection(
            client, self.name, self._source, self._rows.get, make=self._make, elsewhere=self._elsewhere
        )
        self._withdrawals = Withdrawals(client, self._connection, others=True)
        self._looking = False
        self._looks = PeriodicCallback(self._look, LOOK_PERIOD * 1000)
        self._beats = PeriodicCallback(self._connection.beat, _BEAT_PERIOD * 1000)
        client.loop.add_callback(self._begin)

    def attach(self, sink: Sink) -> list[Any]:
        """Call `sink` for all that happens from now on, and return the tasks that have not ended."""
        return self._source.attach(sink)

    def detach(self, sink: Sink) -> None:
        """Stop calling `sink`."""
        self._source.detach(sink)

    def tasks(self) -> list[Any]:
        return self._source.tasks()

    @property
    def silent_since(self) -> str:
        """Since when nothing has been heard of the cluster, as a time of the day; empty if that is not so."""
        return self._connection.silent_since

    def show_connection(self, leave: Callable[[], object]) -> ConnectionRow:
        """Give the connection itself a row, whose Cancel calls `leave`, with the lock of the tasks held."""
        picture = self._picture(f"Connection to {self.name}", 0.0, stop_means=StopMeans(_LEAVES))
        with self._source.lock:
            row = ConnectionRow(picture._replace(id=new_task_id()), leave, self._source)
            self._source.add(row)
        return row

    def close(self, why: str) -> None:
        """Say of all that has not ended that it is no longer looked at."""
        for task in self._source.tasks():
            with self._source.lock:
                follow_up = RemoteTask.conclude(task, Ending(_S.LOST, why), time.monotonic())
            for call in follow_up:
                call()

    # -- for the rows -------------------------------------------------------------------------------------------

    def withdraw_group(self, group: SeenGroup) -> bool:
        """Take back what has not begun of a group. False if there is no contact. The lock is held."""
        if self._connection.is_silent:
            return False
        group.wanted_back = True
        self.client.loop.add_callback(self._take_back)
        return True

    def withdraw(self, task: SeenTask, message: Message) -> bool:
        """Stop a task that may not have begun. False if there is no contact. The lock is held."""
        if self._connection.is_silent:
            return False
        self._withdrawals.add(task, message)
        return True

    # -- the client's loop --------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._connection.watch()
        self._looks.start()
        self._beats.start()

    async def _look(self) -> None:
        if self.client.status != "running":
            return
        known = [key for key, row in self._rows.items() if row.worker is None]
        ended = [key for key, row in self._rows.items() if row.done()]  # those that what is found now does not tell of
        folded = {name: group.called for name, group in self._groups.items()}
        try:
            found = await self.client.run_on_scheduler(
                by_value.look,
                prefix=KEY_PREFIX,
                elsewhere=self._elsewhere,
                everything=self._everything,
                known=known,
                folded=folded,
                fold=FOLD,
                most=MOST_TASKS,
            )
        except Exception:  # no contact, which the silence tells
            return
        self.workers, self.count = found["workers"], found["count"]
        self.shows_all = max(len(found["shown"]), len(found["groups"])) < MOST_TASKS
        for key, state, (address, name, host), seconds, needed in found["shown"]:
            where = self._connection.place_of(address) or worker_name(name, host)
            self._show(key, state, where, seconds, needed=needed)
        for key, (state, error) in found["ended"].items():
            self._end(key, state, error)
        for name, group in found["groups"].items():
            self._show_group(name, group)
        for key in ended:
            del self._rows[key]
        await self._take_back()

    async def _take_back(self) -> None:
        for name, group in list(self._groups.items()):
            if group.wanted_back:
                group.wanted_back = False
                try:
                    group.taken_back += await self.client.run_on_scheduler(by_value.take_back, name, self.client.id)
                except Exception:  # no contact: with the next look
                    group.wanted_back = True

    def _show_group(self, name: str, found: list[Any]) -> None:
        called, total, to_do, on_workers, done, failed, free = found
        row = self._groups.get(name)
        if not to_do:
            if row is not None:
                del self._groups[name]
                row.end_with(done, failed)
            return
        picture = self._picture(
            called,
            0.0 if on_workers else None,
            "future",
            progress=Progress(total - to_do, total, "tasks"),
            why_not_cancellable="" if free else NEEDED if to_do > on_workers else _ALL_BEGUN,
            stop_means=StopMeans(_TAKES_BACK) if free else None,
        )
        with self._source.lock:
            if row is None:
                row = SeenGroup(picture._replace(id=new_task_id()), called, failed, self, self._connection)
                self._groups[name] = row
                self._source.add(row)
            else:
                row.see(picture)
            row.left, row.ever_done = to_do, done

    def _picture(
        self, name: str, seconds: float | None, kind: str = "task", where: str = "", **more: Any
    ) -> TaskSnapshot:
        """What is at work for so many `seconds`, or waits."""
        now = time.monotonic()
        began, state = (None, _S.QUEUED) if seconds is None else (now - seconds, _S.RUNNING)
        origin = Origin(self.name, 0, where, kind)
        return TaskSnapshot(
            0, plain(name), state, 0, now, now, began, created=time.time(), origin=origin, pausable=False, **more
        )

    def _make(self, key: str, picture: TaskSnapshot) -> SeenTask:
        """Give a task its row, whoever tells of it first. The lock is held."""
        if key.startswith(KEY_PREFIX) and picture.origin is not None:
            picture = picture._replace(origin=picture.origin._replace(known_as=key, second_hand=True))
        self._rows[key] = row = SeenTask(picture, key, self, self._connection)
        return row

    def _show(self, key: str, state: str, where: str, seconds: float | None, *, needed: bool) -> None:
        ours = key.startswith(KEY_PREFIX)
        why_not = ""
        if not ours and state == "processing":
            why_not = MAY_BEGIN if seconds is None else RUNS
        elif not ours and needed:
            why_not = NEEDED
        row = self._rows.get(key)
        if row is not None and row.worker is not None:
            return  # its agent knows better
        name = (name_in(key) if ours else key_split(key)) or key
        picture = self._picture(name, seconds, "task" if ours else "future", where, why_not_cancellable=why_not)
        with self._source.lock:
            if row is None:
                self._source.add(self._make(key, picture._replace(id=new_task_id())))
            else:
                row.see(picture)

    def _end(self, key: str, state: str, error: str) -> None:
        row = self._rows.get(key)
        if row is None or row.worker is not None:
            return
        if state == "memory":
            row.end(_S.SUCCEEDED)
        elif state == "erred":
            row.end(_S.FAILED, error or "It has failed")
        elif state == "withdrawn":
            row.withdrawn(reason_in(error))
        elif state == "released":
            why = "nobody waits for its result any more"
            row.withdrawn(StopReason(StopKind.REQUEST, "Dask", why, time.monotonic()))
        else:
            row.end(_S.LOST, "Dask has forgotten it: how it has ended is not known")


class ConnectionRow(RemoteTask):
    """The connection to a cluster."""

    __slots__ = ("_leave",)

    def __init__(self, picture: TaskSnapshot, leave: Callable[[], object], source: RemoteSource) -> None:
        super().__init__(picture, 0, NOWHERE, source.lock, source.post)
        self._leave = leave

    def tell(self, message: str) -> None:
        """Say how it goes. Any thread."""
        with self._lock:
            self._show(self._received._replace(taken_at=time.monotonic(), progress=Progress(message=message)))

    def end(self, error: str = "") -> None:
        """There is no connection any more: somebody has left, by Cancel or otherwise, or it has failed."""
        left = _S.SUCCEEDED if self._shown.stop_requested_at is None else _S.CANCELLED
        with self._lock:
            follow_up = self.conclude(Ending(_S.FAILED if error else left, error), time.monotonic())
        for call in follow_up:
            call()

    def _ask(self, message: Message, answered: Callable[[bool], None] | None = None) -> bool:  # noqa: ARG002  # it is done
        if message["t"] != "cancel":
            return False
        self._leave()
        return True


class _Seen(ClusterRow):
    """What the scheduler knows of."""

    __slots__ = ("_view",)

    def __init__(self, picture: TaskSnapshot, view: ClusterView, connection: Connection) -> None:
        super().__init__(picture, connection)
        self._view = view

    def done(self) -> bool:
        return self._shown.state.is_final

    def see(self, picture: TaskSnapshot) -> None:
        """Show what the scheduler says. The lock is held."""
        shown = self._shown
        picture = picture._replace(id=shown.id, queued_at=shown.queued_at, created=shown.created)
        if picture.started_at is not None and shown.started_at is not None:
            picture = picture._replace(started_at=shown.started_at)
        self.take(picture)

    def end(self, state: TaskState, error: str = "") -> None:
        """It has ended, as far as the scheduler knows."""
        now = time.monotonic()
        self._end(lambda: self.take(
            self._received._replace(state=state, ended_at=now, taken_at=now, error=error, why_not_cancellable="")
        ))  # fmt: skip


class SeenGroup(_Seen):
    """Tasks of Dask's that are called alike, too many for a row each."""

    __slots__ = ("called", "ever_done", "failed_before", "left", "taken_back", "wanted_back")

    def __init__(
        self, picture: TaskSnapshot, called: str, failed: int, view: ClusterView, connection: Connection
    ) -> None:
        super().__init__(picture, view, connection)
        self.called = called
        self.failed_before = failed
        """How many tasks that are called so had failed when it was first seen."""
        self.left = self.ever_done = 0
        """How many were to be done at the last look, and how many that are called so had ever been."""
        self.wanted_back = False
        """Whether what has not begun is still to be taken back."""
        self.taken_back = 0

    def end_with(self, done: int, failed: int) -> None:
        """There is nothing to do any more; so many that are called so have been done, and have failed."""
        if self.taken_back:
            self.end(_S.CANCELLED)
        elif failed > self.failed_before:
            self.end(_S.FAILED, f"{failed - self.failed_before} of its tasks have failed, or what they need has")
        elif done - self.ever_done >= self.left:
            total = self._received.progress.total
            self._received = self._received._replace(progress=Progress(total, total, "tasks"))
            self.end(_S.SUCCEEDED)
        else:
            self.end(_S.LOST, "Dask has forgotten the rest: it was cancelled, or nobody wants it any more")

    def _withdraw(self, message: Message) -> bool:  # noqa: ARG002  # nobody is told why
        return self._view.withdraw_group(self)


class SeenTask(_Seen):
    """A task that the scheduler knows of, and, once one of ours has begun, its worker's agent."""

    __slots__ = ("key",)

    def __init__(self, picture: TaskSnapshot, key: str, view: ClusterView, connection: Connection) -> None:
        super().__init__(picture, view, connection)
        self.key = key

    def _withdraw(self, message: Message) -> bool:
        return self._view.withdraw(self, message)

    def withdrawn(self, why: StopReason | None = None) -> None:
        """It will not begin: it is cancelled, by others if there is a `why`."""
        self._reason = self._reason or why
        self.end(_S.CANCELLED)

    def conclude(self, ending: Ending, at: float) -> list[Callable[[], None]]:
        """Its worker is gone: the scheduler knows what comes of it."""
        del at
        if self._shown.state.is_final:
            return []
        self.wait_again(ending.error)
        return []
