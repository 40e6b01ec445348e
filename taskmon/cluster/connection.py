"""A client's connection to the agents on the workers: what they tell arrives here, what is asked of them leaves here.

Everything happens in the event loop of the client, in its thread, except where it says "any thread". While there are
tasks, the scheduler is asked once a second which of their workers it still knows, and what these have told with their
heartbeats: that is how progress comes, how a lost worker is noticed, and how long the cluster has been silent.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

from distributed import Client
from tornado.ioloop import PeriodicCallback

from taskmon.cluster import by_value
from taskmon.cluster.agent import hear
from taskmon.cluster.call import METRIC, MOVES_KEPT
from taskmon.cluster.words import worker_name
from taskmon.core.stop import StopReason
from taskmon.core.task.events import TaskChanged
from taskmon.core.task.progress import Progress
from taskmon.core.task.request import Request, Verb
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.link.window.remote_source import PeerTasks, RemoteSource
from taskmon.link.window.remote_task import RemoteTask
from taskmon.link.window.verdict import Ending
from taskmon.link.wire.codec import Move, to_request, whole
from taskmon.link.wire.connection import Message, decode

#: Seconds between two questions to the scheduler; half of it with few workers, whose hearts beat that often.
PERIOD: Final = 1.0
_FEW: Final = 10
#: Seconds between two questions whether the scheduler has given up a contact that was lost.
_PAUSE: Final = 0.05
#: Seconds without an answer from which on the cluster counts as silent, and nothing is asked of it.
SILENT_AFTER: Final = 3.5
#: Seconds that the last words of a task may take to arrive after it is known to have ended.
LAST_WORDS: Final = 2.0

Answered = Callable[[bool], None]
_Event = tuple[float, dict[str, Any]]


class WorkerTasks(PeerTasks):
    """The tasks on one worker, as its agent tells of them."""

    def __init__(self, connection: Connection, source: RemoteSource, hello: dict[str, Any]) -> None:
        self._connection = connection
        self.id: str = hello["agent"]
        self.address: str = hello["address"]
        super().__init__(source, NOWHERE, connection.name, whole(hello["pid"]) or 0, hello.get("now"))
        self.place = worker_name(str(hello["name"]), str(hello["host"]))
        self.conversation = ""
        self.next = 0
        self.moved_at = 0.0
        """When it has last told how far its tasks are, by its own clock."""
        self.greeted_at = -PERIOD
        self.questions: list[tuple[Message, Answered | None]] = []
        """What is to be asked of it; with the lock of the tasks."""
        self._ended: set[int] = set()
        self._keys: dict[int, str] = {}  # of tasks of others that it is about to tell of
        self.kept: set[int] = set()
        """Tasks that were cancelled and left a part of their result, which Dask moves."""

    def make(self, picture: TaskSnapshot, theirs: int) -> RemoteTask:
        """Return the row of a task that has none yet."""
        make, key = self._connection.make, self._keys.pop(theirs, "")
        if make is not None and picture.origin is not None:
            picture = picture._replace(origin=picture.origin._replace(second_hand=True))
        row = make(key, picture) if make is not None and key else ClusterRow(picture, self._connection)
        row.worker, row.number = self, theirs
        return row

    def expect(self, number: int, key: str) -> None:
        """It is about to tell of somebody's task, which has no row yet."""
        self._keys[number] = key

    def let_go(self, number: int) -> None:
        """What becomes of a task here is no longer of interest: it has begun anew, here or elsewhere."""
        self.kept.discard(number)
        self._tasks.pop(number, None)

    def let_ended_go(self, *, at_once: bool = False) -> None:
        """Let go of what had ended by the last call: nothing is said of it any more but the end of its log."""
        ended = {number for number, task in self._tasks.items() if task.has_ended}
        for number in ended if at_once else ended & self._ended:
            self.let_go(number)
        self._ended = ended

    def retain(self, numbers: Collection[int]) -> None:
        """Only tasks with these numbers live; of others the end has not been heard."""
        for number, task in list(self._tasks.items()):
            if number not in numbers:
                assert isinstance(task, ClusterRow)
                task.miss()


