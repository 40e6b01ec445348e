"""Python programs in the window: asked for, started, and what became of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from taskmon.bridge.programs.launching import ClusterRequest, ProgramRequest
from taskmon.bridge.programs.programs import Programs
from taskmon.bridge.table.rows import TaskRow
from taskmon.core.base.text import plain

if TYPE_CHECKING:
    from taskmon.attach.programs import Program
    from taskmon.core.base.errors import TaskmonError
    from taskmon.ui.dialogs.attach_dialog import AttachDialog
    from taskmon.ui.dialogs.program_dialog import ClusterDialog, ProgramDialog
    from taskmon.ui.dialogs.running_programs import RunningPrograms

_SECONDS = 4.0


class ProgramController(QObject):
    """Belongs to the main window.

    Signals:
        said(str, float): something is to be told, for so many seconds.
        wanted(int): the row of this task is to be shown.
    """

    said = Signal(object, object)
    wanted = Signal(object)

    def __init__(self, window: QWidget, programs: Programs) -> None:
        super().__init__(window)
        self._window = window
        self.programs = programs
        self._attach_dialog: AttachDialog | None = None
        self._list: RunningPrograms | None = None
        programs.ended_early.connect(self._tell_end)
        programs.attaching.done.connect(self._tell_attached)
        programs.attaching.let_go.connect(self._tell_let_go)
        programs.attaching.failed.connect(self._tell_left_alone)

    def ask(self, request: ProgramRequest | None = None) -> ProgramDialog:
        """Open the dialog; with a program, everything is ready to run it."""
        from taskmon.ui.dialogs.program_dialog import ProgramDialog

        dialog = ProgramDialog(self._window)
        dialog.submitted.connect(self.run)
        open_dialogs = [dialog]  # it may be closed again before the recent ones are found
        dialog.destroyed.connect(open_dialogs.clear)

        def offer(recent: list[ProgramRequest]) -> None:
            for one in open_dialogs:
                one.offer(recent)

        def check(
            entered: ProgramRequest, then: Callable[[], object], failed: Callable[[TaskmonError], object]
        ) -> None:
            def still_open() -> bool:
                return any(one.isVisible() for one in open_dialogs)

            self.programs.check(entered, lambda: still_open() and then(), lambda error: still_open() and failed(error))

        dialog.check = check
        self.programs.recent(offer)
        dialog.open()
        if request is not None:
            dialog.fill(request)
        return dialog

    def ask_for(self, script: str) -> ProgramDialog:
        """Open the dialog for a script; for any, if it has no name."""
        return self.ask(ProgramRequest(script) if script else None)

    @Slot()
    def ask_to_attach(self) -> AttachDialog:
        """Open the dialog with the programs that run already, if it is not open."""
        from taskmon.ui.dialogs.attach_dialog import AttachDialog

        if self._attach_dialog is None:
            self._attach_dialog = AttachDialog(self.programs.attaching, self._window)
            self._attach_dialog.chosen.connect(self.wanted)
            self._attach_dialog.destroyed.connect(self._forget_attach_dialog)
            self._attach_dialog.open()
        return self._attach_dialog

    @Slot()
    def _forget_attach_dialog(self) -> None:
        self._attach_dialog = None

    def make_list(self) -> RunningPrograms:
        """Return the list of the programs that run already, for a page of the window."""
        from taskmon.ui.dialogs.running_programs import RunningPrograms

        made = self._list = RunningPrograms(self.programs.attaching)
        made.chosen.connect(self.wanted)
        made.left.connect(self._tell_waiting)
        return made

    @Slot(object)
    def _tell_waiting(self, program: Program) -> None:
        words = self.tr("{name} is still waited for; “Attach…” shows it.").format(name=plain(program.name, 80))
        self.said.emit(words, _SECONDS)

    def way_to_run_again(self, row: TaskRow) -> Callable[[], object] | None:
        """Return what starts the program of an ended row as before; None for what was not started from here."""
        origin = row.snapshot.origin
        if origin is None or origin.kind != "program" or not row.snapshot.state.is_final:
            return None
        request = self.programs.request_of(origin.pid)
        return partial(self.run_again, request) if request is not None else None

    def way_to_detach(self, row: TaskRow) -> Callable[[], object] | None:
        """Return what lets a program go that was attached to; None for any other."""
        snapshot = row.snapshot
        origin, program = snapshot.origin, snapshot.program
        if origin is None or program is None or not program.attached or snapshot.state.is_final:
            return None
        return partial(self.programs.attaching.detach, origin.pid, plain(origin.program, 80))

    def run_again(self, request: ProgramRequest) -> None:
        """Start a program as it was before; ask for what was not kept."""
        if request.incomplete:
            self.ask(request)
        else:
            self.run(request)

    @Slot(object)
    def run(self, request: ProgramRequest) -> None:
        words = self.tr("Starting {name}…").format(name=plain(request.name, 100))
        self.said.emit(words, _SECONDS)
        self.programs.run(request)

    def ask_for_cluster(self) -> ClusterDialog:
        from taskmon.ui.dialogs.program_dialog import ClusterDialog

        dialog = ClusterDialog(self._window)
        dialog.submitted.connect(self.connect_to)
        dialog.open()
        return dialog

    @Slot(object)
    def connect_to(self, cluster: ClusterRequest) -> None:
        words = self.tr("Connecting to {name}…").format(name=plain(cluster.name, 100))
        self.said.emit(words, _SECONDS)
        self.programs.connect_to(cluster)

    @Slot(object)
    def _tell_attached(self, program: Program) -> None:
        name = plain(program.name, 80)
        if program.refusal is not None:  # it cannot be attached to
            words = self.tr("{name} is looked at from outside.")
        else:
            words = self.tr("{name} is attached.")
        self.said.emit(words.format(name=name), _SECONDS)

    @Slot(object)
    def _tell_let_go(self, name: str) -> None:
        self.said.emit(self.tr("{name} is no longer attached, and goes on.").format(name=name), _SECONDS)

    @Slot(object)
    def _tell_left_alone(self, error: TaskmonError) -> None:
        """Say it in the window if no list is there to say it."""
        if self._attach_dialog is None and (self._list is None or not self._list.isVisible()):
            self.said.emit(error.message, 0.0)

    @Slot(object)
    def _tell_end(self, name: str) -> None:
        words = self.tr("{name} has run; it was too short to be shown.").format(name=name)
        self.said.emit(words, 2 * _SECONDS)
