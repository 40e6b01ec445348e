"""Starting Python programs that are watched: each in a session of its own, so that it outlives the window."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from taskmon.bridge.controller import TaskController
from taskmon.bridge.programs.attaching import Attaching
from taskmon.bridge.programs.launching import ClusterRequest, ProgramRequest, Request, check, launch
from taskmon.bridge.ui_queue import BackgroundTasks
from taskmon.core.base.errors import TaskmonError
from taskmon.core.base.text import plain
from taskmon.core.base.threads import spawn
from taskmon.core.base.translate import tr
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.paths import data_folder

_FILE_NAME: Final = "programs.json"
#: How many programs are remembered.
_MOST: Final = 12
#: What a program says of itself may arrive after its end has been noticed: judged after so long, in milliseconds.
_JUDGE_AFTER_MS: Final = 500


class Programs(QObject):
    """Starts programs in the background, and remembers the last ones. Belongs to the UI thread.

    Signals:
        appeared(int): the id of the task that a program started here has become.
        failed(TaskmonError): a program could not be started, or ended before it could be shown.
        ended_early(str): a program of this name was done, without an error, before it could be shown.
    """

    appeared = Signal(object)
    failed = Signal(object)
    ended_early = Signal(object)

    def __init__(
        self,
        controller: TaskController,
        parent: QObject | None = None,
        *,
        folder: Callable[[], Path] = data_folder,
        start: Callable[[Request, Callable[[int], object]], tuple[int, str]] = launch,
    ) -> None:
        super().__init__(parent)
        self._folder = folder
        self._start = start
        self._background = BackgroundTasks(self)
        self.attaching = Attaching(controller, self)
        """The programs that run already."""
        # By process; also read by the history.
        self._requests: OrderedDict[int, Request] = OrderedDict()
        self._seen: set[int] = set()
        controller.task_added.connect(self._on_task_added)

    def close(self) -> None:
        """Hear nothing more of the programs; they go on."""
        self.attaching.close()
        self._background.close()
        self._background.wait_idle(1.0)

    def run(self, request: ProgramRequest) -> None:
        """Start a program. Returns at once; its row comes through the link. One that starts is remembered."""
        self._launch(request)

    def check(
        self, request: ProgramRequest, then: Callable[[], object], failed: Callable[[TaskmonError], object]
    ) -> None:
        """Look whether it can be started at all, in the background: a disk may take its time."""

        def cannot(error: Exception) -> None:
            if not isinstance(error, TaskmonError):
                error = TaskmonError(tr("The program was not started"), plain(str(error)))
            failed(error)

        self._background.run(lambda: check(request), lambda _folder: then(), cannot)

    def connect_to(self, cluster: ClusterRequest) -> None:
        """Show a cluster, by a process of its own that ends with the window. Returns at once."""
        self._launch(cluster)

    def _launch(self, request: Request) -> None:
        post = self._background.post

        def work() -> None:
            """In a thread of its own, which ends with the program."""
            process = 0

            def started(pid: int) -> None:
                nonlocal process
                process = pid
                self._requests[pid] = request  # before its task can be heard of
                while len(self._requests) > 1_000:
                    self._requests.popitem(last=False)
                if isinstance(request, ProgramRequest):
                    post(partial(self.remember, request))

            try:
                status, last_words = self._start(request, started)
            except TaskmonError as error:
                post(partial(self.failed.emit, error))
            else:
                post(lambda: self._note_end(process, request, status, last_words))

        def cannot(error: BaseException) -> None:
            problem = TaskmonError(tr("The program was not started"), plain(str(error)))
            post(partial(self.failed.emit, problem))

        spawn(work, "taskmon-program", cannot)

    def request_of(self, pid: int) -> ProgramRequest | None:
        """What the program with this process number was started with, if it was from here. Any thread."""
        request = self._requests.get(pid)
        return request if isinstance(request, ProgramRequest) else None

    def arguments_of(self, pid: int) -> Mapping[str, Any] | None:
        """The same, as JSON knows it. Any thread."""
        request = self.request_of(pid)
        return request.to_json() if request is not None else None

    # -- what became of it ------------------------------------------------------------------------------

    @Slot(object)
    def _on_task_added(self, snapshot: TaskSnapshot) -> None:
        origin = snapshot.origin
        if origin is not None and origin.pid in self._requests and origin.pid not in self._seen:
            self._seen.add(origin.pid)
            self.appeared.emit(snapshot.id)

    def _note_end(self, pid: int, request: Request, status: int, last_words: str) -> None:
        QTimer.singleShot(_JUDGE_AFTER_MS, self, lambda: self._judge(pid, request, status, last_words))

    def _judge(self, pid: int, request: Request, status: int, last_words: str) -> None:
        if pid in self._seen:
            self._seen.discard(pid)  # its row tells
        elif status == 0:
            self.ended_early.emit(plain(request.name, 100))
        else:
            name = plain(request.name, 100)
            how = tr("It was ended by signal {n}.") if status < 0 else tr("Its exit status was {n}.")
            lines = [plain(line, 500) for line in last_words.splitlines()[-12:]]
            words = how.format(n=abs(status)) + (f"\n\n{lines[-1]}" if lines else "")
            title = tr("“{name}” ended before it could be shown").format(name=name)
            self.failed.emit(TaskmonError(title, words, "\n".join(lines)))

    # -- the last ones ----------------------------------------------------------------------------------

    def recent(self, then: Callable[[list[ProgramRequest]], object]) -> None:
        """Find the programs that were started last, the newest first."""
        self._background.run(self._read, then)

    def remember(self, request: ProgramRequest) -> None:
        """Put a program before the others."""

        def write() -> None:
            from taskmon.core.base.files import write_atomically

            others = [other for other in self._read() if other.script != request.script]
            folder = self._folder()
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            told = json.dumps([one.to_json() for one in [request, *others][:_MOST]], indent=1)
            write_atomically(str(folder / _FILE_NAME), [told.encode()])  # JSON spells surrogates out

        self._background.run(write)

    def _read(self) -> list[ProgramRequest]:
        try:
            told = json.loads((self._folder() / _FILE_NAME).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return []
        found = [ProgramRequest.from_json(one) for one in told] if isinstance(told, list) else []
        return [request for request in found if request is not None]
