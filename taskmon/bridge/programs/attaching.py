"""The user's Python programs that run already, and attaching to one of them. Belongs to the UI thread.

Nothing of a program is run in order to find it. Attaching is done by a process of its own, ``taskmon attach``: while it
holds the threads of a program, it is not to wait for the interpreter beside the workers of this window.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from PySide6.QtCore import QObject, Signal, Slot

from taskmon.attach.programs import Means, Program, ProgramFinder, Standing
from taskmon.attach.refusals import Refusal, sentence
from taskmon.bridge.controller import TaskController
from taskmon.bridge.ui_queue import BackgroundTasks
from taskmon.core.base.errors import TaskmonError
from taskmon.core.base.text import plain
from taskmon.core.base.threads import spawn
from taskmon.core.base.translate import mark, tr
from taskmon.paths import itself

if TYPE_CHECKING:
    import subprocess

#: What stands beside a program with which nothing can be done, in two or three words; for all else there is `_OTHER`.
_SHORT: Final = {
    Refusal.OTHER_USER: mark("belongs to {user}"),
    Refusal.LOOK_ONLY: mark("too old to attach"),
    Refusal.TOO_OLD: mark("too old"),
    Refusal.TOO_NEW: mark("too new"),
    Refusal.PRERELEASE: mark("a preview"),
    Refusal.FREE_THREADED: mark("free-threaded"),
    Refusal.DISABLED: mark("switched off"),
    Refusal.ONLY_CHILDREN: mark("not permitted"),
    Refusal.ONLY_ROOT: mark("not permitted"),
    Refusal.NOBODY: mark("not permitted"),
    Refusal.FORBIDDEN: mark("not permitted"),
    Refusal.CHANGED_RIGHTS: mark("not permitted"),
    Refusal.TRACED: mark("held by a debugger"),
    Refusal.STOPPED: mark("stopped"),
    Refusal.REPLACED: mark("updated since"),
    Refusal.BETWEEN: mark("starts or ends"),
    Refusal.NO_PY_SPY: mark("needs py-spy"),
    Refusal.STARTED_BY_US: mark("watched already"),
}
_OTHER: Final = mark("not possible")


class RunningProgram(NamedTuple):
    """A program that runs, and what can be done with it now."""

    program: Program
    cpu: float
    """The share of a processor that it uses: since the look before, or else since its start."""
    task_id: int | None
    """The row that shows it already; None if there is none."""

    @property
    def key(self) -> tuple[int, int]:
        """By which it is the same in every look."""
        return self.program.pid, self.program.started

    @property
    def why_not(self) -> str:
        """Why it cannot be attached to, in the user's language; empty if it can."""
        refused = self.program.refusal
        return sentence(refused.refusal, refused.values) if refused is not None else ""

    @property
    def short_reason(self) -> str:
        """The same in two or three words, or what is being done with it."""
        if self.program.standing is Standing.ASKED:
            return tr("waited for")
        refused = self.program.refusal
        if refused is None:
            return ""
        words = tr(_SHORT.get(refused.refusal, _OTHER))
        return words.format_map({name: plain(str(value), 40) for name, value in refused.values.items()})

    @property
    def possible(self) -> bool:
        """Whether anything can be done with it."""
        return self.task_id is not None or self.program.means is not Means.NOTHING


