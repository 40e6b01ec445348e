"""The details of one task: a line with its name and the pages to choose from, and the page. Loaded when opened."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QDockWidget, QFrame, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from taskmon.bridge.controller import TaskController
from taskmon.bridge.details import sentences
from taskmon.bridge.details.details import TaskDetails
from taskmon.bridge.table import text
from taskmon.core.task.state import TaskState
from taskmon.ui.details.chart import ActivityPage
from taskmon.ui.details.error import ErrorPage
from taskmon.ui.details.header import DetailsHeader, Page
from taskmon.ui.details.log import LogPage
from taskmon.ui.details.overview import OverviewPage
from taskmon.ui.details.stack import StackPage
from taskmon.ui.widgets.labels import PlainLabel
from taskmon.ui.widgets.layouts import vbox
from taskmon.ui.widgets.theme import mix, readable, style_sheet, tokens

if TYPE_CHECKING:
    from taskmon.bridge.table.rows import TaskRow


_FACTORIES: Final[dict[Page, Callable[[TaskDetails], Any]]] = {
    Page.OVERVIEW: OverviewPage,
    Page.LOG: LogPage,
    Page.ERROR: ErrorPage,
    Page.STACK: StackPage,
    Page.ACTIVITY: ActivityPage,
}


#: Lines that a page has room for, at least.
_LINES: Final = 5
#: Pixels that the overview takes where its buttons stand in three lines, with two lines of words above them.
_THREE_LINES_OF_BUTTONS: Final = 155


class DetailsPane(QWidget):
    """The pages, one of them shown. `header` is made here, but placed by whoever holds the pane.

    Signals:
        close_requested(): the user has seen enough.
        failed(TaskmonError): something the user asked for could not be done.
    """

    close_requested = Signal()
    failed = Signal(object)

    def __init__(self, controller: TaskController, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.details = TaskDetails(controller, self)
        self.header = DetailsHeader(self)
        self._pages: dict[Page, Any] = {}
        self.page = Page.OVERVIEW
        self._follows = False
        self._stack = QStackedWidget()
        # The pages differ in height; the dock must not, whichever is shown.
        self._stack.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self._stack.setMinimumSize(220, max(_THREE_LINES_OF_BUTTONS, _LINES * self.fontMetrics().lineSpacing() + 20))
        self._none = PlainLabel(self.tr("Select a task to see its details."), quiet=True)
        self._none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack.addWidget(self._none)
        # A frame within: a style sheet with a rule for this very widget would change the palette that it is made from.
        card = QFrame()
        card.setObjectName("details")
        vbox(card, self._stack, margins=(16, 12, 16, 12))
        vbox(self, card)
        self.details.task_changed.connect(self._on_task_changed)
        self.details.refreshed.connect(self.refresh)
        self.details.failed.connect(self.failed)
        self.details.row_wanted.connect(lambda: self._go_to(Page.OVERVIEW))  # where its buttons are
        self.header.chosen.connect(self.show_page)
        self.header.closed.connect(self.close_requested)
        self._on_task_changed()

    def sizeHint(self) -> QSize:
        return QSize(420, 225)

    def hasHeightForWidth(self) -> bool:
        """No: the dock must not grow because a page has a long sentence."""
        return False

    def show_page(self, page: Page) -> None:
        """Show a page; it is made when it is first wanted."""
        self.page = page
        self.header.set_page(page)
        self._show_current()

    def page_widget(self, page: Page) -> Any:
        """The widget of a page, made now if it was not before."""
        made = self._pages.get(page)
        if made is None:
            made = self._pages[page] = _FACTORIES[page](self.details)
            self._stack.addWidget(made)
            if isinstance(made, StackPage):
                made.keep_waiting.connect(self.close_requested)
            elif isinstance(made, OverviewPage):
                made.stack_wanted.connect(lambda: self._go_to(Page.STACK))
        return made

    def _go_to(self, page: Page) -> None:
        """Show a page that something else led to: what was pressed may be gone, and its focus with it."""
        self.show_page(page)
        self.header.buttons[page].setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def refresh(self) -> None:
        """Show the newest picture, if anybody can see it."""
        row = self.details.row
        if row is None or not self.isVisible():
            return
        self._name_it()
        self._offer_error(row)
        self.page_widget(self.page).refresh()

    @Slot()
    def _name_it(self) -> None:
        """Say in the header what is told of; also if the table does not show it, as its Cancel stays for that."""
        row, model = self.details.row, self.details.controller.model
        if row is None:
            self.header.set_name(self.tr("Details"), "")
            return
        words = sentences.subtitle(row)
        if model.filtered and model.place_of(row.id) is None:
            words = self.tr("{words} · not in the filtered list").format(words=words)
        self.header.set_name(text.name(row), words)

    @Slot()
    def _on_task_changed(self) -> None:
        row = self.details.row
        self._name_it()
        if row is not None:
            self._offer_error(row)
        self._show_current()

    def _offer_error(self, row: TaskRow) -> None:
        """The page of the error is there where there is one to show, or where it is shown already."""
        snapshot = row.snapshot
        told = snapshot.error and snapshot.state is not TaskState.CUT_OFF  # how it ended, of which the overview tells
        wanted = bool(told or (snapshot.details and snapshot.state.is_final)) or self.page is Page.ERROR
        self.header.buttons[Page.ERROR].setVisible(wanted)

    def _show_current(self) -> None:
        self.header.setEnabled(True)
        if self.details.row is None:
            self._stack.setCurrentWidget(self._none)
        elif self.isVisible():
            self._stack.setCurrentWidget(self.page_widget(self.page))
            self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._paint_in_palette()
        self._follow_list(True)
        self.details.set_watched(True)
        self._on_task_changed()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._follow_list(False)
        self.details.set_watched(False)

    def _follow_list(self, follows: bool) -> None:
        """Hear of another list, or no longer. Qt hides twice what is closed while it is minimised."""
        if follows is not self._follows:
            self._follows = follows
            rearranged = self.details.controller.model.rearranged
            (rearranged.connect if follows else rearranged.disconnect)(self._name_it)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ApplicationPaletteChange):
            self._paint_in_palette()
        elif event.type() is QEvent.Type.LanguageChange:
            self._on_task_changed()

    def _paint_in_palette(self) -> None:
        sheet = details_sheet(self.palette())
        if self.styleSheet() != sheet:
            self.setStyleSheet(sheet)
            self.header.setStyleSheet(sheet)


class DetailsDock(QDockWidget):
    """The pane at an edge of the main window. Its object name lets `QMainWindow.saveState` remember it."""

    def __init__(self, controller: TaskController, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("details")
        self.setWindowTitle(self.tr("Details"))
        self.setAllowedAreas(Qt.DockWidgetArea.BottomDockWidgetArea | Qt.DockWidgetArea.RightDockWidgetArea)
        self.pane = DetailsPane(controller)
        holder = QWidget()
        layout = self._margins = QVBoxLayout(holder)
        layout.addWidget(self.pane)
        self.set_beside(False)
        self.setTitleBarWidget(self.pane.header)
        self.setWidget(holder)
        self.pane.close_requested.connect(self.close)
        leave = QShortcut(QKeySequence(Qt.Key.Key_Escape), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        leave.activated.connect(self.close)

    def set_beside(self, beside: bool) -> None:
        """Say whether it stands beside the table, whose own margin is enough there, or below."""
        self._margins.setContentsMargins(0 if beside else 12, 0, 12, 4 if beside else 2)


class DetailsWindow(QWidget):
    """The pane in a window of its own, for programs that embed the table."""

    def __init__(self, controller: TaskController, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle(self.tr("Details"))
        self.resize(760, 320)
        self.pane = DetailsPane(controller)
        vbox(self, self.pane.header, (self.pane, 1), margins=(12, 4, 12, 12), spacing=0)
        self.pane.close_requested.connect(self.close)
        leave = QShortcut(QKeySequence(Qt.Key.Key_Escape), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        leave.activated.connect(self.close)


def details_sheet(palette: Any) -> str:
    """Return the style sheet of the pane: the window's own, and what only stands here."""
    t = tokens(palette)
    line = t.line.name()
    return (
        style_sheet(palette)
        + f"""
    QFrame#details {{ background: {t.base.name()}; border: 1px solid {line}; border-radius: 8px; }}
    QFrame#edge {{ background: {line}; border: none; }}
    QLabel#quiet {{ color: {t.quiet.name()}; }}
    QLabel#strong {{ font-weight: 600; }}
    QLabel#strong[danger="true"] {{ color: {t.failed.name()}; }}
    QLabel#source {{ background: {mix(t.base, t.text, 0.05).name()}; border-radius: 4px; padding: 3px 6px; }}
    QPushButton[link="true"] {{ background: transparent; border: 1px solid transparent; padding: 0px 1px;
        min-height: 14px; min-width: 0px; color: {readable(t.accent, t.base, t.text).name()}; text-align: left; }}
    QPushButton[link="true"]:hover {{ text-decoration: underline; }}
    QPushButton[link="true"]:focus {{ border-color: {t.accent.name()}; border-radius: 3px; }}
    QLabel#problem {{ color: {t.failed.name()}; }}
    QScrollArea, QScrollArea > QWidget > QWidget {{ background: transparent; }}
    QScrollArea {{ border: 1px solid transparent; border-radius: 5px; }}
    QPushButton[segment="true"] {{ background: transparent; border: 1px solid transparent; border-radius: 5px;
        padding: 3px 9px; min-height: 16px; color: {t.quiet.name()}; }}
    QPushButton[segment="true"][tight="true"] {{ padding: 3px 6px; }}
    QPushButton[segment="true"]:hover {{ background: {t.hover.name()}; color: {t.text.name()}; }}
    QPushButton[segment="true"]:checked {{ background: {t.selection.name()}; color: {t.text.name()}; }}
    QPushButton[segment="true"]:focus {{ border-color: {t.accent.name()}; }}
    QPlainTextEdit, QListWidget {{ background: {t.base.name()}; color: {t.text.name()}; border: 1px solid {line};
        border-radius: 5px; selection-background-color: {t.accent.name()}; selection-color: {t.on_accent.name()}; }}
    QPlainTextEdit:focus, QListWidget:focus, QScrollArea:focus {{ border-color: {t.accent.name()}; }}
    """
    )
