"""The first page of the details: sentences, facts, and what can be done, on real buttons."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFormLayout, QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from taskmon.bridge.details import sentences
from taskmon.bridge.details.details import TaskDetails
from taskmon.bridge.table import text
from taskmon.bridge.table.rows import RowAction, TaskRow
from taskmon.core.base.text import format_duration, plain
from taskmon.core.task import ladder
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.ui.details.activity import caption
from taskmon.ui.details.chart import ActivityChart
from taskmon.ui.widgets.labels import PlainLabel, foreign_label

_S = TaskState
#: Narrower than this, the page goes without its chart.
_CHART_FROM = 720
#: Characters of a task's name on a button; a listener hears all of it.
_NAME_ON_BUTTON = 32


class OverviewPage(QWidget):
    """Says how a task stands. The one real Cancel button for keys, screen readers and voice control is here."""

    def __init__(self, details: TaskDetails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._details = details
        self.lead = foreign_label()
        self.rest = foreign_label(quiet=True)
        self.facts = QFormLayout()
        self.facts.setContentsMargins(0, 2, 0, 0)
        self.facts.setHorizontalSpacing(14)
        self.facts.setVerticalSpacing(3)
        self._facts_shown: list[sentences.Fact] = []
        self.chart = ActivityChart()
        self.chart.setMaximumHeight(120)
        self.cancel_button = self._button("", self._cancel)
        self.after_item_button = self._button(self.tr("Finish current item, then stop"), self._cancel_after_item)
        self.pause_button = self._button("", self._pause_or_resume)
        self.retry_button = self._button(self.tr("Retry"), self._retry)
        self.open_button = self._button(self.tr("Open result"), self._open_result)
        self.offer_buttons: list[QPushButton] = []

        words = QWidget()
        column = QVBoxLayout(words)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(5)
        column.addWidget(self.lead)
        column.addWidget(self.rest)
        self._offers = QHBoxLayout()
        self._offers.setSpacing(8)
        self._offers.addStretch(1)
        column.addLayout(self._offers)
        column.addLayout(self.facts)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(words)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        scroll.setAccessibleName(self.tr("How the task stands"))
        scroll.viewport().setAutoFillBackground(False)
        words.setAutoFillBackground(False)

        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        all_of_them = self.cancel_button, self.after_item_button, self.pause_button, self.retry_button, self.open_button
        for button in all_of_them:
            buttons.addWidget(button)
        buttons.addStretch(1)
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(scroll, 1)
        left.addLayout(buttons)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(20)
        layout.addLayout(left, 5)
        layout.addWidget(self.chart, 2, Qt.AlignmentFlag.AlignTop)

    def _button(self, label: str, slot: object) -> QPushButton:
        button = QPushButton(label, self)
        button.setAutoDefault(False)
        button.clicked.connect(slot)
        return button

    # -- what it shows ------------------------------------------------------------------------------

    @Slot()
    def refresh(self) -> None:
        """Show the newest picture."""
        row = self._details.row
        if row is None:
            return
        lines = sentences.overview(row) + sentences.ways_out(row.snapshot)
        _say(self.lead, lines[0])
        _say(self.rest, "\n".join(lines[1:]))
        self.rest.setVisible(len(lines) > 1)
        self._show_facts(sentences.facts(row, self._details.parent_row))
        self._show_buttons(row)
        self._show_chart(row)

    def _show_facts(self, facts: list[sentences.Fact]) -> None:
        if [fact.label for fact in facts] != [fact.label for fact in self._facts_shown]:
            while self.facts.rowCount():
                self.facts.removeRow(0)
            for fact in facts:
                label = PlainLabel(fact.label)
                label.setObjectName("quiet")
                self.facts.addRow(label, foreign_label(fact.value))
        elif facts != self._facts_shown:
            for number, fact in enumerate(facts):
                item = self.facts.itemAt(number, QFormLayout.ItemRole.FieldRole)
                shown = item.widget() if item is not None else None
                if isinstance(shown, PlainLabel):
                    _say(shown, fact.value)
        self._facts_shown = facts

    def _show_buttons(self, row: TaskRow) -> None:
        snapshot, name = row.snapshot, text.name(row)
        live = not snapshot.state.is_final
        asked = snapshot.state is _S.STOPPING
        self.cancel_button.setVisible(live)
        self.cancel_button.setEnabled(live and not asked and not snapshot.cancellable)
        label = self.tr("Cancelling {name}") if asked else self.tr("Cancel {name}")
        _label(self.cancel_button, label.format(name=_short(name)), label.format(name=name))
        self.cancel_button.setToolTip(text.as_html(text.action_hint(row)) if text.action_hint(row) else "")
        self.after_item_button.setVisible(live and not asked and snapshot.item_wise)
        self.after_item_button.setEnabled(snapshot.after_item_since is None)
        standing = snapshot.state in (_S.PAUSED, _S.PAUSING, _S.HELD)
        _label(self.pause_button, self.tr("Resume") if standing else self.tr("Pause"))
        self.pause_button.setVisible(live and not asked and snapshot.pausable)
        self.retry_button.setVisible(row.can_retry)
        self.open_button.setVisible(row.action is RowAction.OPEN)
        self._show_offers(row)

    def _show_offers(self, row: TaskRow) -> None:
        snapshot = row.snapshot
        means = snapshot.stop_means if not snapshot.state.is_final else None
        offers = means.offers if means is not None else ()
        if [button.property("offer") for button in self.offer_buttons] != list(offers):
            for button in self.offer_buttons:
                self._offers.removeWidget(button)
                button.deleteLater()
            self.offer_buttons = []
            for number, offer in enumerate(offers):
                button = self._button("", lambda _checked=False, number=number: self._ask_about_offer(number))
                button.setProperty("offer", offer)
                button.setProperty("danger", True)
                self._offers.insertWidget(number, button)
                self.offer_buttons.append(button)
        for number, button in enumerate(self.offer_buttons):
            self._fit_offer(button, snapshot, number)

    def _fit_offer(self, button: QPushButton, snapshot: TaskSnapshot, number: int) -> None:
        """Say what an offer does; one that comes after a milder request waits for its turn, and is seen to wait."""
        name, left = _signal(snapshot, number), ladder.time_left(snapshot, number)
        words = _signal_label(name) if name else _act_of(button.property("offer"))
        words = words[:1].upper() + words[1:]
        if left:
            words = self.tr("{what} in {time}").format(what=words, time=format_duration(math.ceil(left)))
        _label(button, words)
        button.setVisible(left is not None)
        button.setEnabled(left == 0)

    def _show_chart(self, row: TaskRow) -> None:
        activity = row.activity
        self.chart.setVisible(activity is not None and self.width() >= _CHART_FROM)
        if activity is not None:
            self.chart.show_activity(activity, row.snapshot.taken_at, caption(row))

    # -- what can be done ---------------------------------------------------------------------------

    @property
    def _task(self) -> int:
        return self._details.task_id if self._details.task_id is not None else -1

    @Slot()
    def _cancel(self) -> None:
        self._details.cancel(self._task)
        self.refresh()

    @Slot()
    def _cancel_after_item(self) -> None:
        self._details.controller.cancel_after_item(self._task)
        self.refresh()

    @Slot()
    def _pause_or_resume(self) -> None:
        controller = self._details.controller
        if not controller.resume(self._task):
            controller.pause(self._task)
        self.refresh()

    @Slot()
    def _retry(self) -> None:
        task = self._details.controller.retry(self._task)
        if task is not None:
            self._details.controller.model.add([(task, task.snapshot())])  # at once, so that it can be shown
            self._details.follow(task.id)

    @Slot()
    def _open_result(self) -> None:
        row = self._details.row
        if row is not None and row.action is RowAction.OPEN:
            from taskmon.ui.widgets.opening import open_file

            open_file(row.snapshot.result_path, self)

    def _ask_about_offer(self, number: int) -> None:
        """Using an offer changes something in somebody's program that may mean something else: name it, and ask."""
        from taskmon.ui.widgets.messages import ask

        row = self._details.row
        means = row.snapshot.stop_means if row is not None else None
        if row is None or means is None or number >= len(means.offers):
            return
        task_id, offer = row.id, plain(means.offers[number], 300)
        signal = _signal(row.snapshot, number)
        if signal:
            self._ask_about_signal(row, number, signal)
            return
        ask(
            self,
            self.tr("Stop by another way"),
            self.tr("{offer}, to stop {name}?").format(offer=offer[:1].upper() + offer[1:], name=text.name(row)),
            self.tr("It looks like a way to stop it, but it may mean something else in this program."),
            yes=_act_of(offer)[:1].upper() + _act_of(offer)[1:],
            no=self.tr("Leave it alone"),
        ).clicked.connect(lambda: self._details.controller.use_offer(task_id, number))

    def _ask_about_signal(self, row: TaskRow, number: int, signal: str) -> None:
        from taskmon.ui.widgets.messages import ask

        task_id = row.id
        ask(
            self,
            self.tr("Send a signal"),
            self.tr("Send {signal} to {name}, and to what it has started?").format(signal=signal, name=text.name(row)),
            self.tr("It ends at once and cannot clean up: what it is writing may be left half written.")
            if signal == ladder.KILL
            else self.tr("It is asked to end, and may clean up before it does."),
            yes=_signal_label(signal),
            no=self.tr("Leave it alone"),
        ).clicked.connect(lambda: self._details.controller.use_offer(task_id, number))


def _signal(snapshot: TaskSnapshot, offer: int) -> str:
    means = snapshot.stop_means
    return means.signals[offer] if means is not None and offer < len(means.signals) else ""


def _signal_label(name: str) -> str:
    """What a button says that sends a signal."""
    labels = {
        ladder.INTERRUPT: text.tr("Interrupt (SIGINT)"),
        ladder.TERMINATE: text.tr("Terminate (SIGTERM)"),
        ladder.KILL: text.tr("Kill (SIGKILL)"),
    }
    return labels[name]


def _act_of(offer: str) -> str:
    """What an offer does, without the doubt that is told along with it."""
    return plain(offer.partition(", but ")[0], 60)


def _say(label: PlainLabel, words: str) -> None:
    if label.text() != words:
        label.setText(words)


def _label(button: QPushButton, words: str, heard: str | None = None) -> None:
    shown = words.replace("&", "&&")  # no mnemonic: the text is somebody's name
    if button.text() != shown:
        button.setText(shown)
    if heard is not None and button.accessibleName() != heard:
        button.setAccessibleName(heard)


def _short(name: str) -> str:
    return name if len(name) <= _NAME_ON_BUTTON else name[: _NAME_ON_BUTTON - 1] + "…"
