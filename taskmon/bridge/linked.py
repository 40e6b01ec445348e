"""The link to other programs, as the UI thread has it: their tasks become a source, and a second start arrives here."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal, Slot

from taskmon.bridge.controller import TaskController
from taskmon.core.runner import TaskRunner
from taskmon.link.asking import screen
from taskmon.link.channel import ChannelError, Claim
from taskmon.link.control import ControlRole
from taskmon.link.frames import Message
from taskmon.link.guest import Guest
from taskmon.link.roster import Roster
from taskmon.link.server import LinkServer
from taskmon.link.source import RemoteSource


class Link(QObject):
    """Shows the tasks of other programs in the controller's table. Belongs to the UI thread.

    Signals:
        summoned(dict): another start of taskmon wants the window; ``start`` and ``demo`` say what for, ``token`` is
            what the desktop wants to see before it lets a window come to the front.
    """

    summoned = Signal(object)
    _rung = Signal()

    def __init__(self, controller: TaskController, runner: TaskRunner, claim: Claim, parent: QObject) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._requests: deque[Message] = deque()
        self._open = True
        self._screen = screen()
        self._rung.connect(self._answer, Qt.ConnectionType.QueuedConnection)
        source = RemoteSource()
        self._roster = Roster([runner, source], [row.task for row in controller.model.rows()])
        self._roster.open()
        controller.add_source(source)
        self._server = LinkServer(claim, source, self._control)
        controller.cleared.connect(self._forget)
        self._server.start()

    def close(self) -> None:
        """Let the programs go; they go on without the window. Waits a moment at most. Idempotent."""
        with self._lock:
            if not self._open:
                return
            self._open = False
            self._requests.clear()
        self._server.close()
        self._roster.close()

    @property
    def problem(self) -> str:
        """Why other programs cannot be shown; empty if they can."""
        return self._server.problem

    # -- in the server's thread -----------------------------------------------------------------------

    def _control(self, guest: Guest) -> ControlRole:
        return ControlRole(guest, self._roster, self._ring)

    def _ring(self, message: Message) -> str:
        if message.get("screen") != self._screen:
            return "The window is open on another screen"
        with self._lock:
            if not self._open:
                return "The window is closing"
            self._requests.append(message)
            self._rung.emit()  # inside the lock, so that close() cannot come between; queued, it does not wait
        return ""

    # -- in the UI thread -----------------------------------------------------------------------------

    @Slot()
    def _answer(self) -> None:
        while True:
            with self._lock:
                if not self._requests:
                    return
                request = self._requests.popleft()
            self.summoned.emit(request)

    @Slot(object)
    def _forget(self, ids: set[int]) -> None:
        self._roster.forget(ids)
        self._server.forget(ids)


def open_link(controller: TaskController, runner: TaskRunner, claim: Claim | None, parent: QObject) -> Link | None:
    """Return the link of a window that has the claim, or can still get it; None if another window has it."""
    if claim is None:
        try:
            claim = Claim.take()
        except ChannelError:
            return None
    return None if claim is None else Link(controller, runner, claim, parent)


def wanted_jobs(request: Message) -> list[tuple[str, dict[str, Any]]]:
    """The jobs that a second start wants, by name, with what its user gave."""
    start = request.get("start")
    return [
        (wish[0], wish[1])
        for wish in (start if type(start) is list else ())
        if type(wish) is list and len(wish) == 2 and type(wish[0]) is str and type(wish[1]) is dict
    ]
