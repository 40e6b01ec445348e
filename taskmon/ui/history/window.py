"""The history in a window of its own, beside that of the tasks: search, look, run again, export, delete."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QSize, Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QKeyEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QFileDialog, QMenu, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from taskmon.bridge.history.history import History, Query, Story
from taskmon.bridge.history.model import HistoryModel
from taskmon.core.base.errors import TaskmonError
from taskmon.core.base.text import format_count, plain
from taskmon.ui.history.details import HistoryDetails
from taskmon.ui.history.filter import HistoryFilter
from taskmon.ui.history.table import HistoryTable
from taskmon.ui.widgets.labels import FOREIGN, PlainLabel, make_bold, push_button
from taskmon.ui.widgets.layouts import hbox, vbox

#: Below this width the details stand below the table.
_WIDE: Final = 820


class HistoryWindow(QWidget):
    """Shows a `History`. Closing it forgets its rows; the history goes on.

    Signals:
        run_again(Story): the work of a task should be done once more.
    """

    run_again = Signal(object)

    def __init__(self, history: History, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self._history = history
        self._exporting = False
        self._counted: int | None = None
        self._closed = False  # answers may still come: this object is there, its widgets may be gone
        self.setWindowTitle(self.tr("History"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(QSize(1120, 680).boundedTo(self.screen().availableSize() * 0.92))
        self.model = HistoryModel(history, self)
        self.table = HistoryTable(self.model)
        self.details = HistoryDetails()
        self.filter = HistoryFilter()
        self._make_pages()
        self._make_foot()
        vbox(self, self.filter, (self._split, 1), self._foot, margins=(12, 12, 12, 10), spacing=10)

        self.filter.changed.connect(self._ask)
        self.filter.left.connect(self.table.setFocus)
        self.model.found.connect(self._show_page)
        self.model.modelReset.connect(self._show_page)
        self.model.counted.connect(self._show_count)
        self.model.failed.connect(self._show_failure)
        self.table.selectionModel().currentRowChanged.connect(self._on_current_changed)
        self.model.dataChanged.connect(self._on_data_changed)
        self.details.run_again.connect(self.run_again)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self, self.filter.focus_search)
        QShortcut(QKeySequence(Qt.Key.Key_Slash), self.table, self.filter.focus_search)
        self._ask()

    # -- parts ------------------------------------------------------------------------------------------

    def _make_pages(self) -> None:
        self.pages = QStackedWidget()
        self.nothing = _page(
            self.tr("Nothing has run yet"),
            self.tr("Every task that ends is kept here, with its times, its errors and how it ended."),
        )
        self.no_match = _page(self.tr("No task matches"), self.tr("Try other words, another state or a longer time."))
        for page in (QWidget(), self.table, self.nothing, self.no_match):
            self.pages.addWidget(page)
        self._split = QSplitter(childrenCollapsible=False, handleWidth=10)
        self._split.addWidget(self.pages)
        self._split.addWidget(self.details)
        self._split.setStretchFactor(0, 5)
        self._split.setStretchFactor(1, 2)
        self._split.setSizes([760, 320])
        self.details.setMinimumWidth(220)

    def _make_foot(self) -> None:
        self.count = PlainLabel(quiet=True)
        self.said = PlainLabel(wraps=True)
        self.said.setProperty(FOREIGN, True)
        self.export_button = push_button(self.tr("Export"))
        menu = QMenu(self.export_button)
        menu.addAction(self.tr("CSV, for spreadsheets…"), lambda: self._export("csv"))
        menu.addAction(self.tr("JSON, for programs…"), lambda: self._export("json"))
        self.export_button.setMenu(menu)
        self.delete_button = push_button(self.tr("Delete history…"), self.ask_to_delete)
        self.delete_button.setProperty("danger", True)
        self._foot = hbox(None, self.count, (self.said, 1), self.export_button, self.delete_button, spacing=8)

    # -- asking -----------------------------------------------------------------------------------------

    def show_state(self, state: str) -> None:
        """Show the tasks of one state only, by the value of it."""
        self.filter.show_state(state)

    @Slot()
    def _ask(self) -> None:
        self.said.setText("")
        self.model.show(self.filter.query())

    # -- answers ----------------------------------------------------------------------------------------

    @Slot()
    def _show_page(self) -> None:
        if self.model.rowCount():
            if self.pages.currentWidget() is not self.table:
                self.pages.setCurrentWidget(self.table)
                if not self.filter.search.hasFocus():
                    self.table.setFocus()  # the keys are the table's, unless something is being typed
            if not self.table.currentIndex().isValid():
                self.table.setCurrentIndex(self.model.index(0, 0))
        else:
            all_of_it = self.model.query == Query()
            self.pages.setCurrentWidget(self.nothing if all_of_it else self.no_match)
            self._show_story(None)
        self.details.setVisible(bool(self.model.rowCount()))
        self.export_button.setEnabled(bool(self.model.rowCount()) and not self._exporting)

    @Slot(object)
    def _show_count(self, count: int) -> None:
        self._counted = count
        self.count.setText(self.tr("%n task(s)", "", min(count, 2**31 - 1)).replace(str(count), format_count(count)))
        self.delete_button.setEnabled(count > 0 or self.model.query != Query())

    @Slot(object)
    def _show_failure(self, error: TaskmonError) -> None:
        self._show_page()
        self.said.setText(f"{error.title}: {error.message}")

    @Slot(QModelIndex)
    def _on_current_changed(self, current: QModelIndex) -> None:
        entry = self.model.entry_at(current.row())
        if entry is None:
            self._show_story(None)
            return
        self._history.tell_story(entry.id, lambda story: self._take_story(entry.id, story))

    @Slot(QModelIndex, QModelIndex)
    def _on_data_changed(self, first: QModelIndex, last: QModelIndex) -> None:
        if first.row() <= self.table.currentIndex().row() <= last.row():
            self._on_current_changed(self.table.currentIndex())

    def _take_story(self, row: int, story: Story | None) -> None:
        entry = self.table.current_entry() if not self._closed else None
        if entry is not None and entry.id == row:  # else another row is the current one by now
            self._show_story(story)

    def _show_story(self, story: Story | None) -> None:
        self.details.show_story(story, can_run=story is not None and self._history.can_run_again(story.entry))

    # -- doing ------------------------------------------------------------------------------------------

    def _export(self, kind: str) -> None:
        title = self.tr("Export the history")
        name = f"taskmon-history.{kind}"
        path, _ = QFileDialog.getSaveFileName(self, title, name, f"{kind.upper()} (*.{kind})")
        if path:
            self.export_to(path if path.lower().endswith(f".{kind}") else f"{path}.{kind}")

    def export_to(self, path: str) -> None:
        """Write what is shown, all pages of it, to a file."""
        self._exporting = True
        self.export_button.setEnabled(False)
        self.said.setText(self.tr("Exporting…"))

        def free() -> None:
            self._exporting = False
            self.export_button.setEnabled(bool(self.model.rowCount()))

        def tell(count: int) -> None:
            if self._closed:
                return
            free()
            words = self.tr("%n task(s) written to “{path}”", "", min(count, 2**31 - 1))
            self.said.setText(words.replace(str(count), format_count(count), 1).format(path=plain(path)))

        def give_back(error: Exception) -> None:
            problem = self._history.explain(error)
            if self._closed:
                self._history.failed.emit(problem)  # whoever has closed the window thinks that the file is there
                return
            free()
            self._show_failure(problem)

        self._history.export(path, self.filter.query(), tell, give_back)

    @Slot()
    def ask_to_delete(self) -> None:
        """Ask whether the whole history should go."""
        from taskmon.ui.widgets.messages import ask

        ask(
            self,
            self.tr("Delete history"),
            self.tr("Delete the history of all ended tasks?"),
            self.tr("Tasks that run are not touched. This cannot be undone; export it first if you may need it."),
            yes=self.tr("Delete history"),
            no=self.tr("Keep it"),
        ).clicked.connect(self._history.forget_all)

    # -- the window -------------------------------------------------------------------------------------

    def _keep_words_whole(self) -> None:
        """Have it be no lower than its lines need at this width."""
        layout = self.layout()
        if layout is not None:
            self.setMinimumHeight(max(300, layout.totalMinimumHeightForWidth(self.width())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = Qt.Orientation.Horizontal if self.width() >= _WIDE else Qt.Orientation.Vertical
        if self._split.orientation() is not wide:
            self._split.setOrientation(wide)
        self._keep_words_whole()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            if self._counted is not None:
                self._show_count(self._counted)
            self._show_story(self.details.story)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:  # not as a shortcut: in the search field it empties the field
            self.close()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self._closed = True
        self.filter.settle()
        self.model.close()
        super().closeEvent(event)


def _page(title: str, hint: str) -> QWidget:
    page = QWidget()
    heading, line = PlainLabel(title), PlainLabel(hint, quiet=True, wraps=True)
    make_bold(heading, 1.3)
    line.setAlignment(Qt.AlignmentFlag.AlignCenter)
    layout = QVBoxLayout(page)
    layout.setSpacing(10)
    layout.addStretch(2)
    layout.addWidget(heading, 0, Qt.AlignmentFlag.AlignHCenter)
    layout.addWidget(line)
    layout.addStretch(3)
    return page
