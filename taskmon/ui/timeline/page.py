"""The timeline as a page: the lanes, the whole run, the moment of the cursor in sentences, and what the shapes mean."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QMenu, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from taskmon.bridge.controller import TaskController
from taskmon.bridge.language import tr
from taskmon.bridge.timeline.recorder import Recorder
from taskmon.bridge.timeline.sentences import clock
from taskmon.bridge.timeline.span import CHOICE_LABELS
from taskmon.ui.timeline.canvas import TimelineCanvas
from taskmon.ui.timeline.legend import Legend
from taskmon.ui.timeline.overview import OverviewStrip
from taskmon.ui.timeline.strip import LANE
from taskmon.ui.widgets.flow_layout import FlowLayout
from taskmon.ui.widgets.labels import FOREIGN, PlainLabel, foreign_label, make_bold, push_button
from taskmon.ui.widgets.layouts import hbox, own_viewport, vbox

#: How often the tasks are looked at while it is shown, in seconds.
_LOOK_INTERVAL: Final = 0.25
#: What is told of a moment takes so many lines, and as many as the clock beside it where there is little room; further
#: ones are scrolled to.
_LINES: Final = 4
_FEWEST_LINES: Final = 3
#: So many lanes are seen whatever there is room for; and so many, if there are, before anything more than the words.
_LEAST_LANES: Final = 3
_LANES_FIRST: Final = 8
#: Pixels for the tools and the axis, and for what is around the words below.
_ABOVE_LANES: Final = 76
_BESIDE: Final = 26


class TimelinePage(QWidget):
    """What the threads and tasks of a table have done. Belongs to the UI thread.

    While it is hidden, it does nothing; what is recorded meanwhile is there when it is shown. Whoever has something
    recorded while it is shown has to call `refresh`.

    Signals:
        picture_wanted(), trace_wanted(): what is shown is to be saved.
    """

    picture_wanted = Signal()
    trace_wanted = Signal()

    def __init__(self, controller: TaskController, recorder: Recorder, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._recorder = recorder
        self._said: object = None
        self._lanes_first = 0  # so many there is room for before anything else
        self._lines = _LINES  # of what is told of a moment
        self._follows = False
        self.canvas = TimelineCanvas(recorder)
        self.overview = OverviewStrip(self.canvas)
        self.zoom_buttons: dict[float | None, QPushButton] = {}
        self._zooms = QButtonGroup(self)
        self.hold_button = self._button(self.tr("Pause view"), self._hold_or_follow, checkable=True)
        self.export_button = self._button(self.tr("Export"))
        self.export_menu = QMenu(self.export_button)
        self.export_menu.addAction(self.tr("Picture (PNG)…"), self.picture_wanted.emit)
        self.export_menu.addAction(self.tr("Trace for Perfetto (JSON)…"), self.trace_wanted.emit)
        self.export_button.setMenu(self.export_menu)
        self.began = PlainLabel(quiet=True)
        self.began.setProperty(FOREIGN, True)
        self.began.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        zooms = QWidget()  # beside each other, in whichever line
        beside = hbox(zooms, spacing=4)
        for number, (length, words) in enumerate(CHOICE_LABELS.items()):
            button = self._button(tr(words), lambda _=False, length=length: self._choose(length), checkable=True)
            button.setProperty("chip", True)
            self._zooms.addButton(button, number)
            self.zoom_buttons[length] = button
            beside.addWidget(button)
        tools = self._tools = FlowLayout(spacing=6)
        for widget in (self.began, self.hold_button, self.export_button, zooms):
            tools.addWidget(widget)
        self._zooms.setExclusive(False)  # by the wheel, it may be none of them
        card = QFrame()
        card.setObjectName("card")
        inside = vbox(card, margins=(1, 1, 1, 1), spacing=0)
        inside.addWidget(self.canvas, 1)
        inside.addWidget(self.overview)
        self.moment = self._make_moment()
        layout = vbox(self, spacing=8)
        layout.addLayout(tools)
        layout.addWidget(card, 1)
        layout.addWidget(self.moment)
        self.legend = Legend()
        layout.addWidget(self.legend)
        self.setFocusProxy(self.canvas)
        self.canvas.moved.connect(self._tell)

    def _button(self, words: str, slot: object = None, *, checkable: bool = False) -> QPushButton:
        button = push_button(words, slot)
        button.setCheckable(checkable)
        return button

    def _make_moment(self) -> QFrame:
        """The panel that tells of a moment. Real labels, which can be read, selected and copied."""
        frame = QFrame()
        frame.setObjectName("card")
        self.clock, self.ago = PlainLabel(), PlainLabel(quiet=True)
        make_bold(self.clock, 1.2)
        hint = self._hint = PlainLabel(self.tr("← → move it"), quiet=True)
        for label in (self.clock, self.ago):
            label.setProperty(FOREIGN, True)
        self.what, self.more, self.counts = foreign_label(), foreign_label(quiet=True), foreign_label(quiet=True)
        self.what.setTextFormat(Qt.TextFormat.PlainText)
        self.copy_button = self._button(self.tr("Copy"), self._copy)
        self.details_button = self._button(self.tr("Details"), self._want_details)
        words = QWidget()
        left, middle = QVBoxLayout(), QVBoxLayout(words)
        middle.setContentsMargins(0, 0, 0, 0)
        for layout, widgets in ((left, (self.clock, self.ago, hint)), (middle, (self.what, self.more, self.counts))):
            layout.setSpacing(2)
            for widget in widgets:
                layout.addWidget(widget)
            layout.addStretch(1)
        # What is told may be long or short: the lanes above stay where they are.
        told = self._told = QScrollArea()
        own_viewport(told)
        told.setWidget(words)
        told.setWidgetResizable(True)
        told.setFrameShape(QFrame.Shape.NoFrame)
        told.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        told.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        told.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        words.setAutoFillBackground(False)
        line = hbox(frame, margins=(14, 8, 12, 8), spacing=18)
        line.addLayout(left)
        line.addWidget(told, 1)
        line.addWidget(self.details_button)
        line.addWidget(self.copy_button)
        left_width = max(96, hint.sizeHint().width())
        self.clock.setMinimumWidth(left_width)
        return frame

    def minimumSizeHint(self) -> QSize:
        return QSize(300, 160)

    def hasHeightForWidth(self) -> bool:
        """No: the window must not grow because what is told of a moment is long."""
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The lanes come first: where there is little room, what only explains them is left out."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        line = self._hint.sizeHint().height() + 2  # of these very letters, which may be higher than the font's own
        few = _FEWEST_LINES * line + _BESIDE
        room = self.height() - _ABOVE_LANES
        room -= self._tools.heightForWidth(self.width()) - self._tools.sizeHint().height()
        self.moment.setVisible(room >= _LEAST_LANES * LANE + few)
        self._lanes_first = max(_LEAST_LANES, min(_LANES_FIRST, len(self.canvas.lines)))
        room -= self._lanes_first * LANE + few
        self._lines = lines = _LINES if room >= (_LINES - _FEWEST_LINES) * line else _FEWEST_LINES
        self._told.setFixedHeight(lines * line)
        self._leave_out()
        room -= (_LINES - _FEWEST_LINES) * line
        self.overview.setVisible(room >= self.overview.height())
        self.legend.setVisible(room >= self.overview.height() + self.legend.height() + 8)

    # -- what it shows ---------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._controller.look_every(_LOOK_INTERVAL, "timeline")
        self._follow_list(True)
        self.canvas.list_lanes()
        self.legend.follow(self._recorder.record)
        self._tell()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._controller.look_every(0, "timeline")
        self._follow_list(False)

    def _follow_list(self, follows: bool) -> None:
        """Hear of another list, or no longer. Qt hides twice what is closed while it is minimised."""
        if follows is self._follows:
            return
        self._follows = follows
        model = self._controller.model
        for signal in (model.rearranged, model.rowsInserted, model.rowsRemoved, model.modelReset, model.layoutChanged):
            (signal.connect if follows else signal.disconnect)(self.canvas.list_lanes)

    def refresh(self) -> None:
        """Show what has been recorded since, before this call returns: while tasks are looked at, busy workers wait."""
        self.canvas.refresh()
        self.overview.update()
        self.legend.follow(self._recorder.record)
        self._tell()
        self.canvas.viewport().repaint()  # along with it, Qt paints all that is due

    @Slot()
    def _tell(self) -> None:
        """Tell of the moment of the cursor."""
        canvas = self.canvas
        if self._lanes_first != max(_LEAST_LANES, min(_LANES_FIRST, len(canvas.lines))):
            self._fit()
        told = canvas.told()
        chosen = canvas.chosen_lane()
        self.hold_button.setChecked(not canvas.span.follows)
        for length, button in self.zoom_buttons.items():
            button.setChecked(canvas.span.length == length)
        self.details_button.setEnabled(chosen is not None)
        if told is None:
            return
        what = told.what or self.tr("Choose a lane to read what it did.")
        for label, words in (
            (self.clock, told.clock),
            (self.ago, told.ago),
            (self.what, what),
            (self.more, "\n".join(part for part in (told.where, told.more) if part)),
            (self.counts, told.all_of_them),
            (self.began, self._beginning()),
        ):
            if label.text() != words:
                label.setText(words)
        self._leave_out()
        spoken = told.spoken()
        if spoken != canvas.accessibleDescription():
            canvas.setAccessibleDescription(spoken)
        about = (canvas.pointed, chosen.lane.key if chosen is not None else None)
        if canvas.pointed is not None and about != self._said and canvas.hasFocus():
            self._announce(spoken)
        self._said = about

    def _leave_out(self) -> None:
        """Half a line says nothing: the counts go where what the lane did takes the lines there are."""
        more = self.more.text()
        taken = 1 + (more.count("\n") + 1 if more else 0)
        self.more.setVisible(bool(more))
        self.counts.setVisible(taken < self._lines)

    def _beginning(self) -> str:
        """What has been let go, where that is the case, or when the record was begun."""
        record = self._recorder.record
        return self.tr("Recorded since {time}").format(time=clock(record.begins)) if record is not None else ""

    def _announce(self, words: str) -> None:
        from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent

        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self.canvas, words))

    # -- what can be done ------------------------------------------------------------------------------

    def _choose(self, length: float | None) -> None:
        self.canvas.span.choose(length)
        self.canvas.change_span()

    @Slot()
    def _hold_or_follow(self) -> None:
        span = self.canvas.span
        if span.follows:
            span.hold(self.canvas.now)
            self.canvas.change_span()
        else:
            self.canvas.set_cursor(None)
            self.canvas.follow()

    @Slot()
    def _copy(self) -> None:
        told = self.canvas.told()
        if told is not None:
            QGuiApplication.clipboard().setText(
                "\n".join(part for part in (f"{told.clock} ({told.ago})", *told[2:]) if part)
            )

    @Slot()
    def _want_details(self) -> None:
        chosen = self.canvas.chosen_lane()
        if chosen is not None:
            self.canvas.details_wanted.emit(chosen.row.id)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._tell()