class ClusterRow(RemoteTask):
    """A row that says so while nothing is heard of the cluster, and that nothing can be asked of it then."""

    __slots__ = ("_begun_anew", "_connection", "_told", "number", "worker")

    def __init__(self, picture: TaskSnapshot, connection: Connection) -> None:
        self.worker: WorkerTasks | None = None
        """Where it is; None if it has not begun, or must begin again."""
        self.number = 0
        """What it is called there."""
        self._begun_anew = ""  # and why
        self._connection = connection
        self._told = 0  # the number of its worker's picture that was taken last
        super().__init__(picture, 0, NOWHERE, connection.lock, connection.source.post)

    def snapshot(self) -> TaskSnapshot:
        """Return the newest picture."""
        picture = super().snapshot()
        since = "" if picture.state.is_final else self._connection.silent_since
        return picture._replace(why_not_cancellable=f"No contact with the cluster since {since}") if since else picture

    def begin_on(self, worker: WorkerTasks, number: int) -> None:
        """A worker is about to tell of it, as `number`."""
        with self._lock:
            if self._shown.state.is_final:
                return
            told_anew = self.worker is worker and self.number == number
            asked = self._asked()
            if not told_anew and (self.worker is not None or self._is_made_again()):
                if self.worker is not None:
                    self.worker.let_go(self.number)
                self._begin_anew("")
            self.worker, self.number = worker, number
            worker.adopt(number, self)
            if asked is not None and not told_anew:
                self._ask_again(asked)

    def _is_made_again(self) -> bool:
        """Whether it had been done before, of which no worker has told, and its loss does not show yet."""
        return False

    def miss(self) -> None:
        """Its worker does not know it any more, and its last words have not come."""
        ending = Ending(TaskState.LOST, "It has ended, but how was lost on the way")
        self._end(lambda: RemoteTask.conclude(self, ending, time.monotonic()))  # not as if its worker were gone

    def _end(self, step: Callable[[], list[Callable[[], None]]]) -> None:
        """Do with the lock what may be the end of it, and without it what follows."""
        with self._lock:
            follow_up = step()
        for call in follow_up:
            call()

    def _ask(self, message: Message, answered: Answered | None = None) -> bool:
        """Ask wherever it is. The lock is held."""
        if self.worker is not None:
            return self._connection.ask(self.worker, {**message, "id": self.number}, answered)
        return message["t"] == "cancel" and self._withdraw(message)

    def _withdraw(self, message: Message) -> bool:  # noqa: ARG002  # parts of tasks come once they have begun
        """Stop it although it may not have begun. False if that is not possible. The lock is held."""
        return False

    def wait_again(self, why: str) -> None:
        """Dask starts it again, on some worker. If it was asked to stop, that still stands. The lock is held."""
        asked = self._asked()
        self._begin_anew(why)
        if asked is not None:
            self._ask_again(asked)

    def _asked(self) -> StopReason | None:
        return self._shown.reason if self._shown.stop_requested_at is not None else None

    def _ask_again(self, why: StopReason) -> None:
        self._reason = why
        self._show(self._received)
        self._ask(to_request(Request(Verb.CANCEL, why)))

    def _begin_anew(self, why: str) -> None:
        """What was reported before does not count."""
        attempt = self._received.attempt + 1
        begins = f"{why}: Dask starts it again" if why else "Dask starts it again"
        self._begun_anew = f"Attempt {attempt}: {why}" if why else f"Attempt {attempt}"
        self.worker = self._reason = None
        origin = self._received.origin
        super().take(self._received._replace(
            state=TaskState.QUEUED, taken_at=time.monotonic(), started_at=None, stop_requested_at=None,
            stop_seen_at=None, paused_for=0.0, progress=Progress(message=f"{begins}, attempt {attempt}"), reason=None,
            shield="", checkpoint=None, log_lines=0, item_wise=False, after_item_since=None, attempt=attempt,
            pausable=False, origin=origin and origin._replace(thread=""),
        ))  # fmt: skip

    def _as_shown(self, picture: TaskSnapshot) -> TaskSnapshot:
        shown = super()._as_shown(picture)
        if self._begun_anew and not shown.progress.message:
            shown = shown._replace(progress=shown.progress._replace(message=self._begun_anew))
        return shown

    def take(self, picture: TaskSnapshot, via: Sequence[TaskState] = ()) -> list[Callable[[], None]]:
        """Show a newer picture. A worker does not know how many have begun the task before, nor who tells of it."""
        self._told = picture.revision
        before, origin = self._received, picture.origin
        if origin is not None and before.origin is not None and before.origin != origin:
            _, _, _, _, known_as, second_hand = before.origin
            picture = picture._replace(origin=origin._replace(known_as=known_as, second_hand=second_hand))
        return super().take(picture._replace(attempt=max(picture.attempt, before.attempt)), via)

    def move(self, move: Move, at: float) -> None:
        """Show what has moved, unless a newer picture has come: heartbeats take another way than messages."""
        if move.revision >= self._told:
            super().move(move, at)

    def tell_silence(self) -> None:
        """What can be asked has changed. Nobody looks again and again at a task that waits. The lock is held."""
        if not self._shown.state.has_thread and not self._shown.state.is_final:
            self._shown = self._shown._replace(revision=self._shown.revision + 1)
            self._post(TaskChanged(self.snapshot()))


