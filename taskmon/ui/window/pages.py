"""The pages of the window: the table, and beside it the timeline, which is made when it is first wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton

from taskmon.bridge.timeline.recorder import Recorder
from taskmon.core.base.errors import TaskmonError
from taskmon.ui.widgets.actions import Section

if TYPE_CHECKING:
    from taskmon.bridge.timeline.trace import TimelineSaver
    from taskmon.ui.table.panel import TaskPanel
    from taskmon.ui.timeline.page import TimelinePage


class Pages(QObject):
    """Records what the tasks of a panel do from now on, and shows it in the place of the table when asked.

    Args:
        panel: the table.
        buttons: those that choose the table and the timeline.
        show_error: says what could not be done.
    """

    def __init__(
        self,
        panel: TaskPanel,
        buttons: tuple[QPushButton, QPushButton],
        show_error: Callable[[TaskmonError], object],
    ) -> None:
        super().__init__(panel)
        self._panel = panel
        self._buttons = buttons
        self._show_error = show_error
        self._saver: TimelineSaver | None = None
        self._told_of: int | None = None
        self.timeline: TimelinePage | None = None
        """The timeline; None until it is first wanted."""
        controller = panel.controller
        self.recorder = Recorder(controller.model)
        controller.looked.connect(self._look)
        controller.task_finished.connect(self.recorder.note_end)
        controller.cleared.connect(self.recorder.forget)
        add = panel.commands.book.add
        self.show_tasks = add(Section.VIEW, panel.tr("&Tasks"), self._show_table, "Ctrl+1")
        self.show_timeline = add(Section.VIEW, panel.tr("T&imeline"), self._show_timeline, "Ctrl+2")
        for button, action in zip(buttons, (self.show_tasks, self.show_timeline), strict=True):
            button.clicked.connect(action.trigger)

    @property
    def is_timeline(self) -> bool:
        return self.timeline is not None and self.timeline.isVisible()

    @Slot()
    def _look(self) -> None:
        self.recorder.look()
        if self.timeline is not None and self.timeline.isVisible():
            self.timeline.refresh()

    @Slot()
    def _show_table(self) -> None:
        self._check(0)
        self._panel.show_instead(None)
        self._panel.view.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _show_timeline(self) -> None:
        self._check(1)
        page = self.timeline or self._make()
        self._panel.show_instead(page)
        self._choose_lane()
        page.setFocus(Qt.FocusReason.OtherFocusReason)

    def _check(self, number: int) -> None:
        for place, button in enumerate(self._buttons):
            button.setChecked(place == number)

    def _make(self) -> TimelinePage:
        from taskmon.ui.timeline.page import TimelinePage

        panel = self._panel
        page = self.timeline = TimelinePage(panel.controller, self.recorder, panel)
        page.canvas.chosen.connect(panel.view.select_task)
        page.canvas.details_wanted.connect(panel.details_requested)
        page.canvas.menu_wanted.connect(self._show_menu)
        page.picture_wanted.connect(self._save_picture)
        page.trace_wanted.connect(self._save_trace)
        panel.view.current_changed.connect(self._follow_table)
        commands = panel.commands
        for action in (commands.cancel, commands.after_item, commands.pause, commands.copy_name):
            page.canvas.addAction(action)  # their keys do here what they do in the table
        return page

    @Slot()
    def _follow_table(self) -> None:
        """Another row is the current one, such as that of a deadlock that was asked for."""
        self._choose_lane()

    @Slot(object)
    def follow_details(self, task_id: int | None) -> None:
        """The details tell of this task now, or of none: so does the timeline."""
        self._told_of = task_id
        self._choose_lane()

    def _choose_lane(self) -> None:
        """Choose the lane of what the details tell of, or else of the current row."""
        if self.timeline is None or not self.is_timeline:
            return
        row = self._panel.view.current_row()
        if self._told_of is not None:
            self.timeline.canvas.choose_row(self._told_of)
        elif row is not None and not row.is_group and not row.is_fold:
            self.timeline.canvas.choose_row(row.id)

    @Slot(object)
    def _show_menu(self, point: QPoint) -> None:
        assert self.timeline is not None
        chosen = self.timeline.canvas.chosen_lane()
        if chosen is None:
            return
        self._panel.view.select_task(chosen.row.id)
        menu = self._panel.commands.menu_for(self._panel.view.selected_rows(), self.timeline)
        details = QAction(self.tr("Details"), menu)
        details.triggered.connect(lambda: self._panel.details_requested.emit(chosen.row.id))
        menu.insertAction(menu.actions()[0], details)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(point)

    # -- files -----------------------------------------------------------------------------------------

    @property
    def saver(self) -> TimelineSaver:
        """What writes to files."""
        if self._saver is None:
            from taskmon.bridge.timeline.trace import TimelineSaver

            self._saver = TimelineSaver(self)
            self._saver.failed.connect(self._show_error)
        return self._saver

    @Slot()
    def _save_picture(self) -> None:
        path = self._ask_for_path("png", "PNG (*.png)")
        if path and self.timeline is not None:
            from PySide6.QtCore import QBuffer, QIODevice

            buffer = QBuffer()
            buffer.open(QIODevice.OpenModeFlag.WriteOnly)
            self.timeline.grab().save(buffer, "PNG")
            self.saver.save_picture(path, bytes(buffer.data().data()))

    @Slot()
    def _save_trace(self) -> None:
        path = self._ask_for_path("json", "JSON (*.json)")
        if path:
            self.saver.save_trace(path, self.recorder)

    def _ask_for_path(self, ending: str, kinds: str) -> str:
        from PySide6.QtWidgets import QFileDialog  # not what the first frames need

        title = self.tr("Export the timeline")
        path, _ = QFileDialog.getSaveFileName(self._panel, title, f"taskmon-timeline.{ending}", kinds)
        return path if not path or path.lower().endswith(f".{ending}") else f"{path}.{ending}"
