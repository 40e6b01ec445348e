"""Starting Python programs that are watched: each in a session of its own, so that it outlives the window."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from taskmon.bridge.background import BackgroundTasks
from taskmon.bridge.controller import TaskController
from taskmon.bridge.programs.attaching import Attaching
from taskmon.bridge.programs.launching import ClusterLaunch, Launch, is_command_name, launch
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
#: Variables whose values are not kept: what they hold is nobody's but the program's.
_SECRET: Final = re.compile(r"KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH", re.IGNORECASE)


class ProgramRequest(NamedTuple):
    """A Python program or a command, and how to run it."""

    script: str
    """An absolute path, or the bare name of a command."""
    arguments: tuple[str, ...] = ()
    interpreter: str = ""
    """A path or a name; empty for the one that taskmon finds by itself."""
    folder: str = ""
    """Its working folder; empty for that of the script, or the user's own for a command."""
    environment: tuple[tuple[str, str], ...] = ()
    """Variables added to those of taskmon."""

    @property
    def name(self) -> str:
        """What its user would call it."""
        return os.path.basename(self.script)

    @property
    def incomplete(self) -> bool:
        """Whether a value is missing that was not kept, because it looked like a secret."""
        return any(not value and _SECRET.search(name) for name, value in self.environment)

    @classmethod
    def parse(
        cls, script: str, arguments: str = "", interpreter: str = "", folder: str = "", environment: str = ""
    ) -> ProgramRequest:
        """Make one from what a user has typed. Looks at no disk.

        Raises:
            TaskmonError: it makes no sense; the message says what.
        """
        title = tr("The program was not started")
        script = os.path.expanduser(script.strip())
        if not script:
            raise TaskmonError(title, tr("Program: nothing was given. Choose a Python file, or name a command."))
        try:
            words = tuple(shlex.split(arguments))
        except ValueError:
            raise TaskmonError(title, tr("Arguments: a quotation mark is missing its partner.")) from None
        pairs: list[tuple[str, str]] = []
        for line in environment.splitlines():
            name, equals, value = line.strip().partition("=")
            if not name and not equals:
                continue
            if not equals or not name.strip():
                shown = plain(line.strip(), 60)
                raise TaskmonError(title, tr("Environment: “{line}” is not NAME=value.").format(line=shown))
            pairs.append((name.strip(), value))
        made = cls(
            script if is_command_name(script) else os.path.abspath(script),
            words,
            interpreter.strip(),
            os.path.expanduser(folder.strip()),
            tuple(pairs),
        )
        if any("\0" in word for word in (made.script, *words, made.interpreter, made.folder, *(v for _, v in pairs))):
            raise TaskmonError(title, tr("A NUL character cannot be given to a program."))
        return made

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON knows it, without the values of variables that look like secrets."""
        kept = [[name, "" if _SECRET.search(name) else value] for name, value in self.environment]
        return {**self._asdict(), "arguments": list(self.arguments), "environment": kept}

    @classmethod
    def from_json(cls, told: object) -> ProgramRequest | None:
        """Return what `to_json` told; None if it makes no sense."""
        try:
            given = dict(told)  # type: ignore[call-overload]
            environment = tuple((str(name), str(value)) for name, value in given.pop("environment", ()))
            arguments = tuple(map(str, given.pop("arguments", ())))
            texts = {name: value for name, value in given.items() if name in cls._fields and isinstance(value, str)}
            return cls(**texts, arguments=arguments, environment=environment) if texts.get("script") else None
        except (TypeError, ValueError):
            return None


class ClusterRequest(NamedTuple):
    """A cluster of Dask to connect to."""

    address: str
    """Where its scheduler listens."""
    everything: bool = False
    """Whether to show what is no task of taskmon as well."""

    @property
    def name(self) -> str:
        """What its user would call it."""
        return self.address

    @classmethod
    def parse(cls, address: str, *, everything: bool = False) -> ClusterRequest:
        """Make one from what a user has typed.

        Raises:
            TaskmonError: it makes no sense; the message says what.
        """
        title = tr("Not connected")
        address = address.strip()
        if not address:
            raise TaskmonError(title, tr("Scheduler: nothing was given, such as tcp://127.0.0.1:8786."))
        if "\0" in address or address.split() != [address]:
            raise TaskmonError(title, tr("Scheduler: an address has no spaces in it."))
        return cls(address, everything)


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
        start: Callable[[Launch | ClusterLaunch, Callable[[int], object]], tuple[int, str]] = launch,
    ) -> None:
        super().__init__(parent)
        self._folder = folder
        self._start = start
        self._background = BackgroundTasks(self)
        self.attaching = Attaching(controller, self)
        """The programs that run already."""
        # By process; also read by the history.
        self._requests: OrderedDict[int, ProgramRequest | ClusterRequest] = OrderedDict()
        self._seen: set[int] = set()
        controller.task_added.connect(self._on_task_added)

    def close(self) -> None:
        """Hear nothing more of the programs; they go on."""
        self.attaching.close()
        self._background.close()
        self._background.wait_idle(1.0)

    def run(self, request: ProgramRequest) -> None:
        """Start a program. Returns at once; its row comes through the link."""
        self.remember(request)
        self._launch(
            request,
            Launch(request.script, request.arguments, request.interpreter, request.folder, dict(request.environment)),
        )

    def connect_to(self, cluster: ClusterRequest) -> None:
        """Show a cluster, by a process of its own that ends with the window. Returns at once."""
        self._launch(cluster, ClusterLaunch(cluster.address, cluster.everything))

    def _launch(self, request: ProgramRequest | ClusterRequest, job: Launch | ClusterLaunch) -> None:
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

            try:
                status, last_words = self._start(job, started)
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

    def _note_end(self, pid: int, request: ProgramRequest | ClusterRequest, status: int, last_words: str) -> None:
        QTimer.singleShot(_JUDGE_AFTER_MS, self, lambda: self._judge(pid, request, status, last_words))

    def _judge(self, pid: int, request: ProgramRequest | ClusterRequest, status: int, last_words: str) -> None:
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
