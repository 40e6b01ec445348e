"""The window's end: one thread that lets programs and command lines in, and hears them.

Whoever is slow, silent, mad or dead harms their own connection. No thread of the window ever waits for this one.
"""

from __future__ import annotations

import contextlib
import errno
import os
import selectors
import socket
import threading
import time
from collections.abc import Callable, Collection
from typing import Any, Final

from taskmon.core.base.text import plain
from taskmon.core.base.threads import spawn
from taskmon.link.window.process import Process
from taskmon.link.window.remote_source import (
    FASTEST_TICK,
    FarewellError,
    PeerRole,
    PeerTasks,
    RemoteSource,
)
from taskmon.link.wire.channel import ChannelError, Claim, peer
from taskmon.link.wire.connection import HELLO_TIME, VERSION, Guest, Message, Refusal, Role, encode

#: Connections at the same time; one more is told that there is no room.
MOST_GUESTS: Final = 128
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
_LOOK_AT_PLACE: Final = 2.0
_TOUCH: Final = 3_600.0
_OUT_OF_DESCRIPTORS: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_ACCEPT_PAUSE: Final = 1.0

ControlRole = Callable[[Guest], Role]


class LinkServer:
    """Listens until it is closed. `start` and `close` from one thread, the rest from any.

    Args:
        claim: the right to be the window; it is closed with the server.
        source: gets the tasks of the programs that come.
        control: makes the role of a command line; None if there is none.
        on_problem: called with why programs cannot be shown, a part of a sentence; in the server's thread.
    """

    def __init__(
        self,
        claim: Claim,
        source: RemoteSource,
        control: ControlRole | None = None,
        on_problem: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._claim = claim
        self._source = source
        self._control = control
        self._on_problem = on_problem
        self._guests: set[Guest] = set()
        self._to_flush: set[Guest] = set()
        self._departed: dict[PeerRole, float | None] = {}  # without a connection, and until when one may come back
        self._lock = threading.Lock()
        self._forgotten: list[Collection[int]] = []
        self._closing = False
        self._ended = threading.Event()
        self._started = False
        self._accept_at: float | None = None
        self._place_due = self._touch_due = self._look_due = 0.0
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self.problem = ""
        """Why programs cannot be shown; empty if they can."""

    def start(self) -> None:
        """Begin, in a thread of the server's own."""
        self._started = True
        spawn(self._work, "taskmon-link-server", self._cannot_work)

    def close(self, timeout: float = 1.0) -> None:
        """End all connections. Waits at most `timeout` seconds for the thread. Idempotent."""
        self._closing = True
        self._wake()
        if self._started:
            self._ended.wait(timeout)
        self._claim.close()

    def forget(self, ids: Collection[int]) -> None:
        """Ended tasks with these numbers are no longer shown."""
        with self._lock:
            self._forgotten.append(ids)
        self._wake()

    def _wake(self, guest: Guest | None = None) -> None:
        if guest is not None:
            with self._lock:
                self._to_flush.add(guest)
        with contextlib.suppress(OSError, ValueError):  # full: it will wake anyway; closed: it has ended
            self._writer.send(b"!")

    def _cannot_work(self, error: BaseException) -> None:
        self._note(f"there is no thread for them: {error}")
        self._ended.set()

    def _note(self, problem: str) -> None:
        if problem != self.problem:  # a place that cannot be had is tried again and again
            self.problem = problem
            if problem:
                self._on_problem(problem)

    # -- the thread -----------------------------------------------------------------------------------

    def _work(self) -> None:
        listener = None
        try:
            with selectors.DefaultSelector() as selector:
                self._selector = selector
                selector.register(self._reader, selectors.EVENT_READ)
                listener = self._listen()
                while not self._closing:
                    listener = self._turn(listener)
        except Exception as error:  # a bug: the window goes on without other programs, and says so
            self._note(f"the link to them has failed: {error}")
            import logging

            logging.getLogger("taskmon.link").error("The link to other programs has failed", exc_info=error)
        finally:
            if listener is not None:
                listener.close()
            for guest in list(self._guests):
                guest.close()
                if guest.role is not None:
                    guest.role.gone()
            for role in self._departed:
                role.gone()
            self._departed.clear()
            self._guests.clear()
            self._reader.close()
            self._writer.close()
            self._claim.close()
            self._ended.set()

    def _listen(self) -> socket.socket | None:
        try:
            listener = self._claim.listen()
        except ChannelError as error:
            self._note(str(error))
            return None
        self._note("")
        self._selector.register(listener, selectors.EVENT_READ)
        return listener

    def _turn(self, listener: socket.socket | None) -> socket.socket | None:
        now = time.monotonic()
        for key, mask in self._selector.select(self._patience(now)):
            guest: Guest | PeerRole | None = key.data
            if isinstance(guest, PeerRole):
                if guest in self._departed:  # it may have come back in this very turn
                    self._selector.unregister(guest.process)  # it stays ready to be read: it has ended
                    self._see_off(guest)
            elif guest is not None:
                self._serve(guest, mask)
            elif key.fileobj is self._reader:
                self._drain_wakes()
            elif listener is not None:
                self._accept(listener)
        with self._lock:
            to_flush, self._to_flush = self._to_flush, set()
            forgotten, self._forgotten = self._forgotten, []
        for guest in to_flush & self._guests:
            self._guarded(guest, guest.flush)
        for ids in forgotten:
            for guest in self._guests:
                if isinstance(guest.role, PeerRole):
                    guest.role.tasks.forget(ids)
            for role in self._departed:
                role.tasks.forget(ids)
        now = time.monotonic()
        if now >= self._look_due:
            self._look_due = now + _LOOK_AROUND
            self._look_around(now)
        if now >= self._place_due:
            self._place_due = now + _LOOK_AT_PLACE
            listener = self._keep_place(listener, now)
        if listener is not None and self._accept_at is not None and now >= self._accept_at:
            self._accept_at = None
            self._selector.register(listener, selectors.EVENT_READ)
        return listener

    def _patience(self, now: float) -> float:
        patience = self._place_due - now
        if self._guests or self._departed:
            patience = min(patience, self._look_due - now)
        for guest in self._guests:
            if not guest.reads:
                patience = min(patience, guest.rest(now))
                self._watch(guest)
        if self._accept_at is not None:
            patience = min(patience, self._accept_at - now)
        return max(0.0, patience)

    def _drain_wakes(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while len(self._reader.recv(4096)) == 4096:
                pass

    # -- connections ----------------------------------------------------------------------------------

    def _accept(self, listener: socket.socket) -> None:
        try:
            connection, _ = listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError as error:
            if error.errno not in _OUT_OF_DESCRIPTORS:
                raise
            self._selector.unregister(listener)  # it would be tried again and again, without end
            self._accept_at = time.monotonic() + _ACCEPT_PAUSE
            return
        connection.setblocking(False)
        user, pid = peer(connection)
        if user is not None and user != os.geteuid():
            connection.close()
            return
        guest = Guest(connection, pid, self._wake)
        if len(self._guests) >= MOST_GUESTS:
            guest.close("The window shows as many programs as it can already")
            return
        self._guests.add(guest)
        self._watch(guest)

    def _serve(self, guest: Guest, mask: int) -> None:
        if mask & selectors.EVENT_WRITE:
            self._guarded(guest, guest.flush)
        if mask & selectors.EVENT_READ and not guest.closed:
            self._guarded(guest, lambda: self._hear(guest))

    def _hear(self, guest: Guest) -> None:
        for message in guest.read():
            if guest.role is None:
                guest.role = self._welcome(guest, message)
                guest.say(encode({"t": "welcome", "v": VERSION, "pid": os.getpid()}))
            else:
                guest.role.hear(message)

    def _welcome(self, guest: Guest, message: Message) -> Role:
        if message["t"] != "hello":
            raise Refusal("The first message must be a hello")
        if message.get("v") != VERSION:
            raise Refusal(f"The window speaks version {VERSION} of the protocol")
        if message.get("role") == "control" and self._control is not None:
            guest.allow_long_lists()
            return self._control(guest)
        if message.get("role") != "peer":
            raise Refusal("The role must be “peer”")
        program, claimed = message.get("program"), message.get("pid")
        pid = guest.pid or (claimed if type(claimed) is int and 0 <= claimed < 2**31 else 0)
        name = plain(program, 100) if type(program) is str and program else f"process {pid}"
        run, key = message.get("run"), None
        if pid and message.get("returns") is True and type(run) is str and len(run) <= _LONGEST_RUN:
            key = pid, run
            before = next((role for role in self._departed if role.key == key and role.tasks.may_return), None)
            if before is not None:
                self._forget(before)
                before.come_back(guest, message.get("now"))
                return before
        tasks = PeerTasks(self._source, guest, name, pid, message.get("now"))
        if message.get("begins") is True:
            tasks.announce()
        return PeerRole(guest, tasks, self._source, Process(pid, guest.socket if guest.pid else None), key)

    def _guarded(self, guest: Guest, work: Callable[[], Any]) -> None:
        """Let `work` fail at the cost of this connection alone."""
        try:
            work()
        except FarewellError:
            self._dismiss(guest, farewell=True)
        except Refusal as refusal:
            self._dismiss(guest, str(refusal))
        except OSError:
            self._dismiss(guest)
        except Exception as error:  # a bug of ours that this one has found
            import logging

            logging.getLogger("taskmon.link").error("A connection was closed", exc_info=error)
            self._dismiss(guest)
        else:
            self._watch(guest)

    def _watch(self, guest: Guest) -> None:
        """Have the selector look for what matters of this connection now."""
        wanted = (selectors.EVENT_READ if guest.reads else 0) | (selectors.EVENT_WRITE if guest.unsent else 0)
        if guest.closed or wanted == guest.watched:
            return
        if not guest.watched:
            self._selector.register(guest.socket, wanted, guest)
        elif not wanted:
            self._selector.unregister(guest.socket)
        else:
            self._selector.modify(guest.socket, wanted, guest)
        guest.watched = wanted

    def _dismiss(self, guest: Guest, why: str = "", *, farewell: bool = False) -> None:
        self._guests.discard(guest)
        if guest.watched:
            self._selector.unregister(guest.socket)
            guest.watched = 0
        role = guest.role
        if isinstance(role, PeerRole):
            role.go_away()
        guest.close(why)
        if isinstance(role, PeerRole):
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
        elif why:
            until = now
        if role.tasks.live == 0:
            role.process.close()
            return
        self._departed[role] = until
        if role.process.fileno() >= 0:
            self._selector.register(role.process, selectors.EVENT_READ, role)
        self._see_off(role)

    def _see_off(self, role: PeerRole) -> None:
        """Say what has become of a program, once it is known."""
        now, until = time.monotonic(), self._departed[role]
        if role.process.lives:
            if until is None or now < until:
                return
            if role.tasks.lose_contact() and len(self._departed) <= MOST_GUESTS:
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
        with contextlib.suppress(KeyError, ValueError):  # ValueError: it has no descriptor
            self._selector.unregister(role.process)

    # -- what has to be looked at now and then --------------------------------------------------------

    def _look_around(self, now: float) -> None:
        for role in list(self._departed):
            self._see_off(role)
        live = 0
        peers: list[tuple[Guest, PeerRole]] = []
        for guest in list(self._guests):
            if guest.role is None:
                if now - guest.came_at > HELLO_TIME:
                    self._dismiss(guest, "No hello came in time")
            elif isinstance(guest.role, PeerRole):
                if now - guest.heard_at > SILENCE and guest.pid and not guest.role.process.lives:
                    self._dismiss(guest)  # a child that it has left behind holds the connection open
                    continue
                live += guest.role.tasks.live
                peers.append((guest, guest.role))
        pace = max(FASTEST_TICK, live / MOVES_PER_SECOND)
        for guest, role in peers:
            if not 0.8 < role.pace / pace < 1.25:
                role.pace = pace
                self._guarded(guest, lambda guest=guest: guest.say(encode({"t": "pace", "seconds": round(pace, 3)})))  # type: ignore[misc]

    def _keep_place(self, listener: socket.socket | None, now: float) -> socket.socket | None:
        if now >= self._touch_due:
            self._touch_due = now + _TOUCH
            self._claim.touch()
        if listener is not None and self._claim.is_in_place():
            return listener
        if not self._claim.renew() or (listener is not None and self._claim.has_socket()):
            return listener
        if listener is not None:
            if self._accept_at is None:
                self._selector.unregister(listener)
            self._accept_at = None
            listener.close()
        return self._listen()
