"""One thread that speaks on the session bus, so that no other has to wait for an answer.

The thread begins with the first thing to say and lives until `close`: what a desktop grants (such as staying awake)
lasts as long as the connection, and so ends by itself if this program crashes. Without a bus, or with one that does
not answer, what was to be said is dropped without a word, and not tried again for a minute.
"""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from taskmon.core.base.threads import spawn

if TYPE_CHECKING:
    from jeepney import Message
    from jeepney.io.blocking import DBusConnection

#: How long an answer is waited for, in seconds.
ANSWER: Final = 3.0
_CONNECT: Final = 2.0
#: After a failure to connect, nothing is tried for so long, in seconds.
_PAUSE: Final = 60.0
_MOST_WAITING: Final = 100


class BusError(Exception):
    """The bus, or whom it leads to, did not do what was asked."""


class Service(NamedTuple):
    """Whom to ask."""

    name: str
    path: str
    interface: str


class Talk:
    """A connection. Belongs to the thread of the bus."""

    def __init__(self, connection: DBusConnection) -> None:
        self.connection = connection
        self.listeners: list[tuple[str, str, Callable[[tuple[Any, ...]], object]]] = []

    def ask(self, service: Service, method: str, signature: str = "", *body: object) -> tuple[Any, ...]:
        """Call a method and return what it returns.

        Raises:
            BusError: there is no such service, or it refused, or it did not answer in time.
        """
        from jeepney import DBusAddress, DBusErrorResponse, new_method_call
        from jeepney.wrappers import unwrap_msg

        address = DBusAddress(service.path, service.name, service.interface)
        message = new_method_call(address, method, signature or None, body)
        try:
            return tuple(unwrap_msg(self.connection.send_and_get_reply(message, timeout=ANSWER)))
        except (DBusErrorResponse, TimeoutError) as error:
            raise BusError(str(error)) from None

    def tell(self, path: str, interface: str, signal: str, signature: str, *body: object) -> None:
        from jeepney import DBusAddress, new_signal

        self.connection.send(new_signal(DBusAddress(path, interface=interface), signal, signature, body))

    def listen(self, interface: str, signal: str, hear: Callable[[tuple[Any, ...]], object]) -> None:
        """Call ``hear(body)`` for each such signal, in the thread of the bus."""
        from jeepney import MatchRule, message_bus

        rule = MatchRule(type="signal", interface=interface, member=signal)
        self.connection.filter(rule, queue=_Ears(hear))
        self.connection.send_and_get_reply(message_bus.AddMatch(rule), timeout=ANSWER)


class _Ears(deque["Message"]):
    """What jeepney takes for a queue of messages, and that hands each of them on."""

    def __init__(self, hear: Callable[[tuple[Any, ...]], object]) -> None:
        super().__init__()
        self._hear = hear

    def append(self, message: Message) -> None:
        self._hear(tuple(message.body))


Job = Callable[[Talk], object]


class Bus:
    """Says things on the session bus, one after the other. Any thread may call it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ended = threading.Condition(self._lock)
        self._jobs: deque[tuple[Job, Callable[[], object]]] = deque(maxlen=_MOST_WAITING)
        self._running = False
        self._closing = False
        self._reader, self._writer = -1, -1
        self._not_before = 0.0

    def do(self, job: Job, otherwise: Callable[[], object] = lambda: None) -> None:
        """Run ``job(talk)`` in the thread of the bus; `otherwise`, there or here, if that fails. Never waits."""
        with self._lock:
            hopeless = self._closing or (not self._running and time.monotonic() < self._not_before)
            if not hopeless and self._running:
                self._jobs.append((job, otherwise))
                self._wake()
                return
            if not hopeless:
                try:
                    self._reader, self._writer = os.pipe()
                except OSError:  # too many files are open
                    hopeless = True
                else:
                    os.set_blocking(self._writer, False)
                    self._jobs.append((job, otherwise))
                    self._running = True
        if hopeless:
            otherwise()
        else:
            spawn(self._work, "taskmon-bus", lambda _: self._end())

    def close(self, timeout: float = 0.5) -> bool:
        """Say what is left, and leave the bus. Return whether that was done in time. Idempotent."""
        with self._lock:
            self._closing = True
            if self._running:
                self._wake()
            return self._ended.wait_for(lambda: not self._running, timeout)

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError):  # full: it will wake anyway
            os.write(self._writer, b".")

    # -- in its thread ------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            talk = _connect()
        except Exception:  # whatever a broken bus makes of the library
            with self._lock:
                self._not_before = time.monotonic() + _PAUSE
            self._end()
            return
        try:
            self._serve(talk)
        except Exception:  # the bus has gone
            with self._lock:
                self._not_before = time.monotonic() + _PAUSE
        finally:
            talk.connection.close()
            self._end()

    def _serve(self, talk: Talk) -> None:
        while True:
            with self._lock:
                task = self._jobs.popleft() if self._jobs else None
                if task is None and self._closing:
                    return
            if task is None:
                self._hear(talk)
                continue
            job, otherwise = task
            try:
                job(talk)
            except BusError:
                otherwise()
            except BaseException:
                otherwise()
                raise

    def _hear(self, talk: Talk) -> None:
        ready, _, _ = select.select([talk.connection.sock, self._reader], [], [])
        if self._reader in ready:
            os.read(self._reader, 4096)
        if talk.connection.sock in ready:
            while True:
                try:
                    talk.connection.recv_messages(timeout=0)
                except TimeoutError:
                    return

    def _end(self) -> None:
        with self._lock:
            left, self._jobs = self._jobs, deque(maxlen=_MOST_WAITING)
            self._running = False
            os.close(self._reader)
            os.close(self._writer)
            self._ended.notify_all()
        for _, otherwise in left:
            otherwise()


def _connect() -> Talk:
    address = os.environ.get("DBUS_SESSION_BUS_ADDRESS", "")
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if not address and os.path.exists(os.path.join(runtime, "bus")):
        address = f"unix:path={runtime}/bus"
    if not address:
        raise OSError("there is no session bus")
    import socket

    from jeepney.bus import get_bus
    from jeepney.io.blocking import DBusConnection, prep_socket

    sock = prep_socket(get_bus(address), timeout=_CONNECT)
    # The library waits for the first answer without a limit: one that never comes ends with the socket.
    watchdog = threading.Timer(_CONNECT, lambda: sock.shutdown(socket.SHUT_RDWR))
    watchdog.daemon = True
    watchdog.start()
    try:
        return Talk(DBusConnection(sock))
    finally:
        watchdog.cancel()