class Attaching(QObject):
    """Looks for programs, and has one attached.

    Signals:
        listed(list[RunningProgram]): what `look` has found.
        waiting(): the program does nothing at this moment; it is waited for.
        done(Program): it is attached, or looked at.
        let_go(str): the program of this name is no longer attached.
        failed(TaskmonError): it was left alone, or stays attached.
    """

    listed = Signal(object)
    waiting = Signal()
    done = Signal(object)
    let_go = Signal(object)
    failed = Signal(object)

    def __init__(
        self,
        controller: TaskController,
        parent: QObject | None = None,
        *,
        find: Callable[[bool], list[Program]] | None = None,
        start: Callable[..., subprocess.Popen[str]] | None = None,
    ) -> None:
        super().__init__(parent)
        self._controller = controller
        self._find = find or ProgramFinder().find
        self._start = start
        self._background = BackgroundTasks(self)
        self._looking = self._look_afresh = False
        self._before: dict[tuple[int, int], tuple[float, float]] = {}
        self._asking: subprocess.Popen[str] | None = None
        self._asked: Program | None = None
        self._waits = False
        self._wakes = False
        self._wakes_next = False

    def close(self) -> None:
        """Hear nothing more; what is attached stays attached, and what is waited for is withdrawn."""
        self.withdraw()
        self._background.close()
        self._background.wait_idle(1.0)

    # -- what there is ------------------------------------------------------------------------------------

    def look(self, *, afresh: bool = False) -> None:
        """Find the programs, in the background; `listed` tells. One look at a time.

        `afresh`, whatever may have changed is looked at; otherwise, in a millisecond or two, what is likely to have.
        """
        if self._looking:
            self._look_afresh = self._look_afresh or afresh
            return
        self._looking = True
        self._background.run(lambda: self._find(afresh), self._tell, self._cannot_look)

    def _looked(self) -> None:
        self._looking = False
        again, self._look_afresh = self._look_afresh, False
        if again:
            self.look(afresh=True)

    def _tell(self, found: list[Program]) -> None:
        self._looked()
        shown = self._shown()
        before, self._before = self._before, {}
        told = []
        for program in found:
            key = (program.pid, program.started)
            self._before[key] = (program.age, program.cpu)
            age, cpu = before.get(key, (0.0, 0.0))
            share = (program.cpu - cpu) / (program.age - age) if program.age > age else 0.0
            told.append(RunningProgram(program, max(0.0, share), shown.get(program.pid)))
        self.listed.emit(told)

    def _cannot_look(self, error: Exception) -> None:
        self._looked()
        self.failed.emit(TaskmonError(tr("Cannot attach"), plain(str(error))))

    def _shown(self) -> Mapping[int, int]:
        """By process, the rows of the programs that are in the table already."""
        return {
            origin.pid: row.snapshot.id
            for row in self._controller.model.rows()
            if (origin := row.snapshot.origin) is not None and origin.kind == "program"
            if not row.snapshot.state.is_final
        }

    # -- attaching ----------------------------------------------------------------------------------------

    @property
    def asking(self) -> bool:
        """Whether a program is being asked at this moment."""
        return self._asking is not None

    @property
    def asked(self) -> Program | None:
        """The program that is being asked, or was the last."""
        return self._asked

    @property
    def is_waiting(self) -> bool:
        """Whether the program that is being asked does nothing, and is waited for."""
        return self._asking is not None and self._waits

    @property
    def wakes(self) -> bool:
        """Whether its threads are woken from the calls in which they wait."""
        return self._wakes or self._wakes_next

    def attach(self, program: Program, *, wake: bool = False) -> None:
        """Have a program attached, or only looked at where that is all that can be done. Returns at once."""
        words = ["attach", str(program.pid), "--no-window", "--json", "--wait"]
        if wake:
            words.append("--wake")
        title = tr("Cannot attach")
        try:
            process = self._start_itself(words)
        except OSError as error:
            self.failed.emit(TaskmonError(title, plain(error.strerror or str(error))))
            return
        self._asking, self._asked, self._waits, self._wakes = process, program, False, wake
        post = self._background.post

        def read() -> None:
            """In a thread of its own, until the process has ended: one that looks at a program stays."""
            assert process.stdout is not None
            with process.stdout:
                for line in process.stdout:
                    post(lambda line=line: self._hear(process, program, line))  # type: ignore[misc]
            process.wait()
            post(lambda: self._hear(process, program, ""))

        spawn(read, "taskmon-attach", lambda _: post(lambda: self._hear(process, program, "")))

    def _start_itself(self, words: list[str]) -> subprocess.Popen[str]:
        """Start taskmon with these words. Any thread."""
        import subprocess

        start = self._start or subprocess.Popen
        return start(
            [*itself(), *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )

    def detach(self, pid: int, name: str) -> None:
        """Have a program that was attached to go on without taskmon. Returns at once."""
        title = tr("Cannot detach")

        def run() -> str:
            return self._start_itself(["detach", str(pid), "--json"]).communicate()[0]

        def hear(line: str) -> None:
            told = _read(line)
            if told.get("outcome") == "detached":
                self.let_go.emit(name)
            else:
                self.failed.emit(TaskmonError(title, _why(told)))

        def give_up(error: Exception) -> None:
            self.failed.emit(TaskmonError(title, plain(str(error))))

        self._background.run(run, hear, give_up)

    @Slot()
    def wake(self) -> None:
        """Ask the program that is waited for once more, and wake its threads from the calls in which they wait."""
        if self.is_waiting and not self.wakes:
            self._wakes_next = True
            self._interrupt()

    @Slot()
    def withdraw(self) -> None:
        """Ask the program no more."""
        self._wakes_next = False
        self._interrupt()

    def _interrupt(self) -> None:
        if self._asking is not None and self._asking.poll() is None:
            self._asking.send_signal(signal.SIGINT)

    def _hear(self, process: subprocess.Popen[str], program: Program, line: str) -> None:
        if process is not self._asking:
            return  # it has said what there is to say
        told = _read(line)
        outcome = told.get("outcome")
        if outcome == "waiting":
            self._waits = True
            self.waiting.emit()
            return
        self._asking = None
        again, self._wakes_next = self._wakes_next, False
        if outcome in ("attached", "already", "looking"):
            self.done.emit(program)
        elif outcome == "withdrawn" and again:
            self.attach(program, wake=True)
        elif outcome == "withdrawn":
            self.failed.emit(
                TaskmonError(tr("Cannot attach"), tr("The request is withdrawn; the program was left alone."))
            )
        else:
            self.failed.emit(TaskmonError(tr("Cannot attach"), _why(told)))


def _read(line: str) -> dict[str, Any]:
    try:
        told = json.loads(line)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _why(told: dict[str, Any]) -> str:
    try:
        values = {str(name): plain(str(value), 300) for name, value in told["values"].items()}
        return sentence(Refusal(told["refusal"]), values)
    except (KeyError, ValueError, AttributeError):
        return tr("It was left alone, and nothing was said of why.")
