"""Cancelling tasks that have not begun, as far as anybody knows: thousands at once, and never a false *Cancelled*.

A task is *Cancelled* without having run only once it is certain that it will not begin. The scheduler says where each
one is. What is on no worker it takes back in the same breath. What is on a worker may begin at any moment: that worker
is asked to stop it if it has begun and not to begin it otherwise, and then the scheduler takes it back, unless it has
been moved to another worker meanwhile, which is asked next.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from typing import Final, Protocol

from distributed import Client

from taskmon.cluster import by_value
from taskmon.cluster.call import KEY_PREFIX
from taskmon.cluster.connection import Connection
from taskmon.core.stop import StopKind, StopReason
from taskmon.link.wire.connection import Message

#: Seconds until something is tried again; from the second time on it is twice as long, up to the second of them.
_PAUSE: Final = 0.05
_LONG_PAUSE: Final = 1.0


class Withdrawable(Protocol):
    """A task that may not have begun."""

    key: str

    def done(self) -> bool:
        """Whether it has ended."""

    def withdrawn(self, why: StopReason | None = None) -> None:
        """It will not begin: it is cancelled, by others if there is a `why`."""


def reason_in(why: str) -> StopReason | None:
    """Return who has withdrawn a task of ours and why, as the scheduler was told; None if that makes no sense."""
    try:
        kind, by, text = json.loads(why)
        return StopReason(StopKind(kind), str(by), str(text), time.monotonic())
    except ValueError:
        return None


class _Entry:
    """A task on its way."""

    __slots__ = ("marked_on", "message", "pause", "task", "why")

    def __init__(self, task: Withdrawable, message: Message) -> None:
        self.task = task
        self.message = message
        told = [message["kind"], message.get("by", ""), message.get("reason", "")]
        self.why = json.dumps(told) if task.key.startswith(KEY_PREFIX) else "cancelled"
        """For `reason_in`; of a task that is not ours in the words of Dask, whose error has them."""
        self.marked_on = ""
        """The worker that has promised not to begin it."""
        self.pause = _PAUSE


class Withdrawals:
    """For the client's loop, except `add`.

    Args:
        client: asks the scheduler.
        connection: asks the workers.
        others: whether the tasks are those of other clients, which are told.
    """

    def __init__(self, client: Client, connection: Connection, *, others: bool = False) -> None:
        self._others = others
        self._client = client
        self._connection = connection
        self._waiting: dict[str, _Entry] = {}  # by their keys; with the lock of the tasks, as is the next
        self._at_work = False

    def add(self, task: Withdrawable, message: Message) -> None:
        """Stop a task. The lock of the tasks is held."""
        self._put([_Entry(task, {**message, "t": "mark", "key": task.key})])

    def _put(self, entries: Iterable[_Entry]) -> None:
        with self._connection.lock:
            self._waiting.update({entry.task.key: entry for entry in entries if not entry.task.done()})
            if self._waiting and not self._at_work:
                self._at_work = True
                self._client.loop.add_callback(self._work)

    async def _work(self) -> None:
        while True:
            await self._connection.renewed()
            with self._connection.lock:
                entries, self._waiting = self._waiting, {}
                if not entries:
                    self._at_work = False
                    return
            marked = {key: entry.marked_on for key, entry in entries.items() if entry.marked_on}
            asked: dict[str, list[str]] = {}
            for key, entry in entries.items():
                asked.setdefault(entry.why, []).append(key)
            try:
                found = await self._client.run_on_scheduler(
                    by_value.withdraw, asked, marked, self._client.id, self._others
                )
            except Exception as error:  # what was asked for still stands
                if self._client.status not in ("closing", "closed"):
                    self._client.loop.call_later(_LONG_PAUSE, self._put, entries.values())
                if not isinstance(error, OSError):  # that would be no contact
                    import logging

                    logging.getLogger("taskmon.cluster").error("Cancelling what waits has failed", exc_info=error)
                continue
            self._sort(entries, found)

    def _sort(self, entries: dict[str, _Entry], found: dict[str, tuple[str, str]]) -> None:
        """Do what each of them needs next. One that has ended tells so in the usual way."""
        to_ask: dict[str, list[_Entry]] = {}
        for key, (what, address) in found.items():
            entry = entries[key]
            if what == "withdrawn":
                entry.task.withdrawn()
            elif what == "on":
                to_ask.setdefault(address, []).append(entry)
            elif what == "unknown":  # not yet, as long as nobody says how it has ended
                self._client.loop.call_later(entry.pause, self._put, [entry])
                entry.pause = min(2 * entry.pause, _LONG_PAUSE)
        for address, those in to_ask.items():
            self._client.loop.add_callback(self._ask, address, those)  # each by itself: one may be slow to answer

    async def _ask(self, address: str, entries: list[_Entry]) -> None:
        begun = await self._connection.mark(address, [entry.message for entry in entries])
        if begun is None:  # it cannot be asked: look again where they are
            self._client.loop.call_later(_LONG_PAUSE, self._put, entries)
            return
        for entry in entries:
            entry.marked_on = address
        self._put(entry for entry, has_begun in zip(entries, begun, strict=True) if not has_begun)
