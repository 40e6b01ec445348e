"""What is known of one task of the past, beside the table."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QFrame, QGridLayout, QPlainTextEdit, QWidget

from taskmon.bridge.history import text
from taskmon.bridge.history.history import Story
from taskmon.ui.widgets.labels import FOREIGN, foreign_label, make_bold, push_button
from taskmon.ui.widgets.layouts import hbox, scrolling, vbox


class HistoryDetails(QFrame):
    """Shows a `Story`.

    Signals:
        run_again(Story): its work should be done once more.
    """

    run_again = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.story: Story | None = None
        self._title = foreign_label()
        make_bold(self._title, 1.15)
        self._line = foreign_label(quiet=True)
        self._facts = QGridLayout()
        self._facts.setHorizontalSpacing(12)
        self._facts.setVerticalSpacing(4)
        self._facts.setColumnStretch(1, 1)
        self._changes = foreign_label()
        self.long_text = QPlainTextEdit()
        self.long_text.setProperty(FOREIGN, True)
        self.long_text.setReadOnly(True)
        self.long_text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.long_text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.long_text.setMinimumHeight(60)
        self.long_text.setAccessibleName(self.tr("Error and stack"))
        self.long_text.setTabChangesFocus(True)
        self.again_button = push_button(self.tr("Run again"), self._ask_to_run)
        self.copy_button = push_button(self.tr("Copy report"), self._copy)

        body = QWidget()
        vbox(body, self._title, self._line, self._facts, self._changes, 1, margins=(14, 12, 14, 8), spacing=10)
        long_text = hbox(None, self.long_text, margins=(14, 0, 14, 4))
        buttons = hbox(None, self.again_button, self.copy_button, 1, margins=(14, 0, 14, 12))
        self._column = vbox(self, (scrolling(body), 3), (long_text, 2), buttons, margins=(1, 1, 1, 1))
        self.show_story(None, can_run=False)

    def show_story(self, story: Story | None, *, can_run: bool) -> None:
        """Show another task; None for none."""
        self.story = story
        self.copy_button.setVisible(story is not None)
        self.again_button.setVisible(story is not None and can_run)
        while self._facts.count():
            item = self._facts.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.deleteLater()
        if story is None:
            self._title.setText(self.tr("Select a task to see what is known of it"))
            for label in (self._line, self._changes):
                label.hide()
            self._show_long_text([])
            return
        entry = story.entry
        self._title.setText(text.name(entry))
        line = text.second_line(entry)
        words = text.state_label(entry)
        self._line.setText(f"{words} · {line}" if line and line != words else words)
        self._line.show()
        for place, (what, words) in enumerate(text.facts(story)):
            name, value = foreign_label(what, quiet=True), foreign_label(words)
            name.setProperty(FOREIGN, False)
            name.setWordWrap(False)
            self._facts.addWidget(name, place, 0, Qt.AlignmentFlag.AlignTop)
            self._facts.addWidget(value, place, 1)
        self._changes.setText("\n".join(text.change_lines(story)))
        self._changes.setVisible(bool(story.changes))
        self._show_long_text(text.long_text(story))

    def _show_long_text(self, lines: list[str]) -> None:
        self.long_text.setPlainText("\n".join(lines).strip("\n"))
        self.long_text.setVisible(bool(lines))
        self._column.setStretch(1, 2 if lines else 0)  # to a row of hidden widgets, Qt gives its room all the same

    def _ask_to_run(self) -> None:
        if self.story is not None:
            self.run_again.emit(self.story)

    def _copy(self) -> None:
        from PySide6.QtGui import QGuiApplication

        if self.story is not None:
            QGuiApplication.clipboard().setText(text.story_text(self.story))
