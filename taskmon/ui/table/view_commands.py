"""What the keys and menus of a table do with what it shows: filter, freeze, columns, sort and groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, Slot
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu

from taskmon.bridge.table import cells
from taskmon.bridge.table.rows import Grouping, TaskColumn
from taskmon.ui.table.columns import ALWAYS
from taskmon.ui.widgets.actions import ActionBook, Section

if TYPE_CHECKING:
    from taskmon.ui.table.filter_bar import FilterBar
    from taskmon.ui.table.view import TaskView


class ViewCommands(QObject):
    """The actions on what one table shows."""

    def __init__(self, view: TaskView, filter_bar: FilterBar, book: ActionBook, parent: QObject) -> None:
        super().__init__(parent)
        self._view = view
        self._showing = False
        panel = view.parentWidget()
        add, section = book.add, Section.VIEW
        find = QKeySequence.StandardKey.Find
        self.search = add(section, self.tr("&Filter"), filter_bar.focus_search, "/", find, within=panel)
        self.clear_filter = add(section, self.tr("Cl&ear filter"), filter_bar.clear, "Ctrl+Shift+F", within=panel)
        self.freeze = add(section, self.tr("Free&ze"), view.tasks.freeze, "Z", within=view, checkable=True)
        view.tasks.freeze_changed.connect(self.show_state)
        self.failures_first = add(section, self.tr("New failures on &top"), self._put_failures_first, checkable=True)
        self.compact = add(section, self.tr("Co&mpact rows"), self._choose_density, "Ctrl+Shift+D", checkable=True)
        view.density_changed.connect(self.show_state)
        self.groups = QActionGroup(self)
        self._grouping = {
            Grouping.NONE: add(section, self.tr("Do &not group"), self._group, checkable=True),
            Grouping.GROUP: add(section, self.tr("Group by &group"), self._group, checkable=True),
            Grouping.PROGRAM: add(section, self.tr("Group by &program"), self._group, checkable=True),
        }
        for action in self._grouping.values():
            self.groups.addAction(action)
        self.sort = add(section, self.tr("&Sort by this column"), self._sort, "S", within=view)
        self.fit = add(section, self.tr("Resize columns to con&tent"), view.columns.resize_to_content)
        self.left = add(section, self.tr("Move column &left"), self._move_left, "Ctrl+Shift+Left", within=view)
        self.right = add(section, self.tr("Move column &right"), self._move_right, "Ctrl+Shift+Right", within=view)
        self.reset = add(section, self.tr("Rese&t columns"), view.columns.reset)
        self.columns = add(
            section, self.tr("&Columns…"), self._show_columns, "Shift+F10", within=view.horizontalHeader()
        )
        view.horizontalHeader().customContextMenuRequested.connect(self._show_header_menu)
        view.layout_restored.connect(self.show_state)
        self.show_state()

    @Slot()
    def show_state(self) -> None:
        """Check what is in force; after a layout has been restored."""
        self._showing = True
        tasks = self._view.tasks
        for action, on in (
            (self._grouping[tasks.grouping], True),
            (self.failures_first, tasks.failures_first),
            (self.freeze, tasks.is_frozen),
            (self.compact, self._view.compact),
        ):
            action.setChecked(on)
        self._showing = False

    # -- menus ------------------------------------------------------------------------------------

    def fill_columns(self, menu: QMenu) -> None:
        """Put an entry for each column into `menu`, and what can be done with all of them."""
        menu.clear()
        for column in TaskColumn:
            if column in ALWAYS:
                continue
            action = QAction(cells.label(column), menu, checkable=True, checked=column in self._view.columns.chosen)
            action.toggled.connect(lambda shown, column=column: self._view.columns.show(column, shown))
            menu.addAction(action)
        menu.addSeparator()
        menu.addActions([self.left, self.right, self.fit, self.reset])

    def fill_groups(self, menu: QMenu) -> None:
        """Put the ways to group into `menu`."""
        menu.addActions(self.groups.actions())

    @Slot(QPoint)
    def _show_header_menu(self, point: QPoint) -> None:
        """The menu of the header; what moves a column moves the one under the pointer."""
        header = self._view.horizontalHeader()
        logical = header.logicalIndexAt(point)
        if logical >= 0:
            self._go_to(TaskColumn(logical))
        self._popup(header.mapToGlobal(point))

    @Slot()
    def _show_columns(self) -> None:
        header = self._view.horizontalHeader()
        x = header.sectionViewportPosition(max(0, self._view.currentIndex().column()))
        self._popup(header.mapToGlobal(QPoint(max(0, x), header.height())))

    def _popup(self, point: QPoint) -> None:
        menu = QMenu(self._view)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.fill_columns(menu)
        menu.popup(point)

    # -- slots ------------------------------------------------------------------------------------

    def _put_failures_first(self, wanted: bool) -> None:
        if not self._showing:
            self._view.tasks.put_failures_first(wanted)
            self._view.layout_changed.emit()

    def _choose_density(self, wanted: bool) -> None:
        if not self._showing:
            self._view.set_compact(wanted)

    def _group(self, on: bool) -> None:
        if on and not self._showing:
            chosen = next(grouping for grouping, action in self._grouping.items() if action.isChecked())
            self._view.tasks.group_by(chosen)
            self._view.layout_changed.emit()

    def _column(self) -> TaskColumn:
        return TaskColumn(max(0, self._view.currentIndex().column()))

    def _go_to(self, column: TaskColumn) -> None:
        index = self._view.currentIndex()
        if index.isValid():
            model = self._view.selectionModel()
            model.setCurrentIndex(index.siblingAtColumn(column), model.SelectionFlag.NoUpdate)

    def _sort(self) -> None:
        """As clicks on the header: one way, the other, and as they came."""
        column, header = self._column(), self._view.horizontalHeader()
        if column is TaskColumn.ACTION:
            return
        ascending, descending = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
        role = Qt.ItemDataRole.InitialSortOrderRole
        first = Qt.SortOrder(self._view.tasks.headerData(column, Qt.Orientation.Horizontal, role))
        if header.sortIndicatorSection() != column:
            header.setSortIndicator(column, first)
        elif header.sortIndicatorOrder() is first:
            header.setSortIndicator(column, ascending if first is descending else descending)
        else:
            header.setSortIndicator(-1, ascending)

    def _move_left(self) -> None:
        self._view.columns.move(self._column(), -1)

    def _move_right(self) -> None:
        self._view.columns.move(self._column(), +1)
