"""The first page of the details: sentences, facts, and what can be done, on real buttons."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFormLayout,
    QFrame,
    QPushButton,
    QWidget,
)

from taskmon.bridge.details import sentences, thread
from taskmon.bridge.details.advice import is_stuck
from taskmon.bridge.details.details import TaskDetails
from taskmon.bridge.details.frames import TraceFrame, frames_of_stack
from taskmon.bridge.table import text
from taskmon.bridge.table.ending import SIGNAL_LABELS, holder_of, time_left
from taskmon.bridge.table.rows import RowAction, TaskRow
from taskmon.core.base.text import format_duration, plain
from taskmon.core.stacks.words import cpu
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.ui.details.chart import ActivityChart, CpuChart, caption
from taskmon.ui.details.program_button import ProgramButton
from taskmon.ui.details.thread_block import ThreadBlock, nearest
from taskmon.ui.widgets.flow_layout import FlowLayout
from taskmon.ui.widgets.labels import PlainLabel, explain, foreign_label, push_button, say
from taskmon.ui.widgets.layouts import hbox, scrolling, vbox

_S = TaskState
#: Narrower than this, all of the page stands in one column, if words are no higher than the next figure, in pixels.
_TWO_COLUMNS_FROM = 600
_LARGE = 20
#: From this width on, how a thread stops stands in a column of its own.
_THREE_COLUMNS_FROM = 940


class OverviewPage(QWidget):
    """Says how a task stands. The one real Cancel button for keys, screen readers and voice control is here.

    Signals:
        stack_wanted(): the user wants to see all frames of the thread.
    """

    stack_wanted = Signal()

    def __init__(self, details: TaskDetails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._details = details
        self._frames: list[TraceFrame] = []
        self._task_shown: int | None = None
        self._cancelled: int | None = None
        self.lead = foreign_label()
        self.thread_block = ThreadBlock()
        self.thread_block.stack_wanted.connect(self.stack_wanted)
        self.thread_block.holder_wanted.connect(self._show_holder)
        self.thread_block.open_requested.connect(details.open_file)
        self.thread_block.hide()
        self._how = PlainLabel(self.tr("How it stops"), quiet=True)
        self.rest, self.advice = foreign_label(), foreign_label()
        self.facts = QFormLayout()
        self.facts.setContentsMargins(0, 2, 0, 0)
        self.facts.setHorizontalSpacing(14)
        self.facts.setVerticalSpacing(3)
        self._facts_shown: list[sentences.Fact] = []
        self.chart = ActivityChart()
        self.chart.setMaximumHeight(110)
        self._speed_title = PlainLabel(self.tr("Speed"), quiet=True)
        self.chart.setAccessibleName(self._speed_title.text())
        self._cpu_title, self._cpu_now = PlainLabel(self.tr("CPU, last minute"), quiet=True), PlainLabel()
        self.cpu = CpuChart()
        self.cpu.setAccessibleName(self._cpu_title.text())
        self.cancel_button = push_button("", self._cancel)
        self.after_item_button = push_button(self.tr("Finish current item, then stop"), self._cancel_after_item)
        self.pause_button = push_button("", self._pause_or_resume)
        self.retry_button = push_button(self.tr("Retry"), self._retry)
        self.open_button = push_button(self.tr("Open result"), self._open_result)
        self.program_button = ProgramButton(details)
        self.detach_button = push_button(self.tr("Detach"), self._detach)
        self.copy_button = push_button(self.tr("Copy report"), self._copy)
        self.offer_buttons: list[QPushButton] = []
        self._lay_out()

    def _lay_out(self) -> None:
        """Put the words into columns that scroll, and the buttons beneath them."""
        self._offers = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._offers.setSpacing(8)
        self._offers.addStretch(1)
        first = vbox(None, self.lead, self.thread_block, 1, spacing=5)
        how = vbox(None, self._how, self.rest, self._offers, self.advice, 1, spacing=5)
        share = hbox(None, self._cpu_title, 1, self._cpu_now)
        second = vbox(None, share, self.cpu, self._speed_title, self.chart, self.facts, 1, spacing=5)
        words = QWidget()
        self._columns = QBoxLayout(QBoxLayout.Direction.TopToBottom, words)
        self._columns.setContentsMargins(6, 4, 8, 2)  # within the frame of whom the keys are given to
        self._columns.setSpacing(10)
        self._left = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._left.setSpacing(5)
        self._left.addLayout(first, 0)
        self._left.addLayout(how, 1)
        self._columns.addLayout(self._left, 0)
        self._columns.addLayout(second, 1)
        scroll = scrolling(words)
        scroll.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        scroll.setAccessibleName(self.tr("How the task stands"))
        scroll.setMinimumHeight(40)  # less than its hint: the buttons may take two lines

        self._edge = QFrame()  # seen while there is more beneath it
        self._edge.setObjectName("edge")
        self._edge.setFixedHeight(1)
        kept = self._edge.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self._edge.setSizePolicy(kept)
        self._bar = scroll.verticalScrollBar()
        for signal in (self._bar.valueChanged, self._bar.rangeChanged):
            signal.connect(self._show_edge)
        self._buttons = buttons = FlowLayout()
        for button in (
            self.cancel_button, self.after_item_button, self.pause_button, self.retry_button, self.open_button,
            self.program_button, self.detach_button, self.copy_button,
        ):  # fmt: skip
            buttons.addWidget(button)
        layout = vbox(self, spacing=0)
        layout.addWidget(scroll, 1)
        layout.addWidget(self._edge)
        layout.addSpacing(8)
        layout.addLayout(buttons)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow pane, beside the table, all stands in one column, and the offers beneath each other."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Put beside each other what there is room for: the thread, how it stops, and the figures."""
        direction = QBoxLayout.Direction
        width = self.width() / max(1.0, self.fontMetrics().height() / _LARGE)
        wide = width >= _TWO_COLUMNS_FROM
        three = width >= _THREE_COLUMNS_FROM and not self.thread_block.isHidden()
        self._columns.setDirection(direction.LeftToRight if wide else direction.TopToBottom)
        self._columns.setSpacing(24 if wide else 10)
        self._columns.setStretch(0, (2 if three else 3) if wide else 0)
        self._columns.setStretch(1, (1 if three else 2) if wide else 1)
        self._left.setDirection(direction.LeftToRight if three else direction.TopToBottom)
        self._left.setSpacing(24 if three else 5)
        self._left.setStretch(0, 1 if three else 0)
        self._offers.setDirection(direction.LeftToRight if wide and not three else direction.TopToBottom)

    @Slot()
    def _show_edge(self) -> None:
        self._edge.setVisible(self._bar.value() < self._bar.maximum())

    # -- what it shows ------------------------------------------------------------------------------

    @Slot()
    def refresh(self) -> None:
        """Show the newest picture."""
        row = self._details.row
        if row is None:
            return
        if row.id != self._task_shown:
            self._task_shown, self._frames = row.id, []
        rows = self._details.controller.model.rows
        words = thread.thread_words(row)
        # Of a thread that nobody wrote to tell of itself, what it does is how it stands.
        leads = words is not None and row.tells_activity and row.snapshot.state is _S.RUNNING
        say(self.lead, sentences.standing(row))
        self.lead.setVisible(not leads)
        self.thread_block.setVisible(words is not None)
        if words is not None:
            self.thread_block.show_words(row, words, known=holder_of(row, rows()) is not None)
            self._show_frames(row)
        lines = [*thread.holds(row, rows()), *sentences.how_it_stops(row)]
        advice = self._details.ways_out() if is_stuck(row.snapshot) else []
        say(self.rest, "\n".join(lines))
        say(self.advice, "\n\n".join(advice))
        self.rest.setVisible(bool(lines))
        self.advice.setVisible(bool(advice))
        self._how.setVisible(bool(lines or advice) and words is not None)
        self._arrange()
        self._show_facts(sentences.facts(row, self._details.parent_row))
        self._show_buttons(row)
        self._show_charts(row)

    def _show_frames(self, row: TaskRow) -> None:
        """Where the thread is, by the same look that tells what it does: its stack is of another moment, and may be of
        another call. That tells how many there are, and where one is that has no call of the program's own.
        """
        sample = self._details.stack() if row.snapshot.state.has_thread else None
        if sample is not None:
            self._frames = frames_of_stack(sample.frames)
        facts = row.snapshot.facts
        calls = facts.calls if facts is not None else ()
        frames = nearest([TraceFrame(call.file, call.line, call.function, own=True) for call in calls] or self._frames)
        self.thread_block.show_frames(self._details.with_source(frames), len(self._frames))

    def _show_facts(self, facts: list[sentences.Fact]) -> None:
        if [fact.label for fact in facts] != [fact.label for fact in self._facts_shown]:
            while self.facts.rowCount():
                self.facts.removeRow(0)
            for fact in facts:
                label = PlainLabel(fact.label, quiet=True)
                label.setAlignment(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignTop)
                self.facts.addRow(label, foreign_label(fact.value))
        elif facts != self._facts_shown:
            for number, fact in enumerate(facts):
                item = self.facts.itemAt(number, QFormLayout.ItemRole.FieldRole)
                shown = item.widget() if item is not None else None
                if isinstance(shown, PlainLabel):
                    say(shown, fact.value)
        self._facts_shown = facts

    def _show_buttons(self, row: TaskRow) -> None:
        snapshot, name = row.snapshot, text.name(row)
        live = not snapshot.state.is_final
        asked = snapshot.state is _S.STOPPING
        # Once pressed it stays: a hand that presses twice must not hit what would take its place.
        self.cancel_button.setVisible(live or self._cancelled == row.id)
        self.cancel_button.setEnabled(live and not asked and not snapshot.why_not_cancellable)
        label = self.tr("Cancelling {name}") if asked else self.tr("Cancel {name}")
        _label(self.cancel_button, label.format(name=text.short(name)), label.format(name=name))
        explain(self.cancel_button, text.action_hint(row))
        self.after_item_button.setVisible(live and not asked and snapshot.item_wise)
        self.after_item_button.setEnabled(snapshot.after_item_since is None)
        standing = snapshot.state in (_S.PAUSED, _S.PAUSING, _S.HELD)
        _label(self.pause_button, self.tr("Resume") if standing else self.tr("Pause"))
        self.pause_button.setVisible(live and not asked and snapshot.pausable)
        self.retry_button.setVisible(row.can_retry)
        self.open_button.setVisible(row.action is RowAction.OPEN)
        self.program_button.refresh()
        self.detach_button.setVisible(self._details.way_to_detach(row) is not None)
        explain(self.detach_button, self.tr("Lets the program go on without taskmon; it can be attached to again"))
        self._show_offers(row)

    def _show_offers(self, row: TaskRow) -> None:
        snapshot = row.snapshot
        means = snapshot.stop_means if not snapshot.state.is_final else None
        offers = means.offers if means is not None else ()
        if [button.property("offer") for button in self.offer_buttons] != list(offers):
            for button in self.offer_buttons:
                for layout in (self._offers, self._buttons):
                    layout.removeWidget(button)
                button.deleteLater()
            self.offer_buttons = []
            for number, offer in enumerate(offers):
                button = push_button("", lambda _checked=False, number=number: self._ask_about_offer(number))
                button.setProperty("offer", offer)
                button.setProperty("danger", True)
                self.offer_buttons.append(button)
                if _signal(snapshot, number):  # what ends a program stands where its Cancel does, always in sight
                    self._buttons.addWidget(button)
                else:
                    self._offers.insertWidget(number, button)
        for number, button in enumerate(self.offer_buttons):
            self._fit_offer(button, row, number)

    def _fit_offer(self, button: QPushButton, row: TaskRow, number: int) -> None:
        """Say what an offer does; one that comes after a milder request waits for its turn, and is seen to wait."""
        name, left = _signal(row.snapshot, number), time_left(row, number)
        words = text.tr(SIGNAL_LABELS[name]) if name else _act_of(button.property("offer"))
        words = words[:1].upper() + words[1:]
        if left:
            words = self.tr("{what} in {time}").format(what=words, time=format_duration(math.ceil(left)))
        _label(button, words)
        button.setVisible(left is not None)
        button.setEnabled(left == 0)

    def _show_charts(self, row: TaskRow) -> None:
        activity, minute, facts = row.activity, row.cpu, row.snapshot.facts
        shown = minute is not None and facts is not None and not row.snapshot.state.is_final
        # One chart is enough, beside all there is to say: of another program, that of the processor; the page of the
        # activity has the other. Of a task that tells how far it is, its speed.
        has_room = self.width() >= _TWO_COLUMNS_FROM and not (shown and row.snapshot.origin is not None)
        speed = caption(row) if has_room else ""
        shown = shown and not speed
        self._speed_title.setVisible(bool(speed))
        self.chart.setVisible(bool(speed))
        if speed:
            self.chart.show_activity(activity, row.snapshot.taken_at, speed)
            self.chart.setAccessibleDescription(speed)
        for widget in (self._cpu_title, self._cpu_now, self.cpu):
            widget.setVisible(shown)
        if minute is None or facts is None or not shown:
            return
        now = self.tr("now {share}").format(share=cpu(facts)) if facts.cpu is not None else ""
        say(self._cpu_now, now)
        words = thread.thread_words(row)
        waits = words is not None and bool(words.since) and facts.seen_coming and not row.busy_for
        mark = facts.since if waits else None
        self.cpu.show_minute(minute, row.snapshot.taken_at, mark, words.headline if words is not None else "")
        most = max((share for _, share in minute.points()), default=0.0)
        told = self.tr("{now}; at most {share} in the last minute").format(now=now, share=f"{most * 100:.0f}\u00a0%")
        if self.cpu.accessibleDescription() != told:
            self.cpu.setAccessibleDescription(told)

    # -- what can be done ---------------------------------------------------------------------------

    @property
    def _task(self) -> int:
        return self._details.task_id if self._details.task_id is not None else -1

    @Slot()
    def _cancel(self) -> None:
        self._cancelled = self._task
        self._details.cancel(self._task)
        self.refresh()

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._details.report())

    @Slot()
    def _detach(self) -> None:
        row = self._details.row
        let_go = self._details.way_to_detach(row) if row is not None else None
        if let_go is not None:
            let_go()

    @Slot()
    def _show_holder(self) -> None:
        row = self._details.row
        holder = holder_of(row, self._details.controller.model.rows()) if row is not None else None
        if holder is not None:
            self._details.row_wanted.emit(holder.id)

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
            from taskmon.ui.widgets.messages import open_file

            open_file(row.snapshot.result_path, self)

    def _ask_about_offer(self, number: int) -> None:
        """Using an offer changes something in somebody's program that may mean something else: name it, and ask."""
        from taskmon.ui.widgets.messages import ask, ask_about_signal

        row = self._details.row
        means = row.snapshot.stop_means if row is not None else None
        if row is None or means is None or number >= len(means.offers):
            return
        task_id, offer, name = row.id, text.told(means.offers[number], 300), text.name(row)
        act, signal = _act_of(means.offers[number]), _signal(row.snapshot, number)
        yes = ask_about_signal(self, name, signal) if signal else ask(
            self,
            self.tr("Stop by another way"),
            self.tr("{offer}, to stop {name}?").format(offer=offer[:1].upper() + offer[1:], name=name),
            self.tr("It looks like a way to stop it, but it may mean something else in this program."),
            yes=act[:1].upper() + act[1:],
            no=self.tr("Leave it alone"),
        )  # fmt: skip
        yes.clicked.connect(lambda: self._details.controller.use_offer(task_id, number))


def _signal(snapshot: TaskSnapshot, offer: int) -> str:
    means = snapshot.stop_means
    return means.signals[offer] if means is not None and offer < len(means.signals) else ""


def _act_of(offer: str) -> str:
    """What an offer does, without the doubt that is told along with it."""
    deed = offer.partition(", but ")[0]
    verb, _, rest = deed.partition(" ")
    if text.told(deed, 60) != plain(deed, 60) or not verb.endswith("s"):
        return text.told(deed, 60)  # in a language whose verbs are the same on a button
    return plain(f"{verb[:-1]} {rest}", 60)


def _label(button: QPushButton, words: str, heard: str | None = None) -> None:
    shown = words.replace("&", "&&")  # no mnemonic: the text is somebody's name
    if button.text() != shown:
        button.setText(shown)
    if heard is not None and button.accessibleName() != heard:
        button.setAccessibleName(heard)
