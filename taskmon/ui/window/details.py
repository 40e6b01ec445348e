"""The way to the details dock: an action, the keys, the row that it follows. The dock itself is made when wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QMainWindow

from taskmon.bridge.settings import AppSettings, keys
from taskmon.bridge.table.rows import TaskColumn, is_watched
from taskmon.core.base.errors import TaskmonError
from taskmon.ui.widgets.actions import Section

if TYPE_CHECKING:
    from taskmon.bridge.table.rows import TaskRow
    from taskmon.ui.details.header import Page
    from taskmon.ui.details.pane import DetailsDock
    from taskmon.ui.table.panel import TaskPanel


#: From this width of the window on, the details stand beside the table, and this wide; below it otherwise, and so high
#: that all of a running task's overview can be seen, unless little of the table were left then.
_BESIDE_FROM: Final = 1200
_WIDTH: Final = 320
_HEIGHT: Final = 280
#: In a window lower than this, they do not open by themselves.
_LEAST_HEIGHT: Final = 640


class DetailsController(QObject):
    """Opens and closes the dock of a window, and lets it follow the current row.

    The dock stands where the user has put it; until then beside the table where there is room, and below it otherwise.
    It opens by itself once a watched program is listed, unless the user has opened or closed it before.

    Args:
        window: where the dock is.
        panel: the table.
        settings: which editor opens a line of source.
        restore: puts the docks of the window where they were; called once the dock is made.
        show_error: says what could not be done.

    Signals:
        told_of(int): the details tell of this task from now on; None where they are closed, or tell of none.
    """

    told_of = Signal(object)

    def __init__(
        self,
        window: QMainWindow,
        panel: TaskPanel,
        settings: AppSettings,
        restore: Callable[[], object],
        show_error: Callable[[TaskmonError], object],
    ) -> None:
        super().__init__(window)
        self._window = window
        self._panel = panel
        self._settings = settings
        self._restore = restore
        self._show_error = show_error
        self.dock: DetailsDock | None = None
        self._moving = False  # the dock, by ourselves
        self._opening = False  # it, by ourselves
        book = panel.commands.book
        self.action = book.add(Section.VIEW, self.tr("&Details"), self._toggle, "F4", "Ctrl+D", checkable=True)
        panel.opens_details = False
        panel.commands.report_of = self._report
        panel.details_requested.connect(self.explain)
        panel.controller.model.filled_changed.connect(self._open_by_itself)
        window.installEventFilter(self)

    @property
    def is_open(self) -> bool:
        """Whether the dock is shown."""
        return self.dock is not None and not self.dock.isHidden()

    def reopen(self) -> None:
        """Show the dock, as it was when the window was last closed; the focus stays where it is."""
        self._make().show()
        self.action.setChecked(True)
        self._follow()

    @Slot()
    def _open_by_itself(self) -> None:
        """A watched program is listed: what its threads do is told beside them. The focus stays where it is."""
        if TaskColumn.CPU not in self._panel.controller.model.filled or self._settings.get(keys.DETAILS_CHOSEN):
            return
        if self.is_open or self._window.height() < _LEAST_HEIGHT or not self._window.isVisible():
            return
        self._opening = True
        self.reopen()
        self._opening = False
        if self.dock is not None and self.dock.pane.details.task_id is None:
            rows = self._panel.controller.model.rows()
            program = next((row for row in rows if is_watched(row.snapshot)), None)
            self.dock.pane.details.follow(program.id if program is not None else None)

    def _choose(self) -> None:
        """The user has opened or closed it, and is not surprised any more."""
        if not self._opening and not self._settings.get(keys.DETAILS_CHOSEN):
            self._settings.set(keys.DETAILS_CHOSEN, True)

    @Slot(object)
    def explain(self, task_id: int) -> None:
        """Show what there is to know of a task; of one that does not respond, why that is."""
        from taskmon.ui.details.header import page_for

        self._panel.view.select_task(task_id)
        self.open(task_id, page_for(self._panel.controller.model.row(task_id)))

    @Slot(object)
    def open(self, task_id: int | None = None, page: Page | None = None) -> None:
        """Show the dock, with a page of a task, and give it the focus."""
        dock = self._make()
        self._choose()
        if page is not None:
            dock.pane.show_page(page)
        dock.show()
        self.action.setChecked(True)  # it was shown already if the window's parts were restored
        if task_id is None:
            self._follow()
        else:
            dock.pane.details.follow(task_id)
        dock.pane.header.buttons[dock.pane.page].setFocus(Qt.FocusReason.OtherFocusReason)
        QTimer.singleShot(0, self._keep_in_sight)

    @Slot()
    def _keep_in_sight(self) -> None:
        """The dock has taken room from the table: the row that it tells of must not lie beneath."""
        view = self._panel.view
        view.scrollTo(view.currentIndex())

    @Slot(bool)
    def _toggle(self, wanted: bool) -> None:
        if wanted == self.is_open:
            return
        if wanted:
            self.open()
        elif self.dock is not None:
            self.dock.close()

    def _report(self, row: TaskRow) -> str:
        from taskmon.bridge.details.details import report

        snapshot = row.snapshot
        parent = None if snapshot.parent_id is None else self._panel.controller.model.row(snapshot.parent_id)
        stack = row.task.stack() if snapshot.state.has_thread else None
        return report(row, parent, self._panel.controller.model.rows(), stack)

    def _way_to_detach(self, row: TaskRow) -> Callable[[], object] | None:
        return self._panel.commands.way_to_detach(row)  # set after the dock was made, maybe

    def _make(self) -> DetailsDock:
        if self.dock is None:
            from taskmon.ui.details.pane import DetailsDock

            panel = self._panel
            self.dock = DetailsDock(panel.controller, self._window)
            self._place()
            if self._settings.get(keys.DETAILS_PLACED):
                self._moving = True
                self._restore()
                self._moving = False
            self.dock.dockLocationChanged.connect(self._on_moved)
            self.dock.visibilityChanged.connect(self._on_visibility)
            self.dock.pane.failed.connect(self._show_error)
            self.dock.pane.details.cancel = lambda task_id: panel.commands.cancel_tasks([task_id])
            self.dock.pane.details.way_to_detach = self._way_to_detach
            self.dock.pane.details.row_wanted.connect(panel.view.select_task)
            self.dock.pane.details.task_changed.connect(self._tell)
            self.dock.pane.details.editor_template = lambda: self._settings.get(keys.EDITOR)
            for signal in (panel.view.selectionModel().currentRowChanged, panel.view.selectionModel().selectionChanged):
                signal.connect(self._follow)
            panel.controller.model.modelReset.connect(self._follow)
        return self.dock

    def _place(self) -> None:
        """Put it where there is room for it, unless the user has put it somewhere."""
        areas = Qt.DockWidgetArea
        dock, beside = self.dock, self._window.width() >= _BESIDE_FROM
        if dock is None or self._settings.get(keys.DETAILS_PLACED) or dock.isFloating():
            return
        area = areas.RightDockWidgetArea if beside else areas.BottomDockWidgetArea
        if self._window.dockWidgetArea(dock) is area:
            return
        self._moving = True
        hidden = dock.isHidden()
        self._window.addDockWidget(area, dock)
        dock.setHidden(hidden)
        if beside:
            self._window.resizeDocks([dock], [_WIDTH], Qt.Orientation.Horizontal)
        else:
            height = min(_HEIGHT, self._window.height() * 2 // 5)
            self._window.resizeDocks([dock], [height], Qt.Orientation.Vertical)
        self._moving = False
        dock.set_beside(beside)

    @Slot(Qt.DockWidgetArea)
    def _on_moved(self, area: Qt.DockWidgetArea) -> None:
        if self.dock is not None:
            self.dock.set_beside(area is Qt.DockWidgetArea.RightDockWidgetArea)
        if not self._moving and not self._settings.get(keys.DETAILS_PLACED):
            self._settings.set(keys.DETAILS_PLACED, True)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and self.dock is not None:
            self._place()
        return super().eventFilter(watched, event)

    @Slot()
    def _follow(self) -> None:
        """Tell of the row that the keys are on; if others are selected and that is not, of the first of those.

        With none selected, such as when a filter hides that row, the same task as before: a Cancel stays for that.
        """
        if not self.is_open or self.dock is None:
            return
        selection, place = self._panel.view.selectionModel(), self._panel.view.currentIndex().row()
        selected = [index.row() for index in selection.selectedRows()]
        if not selected and self.dock.pane.details.row is not None:
            return
        row = self._panel.controller.model.row_at(min(selected) if selected and place not in selected else place)
        if row is not None:  # what stands for several has no details
            self.dock.pane.details.follow(None if row.is_group or row.is_fold else row.id)

    @Slot()
    def _tell(self) -> None:
        self.told_of.emit(self.dock.pane.details.task_id if self.dock is not None and self.is_open else None)

    @Slot()
    def _on_visibility(self) -> None:
        """Also called when the window is minimised: what counts is whether it was closed."""
        opened = self.is_open
        self.action.setChecked(opened)
        if opened:
            self._follow()
        else:
            self._choose()
        self._tell()
        if not opened and self._window.isActiveWindow():
            self._panel.take_focus()
