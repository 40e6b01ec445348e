"""The page with a task's log: it follows while its end is in sight; to be searched, copied and saved."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QFontDatabase, QGuiApplication, QKeySequence, QShortcut, QTextCursor, QTextDocument
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

from taskmon.bridge.details.details import TaskDetails
from taskmon.bridge.table import text
from taskmon.core.base.text import format_count, plain
from taskmon.core.task.events import LINES_KEPT
from taskmon.ui.widgets.flow_layout import FlowLayout
from taskmon.ui.widgets.labels import PlainLabel, push_button
from taskmon.ui.widgets.layouts import vbox

#: Longest line shown, in characters.
_LINE = 2_000


class LogPage(QWidget):
    """Shows the kept lines, and new ones as they come."""

    def __init__(self, details: TaskDetails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._details = details
        self._task: int | None = None
        self._seen = 0
        self.view = QPlainTextEdit(readOnly=True, undoRedoEnabled=False, maximumBlockCount=LINES_KEPT)
        self.view.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.view.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.view.setTabChangesFocus(True)
        self.view.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        flags = Qt.TextInteractionFlag
        self.view.setTextInteractionFlags(flags.TextSelectableByMouse | flags.TextSelectableByKeyboard)
        self.view.setAccessibleName(self.tr("Log"))
        self.view.setPlaceholderText(self.tr("Nothing has been logged."))
        self.find_field = QLineEdit()
        self.find_field.setAcceptDrops(False)
        self.find_field.setPlaceholderText(self.tr("Find in the log"))
        self.find_field.setAccessibleName(self.tr("Find in the log"))
        self.find_field.setClearButtonEnabled(True)
        self.find_field.setMaximumWidth(260)
        self.find_field.textChanged.connect(self._find_from_here)
        self.find_field.returnPressed.connect(self.find_next)
        self.note = PlainLabel(quiet=True)
        self.copy_button = push_button(self.tr("Copy log"), self.copy)
        self.save_button = push_button(self.tr("Save log…"), self.ask_where_to_save)
        tools = FlowLayout()
        for tool in (self.find_field, self.note, self.copy_button, self.save_button):
            tools.addWidget(tool)
        vbox(self, (self.view, 1), tools, spacing=8)
        find_next = QKeySequence(QKeySequence.StandardKey.FindNext)
        shortcut = QShortcut(find_next, self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(self.find_next)

    @Slot()
    def refresh(self) -> None:
        """Show the lines that have come."""
        row = self._details.row
        if row is None:
            return
        if row.id != self._task:
            self._task, self._seen = row.id, 0
            self.view.clear()
        if row.snapshot.log_lines != self._seen:
            count, lines = row.task.log_lines(self._seen)
            missed = count - self._seen - len(lines)
            self._seen = count
            shown = [plain(line.replace("\t", "    "), _LINE) for line in lines]
            if missed > 0:
                shown.insert(0, self.tr("({n} older lines are not kept)").format(n=format_count(missed)))
            self._append(shown)
        empty = not self._seen
        self.copy_button.setEnabled(not empty)
        self.save_button.setEnabled(not empty)

    def _append(self, lines: list[str]) -> None:
        bar = self.view.verticalScrollBar()
        following = bar.value() >= bar.maximum()
        before = bar.value()
        self.view.appendPlainText("\n".join(lines))
        bar.setValue(bar.maximum() if following else before)

    @Slot()
    def _find_from_here(self) -> None:
        cursor = self.view.textCursor()
        cursor.setPosition(cursor.selectionStart())
        self.view.setTextCursor(cursor)
        self.find_next()

    @Slot()
    def find_next(self) -> None:
        """Go to the next place with what is in the field, and from the end to the beginning."""
        words = self.find_field.text()
        if not words:
            self.note.setText("")
            return
        found = self.view.find(words)
        if not found:
            kept = self.view.textCursor()
            self.view.moveCursor(QTextCursor.MoveOperation.Start)
            found = self.view.find(words, QTextDocument.FindFlag(0))
            if not found:
                self.view.setTextCursor(kept)
        self.note.setText("" if found else self.tr("Not found"))

    @Slot()
    def copy(self) -> None:
        """Copy the lines that are shown."""
        QGuiApplication.clipboard().setText(self.view.toPlainText())

    @Slot()
    def ask_where_to_save(self) -> None:
        """Ask for a file, and write the log there in the background."""
        from PySide6.QtWidgets import QFileDialog

        row = self._details.row
        if row is None:
            return
        dialog = QFileDialog(self, self.tr("Save the log"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setDefaultSuffix("log")
        safe = "".join(letter if letter.isalnum() or letter in " -_." else "_" for letter in text.name(row)[:60])
        dialog.selectFile(f"{safe}.log")
        dialog.fileSelected.connect(self._details.save_log)
        dialog.open()
