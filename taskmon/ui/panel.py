"""The table as a widget, for taskmon's own window and for any other PySide6 program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QPushButton, QStackedLayout, QVBoxLayout, QWidget

from taskmon.bridge import text
from taskmon.bridge.controller import TaskController
from taskmon.bridge.rows import RowAction, TaskRow
from taskmon.core.state import TaskState
from taskmon.ui.filter_bar import FilterBar
from taskmon.ui.labels import PlainLabel
from taskmon.ui.view import TaskView

if TYPE_CHECKING:
    from taskmon import TaskRunner, TaskSnapshot

_SPOKEN_STATES = frozenset({TaskState.STOPPING, TaskState.CANCELLED, TaskState.FAILED, TaskState.SUCCEEDED})


class TaskPanel(QWidget):
    """Lists the tasks of a `taskmon.TaskRunner`, live, with a Cancel button on each row.

    ::

        runner = taskmon.TaskRunner()
        panel = TaskPanel(runner)
        panel.task_finished.connect(lambda snapshot: print(snapshot.name, snapshot.state))

    Create and use it in the UI thread; the runner may be used from any. The panel owns neither the runner nor its
    tasks: closing it stops nothing. Stop the runner before your program ends: ``runner.cancel_all()``, then
    ``runner.shutdown(timeout=5)``.

    Signals:
        task_added(TaskSnapshot): a task was started.
        state_changed(TaskSnapshot): a task entered ``snapshot.state``. Each change once, in order.
        progressed(TaskSnapshot): the progress of a running task moved. At a bounded rate, the newest picture only.
        task_finished(TaskSnapshot): a task reached its final state; its thread has left. Nothing follows.
        details_requested(int): the user wants to know more of a task; its id.

    Args:
        source: the runner, or a controller that has been made for it.
        parent: the parent widget.
        turnstile: have busy workers take turns, so that your window stays fluid; see `taskmon.core.turnstile`. False
            leaves them alone.
    """

    task_added = Signal(object)
    state_changed = Signal(object)
    progressed = Signal(object)
    task_finished = Signal(object)
    details_requested = Signal(object)

    def __init__(
        self, source: TaskRunner | TaskController, parent: QWidget | None = None, *, turnstile: bool = True
    ) -> None:
        super().__init__(parent)
        if isinstance(source, TaskController):
            controller = source
        else:
            # Not a child of this widget: workers reach it, and it has to be closed before it is deleted.
            controller = TaskController(source, parent=QCoreApplication.instance(), turnstile=turnstile)
            self.destroyed.connect(controller.close)
            self.destroyed.connect(controller.deleteLater)
        self.controller = controller
        self.filter_bar = FilterBar(controller.model, self)
        self.view = TaskView(controller.model, self)
        self._empty = _EmptyState(self)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.view)
        self._stack.addWidget(self._empty)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.filter_bar)
        layout.addLayout(self._stack, 1)
        layout.addWidget(self.view.columns.bar)
        self._make_actions()

        controller.visible_rows = self.view.visible_places
        controller.paint_now = self.view.paint_now
        controller.task_added.connect(self.task_added)
        controller.state_changed.connect(self.state_changed)
        controller.progressed.connect(self.progressed)
        controller.task_finished.connect(self.task_finished)
        controller.state_changed.connect(self._announce)
        self.view.action_requested.connect(self._act)
        self.view.customContextMenuRequested.connect(self._show_menu)
        self.filter_bar.done.connect(self._focus_view)
        self._empty.clear_filter.connect(self.filter_bar.clear)
        model = controller.model
        for signal in (model.rowsInserted, model.rowsRemoved, model.modelReset):
            signal.connect(self._show_empty_or_table)
        self._show_empty_or_table()

    def set_empty_page(self, page: QWidget) -> None:
        """Show `page` while there are no tasks, in place of a plain sentence."""
        self._empty.set_page(page)

    # -- actions ----------------------------------------------------------------------------------

    def _make_actions(self) -> None:
        def action(label: str, keys: list[QKeySequence], slot: object) -> QAction:
            made = QAction(label, self)
            made.setShortcuts(keys)
            made.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            made.triggered.connect(slot)
            self.view.addAction(made)
            return made

        self.cancel_action = action(self.tr("Cancel"), [QKeySequence(Qt.Key.Key_Delete)], self.cancel_selected)
        self.pause_action = action(self.tr("Pause"), [QKeySequence(Qt.Key.Key_P)], self.pause_or_resume_selected)
        self.retry_action = action(self.tr("Retry"), [QKeySequence(Qt.Key.Key_R)], self.retry_selected)
        self.process_action = QAction(self.tr("Run as a process"), self)
        self.process_action.triggered.connect(self.run_selected_as_process)
        self.copy_action = action(self.tr("Copy name"), [QKeySequence(QKeySequence.StandardKey.Copy)], self.copy_names)
        self.clear_action = QAction(self.tr("Clear finished"), self)
        self.clear_action.triggered.connect(self._clear_finished)
        self.search_action = QAction(self.tr("Filter"), self)
        self.search_action.setShortcuts([QKeySequence(Qt.Key.Key_Slash), QKeySequence(QKeySequence.StandardKey.Find)])
        self.search_action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.search_action.triggered.connect(self.filter_bar.focus_search)
        self.addAction(self.search_action)

    @Slot()
    def cancel_selected(self) -> None:
        """Ask the selected tasks to stop."""
        self.controller.cancel_many([row.id for row in self.view.selected_rows()])

    @Slot()
    def pause_or_resume_selected(self) -> None:
        """Pause the selected tasks; resume them if none of them can be paused."""
        ids = [row.id for row in self.view.selected_rows()]
        if not sum(self.controller.pause(task_id) for task_id in ids):
            for task_id in ids:
                self.controller.resume(task_id)

    @Slot()
    def retry_selected(self) -> None:
        """Start the work of the selected ended tasks anew."""
        for row in self.view.selected_rows():
            self.controller.retry(row.id)

    @Slot()
    def run_selected_as_process(self) -> None:
        """Start the work of the selected task anew in a process of its own; cancel it first if it runs."""
        for row in self.view.selected_rows():
            self.controller.run_as_process(row.id)

    @Slot()
    def copy_names(self) -> None:
        """Copy the names of the selected tasks."""
        from PySide6.QtGui import QGuiApplication

        QGuiApplication.clipboard().setText("\n".join(text.name(row) for row in self.view.selected_rows()))

    @Slot()
    def _clear_finished(self) -> None:
        self.controller.clear_finished()

    @Slot(object, object)
    def _act(self, task_id: int, action: RowAction) -> None:
        if action is RowAction.CANCEL:
            self.controller.cancel(task_id)
        elif action is RowAction.DETAILS:
            self.details_requested.emit(task_id)
        elif action is RowAction.RETRY:
            task = self.controller.retry(task_id)
            if task is not None:
                self.controller.model.add([(task, task.snapshot())])  # at once, so that it can be shown
                self.view.select_task(task.id)

    @Slot(QPoint)
    def _show_menu(self, point: QPoint) -> None:
        index = self.view.indexAt(point)
        if not index.isValid():
            return
        if not self.view.selectionModel().isSelected(index):  # act on what is under the pointer, not elsewhere
            self.view.setCurrentIndex(index)
        menu = self._menu_for(self.view.selected_rows())
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.view.viewport().mapToGlobal(point))

    def _menu_for(self, rows: list[TaskRow]) -> QMenu:
        """The menu, its texts and what they act on fixed at the moment it opens."""
        menu = QMenu(self.view)
        live = [row.id for row in rows if not row.snapshot.state.is_final]
        menu.addAction(self.cancel_action)
        self.cancel_action.setEnabled(any(row.action is RowAction.CANCEL for row in rows))
        pausable = any(row.snapshot.state in (TaskState.RUNNING, TaskState.QUEUED) for row in rows)
        self.pause_action.setText(self.tr("Pause") if pausable or not live else self.tr("Resume"))
        self.pause_action.setEnabled(bool(live))
        menu.addAction(self.pause_action)
        self.retry_action.setEnabled(any(row.can_retry for row in rows))
        menu.addAction(self.retry_action)
        if len(rows) == 1 and self.controller.can_run_as_process(rows[0].id):
            running = not rows[0].snapshot.state.is_final
            self.process_action.setText(
                self.tr("Cancel, then run as a process") if running else self.tr("Run again as a process")
            )
            menu.addAction(self.process_action)
        menu.addSeparator()
        menu.addAction(self.copy_action)
        menu.addAction(self.clear_action)
        menu.aboutToHide.connect(self._enable_shortcuts)
        return menu

    @Slot()
    def _enable_shortcuts(self) -> None:
        """A disabled action takes its shortcut with it: that holds for the open menu only."""
        for action in (self.cancel_action, self.pause_action, self.retry_action):
            action.setEnabled(True)

    # -- appearance -------------------------------------------------------------------------------

    @Slot()
    def _focus_view(self) -> None:
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)
        if not self.view.currentIndex().isValid() and self.controller.model.rowCount():
            self.view.setCurrentIndex(self.controller.model.index(0, 0))

    @Slot()
    def _show_empty_or_table(self) -> None:
        model = self.controller.model
        self._empty.set_filtered(model.filtered)
        shown = self.view if model.rowCount() else self._empty
        if shown is not self._stack.currentWidget():
            self._stack.setCurrentWidget(shown)
            # With the first row the keys belong to the table, unless something is being typed.
            if shown is self.view and not self.filter_bar.search.hasFocus():
                self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(object)
    def _announce(self, snapshot: TaskSnapshot) -> None:
        """Tell listeners of changes of state: `dataChanged` alone is silent for a screen reader."""
        from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent  # slow to load

        row = self.controller.model.row(snapshot.id)
        if row is None or snapshot.state not in _SPOKEN_STATES or not QAccessible.isActive():
            return
        words = f"{text.name(row)}: {text.tr(text.STATE_LABELS[snapshot.state])}"
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self.view, words))


class _EmptyState(QWidget):
    """What stands in place of an empty table: what belongs here, or that a filter hides everything."""

    clear_filter = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stack = QStackedLayout(self)
        self._page: QWidget = _centered(PlainLabel(self.tr("No tasks yet")))
        no_match = PlainLabel(self.tr("No task matches the filter"))
        clear = QPushButton(self.tr("Clear filter"))
        clear.clicked.connect(self.clear_filter)
        self._no_match = _centered(no_match, clear)
        self._stack.addWidget(self._page)
        self._stack.addWidget(self._no_match)

    def set_page(self, page: QWidget) -> None:
        self._stack.removeWidget(self._page)
        self._page.deleteLater()
        self._page = page
        self._stack.insertWidget(0, page)
        self._stack.setCurrentWidget(page)

    def set_filtered(self, filtered: bool) -> None:
        self._stack.setCurrentWidget(self._no_match if filtered else self._page)


def _centered(*widgets: QWidget) -> QWidget:
    page = QWidget()
    layout = QVBoxLayout(page)
    layout.addStretch(2)
    for widget in widgets:
        layout.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
    layout.addStretch(3)
    return page
