"""The table as a widget, for taskmon's own window and for any other PySide6 program."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QEvent, QMetaMethod, QPoint, QSize, QTime, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QPaintEvent
from PySide6.QtWidgets import QPushButton, QStackedLayout, QWidget

from taskmon.ui.table.filter_bar import FilterBar
from taskmon.ui.widgets.labels import PlainLabel
from taskmon.ui.widgets.layouts import hbox, vbox
from taskmon.ui.widgets.weakly import weakly

if TYPE_CHECKING:
    from taskmon import TaskRunner, TaskSnapshot
    from taskmon.bridge.controller import TaskController
    from taskmon.bridge.table.rows import RowAction
    from taskmon.ui.details.pane import DetailsWindow
    from taskmon.ui.table.accessible_buttons import AccessibleButtons
    from taskmon.ui.table.commands import TableCommands
    from taskmon.ui.table.deadlock_banner import DeadlockBanner
    from taskmon.ui.table.view import TaskView
    from taskmon.ui.table.view_commands import ViewCommands
    from taskmon.ui.widgets.notices import Strip


# What a panel shows in place of an empty table.


class NoRows(QWidget):
    """What stands in place of an empty table: what belongs here, or that a filter hides everything."""

    clear_filter = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("focusPolicy", "StrongFocus")  # while there is nothing else: the keys of the panel are its own
        self.setAccessibleName(self.tr("No tasks yet"))
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
    vbox(page, 2, *(hbox(None, 1, widget, 1) for widget in widgets), 3)
    return page


#: What a panel passes on of what its controller tells.
_PASSED_ON = frozenset({"task_added", "state_changed", "progressed", "task_finished"})
#: What a panel asks for, at least.
_ROOM = QSize(760, 420)


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
        source: the runner, or a controller that has been made for it; None if that comes later, by `use`.
        parent: the parent widget.
        turnstile: have busy workers take turns, so that your window stays fluid; see `core.run.turnstile`. False
            leaves them alone.
    """

    task_added = Signal(object)
    state_changed = Signal(object)
    progressed = Signal(object)
    task_finished = Signal(object)
    details_requested = Signal(object)
    _heard: frozenset[str] = frozenset()  # Qt may tell of listeners while the base class is made

    def __init__(
        self,
        source: TaskRunner | TaskController | None = None,
        parent: QWidget | None = None,
        *,
        turnstile: bool = True,
    ) -> None:
        super().__init__(parent)
        self._controller: TaskController | None = None
        self.opens_details = True
        """Whether *Details* opens a window of the panel's own; False for hosts that answer `details_requested`."""
        self._details: DetailsWindow | None = None
        self.filter_bar = FilterBar(self)
        self._table: tuple[TaskView, TableCommands, ViewCommands] | None = None
        self._empty = NoRows(self)
        self._instead: QWidget | None = None
        self._stack = QStackedLayout()
        self._stack.addWidget(self._empty)
        self._freeze_strip: Strip | None = None
        self._undo_strip: Strip | None = None
        self._deadlock_banner: DeadlockBanner | None = None
        self._accessible: AccessibleButtons | None = None
        self._standing: set[int] = set()  # paused or on hold, by their ids
        self._overdue: frozenset[int] = frozenset()
        self._layout = vbox(self, self.filter_bar, (self._stack, 1), spacing=8)
        self.details_requested.connect(self._open_details)
        self.filter_bar.done.connect(self._focus_view)
        self._empty.clear_filter.connect(self.filter_bar.clear)
        self._soon = QTimer(self, singleShot=True)
        self._soon.timeout.connect(self.complete)
        if source is not None:
            self.use(source, turnstile=turnstile)

    def use(self, source: TaskRunner | TaskController, *, turnstile: bool = True) -> None:
        """List the tasks of `source`, where the panel was made without one. Once.

        Raises:
            RuntimeError: it has one.
        """
        from taskmon.bridge.controller import TaskController  # an empty panel is a third of what this loads

        if self._controller is not None:
            raise RuntimeError("this panel lists the tasks of a runner already")
        if isinstance(source, TaskController):
            controller = source
        else:
            # Not a child of this widget: workers reach it, and it has to be closed before it is deleted.
            controller = TaskController(source, parent=QCoreApplication.instance(), turnstile=turnstile)
            self.destroyed.connect(controller.close)
            self.destroyed.connect(controller.deleteLater)
        self._controller = controller
        self.filter_bar.use(controller.model)
        for name in self._heard:
            self._pass_on(name)
        controller.state_changed.connect(self._announce)
        controller.model.freeze_changed.connect(self._show_freeze)
        controller.model.deadlock_changed.connect(self._show_deadlock)
        controller.model.counts_changed.connect(self._announce_overdue)
        self._follow_model()
        model = controller.model
        self._before_rows = (model.rowsAboutToBeInserted, model.modelAboutToBeReset)
        for signal in self._before_rows:
            signal.connect(self.complete)  # so that the table hears of its first row as of any other
        if model.rowCount():
            self.complete()
        self.update()  # seen already, maybe: what is put off until then follows

    # -- the table, which an empty panel does not show ---------------------------------------------

    def sizeHint(self) -> QSize:
        """Room for some rows: as an item view, it would be shown with one where nobody gives it a size."""
        return super().sizeHint().expandedTo(_ROOM)

    @property
    def controller(self) -> TaskController:
        """What the tasks are asked through.

        Raises:
            RuntimeError: the panel has been given no runner yet.
        """
        if self._controller is None:
            raise RuntimeError("this panel has been given no runner yet; see TaskPanel.use")
        return self._controller

    @property
    def view(self) -> TaskView:
        """The table itself."""
        return self.complete()[0]

    @property
    def commands(self) -> TableCommands:
        """What can be done with tasks: the actions are its attributes."""
        return self.complete()[1]

    @property
    def view_commands(self) -> ViewCommands:
        """What can be done with the table."""
        return self.complete()[2]

    @Slot()
    def complete(self) -> tuple[TaskView, TableCommands, ViewCommands]:
        """Make the table and what its keys do, if that has not been done.

        It is a third of what a window takes to open, and nothing of it is seen before there is a row. So it is made
        with the first row, for the first who asks for it, or else as soon as the panel has been seen.
        """
        if self._table is not None:
            return self._table
        controller = self.controller
        for signal in self._before_rows:
            signal.disconnect(self.complete)
        from taskmon.ui.table.commands import TableCommands
        from taskmon.ui.table.view import TaskView
        from taskmon.ui.table.view_commands import ViewCommands

        view = TaskView(controller.model, self, weakly(self._act))  # the model outlives the panel and holds the view
        commands = TableCommands(controller, view, self)
        self._table = table = (view, commands, ViewCommands(view, self.filter_bar, commands.book, self))
        self.filter_bar.add_switch(table[2].compact)
        self._stack.insertWidget(0, _above(view, view.columns.bar))
        self._follow_model()
        controller.shown_by(view)
        view.destroyed.connect(partial(controller.not_shown_by, view))
        view.focused.connect(self._serve_listeners)
        view.details_requested.connect(self.details_requested)
        view.customContextMenuRequested.connect(self._show_menu)
        commands.undo_offered.connect(self._offer_undo)
        return table

    def connectNotify(self, signal: QMetaMethod) -> None:
        """Qt tells of a new listener. What nobody hears is not passed on: each signal lets go of the interpreter."""
        name = bytes(signal.name().data()).decode()
        if name in _PASSED_ON and name not in self._heard:
            self._heard |= {name}
            if self._controller is not None:
                self._pass_on(name)

    def _pass_on(self, name: str) -> None:
        getattr(self._controller, name).connect(getattr(self, name))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._table is None and self._controller is not None:
            self._soon.start(0)  # in the next turn of the event loop: what is inside of the panel is painted, too

    def layout_state(self) -> dict[str, Any]:
        """Columns, sort and grouping as plain values, to be remembered. ``view.layout_changed`` tells of changes."""
        return self.view.layout_state()

    def restore_layout(self, state: object) -> None:
        """Take over what `layout_state` returned once; whatever makes no sense in it is passed over."""
        self.view.restore_layout(state)

    def set_empty_page(self, page: QWidget) -> None:
        """Show `page` while there are no tasks, in place of a plain sentence."""
        self._empty.set_page(page)

    def show_instead(self, page: QWidget | None) -> None:
        """Show `page` in the place of the table, beneath the filter, which it shares; None: show the table again."""
        self._instead = page
        self.filter_bar.show_switch(page is None)
        if page is not None:
            if self._stack.indexOf(page) < 0:
                self._stack.addWidget(page)
            self._stack.setCurrentWidget(page)
        else:
            self.complete()
            self._stack.setCurrentWidget(self._empty)
            self._show_empty_or_table()

    # -- actions ----------------------------------------------------------------------------------

    def _act(self, task_id: int, action: RowAction) -> None:
        from taskmon.bridge.table.rows import RowAction

        row = self.controller.model.any_row(task_id)
        if row is None:
            return
        if action is RowAction.CLEAR:
            self.controller.clear([each.id for each in row.children])
        elif row.is_fold:
            self.commands.cancel_tasks([each.id for each in row.children])
        elif action is RowAction.CANCEL:
            self.commands.cancel_tasks([task_id])
        elif action in (RowAction.DETAILS, RowAction.LOCKED):
            self.details_requested.emit(task_id)
        elif action is RowAction.OPEN:
            self.commands.open_result(row)
        elif action is RowAction.RETRY:
            task = self.controller.retry(task_id)
            if task is not None:
                self.controller.model.add([(task, task.snapshot())])  # at once, so that it can be shown
                self.view.select_task(task.id)

    @Slot(object)
    def _open_details(self, task_id: int) -> None:
        if self.opens_details:
            self.show_details(task_id)

    def show_details(self, task_id: int) -> None:
        """Open a window with all there is to know of a task."""
        from taskmon.ui.details.header import page_for
        from taskmon.ui.details.pane import DetailsWindow

        if self._details is None:
            self._details = DetailsWindow(self.controller, self)
            self._details.pane.details.cancel = lambda task_id: self.commands.cancel_tasks([task_id])
            self._details.pane.details.row_wanted.connect(self._details.pane.details.follow)
        page = page_for(self.controller.model.row(task_id))
        if page is not None:
            self._details.pane.show_page(page)
        self._details.pane.details.follow(task_id)
        self._details.show()
        self._details.raise_()

    @Slot(QPoint)
    def _show_menu(self, point: QPoint) -> None:
        from PySide6.QtCore import Qt

        index = self.view.indexAt(point)
        row = self.controller.model.row_at(index.row())
        if row is None:
            return
        if not self.view.selectionModel().isSelected(index):  # act on what is under the pointer, not elsewhere
            self.view.setCurrentIndex(index)
        menu = self.commands.menu_for(self.view.selected_rows(), self.view)
        if row.is_group:
            menu.insertAction(menu.actions()[0], self.commands.cancel_group(row))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.view.viewport().mapToGlobal(point))

    @Slot()
    def _show_freeze(self) -> None:
        model = self.controller.model
        if not model.is_frozen:
            if self._freeze_strip is not None:
                self._freeze_strip.hide()
            return
        if self._freeze_strip is None:
            from taskmon.ui.widgets.notices import Strip  # most tables are never frozen

            self._freeze_strip = Strip(self.tr("Go on"), lambda: model.freeze(False), self)
            self._layout.insertWidget(1, self._freeze_strip)
            self.filter_bar.tab_on_to(self._freeze_strip.button)
        words = self.tr("Frozen at {time} for reading. The tasks go on, and Cancel works. Z or Esc: go on.")
        self._freeze_strip.say(words.format(time=QTime.currentTime().toString("HH:mm:ss")))
        self.announce(self._freeze_strip.text)

    @Slot()
    def _show_deadlock(self) -> None:
        deadlock = self.controller.model.deadlock()
        if self._deadlock_banner is None:
            if deadlock is None:
                return
            from taskmon.ui.table.deadlock_banner import DeadlockBanner

            banner = self._deadlock_banner = DeadlockBanner(self.view.select_tasks, self.commands.take_way_out, self)
            self._layout.insertWidget(1, banner)
            self.filter_bar.tab_on_to(banner.show_button, banner.end_button, banner.close_button)
        if self._deadlock_banner.tell(deadlock):
            self.announce(self._deadlock_banner.text)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange and self._deadlock_banner is not None:
            self._show_deadlock()

    @Slot(object)
    def _offer_undo(self, words: str) -> None:
        if self._undo_strip is None:
            from taskmon.ui.widgets.notices import Strip

            self._undo_strip = Strip(self.tr("Undo"), self.commands.undo_cancel, self)
            self._layout.addWidget(self._undo_strip)
            self.setTabOrder(self.view, self._undo_strip.button)
            self.commands.undo_withdrawn.connect(self._undo_strip.hide)
        self._undo_strip.say(words)
        self.announce(words)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self._table is not None:
            self.commands.let_go()

    # -- appearance -------------------------------------------------------------------------------

    def take_focus(self) -> None:
        """Let the keys be the table's, or those of what is shown in its place."""
        (self._instead or self.view).setFocus()

    @Slot()
    def _focus_view(self) -> None:
        if self._controller is None:
            return
        self.take_focus()
        if self._instead is None and not self.view.currentIndex().isValid() and self.controller.model.rowCount():
            self.view.setCurrentIndex(self.controller.model.index(0, 0))

    def _follow_model(self) -> None:
        """Hear of rows; once there is a table, after it."""
        model = self.controller.model
        for signal in (model.rowsInserted, model.rowsRemoved, model.modelReset):
            if self._table is not None:
                signal.disconnect(self._show_empty_or_table)
            signal.connect(self._show_empty_or_table)
        if self._table is not None or not model.rowCount():
            self._show_empty_or_table()

    @Slot()
    def _show_empty_or_table(self) -> None:
        model = self.controller.model
        self._empty.set_filtered(model.filtered)
        if self._instead is not None:
            return
        if not model.rowCount():
            self._stack.setCurrentWidget(self._empty)
        elif self._stack.currentWidget() is self._empty:
            view = self.view
            self._stack.setCurrentIndex(0)
            # With the first row the keys belong to the table, unless something is being typed.
            if not self.filter_bar.search.hasFocus():
                view.setFocus()

    @Slot(object)
    def _announce(self, snapshot: TaskSnapshot) -> None:
        """Tell listeners of changes of state: `dataChanged` alone is silent for a screen reader.

        Of those that something is meant to come of: that it is to stop, stands still, goes on again, or has ended.
        """
        from taskmon.bridge.table import text
        from taskmon.core.task.state import FINAL_STATES, TaskState

        self._serve_listeners()
        row, state = self.controller.model.row(snapshot.id), snapshot.state
        goes_on = snapshot.id in self._standing
        self._standing.discard(snapshot.id)
        if state in (TaskState.PAUSED, TaskState.HELD):
            self._standing.add(snapshot.id)
        elif state not in FINAL_STATES and state is not TaskState.STOPPING and not goes_on:
            return
        if row is not None:
            self.announce(f"{text.name(row)}: {snapshot.state_words(text.tr)}")

    @Slot()
    def _announce_overdue(self) -> None:
        """That a task goes on although it was asked to stop is no change of its state, but is one of what is shown."""
        overdue, before = self.controller.model.overdue, self._overdue
        if overdue == before:
            return
        from taskmon.bridge.table import text

        self._overdue = overdue
        for task_id in sorted(overdue - before):
            row = self.controller.model.row(task_id)
            if row is not None:
                self.announce(f"{text.name(row)}: {row.snapshot.state_words(text.tr)}")

    @Slot()
    def _serve_listeners(self) -> None:
        """Give the painted buttons real ones for assistive technology, once there is some."""
        from PySide6.QtGui import QAccessible

        if self._accessible is None and QAccessible.isActive():
            from taskmon.ui.table.accessible_buttons import AccessibleButtons

            self._accessible = AccessibleButtons(self.view, self.view.parentWidget() or self)
            self._accessible.follow()

    def announce(self, words: str) -> None:
        """Have a screen reader say something, when it has said what it is at."""
        from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent  # slow to load

        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self.view, words))


def _above(*widgets: QWidget) -> QWidget:
    page = QWidget()
    vbox(page, *widgets, spacing=2)
    return page
