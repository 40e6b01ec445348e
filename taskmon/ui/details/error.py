"""The page with a task's failure: what was raised, and where."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy, QStackedWidget, QWidget

from taskmon.bridge.details.details import TaskDetails
from taskmon.bridge.details.frames import frames_of_traceback
from taskmon.bridge.table import text
from taskmon.core.base.text import plain
from taskmon.core.task.state import TaskState
from taskmon.ui.widgets.frame_list import FrameList
from taskmon.ui.widgets.labels import foreign_label, push_button
from taskmon.ui.widgets.layouts import hbox, vbox

_FAILURES = frozenset({TaskState.FAILED, TaskState.LOST})


class ErrorPage(QWidget):
    """The traceback as frames, own code first to be seen, with the message of each error that led to it; or as text."""

    def __init__(self, details: TaskDetails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._details = details
        self._shown: tuple[int, str | None] | None = None
        self.summary = foreign_label()
        self.frames = FrameList(self.tr("Calls, the innermost first"))
        self.frames.open_requested.connect(details.open_file)
        self.whole = QPlainTextEdit(readOnly=True, tabChangesFocus=True)
        self.whole.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.whole.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.whole.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.whole.setAccessibleName(self.tr("Traceback"))
        self.body = QStackedWidget()
        self.body.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.body.addWidget(self.frames)
        self.body.addWidget(self.whole)
        self.text_button = push_button(self.tr("As text"))
        self.text_button.setCheckable(True)
        self.text_button.toggled.connect(self._show_text)
        self.open_button = push_button(self.tr("Open in editor"), self._open)
        self.copy_button = push_button(self.tr("Copy traceback"), self._copy)
        tools = hbox(None, self.open_button, self.copy_button, self.text_button, 1, spacing=8)
        vbox(self, self.summary, (self.body, 1), tools, spacing=8)

    @Slot()
    def refresh(self) -> None:
        """Show the failure; it does not change any more, so this is done once for each task."""
        row = self._details.row
        if row is None:
            return
        snapshot = row.snapshot
        # While a task lives, its details are advice on how to stop it.
        failed = snapshot.state in _FAILURES and bool(snapshot.error or snapshot.details)
        shown = (row.id, snapshot.details if failed else None)
        if shown == self._shown:
            return
        self._shown = shown
        self.summary.setText(text.told(snapshot.error, 1_000) if failed else self.tr("It has not failed."))
        self.summary.setObjectName("problem" if failed else "quiet")
        self.summary.style().polish(self.summary)
        frames = frames_of_traceback(snapshot.details)
        self.frames.setCurrentRow(-1)
        self.frames.show_frames(frames)
        self.whole.setPlainText("\n".join(plain(line, 2_000) for line in snapshot.details.splitlines()))
        self.open_button.setEnabled(bool(frames))
        self.copy_button.setEnabled(bool(snapshot.details))
        self.text_button.setVisible(bool(frames))
        for widget in (self.body, self.open_button, self.copy_button):
            widget.setVisible(failed)
        self.body.setCurrentWidget(self.whole if self.text_button.isChecked() or not frames else self.frames)

    @Slot(bool)
    def _show_text(self, as_text: bool) -> None:
        self.body.setCurrentWidget(self.whole if as_text or not self.frames.frames else self.frames)

    @Slot()
    def _open(self) -> None:
        frame = self.frames.call_at(self.frames.currentRow())
        if frame is not None:
            self._details.open_file(frame.file, frame.line)

    @Slot()
    def _copy(self) -> None:
        row = self._details.row
        if row is not None:
            QGuiApplication.clipboard().setText(row.snapshot.details)
