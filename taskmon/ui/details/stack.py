"""The page that answers why a task is not stopping: where its thread is right now, and what would let it go."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QHideEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from taskmon.bridge.details.advice import headline
from taskmon.bridge.details.details import TaskDetails
from taskmon.bridge.details.frames import TraceFrame, frames_of_stack
from taskmon.core.stacks.sampler import StackSample
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.ui.details.program_button import ProgramButton
from taskmon.ui.widgets.frame_list import FrameList
from taskmon.ui.widgets.labels import foreign_label, make_bold, push_button
from taskmon.ui.widgets.layouts import TallPage, hbox, vbox

#: Milliseconds between two looks while the page is shown.
_LOOK_MS = 500
#: So many looks without an answer are not waiting any more.
_PATIENCE = 8
#: The least height of the words above the calls, and of these, in pixels.
_LEAST_WORDS = 36
_LEAST_FRAMES = 28


class StackPage(QWidget):
    """A live stack, with a headline, advice, and the user's choices.

    Signals:
        keep_waiting(): the user has seen enough.
    """

    keep_waiting = Signal()

    def __init__(self, details: TaskDetails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._details = details
        self._task: int | None = None
        self._in_vain = 0  # looks without an answer
        self._bare: list[TraceFrame] = []
        self.headline = foreign_label()
        make_bold(self.headline)
        self.advice = foreign_label(quiet=True)
        self.frames = FrameList(self.tr("Calls of the thread, the innermost first"))
        self.frames.open_requested.connect(details.open_file)
        self.wait_button = push_button(self.tr("Keep waiting"), self.keep_waiting)
        self.detach_button = push_button(self.tr("Detach"), self._detach)
        self.detach_button.setToolTip(
            self.tr("Gives its place to the next task. The thread goes on, and its end is still shown.")
        )
        self.copy_button = push_button(self.tr("Copy report"), self._copy)
        self.program_button = ProgramButton(details)
        buttons = (self.wait_button, self.detach_button, self.program_button, self.copy_button)
        words = QWidget()
        vbox(words, self.headline, self.advice, spacing=6)
        scroll = TallPage(words)  # they may be more than a low pane has room for
        scroll.setMinimumHeight(_LEAST_WORDS)
        scroll.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        scroll.viewport().setAutoFillBackground(False)
        words.setAutoFillBackground(False)
        self.frames.setMinimumHeight(_LEAST_FRAMES)
        vbox(self, scroll, (self.frames, 1), hbox(None, *buttons, 1, spacing=8), spacing=6)
        self._looks = QTimer(self, interval=_LOOK_MS)
        self._looks.timeout.connect(self._look)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._looks.stop()

    @Slot()
    def refresh(self) -> None:
        """Show how the task stands; the stack itself is looked at on a clock of its own."""
        row = self._details.row
        if row is None:
            self._looks.stop()
            return
        if row.id != self._task:
            self._task = row.id
            self._in_vain = 0
            self._bare = []
            self.frames.show_frames([])
            self._look()
        snapshot = row.snapshot
        self.program_button.refresh()
        self.detach_button.setVisible(snapshot.origin is None)
        self.detach_button.setEnabled(snapshot.state is TaskState.STOPPING and not snapshot.detached)
        self.wait_button.setVisible(snapshot.state is TaskState.STOPPING)
        if self._bare:
            self.frames.show_frames(self._details.with_source(self._bare))  # more of it may have been read
        runs = snapshot.state.has_thread
        if runs and self.isVisible() and not self._looks.isActive():
            self._look()
            self._looks.start()
        elif not runs and self._looks.isActive():
            self._look()

    @Slot()
    def _look(self) -> None:
        row = self._details.row
        if row is None or not row.snapshot.state.has_thread:
            self._looks.stop()
            self._show_none(self.tr("It has no thread now.") if row is not None else "")
            return
        sample = self._details.stack()
        if sample is None:
            self._in_vain += 1
            if row.snapshot.state is TaskState.PAUSED:
                self._show_none(self.tr("It waits in a checkpoint, because it is paused."))
            elif self._in_vain > _PATIENCE:
                self._show_none(
                    self.tr("No answer yet. It may be in a call into C that keeps the interpreter to itself.")
                )
            elif not self._bare:
                self._show_none(self.tr("Looking at the thread…"))
            return
        self._in_vain = 0
        self._show(sample, row.snapshot)

    def _show_none(self, words: str) -> None:
        self.headline.setText(words)
        self.advice.setText("")
        self.advice.setVisible(False)
        self._bare = []
        self.frames.show_frames([])

    def _show(self, sample: StackSample, snapshot: TaskSnapshot) -> None:
        line, hint = headline(sample, snapshot), "\n\n".join(self._details.ways_out())
        if self.headline.text() != line:
            self.headline.setText(line)
        if self.advice.text() != hint:
            self.advice.setText(hint)
        self.advice.setVisible(bool(hint))
        self._bare = frames_of_stack(sample.frames)
        self.frames.show_frames(self._details.with_source(self._bare))

    @Slot()
    def _detach(self) -> None:
        if self._details.task_id is not None:
            self._details.controller.detach(self._details.task_id)
            self._details.refreshed.emit()

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._details.report())
