"""The timeline's page: lanes as the table has rows, a cursor that is told in words, and nothing while it is hidden."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QHideEvent,
    QImage,
    QNativeGestureEvent,
    QPainter,
    QPointingDevice,
    QWheelEvent,
)  # fmt: skip
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from taskmon import TaskRunner
from taskmon.bridge.controller import TaskController
from taskmon.bridge.table.categories import Category
from taskmon.bridge.table.kinds import Kind
from taskmon.bridge.timeline.record import Moment, Record
from taskmon.bridge.timeline.recorder import Recorder
from taskmon.core.stacks.facts import Activity, ThreadFacts
from taskmon.core.task.snapshot import Origin, TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.core.task.thread_looks import thread_looks
from taskmon.ui.timeline.canvas import TimelineCanvas
from taskmon.ui.timeline.page import TimelinePage
from taskmon.ui.timeline.strip import LANE, Line, Shapes, Strip
from taskmon.ui.widgets.theme import contrast, dark_palette, light_palette, tokens
from taskmon.ui.window.window import MainWindow
from tests.helpers.main_window import main_window
from tests.qt_helpers import runner, until

__all__ = ["runner"]  # fixture

A = Activity
S = TaskState


class Thread:
    """A thread of another program, as the link shows it."""

    def __init__(self, number: int, name: str) -> None:
        self.id, self.name = number, name
        self.state, self.ended_at, self.stop_at = S.RUNNING, None, None
        self.facts: ThreadFacts | None = ThreadFacts(activity=A.SLEEPING)

    def snapshot(self) -> TaskSnapshot:
        return TaskSnapshot(
            self.id, self.name, self.state, 1 + (self.ended_at is not None), Clock.now, 0.0, started_at=0.0,
            ended_at=self.ended_at, stop_requested_at=self.stop_at,
            origin=Origin("x.py", 7, self.name, "thread"), facts=self.facts,
        )  # fmt: skip


class Clock:
    now = 1_000.0


class Shown:
    """A page over a table whose time a test makes pass."""

    def __init__(self, qtbot: QtBot, controller: TaskController) -> None:
        Clock.now = 1_000.0
        self.controller = controller
        self.recorder = Recorder(controller.model, lambda: Clock.now)
        self.page = TimelinePage(controller, self.recorder)
        self.page.resize(1180, 640)
        self.canvas = self.page.canvas
        self.threads: dict[str, Any] = {}
        qtbot.addWidget(self.page)

    def add(self, *names: str) -> None:
        for name in names:
            thread: Any = Thread(len(self.threads) + 900, name)
            self.threads[name] = thread
            self.controller.model.add([(thread, thread.snapshot())])

    def look(self, times: int = 1, every: float = 0.25) -> None:
        for _ in range(times):
            Clock.now += every
            self.controller.model.sample(0, 100)
            self.recorder.look()
        if self.page.isVisible():
            self.page.refresh()

    def show(self) -> None:
        self.page.show()
        QApplication.processEvents()

    def names(self) -> list[str | None]:
        return [shown.row.snapshot.name if shown is not None else None for shown in self.canvas.lines]


@pytest.fixture
def shown(qtbot: QtBot, runner: TaskRunner) -> Iterator[Shown]:
    controller = TaskController(runner)
    made = Shown(qtbot, controller)
    yield made
    made.page.hide()
    controller.close()


def key(shown: Shown, name: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(shown.canvas, name, modifiers)


def test_where_the_legend_has_no_room_for_all_it_tells_of_what_has_occurred(shown: Shown) -> None:
    """In one line; and goes on telling of it, for it would jump."""
    legend = shown.page.legend
    shown.page.resize(3_000, 640)
    shown.show()
    assert {"Paused", "Checkpoint", "Deadlock"} <= set(legend.entries)

    shown.page.resize(800, 640)
    shown.add("reader")
    shown.look()
    assert legend.entries == ["Sleeping, waiting"]
    shown.threads["reader"].facts = ThreadFacts(activity=A.LOCK, subject="cache")
    shown.look()
    shown.threads["reader"].stop_at = Clock.now
    shown.look()

    assert legend.entries == ["Waiting for a lock", "Sleeping, waiting", "Stop asked", "Lock holder"]
    assert legend.height() == LANE


def test_a_lane_for_each_row_in_the_order_of_the_table(shown: Shown) -> None:
    shown.add("b", "a")
    shown.look(4)
    shown.show()

    assert shown.names() == ["b", "a"]
    shown.controller.model.sort(0)
    assert shown.names() == ["a", "b"]
    shown.controller.model.set_filter("b", Category.ALL)
    assert shown.names() == ["b"]


def test_hidden_it_does_nothing(shown: Shown) -> None:
    shown.add("a")
    shown.look(4)
    assert shown.canvas.lanes == []
    shown.show()
    assert shown.names() == ["a"]
    shown.page.hide()
    shown.add("b")
    shown.look()
    assert shown.names() == ["a"], "nothing is listed"
    assert shown.canvas._strip is not None, "what was painted is kept"
    QApplication.sendEvent(shown.page, QHideEvent())  # as of one that is closed while it is minimised
    shown.show()
    assert shown.names() == ["a", "b"]


def test_what_has_ended_is_one_line_until_it_is_opened(shown: Shown) -> None:
    shown.add("lives", "ends", "too")
    shown.look(8)
    for name in ("ends", "too"):
        thread = shown.threads[name]
        thread.state, thread.ended_at = S.SUCCEEDED, Clock.now + 0.1
        shown.controller.model.update(thread.snapshot())
    shown.look(2)
    shown.show()

    assert shown.names() == ["lives", None]
    QTest.mouseClick(shown.canvas.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(30, 28 + LANE + 10))
    assert shown.names() == ["lives", None, "ends", "too"]


def test_a_deadlock_is_found_in_the_whole_run_and_among_what_has_ended(shown: Shown) -> None:
    def reds(widget: QWidget, lines: slice) -> int:
        image = widget.grab().toImage()
        failed = tokens(widget.palette()).failed.rgb()
        return sum(image.pixel(x, y) == failed for y in range(image.height())[lines] for x in range(240, image.width()))

    shown.add("lives", "stuck")
    shown.look(40)
    shown.show()
    folded = slice(2 * LANE + 4, 3 * LANE - 4)
    assert reds(shown.page.overview, slice(None)) == 0
    shown.threads["stuck"].facts = ThreadFacts(activity=A.LOCK, circle=("stuck", "stuck"))
    shown.look(40)
    shown.threads["stuck"].facts = ThreadFacts(activity=A.SLEEPING)
    shown.look(40)
    stuck = reds(shown.page.overview, slice(None))
    assert stuck > 100, "it is over, and can still be found"

    thread = shown.threads["stuck"]
    thread.state, thread.ended_at = S.SUCCEEDED, Clock.now + 0.1
    shown.controller.model.update(thread.snapshot())
    shown.look(2)
    assert shown.names() == ["lives", None]
    assert reds(shown.canvas.viewport(), folded) > 100


def test_the_cursor_is_told_in_words_that_can_be_read(shown: Shown) -> None:
    shown.add("reader", "writer")
    shown.look(40)
    shown.threads["reader"].facts = ThreadFacts(activity=A.LOCK, subject="cache", holder="writer", function="get",
                                                file="/x/cache.py", line=31)  # fmt: skip
    shown.look(40)
    shown.show()
    key(shown, Qt.Key.Key_Down)
    page = shown.page

    told = page.what.text().replace("\u00a0", " ")
    assert told == "reader: Waiting for lock “cache”, held by writer, for 9.8 s so far"
    assert page.ago.text() == "now"
    assert page.more.text().splitlines()[0] == "get · cache.py:31"
    assert page.more.text().splitlines()[1].startswith("writer: Sleeping")
    assert page.counts.text() == "1 waiting for locks · 1 asleep or waiting"
    for _ in range(20):  # a hundredth of the view each
        key(shown, Qt.Key.Key_Left)
    assert shown.canvas.pointed == pytest.approx(Clock.now - 12)
    assert page.what.text().startswith("reader: Sleeping")
    assert "2.0\u00a0s" not in page.ago.text()
    assert "12\u00a0s ago" in page.ago.text()
    read = QAccessible.queryAccessibleInterface(shown.canvas)
    assert (read.role(), read.text(QAccessible.Text.Name)) == (QAccessible.Role.Chart, "Timeline")
    assert page.what.text() in read.text(QAccessible.Text.Description)
    assert "12\u00a0s ago" in read.text(QAccessible.Text.Description)
    assert [read.child(place).role() for place in range(read.childCount())].count(QAccessible.Role.Chart) == 0
    key(shown, Qt.Key.Key_Escape)
    assert shown.canvas.pointed is None


def test_no_line_of_what_is_told_is_cut_in_half(shown: Shown) -> None:
    """Where there is room for three lines only, the fourth, how many did what, is left to those who listen."""
    shown.add("reader", "writer")
    waits = ThreadFacts(activity=A.LOCK, subject="cache", holder="writer", function="get", file="/x/cache.py", line=31)
    shown.threads["reader"].facts = waits
    shown.look(4)
    page = shown.page
    shown.show()
    key(shown, Qt.Key.Key_Down)
    for height in range(300, 200, -1):
        page.resize(1180, height)
        if page._lines == 3:
            break

    assert page.moment.isVisible()
    QApplication.processEvents()
    assert page._told.verticalScrollBar().maximum() == 0
    assert not page.counts.isVisible()
    assert "1 waiting for locks" in shown.canvas.accessibleDescription()
    page.resize(1180, 640)
    assert page.counts.isVisible()
    QApplication.processEvents()
    assert page._told.verticalScrollBar().maximum() == 0


def test_a_cursor_that_is_moved_is_spoken(shown: Shown, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    monkeypatch.setattr(QAccessible, "isActive", lambda: True)
    monkeypatch.setattr(QAccessible, "updateAccessibility", lambda event: heard.append(event.message()))
    shown.add("reader")
    shown.look(80)
    shown.show()
    shown.page.activateWindow()
    shown.canvas.setFocus()
    until(qtbot, shown.canvas.hasFocus)
    key(shown, Qt.Key.Key_Down)
    shown.look()
    assert heard == [], "what goes on by itself is not spoken"

    key(shown, Qt.Key.Key_Left)
    shown.look()
    key(shown, Qt.Key.Key_Left)

    assert [words.rpartition(" ago")[0].split(", ")[1].replace("\u00a0", " ") for words in heard] == ["0.6 s", "1.5 s"]
    assert all("reader: Sleeping" in words for words in heard)


def test_the_page_can_be_closed_while_it_is_read(shown: Shown, qtbot: QtBot) -> None:
    """What tells of the timeline goes with it, and is not asked for a widget that has gone."""
    for _ in range(3):
        canvas = TimelineCanvas(shown.recorder)
        assert QAccessible.queryAccessibleInterface(canvas).isValid()
        with qtbot.waitSignal(canvas.destroyed):
            canvas.deleteLater()
        del canvas
        gc.collect()


def test_many_short_calls_are_no_block(shown: Shown) -> None:
    """They would hide what the thread does; only those that stand alone are drawn through the lane."""
    shown.add("pool_0")
    shown.show()
    shown.look(240)
    record, lane_id = shown.recorder.record, shown.threads["pool_0"].id
    assert record is not None
    lane, text = record.lanes[lane_id], tokens(shown.page.palette()).text.rgb()

    def dark() -> int:
        shown.page.refresh()
        image = shown.canvas.grab().toImage()
        return sum(image.pixel(x, y) == text for x in range(image.width()) for y in range(image.height()))

    without = dark()
    record.begin_call(lane, 1_010.0, "job", lane_id)
    record.begin_call(lane, 1_020.0, "job", lane_id)
    apart = dark() - without
    for number in range(700):
        record.begin_call(lane, 1_025.0 + number * 0.04, "job", lane_id)

    assert apart >= 2 * LANE
    assert dark() - without < 3 * apart


def test_a_lane_does_not_say_its_name_twice(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name of a call is written into its lane, unless the lane is that call."""
    handler = "Handler.do_GET, of a name that is longer than its chip"
    shown.add(handler, "pool_0")
    shown.show()
    shown.look(240)
    record = shown.recorder.record
    assert record is not None
    for name, call in ((handler, handler), ("pool_0", "job(1)")):
        record.begin_call(record.lanes[shown.threads[name].id], 1_010.0, call, shown.threads[name].id)
    written: list[str] = []
    monkeypatch.setattr(shown.canvas, "_chip", lambda _painter, words, *_: written.append(words))
    shown.canvas.grab()

    assert set(written) == {"job(1)"}


