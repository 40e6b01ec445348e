"""The history in a window of its own, beside that of the tasks: search, look, run again, export, delete."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from PySide6.QtCore import QModelIndex, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QKeyEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from taskmon.bridge.history import History, Query, Story
from taskmon.bridge.history_model import HistoryModel
from taskmon.core.errors import TaskmonError
from taskmon.core.state import TaskState
from taskmon.core.text import format_count, plain
from taskmon.ui.filter_bar import SearchField
from taskmon.ui.history_details import HistoryDetails
from taskmon.ui.history_table import HistoryTable
from taskmon.ui.labels import PlainLabel
from taskmon.ui.retranslate import FOREIGN

#: A search begins once nothing has been typed for so long, in milliseconds.
_TYPING_MS: Final = 150
#: Below this width the details stand below the table.
_WIDE: Final = 820
#: Below this width the fields stand in a row of their own.
_ONE_ROW: Final = 720


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
        self.setWindowTitle(self.tr("History"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(QSize(1120, 680).boundedTo(self.screen().availableSize() * 0.92))
        self.setMinimumSize(400, 300)
        self.model = HistoryModel(history, self)
        self.table = HistoryTable(self.model)
        self.details = HistoryDetails()
        self._make_filter()
        self._make_pages()
        self._make_foot()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 10)
        layout.setSpacing(10)
        layout.addLayout(self._filter)
        layout.addWidget(self._split, 1)
        layout.addLayout(self._foot)

        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_MS)
        self._typing.timeout.connect(self._ask)
        self.model.found.connect(self._show_page)
        self.model.modelReset.connect(self._show_page)
        self.model.counted.connect(self._show_count)
        self.model.failed.connect(self._show_failure)
        self.table.selectionModel().currentRowChanged.connect(self._on_current_changed)
        self.model.dataChanged.connect(self._on_data_changed)
        self.details.run_again.connect(self.run_again)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self, self._focus_search)
        QShortcut(QKeySequence(Qt.Key.Key_Slash), self.table, self._focus_search)
        self._ask()

    # -- parts ------------------------------------------------------------------------------------------

    def _make_filter(self) -> None:
        self._filter = QGridLayout()  # one row where there is room, else two
        self._filter.setSpacing(8)
        self._filter.setColumnStretch(0, 1)
        chips, self._fields = QHBoxLayout(), QHBoxLayout()
        chips.setSpacing(6)
        self._states = QButtonGroup(self)
        for label, state in (
            (self.tr("All"), ""),
            (self.tr("Done"), TaskState.SUCCEEDED.value),
            (self.tr("Failed"), TaskState.FAILED.value),
            (self.tr("Cancelled"), TaskState.CANCELLED.value),
            (self.tr("Lost"), TaskState.LOST.value),
        ):
            chip = QPushButton(label)
            chip.setCheckable(True)
            chip.setAutoDefault(False)
            chip.setProperty("chip", True)
            chip.setProperty("state", state)
            self._states.addButton(chip)
            chips.addWidget(chip)
        self._states.buttons()[0].setChecked(True)
        self._states.buttonClicked.connect(self._ask)
        self.age = QComboBox()
        self.age.setAccessibleName(self.tr("From when on"))
        for label in (self.tr("Any time"), self.tr("Today"), self.tr("Last 7 days"), self.tr("Last 30 days")):
            self.age.addItem(label)
        self.age.currentIndexChanged.connect(self._ask)
        self.search = SearchField()
        self.search.setPlaceholderText(self.tr("Search names and errors   /"))
        self.search.setAccessibleName(self.tr("Search the history"))
        self.search.setMaximumWidth(16_777_215)
        self.search.textChanged.connect(self._on_typed)
        self.search.left.connect(self.table.setFocus)
        chips.addStretch(1)
        self._fields.addWidget(self.age)
        self._fields.addWidget(self.search, 1)
        self._filter.addLayout(chips, 0, 0)
        self._filter.addLayout(self._fields, 0, 1)
        self._filter.setColumnStretch(1, 1)

    def _make_pages(self) -> None:
        self.pages = QStackedWidget()
        self.nothing = _page(
            self.tr("Nothing has run yet"),
            self.tr("Every task that ends is kept here, with its times, its errors and how it ended."),
        )
        self.no_match = _page(self.tr("No task matches"), self.tr("Try other words, another state or a longer time."))
        for page in (QWidget(), self.table, self.nothing, self.no_match):
            self.pages.addWidget(page)
        self._split = QSplitter()
        self._split.setChildrenCollapsible(False)
        self._split.setHandleWidth(10)
        self._split.addWidget(self.pages)
        self._split.addWidget(self.details)
        self._split.setStretchFactor(0, 5)
        self._split.setStretchFactor(1, 2)
        self._split.setSizes([760, 320])
        self.details.setMinimumWidth(220)

    def _make_foot(self) -> None:
        self._foot = QHBoxLayout()
        self._foot.setSpacing(8)
        self.count = PlainLabel()
        self.count.setObjectName("quiet")
        self.said = PlainLabel()
        self.said.setProperty(FOREIGN, True)
        self.said.setWordWrap(True)
        self.export_button = QPushButton(self.tr("Export"))
        menu = QMenu(self.export_button)
        menu.addAction(self.tr("CSV, for spreadsheets…"), lambda: self._export("csv"))
        menu.addAction(self.tr("JSON, for programs…"), lambda: self._export("json"))
        self.export_button.setMenu(menu)
        self.delete_button = QPushButton(self.tr("Delete history…"))
        self.delete_button.setProperty("danger", True)
        self.delete_button.clicked.connect(self.ask_to_delete)
        self._foot.addWidget(self.count)
        self._foot.addWidget(self.said, 1)
        for button in (self.export_button, self.delete_button):
            button.setAutoDefault(False)
            self._foot.addWidget(button)

    # -- asking -----------------------------------------------------------------------------------------

    def show_state(self, state: str) -> None:
        """Show the tasks of one state only, by the value of it."""
        for chip in self._states.buttons():
            if chip.property("state") == state:
                chip.setChecked(True)
        self.search.clear()
        self._ask()

    def query(self) -> Query:
        """What the fields above ask for."""
        chip = self._states.checkedButton()
        state = str(chip.property("state")) if chip is not None else ""
        return Query(self.search.text(), state, self._since())

    def _since(self) -> float:
        today = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
        days = (None, 0, 6, 29)[max(0, self.age.currentIndex())]
        return 0.0 if days is None else (today - timedelta(days=days)).timestamp()

    @Slot()
    def _on_typed(self) -> None:
        self._typing.start()

    @Slot()
    def _ask(self) -> None:
        self._typing.stop()
        self.said.setText("")
        self.model.show(self.query())

    def _focus_search(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    # -- answers ----------------------------------------------------------------------------------------

    @Slot()
    def _show_page(self) -> None:
        if self.model.rowCount():
            if self.pages.currentWidget() is not self.table:
                self.pages.setCurrentWidget(self.table)
                if not self.search.hasFocus():
                    self.table.setFocus()  # the keys are the table's, unless something is being typed
            if not self.table.currentIndex().isValid():
                self.table.setCurrentIndex(self.model.index(0, 0))
        else:
            all_of_it = self.model.query == Query()
            self.pages.setCurrentWidget(self.nothing if all_of_it else self.no_match)
            self._show_story(None)
        self.details.setVisible(bool(self.model.rowCount()))

    @Slot(object)
    def _show_count(self, count: int) -> None:
        self.count.setText(self.tr("%n task(s)", "", min(count, 2**31 - 1)).replace(str(count), format_count(count)))
        self.export_button.setEnabled(count > 0 and not self._exporting)
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
        entry = self.table.current_entry()
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
            free()
            self.said.setText(
                self.tr("{n} tasks were written to “{path}”").format(n=format_count(count), path=plain(path))
            )

        def give_back(error: Exception) -> None:
            free()
            self._show_failure(self._history.explain(error))

        self._history.export(path, self.query(), tell, give_back)

    @Slot()
    def ask_to_delete(self) -> None:
        """Ask whether the whole history should go."""
        from taskmon.ui.messages import ask

        ask(
            self,
            self.tr("Delete history"),
            self.tr("Delete the history of all ended tasks?"),
            self.tr("Tasks that run are not touched. This cannot be undone; export it first if you may need it."),
            yes=self.tr("Delete history"),
            no=self.tr("Keep it"),
        ).clicked.connect(self._history.forget_all)

    # -- the window -------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = Qt.Orientation.Horizontal if self.width() >= _WIDE else Qt.Orientation.Vertical
        if self._split.orientation() is not wide:
            self._split.setOrientation(wide)
        row, column = (0, 1) if self.width() >= _ONE_ROW else (1, 0)
        if self._filter.itemAtPosition(row, column) is not self._fields:
            self._filter.removeItem(self._fields)
            self._filter.addLayout(self._fields, row, column)
            self._filter.setColumnStretch(1, 1 - row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:  # not as a shortcut: in the search field it empties the field
            self.close()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self._typing.stop()
        self.model.close()
        super().closeEvent(event)


def _page(title: str, hint: str) -> QWidget:
    page = QWidget()
    heading, line = PlainLabel(title), PlainLabel(hint)
    font = heading.font()
    font.setPointSizeF(font.pointSizeF() * 1.3)
    font.setBold(True)
    heading.setFont(font)
    line.setObjectName("quiet")
    line.setWordWrap(True)
    line.setAlignment(Qt.AlignmentFlag.AlignCenter)
    layout = QVBoxLayout(page)
    layout.setSpacing(10)
    layout.addStretch(2)
    layout.addWidget(heading, 0, Qt.AlignmentFlag.AlignHCenter)
    layout.addWidget(line)
    layout.addStretch(3)
    return page
