"""The page that shows how fast a task has gone."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QStackedLayout, QWidget

from taskmon.bridge.details.details import TaskDetails
from taskmon.bridge.table import text
from taskmon.bridge.table.rows import TaskRow
from taskmon.bridge.table.text import tr
from taskmon.core.base.text import BYTES, format_bytes, format_count, format_duration, plain
from taskmon.core.task.progress import BAR_STEPS
from taskmon.core.task.state import TaskState
from taskmon.ui.details.chart import ActivityChart
from taskmon.ui.widgets.labels import PlainLabel
from taskmon.ui.widgets.layouts import vbox


def caption(row: TaskRow) -> str:
    """What a chart of the row shows, in words: the unit, over what time, the fastest."""
    activity = row.activity
    if activity is None or len(activity.moments) < 2:
        return ""
    unit = row.progress.unit
    span = format_duration(activity.moments[-1] - activity.moments[0])
    most = max(rate for _, rate in activity.rates())
    if unit == BYTES:
        what, figure = tr("bytes"), format_bytes(most)
    else:
        what = plain(unit, 20) if unit else tr("steps")
        figure = f"{most:.1f}" if most < 100 else format_count(most)
    return tr("{what}/s, last {time}; at most {most}/s").format(what=what, time=span, most=figure)


class ActivityPage(QWidget):
    """A chart, or why there is none."""

    def __init__(self, details: TaskDetails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._details = details
        self.chart = ActivityChart()
        self.none = PlainLabel(quiet=True, wraps=True)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.chart)
        empty = QWidget()
        column = vbox(empty)
        column.addWidget(self.none)
        column.addStretch(1)
        self._stack.addWidget(empty)
        layout = vbox(self)
        layout.addLayout(self._stack)

    @Slot()
    def refresh(self) -> None:
        """Show the newest picture."""
        row = self._details.row
        if row is None:
            return
        words = caption(row)
        if not words:
            self.none.setText(self._why_not(row))
            self._stack.setCurrentIndex(1)
            return
        self._stack.setCurrentIndex(0)
        snapshot = row.snapshot
        self.chart.show_activity(row.activity, snapshot.taken_at, words)
        known = row.progress.total is not None and row.progress.done is not None
        last_run = row.last_run if snapshot.state is TaskState.RUNNING else None
        self.chart.show_shares(
            row.progress.bar_steps / BAR_STEPS if known else None,
            last_run / BAR_STEPS if known and last_run is not None else None,
        )
        self.chart.setAccessibleName(self.tr("Speed of {name}").format(name=text.name(row)))
        self.chart.setAccessibleDescription(words)

    def _why_not(self, row: TaskRow) -> str:
        if row.snapshot.started_at is None:
            return self.tr("It has not started.")
        if row.progress.done is None:
            return self.tr("It reports no progress.")
        if row.snapshot.state.is_final:
            return self.tr("It was over too soon for a chart.")
        return self.tr("The chart begins after two seconds.")
