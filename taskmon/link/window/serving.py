"""What the server's thread does: it accepts, hears, looks after those who are silent, and keeps its place.

Loaded by that thread alone, because it loads asyncio.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
import time
from collections.abc import Callable, Collection
from typing import Any, Final

from taskmon.core.base.text import plain
from taskmon.link.window.process import Process
from taskmon.link.window.remote_source import FASTEST_TICK, FarewellError, PeerRole, PeerTasks, RemoteSource
from taskmon.link.window.server_connection import PIECE, MakeControl, Refusal, Role, ServerConnection
from taskmon.link.wire.channel import ChannelError, Claim, peer
from taskmon.link.wire.connection import VERSION, Message, encode

#: Connections at the same time; one more is told that there is no room.
MOST_CONNECTIONS: Final = 128
#: Seconds in which a connection must have said who it is.
HELLO_TIME: Final = 5.0
#: Seconds of silence after which the kernel is asked whether a program still lives.
SILENCE: Final = 1.0
#: All programs together are asked not to report more progress than so many times a second.
MOVES_PER_SECOND: Final = 3_000
_LOOK_AROUND: Final = 0.5
_LONGEST_RUN: Final = 64
#: Seconds within which a program that lives may come back after its connection has ended without a goodbye: it may have
#: closed what it does not own, or be starting itself anew.
RETURN_TIME: Final = 6.0
#: Seconds from the end of a connection to that of its process, and from there until its parent has heard of it.
_DEATH_TIME: Final = 0.5
#: Seconds between two looks whether the socket is still where programs look for it, and between two signs of use.
LOOK_AT_PLACE: Final = 5.0
_TOUCH: Final = 3_600.0
_BACKLOG: Final = 128
#: A message that takes more than this of a processor, in seconds, is followed by a pause of so many.
LONG_MESSAGE: Final = 0.0005
PAUSE: Final = 0.001
#: So many tasks are taken in within that, and so many bytes decoded.
_AT_ONCE: Final = 8
_READ: Final = PIECE // 4


def _parts(message: Message) -> list[Message]:
    """A message that tells of many tasks, as several that tell of few."""
    kind = message["t"]
    items = message.get(kind)
    if kind not in ("tasks", "moves") or type(items) is not list or len(items) <= _AT_ONCE:
        return [message]
    return [{"t": kind, kind: items[first : first + _AT_ONCE]} for first in range(0, len(items), _AT_ONCE)]


class Serving:
    """One run of the server, within its event loop. `call_soon` from any thread."""

    def __init__(
        self,
        claim: Claim,
        source: RemoteSource,
        control: MakeControl | None,
        note: Callable[[str], object],
    ) -> None:
        self._claim = claim
        self._source = source
        self._control = control
        self._note = note
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(_report)
        self._stopping = asyncio.Event()
        self._turn = asyncio.Lock()
        self._company = asyncio.Event()  # there is somebody to look after
        self._listening: asyncio.Server | None = None
        self.connections: set[ServerConnection] = set()
        self._talks: set[asyncio.Task[None]] = set()
        self._departed: dict[PeerRole, float | None] = {}  # without a connection, and until when one may come back

    def call_soon(self, function: Callable[[], object]) -> None:
        """Have a function called in the server's thread, if that has not ended."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(function)

    def stop(self) -> None:
        self._stopping.set()

    def forget(self, ids: Collection[int]) -> None:
        """Ended tasks with these numbers are no longer shown."""
        for role in [*(connection.role for connection in self.connections), *self._departed]:
            if isinstance(role, PeerRole):
                role.tasks.forget(ids)

    async def run(self) -> None:
        """Serve until `stop`."""
        try:
            async with asyncio.TaskGroup() as group:
                chores = [group.create_task(self._keep_place()), group.create_task(self._look_after())]
                await self._stopping.wait()
                for chore in chores:
                    chore.cancel()
        finally:
            if self._listening is not None:
                self._listening.close()
            for talk in self._talks:
                talk.cancel()
            await asyncio.gather(*self._talks, return_exceptions=True)
            for role in list(self._departed):
                self._forget(role)
                role.gone()

    # -- the place --------------------------------------------------------------------------------------

    async def _keep_place(self) -> None:
        touched = time.monotonic()
        await self._listen()
        while True:
            await asyncio.sleep(LOOK_AT_PLACE)
            if time.monotonic() - touched > _TOUCH:
                touched = time.monotonic()
                self._claim.touch()
            if self._listening is not None and self._claim.is_in_place():
                continue
            if not self._claim.renew() or (self._listening is not None and self._claim.has_socket()):
                continue
            if self._listening is not None:
                self._listening.close()
            await self._listen()

    async def _listen(self) -> None:
        self._listening = None
        try:
            listener = self._claim.listen()
        except ChannelError as error:
            self._note(str(error))
            return
        # Only the holder of the claim removes a socket, and only its own.
        kept: dict[str, Any] = {"cleanup_socket": False} if sys.version_info >= (3, 13) else {}
        self._listening = await asyncio.start_unix_server(self._welcome, sock=listener, backlog=_BACKLOG, **kept)
        self._note("")

    # -- connections ------------------------------------------------------------------------------------

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its first byte to its last."""
        user, pid = peer(writer.get_extra_info("socket"))
        connection = ServerConnection(writer, self._loop, pid)
        if user is not None and user != os.geteuid():
            connection.abort()
            return
        if len(self.connections) >= MOST_CONNECTIONS:
            connection.close("The window shows as many programs as it can already")
            return
        talk = asyncio.current_task()
        assert talk is not None
        self._talks.add(talk)
        self.connections.add(connection)
        self._company.set()
        why, farewell = "", False
        try:
            await self._talk(connection, reader, writer.get_extra_info("socket"))
        except FarewellError:
            farewell = True
        except Refusal as refusal:
            why = str(refusal)
        except (OSError, asyncio.CancelledError):  # the other end has gone; or the server ends, and this with it
            pass
        except Exception as error:  # a bug of ours that this one has found
            import logging

            logging.getLogger("taskmon.link").error("A connection was closed", exc_info=error)
        finally:
            self._talks.discard(talk)
            self._dismiss(connection, why, farewell=farewell)

    async def _talk(
        self, connection: ServerConnection, reader: asyncio.StreamReader, peers_socket: socket.socket
    ) -> None:
        try:
            async with asyncio.timeout(HELLO_TIME) as hello:
                while data := await reader.read(_READ):
                    for message in connection.receive(data):
                        if connection.role is None:
                            connection.role = self._role_for(connection, message, peers_socket)
                            connection.say(encode({"t": "welcome", "v": VERSION, "pid": os.getpid()}))
                            hello.reschedule(None)
                        else:
                            await self._hear(connection.role, message)
                    while pause := connection.rest():
                        await asyncio.sleep(pause)
        except TimeoutError:
            raise Refusal("No hello came in time") from None
        raise ConnectionResetError

    async def _hear(self, role: Role, message: Message) -> None:
        """Take a message; after one that took long, let go of the interpreter for a moment.

        Thousands of tasks come in some hundred messages. Read without a pause, each time that the UI thread lets go of
        the interpreter it would have it back only after a whole turn of this thread.
        """
        async with self._turn:  # or another connection would take the pause
            began = time.thread_time()
            for part in _parts(message):
                role.hear(part)
                if time.thread_time() - began > LONG_MESSAGE:
                    await asyncio.sleep(PAUSE)
                    began = time.thread_time()

    def _role_for(self, connection: ServerConnection, message: Message, peers_socket: socket.socket) -> Role:
        if message["t"] != "hello":
            raise Refusal("The first message must be a hello")
        if message.get("v") != VERSION:
            raise Refusal(f"The window speaks version {VERSION} of the protocol")
        if message.get("role") == "control" and self._control is not None:
            connection.allow_long_lists()
            return self._control(connection)
        if message.get("role") != "peer":
            raise Refusal("The role must be “peer”")
        program, claimed = message.get("program"), message.get("pid")
        pid = connection.pid or (claimed if type(claimed) is int and 0 <= claimed < 2**31 else 0)
        name = plain(program, 100) if type(program) is str and program else f"process {pid}"
        run, key = message.get("run"), None
        if pid and message.get("returns") is True and type(run) is str and len(run) <= _LONGEST_RUN:
            key = pid, run
            before = self._one_that_returns(key)
            if before is not None:
                before.come_back(connection, message.get("now"))
                return before
        tasks = PeerTasks(self._source, connection, name, pid, message.get("now"))
        if message.get("begins") is True:
            tasks.announce()
        return PeerRole(connection, tasks, self._source, Process(pid, peers_socket if connection.pid else None), key)

    def _one_that_returns(self, key: tuple[int, str]) -> PeerRole | None:
        """The program that had another connection before, if there is such a one. That connection is over."""
        for role in self._departed:
            if role.key == key and role.tasks.may_return:
                self._forget(role)
                return role
        for connection in self.connections:
            # It does not end while a thread of the program waits in it whose number stands for something else by now.
            kept = connection.role
            if isinstance(kept, PeerRole) and kept.key == key and kept.tasks.may_return:
                connection.role = None
                connection.abort()
                kept.go_away()
                return kept
        return None

    def _dismiss(self, connection: ServerConnection, why: str, *, farewell: bool) -> None:
        self.connections.discard(connection)
        role = connection.role
        if isinstance(role, PeerRole):
            role.go_away()
        connection.close(why)
        if self._stopping.is_set():
            if role is not None:
                role.gone()
        elif isinstance(role, PeerRole):
            self._depart(role, farewell=farewell, why=why)
        elif role is not None:
            role.gone()

    # -- programs without a connection: how they end, or whether they come back -----------------------

    def _depart(self, role: PeerRole, *, farewell: bool, why: str) -> None:
        now = time.monotonic()
        until: float | None = now + (RETURN_TIME if farewell or role.key is not None else _DEATH_TIME)
        if farewell:
            if role.tasks.take_leave():
                until = None
        elif why or role.tasks.replaced_by:
            until = now
        if role.tasks.live == 0:
            role.process.close()
            return
        self._departed[role] = until
        self._company.set()
        if role.process.fileno() >= 0:
            self._loop.add_reader(role.process.fileno(), self._on_process_ended, role)
        self._see_off(role)

    def _on_process_ended(self, role: PeerRole) -> None:
        self._loop.remove_reader(role.process.fileno())  # it stays ready to be read
        self._see_off(role)

    def _see_off(self, role: PeerRole) -> None:
        """Say what has become of a program, once it is known."""
        now, until = time.monotonic(), self._departed[role]
        if role.process.lives:
            if until is None or now < until:
                return
            if role.tasks.lose_contact() and len(self._departed) <= MOST_CONNECTIONS:
                self._departed[role] = None
                return
            role.tasks.lose("There are too many programs to wait for")
        else:
            status = role.process.status()
            if status is None and role.process.dead_for(now) < _DEATH_TIME:
                return  # its parent has not asked yet
            role.tasks.process_ended(status)
        self._forget(role)
        role.process.close()

    def _forget(self, role: PeerRole) -> None:
        del self._departed[role]
        if role.process.fileno() >= 0:
            self._loop.remove_reader(role.process.fileno())

    # -- what has to be looked at now and then --------------------------------------------------------

    async def _look_after(self) -> None:
        while True:
            if not self.connections and not self._departed:
                self._company.clear()
                await self._company.wait()
            await asyncio.sleep(_LOOK_AROUND)
            for role in list(self._departed):
                self._see_off(role)
            self._set_pace()

    def _set_pace(self) -> None:
        now, live = time.monotonic(), 0
        peers: list[tuple[ServerConnection, PeerRole]] = []
        for connection in self.connections:
            role = connection.role
            if isinstance(role, PeerRole):
                silent = bool(connection.pid) and now - connection.heard_at > SILENCE
                if silent and not role.process.lives:
                    connection.abort()  # a child that it has left behind holds the connection open
                    continue
                role.tasks.tell_stopped(silent and role.process.is_stopped)
                live += role.tasks.live
                peers.append((connection, role))
        pace = max(FASTEST_TICK, live / MOVES_PER_SECOND)
        for connection, role in peers:
            if not 0.8 < role.pace / pace < 1.25:
                role.pace = pace
                try:
                    connection.say(encode({"t": "pace", "seconds": round(pace, 3)}))
                except Refusal:
                    connection.abort()


def _report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What asyncio would have said of a fault."""
    error = context.get("exception")
    if isinstance(error, OSError):  # of one connection; or no descriptors are left, and it goes on in a second
        return
    if "_start_serving" in str(context.get("message")):  # that second was over after the listener had been closed
        return
    loop.default_exception_handler(context)
