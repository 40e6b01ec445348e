"""The link to other programs, as the UI thread has it: their tasks become a source, and a second start arrives here."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from taskmon.bridge.controller import TaskController
from taskmon.bridge.table.text import tr
from taskmon.bridge.ui_queue import call_queue
from taskmon.core.base.text import plain
from taskmon.core.run.runner import TaskRunner
from taskmon.link.window.control import ControlRole, TaskList
from taskmon.link.window.remote_source import RemoteSource
from taskmon.link.window.server import LinkServer
from taskmon.link.window.server_connection import ServerConnection
from taskmon.link.window_client import screen
from taskmon.link.wire.channel import ChannelError, Claim
from taskmon.link.wire.connection import Message


class Link(QObject):
    """Shows the tasks of other programs in the controller's table. Belongs to the UI thread.

    Signals:
        summoned(dict): another start of taskmon wants the window; ``start`` and ``demo`` say what for, ``token`` is
            what the desktop wants to see before it lets a window come to the front.
        problem(str): programs cannot be shown at present; a sentence for the user.
    """

    summoned = Signal(object)
    problem = Signal(object)

    def __init__(self, controller: TaskController, runner: TaskRunner, claim: Claim, parent: QObject) -> None:
        super().__init__(parent)
        self._screen = screen()
        self._calls = call_queue(self)
        source = RemoteSource()
        self._task_list = TaskList([runner, source], [row.task for row in controller.model.rows()])
        self._task_list.open()
        controller.add_source(source)
        self._server = LinkServer(claim, source, self._control, self._note)
        controller.cleared.connect(self._forget)
        controller.looks_closely.connect(source.look_closely)

    def start(self) -> None:
        """Let programs in, from a thread of its own. Once."""
        self._server.start()

    def close(self) -> None:
        """Let the programs go; they go on without the window. Waits a moment at most. Idempotent."""
        self._calls.close()
        self._server.close()
        self._task_list.close()

    # -- in the server's thread -----------------------------------------------------------------------

    def _control(self, connection: ServerConnection) -> ControlRole:
        return ControlRole(connection, self._task_list, self._ring)

    def _ring(self, message: Message) -> str:
        if message.get("screen") not in (self._screen, ""):
            return "The window is open on another screen"
        return "" if self._calls.post(partial(self.summoned.emit, message)) else "The window is closing"

    def _note(self, problem: str) -> None:
        self._calls.post(lambda: self.problem.emit(_sentence(problem)))

    # -- in the UI thread -----------------------------------------------------------------------------

    @Slot(object)
    def _forget(self, ids: set[int]) -> None:
        self._task_list.forget(ids)
        self._server.forget(ids)


def open_link(
    controller: TaskController,
    runner: TaskRunner,
    claim: Claim | None,
    parent: QObject,
    tell: Callable[[str], object] = lambda _: None,
    *,
    then: Callable[[Callable[[], object]], object] = lambda start: start(),
) -> Link | None:
    """Return the link of a window that has the claim, or can still get it; None if another window has it, or none can.

    ``tell(sentence)`` is called in the UI thread whenever programs cannot be shown, now or later. ``then(start)`` may
    put off the start: its thread first loads much, and the UI thread would wait for the interpreter beside it.
    """
    if claim is None:
        try:
            claim = Claim.take()
        except ChannelError as error:
            tell(_sentence(str(error)))
            return None
    if claim is None:
        return None
    link = Link(controller, runner, claim, parent)
    link.problem.connect(tell)
    then(link.start)
    return link


def _sentence(problem: str) -> str:
    return tr("Other programs cannot be shown: {problem}.").format(problem=plain(problem, 300))


def wanted_jobs(request: Message) -> list[tuple[str, dict[str, Any]]]:
    """The jobs that a second start wants, by name, with what its user gave."""
    start = request.get("start")
    return [
        (wish[0], wish[1])
        for wish in (start if type(start) is list else ())
        if type(wish) is list and len(wish) == 2 and type(wish[0]) is str and type(wish[1]) is dict
    ]