class _Nowhere:
    """Where a row leads that passes on by itself what it is asked."""

    group = None

    def ask(self, message: Message, answered: Answered | None = None) -> bool:  # noqa: ARG002
        return False

    def send_signal(self, name: str) -> bool:  # noqa: ARG002
        return False


NOWHERE: Final = _Nowhere()


class _Unreachable:
    """The scheduler cannot reach a worker: it is gone, or busy."""


class Connection:
    """See the module.

    Args:
        client: a client that is connected.
        name: what the cluster is called.
        source: gets the rows.
        find: returns the row that a key of Dask has already, or None.
        make: returns the row of a key that has none, with the lock of the tasks held; given if we want to be told of
            everybody's tasks: every agent that there is gets to know of us.
        elsewhere: how the keys end of those that have their rows elsewhere, and get none here.
        on_look: called once a second, while there are tasks.
        given_up: returns the keys of live tasks that Dask does not follow for us any more.
    """

    def __init__(
        self,
        client: Client,
        name: str,
        source: RemoteSource,
        find: Callable[[str], ClusterRow | None],
        *,
        make: Callable[[str, TaskSnapshot], ClusterRow] | None = None,
        elsewhere: str = "",
        on_look: Callable[[], object] = lambda: None,
        given_up: Callable[[], list[str]] = list,
    ) -> None:
        self.client = client
        self.name = name
        self.topic = f"taskmon-{uuid.uuid4().hex[:12]}"
        self.lock = source.lock
        self.source = source
        self._find = find
        self.make = make
        self._elsewhere = elsewhere
        self._hello = {"t": "hello", "all": make is not None}
        self._on_look = on_look
        self._given_up = given_up
        self._workers: dict[str, WorkerTasks] = {}  # by their agents
        self._answers: dict[int, Answered] = {}  # with the lock of the tasks
        self._questions = 0
        self._heard_at, self._heard_at_clock = time.monotonic(), time.time()
        self._line: Any = client.scheduler_comm  # another one if contact was lost, however short
        self._renewal: asyncio.Task[None] | None = None
        self._meanwhile: list[_Event] | None = None  # messages that have come during a renewal
        self._told_at = 0.0  # when the last message was sent, by the scheduler's clock
        self._looked_at = 0.0
        self._introduced: dict[str, float] = {}  # when a worker was told of us that did not know us, by its address
        self._promised: dict[str, tuple[str, int]] = {}  # how many messages an agent had sent at its last heartbeat
        self._told_silent = False
        self._looks = PeriodicCallback(self._look, PERIOD * 1000)
        self._silence = PeriodicCallback(self._tell_silence, PERIOD * 1000)  # a look waits for its answer
        client.subscribe_topic(self.topic, self._on_message)

    # -- any thread ---------------------------------------------------------------------------------------------

    @property
    def is_silent(self) -> bool:
        """Whether nothing has been heard of the cluster for longer than usual. Nothing is asked of it then."""
        if self.client.status != "running":
            return True
        return self._looks.is_running() and time.monotonic() - self._heard_at > SILENT_AFTER

    @property
    def silent_since(self) -> str:
        """Since when, as a time of the day; empty if it is not."""
        if not self.is_silent:
            return ""
        return time.strftime("%H:%M:%S", time.localtime(self._heard_at_clock))

    def ask(self, worker: WorkerTasks, message: Message, answered: Answered | None = None) -> bool:
        """Ask something of a worker's agent soon. False if there is no contact. The lock of the tasks is held."""
        if self.is_silent:
            return False
        if answered is not None:
            self._questions += 1
            message = {**message, "n": self._questions}
            self._answers[self._questions] = answered
        worker.questions.append((message, answered))
        if len(worker.questions) == 1:
            self.client.loop.add_callback(self._send_questions, worker)
        return True

    @property
    def has_contact(self) -> bool:
        """Whether the scheduler will hear of what is sent to it, and keep it, as far as is known here."""
        line = self._line
        return line is self.client.scheduler_comm and not line.closed() and self.client.status == "running"

    # -- the loop -------------------------------------------------------------------------------------------------

    async def renewed(self) -> None:
        """Wait until there is contact, if it was lost, or until the client is closed.

        A client has one name for all its connections. As long as the scheduler has not noticed the end of one, it will
        give up with that what comes by the next.
        """
        while not self.has_contact and self.client.status in ("connecting", "running"):
            if self._renewal is None:
                self._renewal = asyncio.ensure_future(self._renew())
            await asyncio.shield(self._renewal)

    async def _renew(self) -> None:
        self._meanwhile = []
        missed: list[_Event] = []
        while self.client.status in ("connecting", "running"):
            line = self.client.scheduler_comm
            if line is not None:
                asked = self.topic, self.client.id, self._told_at, self._given_up()
                with contextlib.suppress(Exception):  # the connection breaks just now
                    found = await self.client.run_on_scheduler(by_value.renew, *asked)
                    if found is not None and line is self.client.scheduler_comm:
                        self._line, missed = line, found
                        self._note_contact()
                        break
            await asyncio.sleep(_PAUSE)
        missed, self._meanwhile, self._renewal = [*missed, *self._meanwhile], None, None
        for event in missed:
            self._on_message(event)

    def watch(self) -> None:
        """There are tasks: begin to look after their workers."""
        if not self._looks.is_running():
            self._note_contact()
            self._looked_at = time.monotonic()
            self._looks.start()
            self._silence.start()

    def rest(self) -> None:
        """There are no tasks (any more)."""
        self._looks.stop()
        self._silence.stop()
        self.client.loop.call_later(LAST_WORDS, self._let_all_go)

    def _let_all_go(self) -> None:
        for worker in self._workers.values():
            worker.let_ended_go(at_once=True)

    def close(self) -> None:
        """Listen no longer."""
        self._looks.stop()
        self._silence.stop()
        self._workers.clear()
        if self.client.status == "running":
            self.client.unsubscribe_topic(self.topic)

    def meet(self, hello: dict[str, Any]) -> WorkerTasks:
        """Return the worker that an agent tells of, new or known."""
        worker = self._workers.get(hello["agent"])
        if worker is None:
            for other in [other for other in self._workers.values() if other.address == hello["address"]]:
                self._lose(other)  # another process has taken its place
            worker = self._workers[hello["agent"]] = WorkerTasks(self, self.source, hello)
        return worker

    def place_of(self, address: str) -> str:
        """What the worker at an address calls itself; empty if it has not told of itself."""
        return next((worker.place for worker in self._workers.values() if worker.address == address), "")

    async def greet(self, worker: WorkerTasks) -> None:
        """Ask for everything, after a message was missed or to begin with."""
        worker.greeted_at = time.monotonic()
        answers = await self._run(worker, [self._hello])
        if isinstance(answers, list) and type(answers[0]) is list:
            # What has ended meanwhile may have said so in a message that is still on its way.
            self.client.loop.call_later(LAST_WORDS, self._retain, worker, answers[0], worker.greeted_at)

    def beat(self) -> None:
        """Tell the agents that somebody still listens."""
        with self.lock:
            for worker in self._workers.values():
                self.ask(worker, {"t": "beat"})

    async def mark(self, address: str, messages: list[Message]) -> list[bool] | None:
        """Have a worker stop tasks that may not have begun. None if it cannot be asked, but may run them.

        Returns:
            for each whether it had begun.
        """
        found = await self._call(address, by_value.mark, self.topic, messages)
        return found if type(found) is list else None

    def _on_message(self, event: _Event) -> None:
        self._note_contact()
        if self._meanwhile is not None:
            self._meanwhile.append(event)
            return
        self._told_at, message = event
        worker = self.meet(message)
        if message["conversation"] != worker.conversation and message["number"] == 0:
            worker.conversation, worker.next = message["conversation"], 0
        elif message["conversation"] == worker.conversation and message["number"] < worker.next:
            return  # known, and repeated after a break
        if message["conversation"] != worker.conversation or message["number"] != worker.next:
            if time.monotonic() - worker.greeted_at >= PERIOD:
                worker.greeted_at = time.monotonic()
                self.client.loop.add_callback(self.greet, worker)
            return
        worker.next += 1
        self._hear(worker, message)

    def hear_last_words(self, message: dict[str, Any]) -> None:
        """Take what came with the result of a task that was over before its worker has spoken of it."""
        worker = self.meet(message)
        self._hear(worker, message)
        for number, _ in message["keys"]:
            worker.let_go(number)

    def _hear(self, worker: WorkerTasks, message: dict[str, Any]) -> None:
        for number, key in message.get("keys", ()):
            row = self._find(key)
            if row is not None:
                row.begin_on(worker, number)
            elif self._elsewhere and key.endswith(self._elsewhere):
                worker.pass_over(number)
            elif self.make is not None:
                worker.expect(number, key)
        worker.kept.update(message.get("kept", ()))
        for frame in message["frames"]:
            told = decode(bytes(frame[4:]))
            if told["t"] == "did":
                self._take_answer(told)
            else:
                worker.hear(told)

    def _take_answer(self, told: Message) -> None:
        with self.lock:
            answered = self._answers.pop(told["n"], None)
            if answered is not None:
                answered(told["ok"] is True)

    async def _send_questions(self, worker: WorkerTasks) -> None:
        with self.lock:
            questions, worker.questions = worker.questions, []
        answers = await self._run(worker, [message for message, _ in questions])
        if isinstance(answers, _Unreachable):
            if worker.id in self._workers:  # it may come back; if it does not, its tasks begin elsewhere
                with self.lock:
                    worker.questions = [*questions, *worker.questions]
                self.client.loop.call_later(PERIOD, self._send_questions, worker)
            else:
                self._forget(questions)
            return
        for number, (message, answered) in enumerate(questions):
            if answered is not None and (answers is None or answers[number] is False):
                self._take_answer({"n": message["n"], "ok": False})
        if answers is not None and False in answers and time.monotonic() - worker.greeted_at >= PERIOD:
            await self.greet(worker)  # it has forgotten us

    def _forget(self, questions: list[tuple[Message, Answered | None]]) -> None:
        with self.lock:
            for message, _ in questions:
                self._answers.pop(message.get("n", 0), None)

    async def _run(self, worker: WorkerTasks, messages: list[Message]) -> list[Any] | _Unreachable | None:
        """Return what its agent answers; None if there is no contact, or another agent has taken its place."""
        found = await self._call(worker.address, hear, self.topic, worker.id, messages)
        if found is None and worker.id in self._workers:
            self._lose(worker)
        if isinstance(found, (list, _Unreachable)):
            return found
        return None

    async def _call(self, address: str, function: Callable[..., Any], *args: Any) -> Any:
        try:
            found = await self.client.run(function, *args, workers=[address], on_error="return")
        except Exception as error:  # no scheduler
            return error
        self._note_contact()
        answer = found.get(address, _Unreachable())
        return _Unreachable() if isinstance(answer, OSError) else answer

    def _note_contact(self) -> None:
        self._heard_at, self._heard_at_clock = time.monotonic(), time.time()

    # -- once a second ----------------------------------------------------------------------------------------------

    async def _look(self) -> None:
        self._on_look()
        if self.client.status != "running":
            return
        if not self.has_contact:  # it may have been lost so shortly that nobody noticed
            await self.renewed()
        workers = list(self._workers.values())
        self._looks.callback_time = 1000 * (PERIOD / 2 if len(workers) <= _FEW else PERIOD)
        try:
            known = await self.client.run_on_scheduler(
                by_value.beat,
                METRIC,
                self.topic,
                {worker.address: worker.moved_at for worker in workers},
                self.make is not None,
            )
        except Exception:  # the connection breaks just now; told by the silence
            return
        self._note_contact()
        missed = time.monotonic() - self._looked_at > MOVES_KEPT
        self._looked_at = time.monotonic()
        for worker in workers:
            worker.let_ended_go()
            if worker.address not in known and worker.id in self._workers:
                self._lose(worker)
            elif missed:
                self.client.loop.add_callback(self.greet, worker)  # not here: an answer may take its time

        for address, told in known.items():
            if told:
                self._take_beat(address, *told)
            elif told is not None and self._looked_at - self._introduced.get(address, -MOVES_KEPT) >= MOVES_KEPT:
                self._introduced[address] = self._looked_at  # with its next heartbeat, it knows us
                self.client.loop.add_callback(self._call, address, hear, self.topic, "", [self._hello])

    def _take_beat(self, address: str, agent: str, at: float, conversation: str, count: int, *frames: str) -> None:
        worker = self._workers.get(agent)
        before = self._promised.get(agent)
        self._promised[agent] = conversation, count
        heard = worker.next if worker is not None and worker.conversation == conversation else 0
        if before is not None and before[0] == conversation and heard < before[1]:
            del self._promised[agent]  # a message is lost, and no other has come that would tell so
            self.client.loop.add_callback(self._call, address, hear, self.topic, agent, [self._hello])
        if worker is not None:
            worker.moved_at = at
            for frame in frames:
                worker.hear(decode(frame.encode()))

    def _tell_silence(self) -> None:
        if self.is_silent is not self._told_silent:
            self._told_silent = not self._told_silent
            with self.lock:
                for task in self.source.tasks():
                    if isinstance(task, ClusterRow):
                        task.tell_silence()

    def _lose(self, worker: WorkerTasks) -> None:
        self._workers.pop(worker.id, None)
        self._promised.pop(worker.id, None)
        self._forget(worker.questions)
        worker.lose(f"{worker.place} was lost")

    def _retain(self, worker: WorkerTasks, numbers: Collection[int], greeted_at: float) -> None:
        if worker.greeted_at == greeted_at:
            worker.retain(numbers)
