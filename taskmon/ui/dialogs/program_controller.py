"""Python programs in the window: asked for, started, and what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from taskmon.bridge.programs.programs import ClusterRequest, ProgramRequest, Programs
from taskmon.core.base.text import plain

if TYPE_CHECKING:
    from taskmon.ui.dialogs.attach_dialog import AttachDialog
    from taskmon.ui.dialogs.cluster_dialog import ClusterDialog
    from taskmon.ui.dialogs.program_dialog import ProgramDialog

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
        programs.ended_early.connect(self._tell_end)

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

        self.programs.recent(offer)
        dialog.open()
        if request is not None:
            dialog.fill(request)
        return dialog

    def ask_for(self, script: str) -> ProgramDialog:
        """Open the dialog for a script; for any, if it has no name."""
        return self.ask(ProgramRequest(script) if script else None)

    def ask_to_attach(self) -> AttachDialog:
        """Open the dialog with the programs that run already."""
        from taskmon.ui.dialogs.attach_dialog import AttachDialog

        dialog = AttachDialog(self.programs.attaching, self._window)
        dialog.chosen.connect(self.wanted)
        dialog.attached.connect(self._tell_attached)
        dialog.open()
        return dialog

    def run_again(self, request: ProgramRequest) -> None:
        """Start a program as it was before; ask for what was not kept."""
        if request.incomplete:
            self.ask(request)
        else:
            self.run(request)

    @Slot(object)
    def run(self, request: ProgramRequest) -> None:
        """Start a program."""
        words = self.tr("Starting {name}…").format(name=plain(request.name, 100))
        self.said.emit(words, _SECONDS)
        self.programs.run(request)

    def ask_for_cluster(self) -> ClusterDialog:
        """Open the dialog that asks for a cluster."""
        from taskmon.ui.dialogs.cluster_dialog import ClusterDialog

        dialog = ClusterDialog(self._window)
        dialog.submitted.connect(self.connect_to)
        dialog.open()
        return dialog

    @Slot(object)
    def connect_to(self, cluster: ClusterRequest) -> None:
        """Show a cluster."""
        words = self.tr("Connecting to {name}…").format(name=plain(cluster.name, 100))
        self.said.emit(words, _SECONDS)
        self.programs.connect_to(cluster)

    @Slot(object)
    def _tell_attached(self, name: str) -> None:
        self.said.emit(self.tr("{name} is attached.").format(name=name), _SECONDS)

    @Slot(object)
    def _tell_end(self, name: str) -> None:
        words = self.tr("{name} has run; it was too short to be shown.").format(name=name)
        self.said.emit(words, 2 * _SECONDS)
