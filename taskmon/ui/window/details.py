"""The way to the details dock: an action, the keys, the row that it follows. The dock itself is made when wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QMainWindow

from taskmon.bridge.settings import AppSettings, keys
from taskmon.core.base.errors import TaskmonError
from taskmon.ui.widgets.actions import Section

if TYPE_CHECKING:
    from taskmon.bridge.table.rows import TaskRow
    from taskmon.ui.details.header import Page
    from taskmon.ui.details.pane import DetailsDock
    from taskmon.ui.table.panel import TaskPanel


class DetailsController(QObject):
    """Opens and closes the dock of a window, and lets it follow the current row.

    Args:
        window: where the dock is.
        panel: the table.
        settings: which editor opens a line of source.
        restore: puts the docks of the window where they were; called once the dock is made.
        show_error: says what could not be done.
    """

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
        book = panel.commands.book
        self.action = book.add(Section.VIEW, self.tr("&Details"), self._toggle, "F4", "Ctrl+D", checkable=True)
        panel.opens_details = False
        panel.commands.report_of = self._report
        panel.details_requested.connect(self.explain)

    @property
    def is_open(self) -> bool:
        """Whether the dock is shown."""
        return self.dock is not None and not self.dock.isHidden()

    def reopen(self) -> None:
        """Show the dock, as it was when the window was last closed; the focus stays where it is."""
        self._make().show()
        self.action.setChecked(True)
        self._follow()

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
        from taskmon.bridge.details.report import report

        snapshot = row.snapshot
        parent = None if snapshot.parent_id is None else self._panel.controller.model.row(snapshot.parent_id)
        return report(row, parent, row.task.stack() if snapshot.state.has_thread else None)

    def _make(self) -> DetailsDock:
        if self.dock is None:
            from taskmon.ui.details.pane import DetailsDock

            panel = self._panel
            self.dock = DetailsDock(panel.controller, self._window)
            self._window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, self.dock)
            self._restore()
            self.dock.visibilityChanged.connect(self._on_visibility)
            self.dock.pane.failed.connect(self._show_error)
            self.dock.pane.details.cancel = lambda task_id: panel.commands.cancel_tasks([task_id])
            self.dock.pane.details.editor_template = lambda: self._settings.get(keys.EDITOR)
            panel.view.selectionModel().currentRowChanged.connect(self._follow)
            panel.controller.model.modelReset.connect(self._follow)
        return self.dock

    @Slot()
    def _follow(self) -> None:
        if not self.is_open or self.dock is None:
            return
        row = self._panel.controller.model.row_at(self._panel.view.currentIndex().row())
        if row is not None and not row.is_group:
            self.dock.pane.details.follow(row.id)

    @Slot()
    def _on_visibility(self) -> None:
        """Also called when the window is minimised: what counts is whether it was closed."""
        opened = self.is_open
        self.action.setChecked(opened)
        if opened:
            self._follow()
        elif self._window.isActiveWindow():
            self._panel.view.setFocus(Qt.FocusReason.OtherFocusReason)
