"""The history in the window: what is said of it, and what is wanted of a task of the past."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from taskmon.bridge.history.history import PROGRAM, History, Story
from taskmon.bridge.programs.launching import ProgramRequest
from taskmon.core.base.errors import TaskmonError
from taskmon.core.task.state import TaskState

if TYPE_CHECKING:
    from taskmon.ui.history.window import HistoryWindow


class HistoryController(QObject):
    """Belongs to the main window, as the history's window does.

    Signals:
        said(str, action): something is to be told, and the button that goes with it, or None.
        job_wanted(JobType, dict): a built-in job is to be started again, with these values.
        program_wanted(ProgramRequest): a program is to be run again.
    """

    said = Signal(object, object)
    job_wanted = Signal(object, object)
    program_wanted = Signal(object)

    def __init__(self, window: QWidget, history: History) -> None:
        super().__init__(window)
        self._window = window
        self.history = history
        self.opened: HistoryWindow | None = None
        history.lost.connect(self._tell_lost)
        history.trouble.connect(self._tell_trouble)

    @Slot()
    def show(self) -> HistoryWindow:
        """Open the history, or raise it if it is open."""
        if self.opened is None:
            from taskmon.ui.history.window import HistoryWindow

            self.opened = HistoryWindow(self.history, self._window)
            self.opened.run_again.connect(self.run_again)
            self.opened.destroyed.connect(self._forget)
            self.opened.show()
        self.opened.raise_()
        self.opened.activateWindow()
        return self.opened

    @Slot()
    def _forget(self) -> None:
        self.opened = None

    @Slot(object)
    def run_again(self, story: Story) -> None:
        """Start the work of a task of the past once more."""
        if story.entry.job == PROGRAM:
            request = ProgramRequest.from_json(story.arguments)
            if request is not None:
                self.program_wanted.emit(request)
        elif (found := self.history.job_of(story)) is not None:
            self.job_wanted.emit(*found)

    def show_lost(self) -> None:
        """Open the history at the tasks that were lost."""
        self.show().show_state(TaskState.LOST.value)

    @Slot(object)
    def _tell_lost(self, rows: list[int]) -> None:
        words = self.tr("%n task(s) had not ended when taskmon did, and were lost.", "", len(rows))
        self.said.emit(words, (self.tr("Show them"), self.show_lost))

    @Slot(object)
    def _tell_trouble(self, error: TaskmonError) -> None:
        self.said.emit(f"{error.title}. {error.message}", None)