def test_keys_zoom_pan_and_come_back(shown: Shown) -> None:
    shown.add("a")
    shown.look(100, every=1.0)
    shown.show()
    span = shown.canvas.span

    key(shown, Qt.Key.Key_Plus)
    assert span.length == 48.0
    key(shown, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    assert span.end == Clock.now - 12
    assert shown.page.hold_button.isChecked()
    key(shown, Qt.Key.Key_Home)
    assert span.range(shown.canvas.first, Clock.now)[0] == pytest.approx(shown.canvas.first)
    key(shown, Qt.Key.Key_End)
    assert span.follows
    shown.page.zoom_buttons[None].click()
    assert span.length is None
    assert shown.page.zoom_buttons[None].isChecked()
    assert not shown.page.zoom_buttons[60.0].isChecked()


def wheel(shown: Shown, at: QPoint, x: int, y: int, modifiers: Qt.KeyboardModifier) -> None:
    viewport = shown.canvas.viewport()
    place = QPointF(at)
    event = QWheelEvent(
        place, QPointF(viewport.mapToGlobal(at)), QPoint(), QPoint(x, y), Qt.MouseButton.NoButton, modifiers,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(viewport, event)


def test_the_wheel_zooms_with_ctrl_and_goes_sideways(shown: Shown) -> None:
    shown.add("a")
    shown.look(200, every=1.0)
    shown.show()
    span, canvas = shown.canvas.span, shown.canvas
    span.hold(Clock.now - 60)
    at = QPoint(500, 60)
    area = canvas.area_of(canvas.viewport().width(), canvas.viewport().height())
    before = canvas._moment(500, area)

    wheel(shown, at, 0, 120, Qt.KeyboardModifier.ControlModifier)
    assert span.length == 48.0
    assert canvas._moment(500, area) == pytest.approx(before)
    end = span.end
    assert end is not None
    wheel(shown, at, 120, 0, Qt.KeyboardModifier.NoModifier)
    assert span.end is not None
    assert span.end < end
    pinch = QNativeGestureEvent(
        Qt.NativeGestureType.ZoomNativeGesture, QPointingDevice.primaryPointingDevice(), 2, QPointF(at), QPointF(at),
        QPointF(at), 0.2, QPointF(),
    )  # fmt: skip
    QApplication.sendEvent(canvas.viewport(), pinch)
    assert span.length == pytest.approx(40.0)


def test_pausing_the_view_holds_it_while_the_record_goes_on(shown: Shown) -> None:
    shown.add("a")
    shown.look(8)
    shown.show()
    shown.page.hold_button.click()
    held = shown.canvas.span.end
    shown.look(8)

    assert shown.canvas.span.end == held == Clock.now - 2
    shown.page.hold_button.click()
    assert shown.canvas.span.follows


def test_choosing_tells_of_the_task(shown: Shown, qtbot: QtBot) -> None:
    shown.add("a", "b")
    shown.look(4)
    shown.show()
    with qtbot.waitSignal(shown.canvas.chosen) as chosen:
        QTest.mouseClick(shown.canvas.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(600, 28 + LANE + 10))
    with qtbot.waitSignal(shown.canvas.details_wanted) as wanted:
        key(shown, Qt.Key.Key_Return)

    assert chosen.args == wanted.args == [901]
    lane = shown.canvas.chosen_lane()
    assert lane is not None
    assert lane.row.snapshot.name == "b"


def test_only_what_is_new_is_painted(shown: Shown) -> None:
    shown.add(*(f"t{number}" for number in range(10)))
    shown.look(400)
    shown.show()
    strip = shown.canvas._strip
    assert strip is not None
    before = strip.painted
    shown.look()
    QApplication.processEvents()

    assert shown.canvas._strip is strip
    assert 0 < strip.painted - before <= 10 * 8, "a quarter of a second of a minute"


def strip_of(record: Record, lane: Any, looks: list[int], *, at_once: bool) -> QImage:
    """The picture of a lane at the end, painted as time went by or all at once."""
    colors = tokens(light_palette())
    strip = Strip(96, 1, 0.25, Shapes(colors, 1.0), 1.0)
    line = Line("x", [lane], colors.base)
    ends = [looks[-1]] if at_once else looks
    for end in ends:
        strip.paint([line], end, record.kinds)
    image = QImage(96, LANE, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    strip.show(painter, 0, 0, LANE, ends[-1])
    painter.end()
    return image


@pytest.mark.usefixtures("qapp")
def test_painted_bit_by_bit_it_is_the_same_picture() -> None:
    record = Record(0.0)
    lane = record.lane(1)
    kinds = [A.COMPUTING, A.SLEEPING, A.LOCK, A.READING, A.OUTSIDE, None]
    for number in range(400):
        activity = kinds[number // 7 % len(kinds)]
        state = S.PAUSED if number // 7 % 9 == 5 else S.RUNNING
        record.note(lane, number * 0.25, Moment(state, ThreadFacts(activity=activity)))
    looks = sorted({*range(5, 398, 3), 397})

    assert strip_of(record, lane, looks, at_once=False) == strip_of(record, lane, looks, at_once=True)


def sample(kind: Kind, colors: Any) -> QImage:
    image = QImage(32, LANE, QImage.Format.Format_RGB32)
    image.fill(colors.base)
    painter = QPainter(image)
    shapes = Shapes(colors, 1.0)
    shapes.draw(painter, kind, 0, 32, 0)
    if kind is Kind.PAUSED:
        shapes.draw_edge(painter, 0, 0)
        shapes.draw_edge(painter, 31, 0)
    painter.end()
    return image.convertToFormat(QImage.Format.Format_Grayscale8)


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("palette", [light_palette, dark_palette])
def test_what_runs_is_seen_on_a_chosen_lane_as_well(palette: Any) -> None:
    colors = tokens(palette())
    image = QImage(32, LANE, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    Shapes(colors, 1.0).draw(painter, Kind.RUNNING, 0, 32, 0)
    painter.end()
    running = image.pixelColor(16, LANE // 2)
    for other in (colors.base, colors.selection, colors.accent):
        assert contrast(running, other) >= 1.5


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("palette", [light_palette, dark_palette])
def test_in_greys_all_states_differ_in_shape(palette: Any) -> None:
    """Told apart by which pixels are ground, not by how dark the others are; tints count as their own."""
    colors = tokens(palette())
    kinds = [
        Kind.COMPUTING,
        Kind.OUTSIDE,
        Kind.RUNNING,
        Kind.LOCK,
        Kind.DEADLOCK,
        Kind.TRANSFER,
        Kind.SLEEPING,
        Kind.PAUSED,
    ]
    ground = QColor(colors.base).lightness()

    def strength(kind: Kind) -> tuple[int, ...]:
        image = sample(kind, colors)
        return tuple(abs(QColor(image.pixel(x, y)).lightness() - ground) for y in range(LANE) for x in range(4, 28))

    drawn = {kind: strength(kind) for kind in kinds}
    for one in kinds:
        for other in kinds:
            if one < other:
                apart = sum(abs(a - b) > 20 for a, b in zip(drawn[one], drawn[other], strict=True))
                assert apart >= 24 * 2, (one.name, other.name)


@pytest.fixture
def window(qtbot: QtBot, runner: TaskRunner) -> Iterator[MainWindow]:
    with main_window(qtbot, runner, shown=False) as made:
        yield made


def test_the_window_makes_the_page_when_it_is_wanted(
    qtbot: QtBot, window: MainWindow, runner: TaskRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.show()
    window.complete()
    pages = window.pages
    assert pages is not None
    assert pages.timeline is None
    task = runner.start(lambda ctx: ctx.sleep(60), name="sleeper")
    until(qtbot, lambda: pages.recorder.record is not None)

    pages.show_timeline.trigger()
    page = pages.timeline
    assert page is not None
    assert pages.is_timeline
    assert not window.panel.view.isVisible()
    until(qtbot, lambda: any(shown.row.id == task.id for shown in page.canvas.lanes))
    refreshed: list[float] = []
    monkeypatch.setattr(page, "refresh", lambda: refreshed.append(pages.recorder.looked_at))
    until(qtbot, lambda: refreshed)
    pages.show_tasks.trigger()
    assert not pages.is_timeline
    assert window.panel.view.isVisible()
    looked_at = pages.recorder.looked_at
    until(qtbot, lambda: pages.recorder.looked_at > looked_at)
    assert refreshed[-1] <= looked_at, "it is recorded, but not shown"


def test_the_timeline_and_the_details_tell_of_the_same_task(
    qtbot: QtBot, window: MainWindow, runner: TaskRunner
) -> None:
    """Whichever of them it was chosen in, or in the table while the timeline was away."""
    window.show()
    window.complete()
    pages, details, view = window.pages, window.details, window.panel.view
    assert pages is not None
    one, other = (runner.start(lambda ctx: ctx.sleep(60), name=name).id for name in ("one", "other"))
    until(qtbot, lambda: pages.recorder.record is not None and len(pages.recorder.record.lanes) == 2)

    def told() -> tuple[int | None, int | None]:
        page, dock = pages.timeline, details.dock
        assert page is not None
        chosen = page.canvas.chosen_lane()
        return chosen.row.id if chosen is not None else None, dock.pane.details.task_id if dock is not None else None

    view.select_task(one)
    pages.show_timeline.trigger()
    assert told() == (one, None)
    pages.show_tasks.trigger()
    details.open(one)
    view.select_task(other)
    pages.show_timeline.trigger()
    assert told() == (other, other)
    page = pages.timeline
    assert page is not None
    place = next(place for place, shown in enumerate(page.canvas.lines) if shown is not None and shown.row.id == one)
    QTest.mouseClick(page.canvas.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(40, 28 + place * LANE + 5))
    assert told() == (one, one)
    assert details.dock is not None
    details.dock.pane.details.follow(other)  # as it does by itself, of a program that is listed
    assert told() == (other, other)
    details.dock.close()
    view.select_task(one)
    assert told()[0] == one


@pytest.mark.parametrize("what", ["timeline", "details", "both"])
def test_who_shows_more_has_threads_looked_at_more_often(
    qtbot: QtBot, window: MainWindow, runner: TaskRunner, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    wanted: list[float] = []
    monkeypatch.setattr(thread_looks, "want", wanted.append)
    asked: list[int] = []
    window.controller.looks_closely.connect(lambda: asked.append(len(wanted)))
    window.show()
    window.complete()
    pages, details = window.pages, window.details
    assert pages is not None
    task = runner.start(lambda ctx: ctx.sleep(60), name="sleeper")
    until(qtbot, lambda: wanted)
    assert set(wanted) == {1.0}
    assert not asked

    switch = window.panel.filter_bar._switch
    assert switch is not None
    window.resize(1400, window.height())  # there is room for it
    if what != "details":
        pages.show_timeline.trigger()
        window.resize(window.width() + 40, window.height())
        assert switch.isHidden(), "there are no rows to be compact"
    if what != "timeline":
        details.open(task.id)
    until(qtbot, lambda: 0.25 in wanted)
    assert asked
    if what != "details":
        pages.show_tasks.trigger()
        assert not switch.isHidden()
    if what == "both":
        wanted.clear()
        until(qtbot, lambda: wanted)
        assert set(wanted) == {0.25}, "the details are still open"
    if what != "timeline":
        assert details.dock is not None
        details.dock.close()
    wanted.clear()
    until(qtbot, lambda: wanted)
    assert set(wanted) == {1.0}


def test_export_writes_a_picture_and_a_trace(
    qtbot: QtBot, window: MainWindow, runner: TaskRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.show()
    window.complete()
    pages = window.pages
    assert pages is not None
    runner.start(lambda ctx: ctx.sleep(60), name="sleeper")
    pages.show_timeline.trigger()
    page = pages.timeline
    assert page is not None
    until(qtbot, lambda: page.canvas.lanes)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "out"), ""))
    picture, trace = page.export_menu.actions()
    for action, name in ((picture, "out.png"), (trace, "out.json")):
        with qtbot.waitSignal(pages.saver.saved) as saved:
            action.trigger()
        assert saved.args == [str(tmp_path / name)]

    assert not QImage(str(tmp_path / "out.png")).isNull()
    names = [event["args"].get("name") for event in json.loads((tmp_path / "out.json").read_text())["traceEvents"]
             if event["ph"] == "M"]  # fmt: skip
    assert "sleeper" in names


def shown_timeline(qtbot: QtBot, window: MainWindow) -> TimelinePage:
    """The window with its timeline, once there is a lane."""
    window.show()
    window.complete()
    pages = window.pages
    assert pages is not None
    pages.show_timeline.trigger()
    page = pages.timeline
    assert page is not None
    until(qtbot, lambda: page.canvas.lanes)
    return page


def test_a_cancel_by_key_is_that_of_the_table(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    task = runner.start(lambda ctx: ctx.sleep(60), name="sleeper")
    page = shown_timeline(qtbot, window)
    key_to: TimelineCanvas = page.canvas
    QTest.keyClick(key_to, Qt.Key.Key_Down)
    window.activateWindow()
    until(qtbot, key_to.hasFocus)
    QTest.keyClick(key_to, Qt.Key.Key_Delete)

    until(qtbot, task.done)
    assert task.cancelled()


def test_the_keys_stay_with_the_timeline_when_the_details_close(
    qtbot: QtBot, window: MainWindow, runner: TaskRunner
) -> None:
    """A table that nobody sees must not be what they act on."""
    task = runner.start(lambda ctx: ctx.sleep(60), name="sleeper")
    page = shown_timeline(qtbot, window)
    window.activateWindow()
    until(qtbot, page.canvas.hasFocus)
    window.details.open(task.id)
    dock = window.details.dock
    assert dock is not None
    until(qtbot, lambda: not page.canvas.hasFocus())
    dock.close()
    until(qtbot, page.canvas.hasFocus)
    window.panel.view.select_tasks([task.id])

    assert page.canvas.hasFocus()
    assert window.pages is not None
    window.pages.show_tasks.trigger()
    assert window.panel.view.hasFocus()
