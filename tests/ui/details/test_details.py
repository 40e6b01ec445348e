"""The details: follow the current row, tick only while they can be seen, and do what their buttons say."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QHideEvent, QImage
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from taskmon import TaskContext, TaskRunner, TaskState
from taskmon.bridge.controller import TaskController
from taskmon.bridge.details.frames import TraceFrame
from taskmon.bridge.quitting import Stage
from taskmon.bridge.settings import AppSettings
from taskmon.bridge.table.activity import MOST_SAMPLES, Activity
from taskmon.bridge.table.rows import SUBTASKS, RowAction
from taskmon.core.stacks import sampler
from taskmon.core.task.ladder import INTERRUPT, KILL, TERMINATE, with_signals
from taskmon.core.task.progress import Progress
from taskmon.core.task.request import Request, Verb
from taskmon.core.task.snapshot import StopMeans, TaskSnapshot
from taskmon.ui.details.chart import ActivityChart, caption
from taskmon.ui.details.header import DetailsHeader, Page
from taskmon.ui.details.pane import DetailsDock
from taskmon.ui.table.panel import TaskPanel
from taskmon.ui.widgets.frame_list import FrameList
from taskmon.ui.widgets.labels import explain
from taskmon.ui.window.window import MainWindow
from tests.helpers.gates import Gate, wait_until
from tests.helpers.main_window import main_window
from tests.qt_helpers import Worker, runner, until

__all__ = ["runner"]  # fixture


@pytest.fixture
def window(qtbot: QtBot, runner: TaskRunner) -> Iterator[MainWindow]:
    """The window, on the screen."""
    with main_window(qtbot, runner, jobs=False) as made:
        yield made
        if made.details.dock is not None:
            made.details.dock.close()
    sampler.sampler._threads.clear()
    sampler.sampler._wake.set()
    wait_until(lambda: not sampler.sampler._looking, "the end of the sampler's thread")


def dock_of(window: MainWindow) -> DetailsDock:
    assert window.details.dock is not None
    return window.details.dock


def click(qtbot: QtBot, button: QPushButton) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_nothing_is_made_before_it_is_wanted(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """The dock costs the start nothing; closed, it does not tick; open on an ended task, neither."""
    assert window.details.dock is None
    worker = Worker()
    task = runner.start(worker.obey, name="Copy")
    until(qtbot, lambda: worker.started.is_set() and window.panel.controller.model.row(task.id))

    window.panel.view.select_task(task.id)
    window.details.action.trigger()
    details = dock_of(window).pane.details
    assert details.task_id == task.id
    assert details.ticking
    window.details.action.trigger()
    assert not window.details.is_open
    assert not details.ticking
    QApplication.sendEvent(dock_of(window).pane, QHideEvent())  # as of one that is closed while it is minimised
    window.details.reopen()
    assert details.ticking
    worker.go.set()
    task.cancel()
    until(qtbot, lambda: not details.ticking)


def test_it_follows_the_current_row(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """By the task's id; what is shown changes at once."""
    tasks = [runner.start(Worker().finish, name=name, paused=True) for name in ("one", "two")]
    until(qtbot, lambda: window.panel.controller.model.rowCount() == 2)
    window.details.open(tasks[0].id)
    page = dock_of(window).pane.page_widget(Page.OVERVIEW)

    window.panel.view.select_task(tasks[1].id)
    assert dock_of(window).pane.details.task_id == tasks[1].id
    assert page.cancel_button.accessibleName() == "Cancel two"
    window.panel.view.select_task(tasks[0].id)
    assert page.cancel_button.accessibleName() == "Cancel one"
    for task in tasks:
        task.cancel()
    until(qtbot, lambda: all(window.panel.controller.model.row(task.id).snapshot.state.is_final for task in tasks))
    window.panel.controller.clear_finished()
    assert dock_of(window).pane.details.task_id is None


def test_what_a_filter_hides_is_told_of_as_such(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """Its Cancel stays for it; but nobody should look for its row."""
    tasks = [runner.start(Worker().finish, name=name, paused=True) for name in ("one", "two")]
    until(qtbot, lambda: window.panel.controller.model.rowCount() == 2)
    window.details.open(tasks[0].id)
    header = dock_of(window).pane.header.name
    assert header.accessibleName() == "one, On hold"

    window.panel.filter_bar.search.setText("two")
    assert header.accessibleName() == "one, On hold · not in the filtered list"
    window.panel.filter_bar.search.clear()
    assert header.accessibleName() == "one, On hold"


def test_a_listener_hears_what_a_tooltip_says_without_its_marks(qtbot: QtBot, window: MainWindow) -> None:
    button = QPushButton()
    qtbot.addWidget(button)

    explain(button, "sets a < b & c")
    assert button.accessibleDescription() == "sets a < b & c"
    assert button.toolTip() == "<qt>sets a &lt; b &amp; c</qt>"
    explain(button, "")
    assert (button.toolTip(), button.accessibleDescription()) == ("", "")


def test_one_real_button_cancels(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """Named after the task, for listeners; it is inert once the stop is requested, and Retry takes over at the end."""
    worker = Worker()
    task = runner.start(worker.ignore, name="A & B")
    until(qtbot, lambda: worker.started.is_set() and window.panel.controller.model.row(task.id))
    window.details.open(task.id)
    page = dock_of(window).pane.page_widget(Page.OVERVIEW)
    assert page.cancel_button.text() == "Cancel A && B"
    assert not page.after_item_button.isVisible(), "it knows no items"

    click(qtbot, page.cancel_button)
    assert task.stop_requested
    until(qtbot, lambda: not page.cancel_button.isEnabled())
    worker.go.set()
    until(qtbot, page.retry_button.isVisible)
    assert page.cancel_button.isVisible(), "a second press hits nothing"
    assert not page.cancel_button.isEnabled()
    assert "Cancelled by you" in page.lead.text()
    click(qtbot, page.retry_button)
    until(qtbot, lambda: dock_of(window).pane.details.task_id != task.id)
    row = dock_of(window).pane.details.row
    assert row is not None
    assert row.snapshot.retry_of == task.id
    row.task.cancel()


def test_finish_the_item_then_stop(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """Beside Cancel, for tasks that know items; the sentence names what is in force; Cancel still overrides it."""
    with Gate() as gate:

        def work(ctx: TaskContext) -> None:
            for _ in ctx.track(range(9)):
                gate.pass_through()

        task = runner.start(work)
        gate.await_arrival()
        until(qtbot, lambda: window.panel.controller.model.row(task.id))
        window.details.open(task.id)
        page = dock_of(window).pane.page_widget(Page.OVERVIEW)
        until(qtbot, page.after_item_button.isVisible)
        click(qtbot, page.after_item_button)
        until(qtbot, lambda: "Finishing its current item" in page.lead.text())
        assert not page.after_item_button.isEnabled()
        assert page.cancel_button.isEnabled()
    until(qtbot, task.cancelled)


def test_pause_and_resume(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """One button for both."""
    worker = Worker()
    task = runner.start(worker.obey)
    until(qtbot, lambda: worker.started.is_set() and window.panel.controller.model.row(task.id))
    window.details.open(task.id)
    page = dock_of(window).pane.page_widget(Page.OVERVIEW)

    click(qtbot, page.pause_button)
    until(qtbot, lambda: page.pause_button.text() == "Resume" and task.state is TaskState.PAUSED)
    click(qtbot, page.pause_button)
    until(qtbot, lambda: page.pause_button.text() == "Pause" and task.state is TaskState.RUNNING)
    task.cancel()


def test_an_offer_is_asked_about_by_its_name(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """It changes something in somebody's program: nothing happens before the question is answered."""
    worker = Worker()
    task = runner.start(worker.finish, name="export")
    until(qtbot, lambda: worker.started.is_set() and window.panel.controller.model.row(task.id))
    row = window.panel.controller.model.row(task.id)
    assert row is not None
    used: list[int] = []
    row.task = _Offering(task, used)  # type: ignore[assignment]
    row.snapshot = row.task.snapshot()
    window.details.open(task.id)
    page = dock_of(window).pane.page_widget(Page.OVERVIEW)
    until(qtbot, lambda: len(page.offer_buttons) == 1)
    assert page.offer_buttons[0].text() == "Set paused_export"

    click(qtbot, page.offer_buttons[0])
    box = window.findChild(QMessageBox)
    assert box is not None
    assert "paused_export" in box.text()
    assert not used
    yes = next(button for button in box.findChildren(QPushButton) if "paused_export" in button.text())
    click(qtbot, yes)
    assert used == [0]

    window.details.open(task.id, Page.ERROR)
    error = dock_of(window).pane.page_widget(Page.ERROR)
    assert error.summary.text() == "It has not failed.", "what a live task has for details is advice"
    assert not error.body.isVisible()
    worker.go.set()


def test_firmer_signals_are_offered_in_their_time(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """The wait is seen, and each is asked about by its name."""
    worker = Worker()
    task = runner.start(worker.finish, name="server.py")
    until(qtbot, lambda: worker.started.is_set() and window.panel.controller.model.row(task.id))
    row = window.panel.controller.model.row(task.id)
    assert row is not None
    used: list[int] = []
    offering = _Offering(task, used)
    offering.means = with_signals(StopMeans("interrupts it, as Ctrl-C does", signal=INTERRUPT), (TERMINATE, KILL))
    row.task = offering  # type: ignore[assignment]
    row.snapshot = row.task.snapshot()
    window.details.open(task.id)
    page = dock_of(window).pane.page_widget(Page.OVERVIEW)
    until(qtbot, lambda: len(page.offer_buttons) == 2)
    assert not any(button.isVisible() for button in page.offer_buttons), "it has not been asked yet"

    for ago, sent_ago, labels, enabled in (
        (1.0, None, ["Terminate (SIGTERM) in 4\u00a0s"], [False]),
        (30.0, None, ["Terminate (SIGTERM)"], [True]),
        (30.0, 1.0, ["Terminate (SIGTERM)", "Kill (SIGKILL) in 4\u00a0s"], [True, False]),
    ):
        offering.asked_ago = ago
        shown = offering.snapshot()
        if sent_ago is not None:
            sent = ((TERMINATE, shown.taken_at - sent_ago),)
            shown = shown._replace(stop_means=offering.means._replace(sent=sent))
        row.snapshot = shown
        page.refresh()
        offered = [button for button in page.offer_buttons if button.isVisible()]
        assert [button.text() for button in offered] == labels
        assert [button.isEnabled() for button in offered] == enabled
    told = page.rest.text()
    assert "If it goes on, Kill (SIGKILL) is offered in 4\u00a0s." in told
    assert told.count("SIGKILL") == 1, "one clock"

    click(qtbot, page.offer_buttons[0])
    box = window.findChild(QMessageBox)
    assert box is not None
    assert box.text() == "Send SIGTERM to server.py, and to any process that it has started?"
    assert {button.property("danger") for button in box.findChildren(QPushButton)} == {True, None}
    assert not used
    click(qtbot, next(button for button in box.findChildren(QPushButton) if "SIGTERM" in button.text()))
    assert used == [0]
    worker.go.set()


class _Offering:
    """A task with an ambiguous flag, as the link to another program has them."""

    def __init__(self, task: object, used: list[int]) -> None:
        self._task = task
        self._used = used
        self.means = StopMeans("", (), ("sets paused_export",))
        self.asked_ago: float | None = None

    def snapshot(self) -> TaskSnapshot:
        picture: TaskSnapshot = self._task.snapshot()  # type: ignore[attr-defined]
        picture = picture._replace(stop_means=self.means, details="advice")
        if self.asked_ago is None:
            return picture
        return picture._replace(state=TaskState.STOPPING, stop_requested_at=picture.taken_at - self.asked_ago)

    def ask(self, request: Request, dispatch: object) -> bool:
        assert request.verb is Verb.OFFER
        self._used.append(request.offer)
        return True

    def stack(self) -> None:
        return None

    def log_lines(self, since: int = 0) -> tuple[int, list[str]]:
        return 0, []


def test_the_log_follows_only_at_its_end(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """Scrolled up, it stays where it is read; find goes round; copy has the lines; no line is markup."""
    worker = Worker()
    task = runner.start(worker.finish)
    until(qtbot, lambda: worker.started.is_set() and window.panel.controller.model.row(task.id))
    for number in range(100):
        task.add_log_line(f"line {number} <b>x</b>\x1b[31m")
    window.details.open(task.id, Page.LOG)
    page = dock_of(window).pane.page_widget(Page.LOG)
    until(qtbot, lambda: page.view.blockCount() == 100)
    bar = page.view.verticalScrollBar()
    assert bar.value() == bar.maximum()

    task.add_log_line("the newest")
    until(qtbot, lambda: page.view.blockCount() == 101)
    assert bar.value() == bar.maximum(), "its end was in sight"
    bar.setValue(3)
    task.add_log_line("one more")
    until(qtbot, lambda: page.view.blockCount() == 102)
    assert bar.value() == 3

    page.find_field.setText("line 42")
    assert page.view.textCursor().selectedText() == "line 42"
    page.find_field.setText("line 4")
    assert page.view.textCursor().selectedText() == "line 4"
    page.find_field.setText("nowhere")
    assert page.note.text() == "Not found"
    page.copy()
    copied = QGuiApplication.clipboard().text()
    assert "line 99 <b>x</b>␛[31m" in copied
    assert "\x1b" not in copied
    worker.go.set()


def test_the_log_is_saved_in_the_background(
    qtbot: QtBot, window: MainWindow, runner: TaskRunner, tmp_path: object
) -> None:
    """And a failure to write is told."""
    task = runner.start(lambda ctx: ctx.log("kept ü"))
    until(qtbot, lambda: task.done() and window.panel.controller.model.row(task.id))
    window.details.open(task.id, Page.LOG)
    details = dock_of(window).pane.details
    path = tmp_path / "a.log"  # type: ignore[operator]
    details.save_log(str(path))
    until(qtbot, lambda: path.exists() and path.read_text("utf-8") == "kept ü\n")

    with qtbot.waitSignal(details.failed, timeout=20_000) as told:
        details.save_log(str(tmp_path))
    assert told.args[0].title == "The log was not saved"
    assert "unchanged" in told.args[0].message, "it is written whole or not at all"
    box = window.findChild(QMessageBox)
    assert box is not None
    box.reject()


def test_a_failure_is_shown_frame_by_frame(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """Own code first to be seen; activating a frame asks for its file at its line."""
    worker = Worker()
    task = runner.start(worker.fail)
    worker.go.set()
    until(qtbot, lambda: task.done() and window.panel.controller.model.row(task.id))
    window.details.open(task.id, Page.ERROR)
    page = dock_of(window).pane.page_widget(Page.ERROR)
    until(qtbot, lambda: page.frames.frames)
    assert page.summary.text() == "ValueError: as told"
    assert page.frames.frames[0].function == "fail"
    assert page.frames.frames[0].own

    opened: list[tuple[str, int]] = []
    page.frames.open_requested.disconnect()
    page.frames.open_requested.connect(lambda file, line: opened.append((file, line)))
    page.frames.itemActivated.emit(page.frames.item(0))
    assert opened == [(page.frames.frames[0].file, page.frames.frames[0].line)]
    click(qtbot, page.text_button)
    assert page.body.currentWidget() is page.whole
    assert "Traceback" in page.whole.toPlainText()


def test_the_stack_of_a_stuck_worker_and_the_way_out(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """Live, named, with advice; Detach frees its place; the report has all of it."""
    worker = Worker()
    task = runner.start(worker.ignore, name="Stuck")
    until(qtbot, lambda: worker.started.is_set() and window.panel.controller.model.row(task.id))
    window.details.open(task.id, Page.STACK)
    page = dock_of(window).pane.page_widget(Page.STACK)
    until(qtbot, lambda: "self.go.wait, qt_helpers.py line" in page.headline.text())
    assert "ctx.checkpoint()" in page.advice.text()
    until(qtbot, lambda: any("self.go.wait(60)" in frame.source for frame in page.frames.frames))
    assert not page.detach_button.isEnabled(), "nobody has asked it to stop"

    task.cancel()
    until(qtbot, lambda: page.detach_button.isEnabled() and page.wait_button.isVisible())
    click(qtbot, page.detach_button)
    until(qtbot, lambda: task.snapshot().detached and not page.detach_button.isEnabled())
    assert "1 of them detached" in window._status.text()
    click(qtbot, page.copy_button)
    copied = QGuiApplication.clipboard().text()
    assert "Stuck" in copied
    assert "in Worker.ignore" in copied
    click(qtbot, page.wait_button)
    assert not window.details.is_open
    assert not page._looks.isActive()
    worker.go.set()
    until(qtbot, task.done)


def test_keys_open_and_close_it(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """Enter on a row, Escape in the dock: the focus goes there and back."""
    task = runner.start(Worker().finish, paused=True)
    until(qtbot, lambda: window.panel.controller.model.rowCount() == 1)
    view = window.panel.view
    window.activateWindow()
    view.setFocus()
    view.select_task(task.id)
    qtbot.keyClick(view, Qt.Key.Key_Return)
    until(qtbot, lambda: window.details.is_open)
    pane = dock_of(window).pane
    assert pane.page is Page.OVERVIEW
    assert pane.header.isAncestorOf(window.focusWidget())
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    until(qtbot, lambda: not window.details.is_open)
    until(qtbot, view.hasFocus)
    task.cancel()


def test_every_control_has_a_name(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """A listener can tell what has the focus."""
    task = runner.start(Worker().finish, paused=True)
    until(qtbot, lambda: window.panel.controller.model.rowCount() == 1)
    for page in Page:
        window.details.open(task.id, page)
        widget = dock_of(window).pane.page_widget(page)
        for child in [*widget.findChildren(QPushButton), *dock_of(window).pane.header.findChildren(QPushButton)]:
            if child.isVisibleTo(window):  # what is not shown has no words yet
                assert child.accessibleName() or child.text(), page
    task.cancel()


def test_a_long_name_does_not_widen_anything(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    """Three hundred characters, and the dock still fits into a narrow window."""
    task = runner.start(Worker().finish, name="name " * 60, paused=True)
    until(qtbot, lambda: window.panel.controller.model.rowCount() == 1)
    for page in Page:
        window.details.open(task.id, page)
        assert dock_of(window).minimumSizeHint().width() <= 560, page
        assert window.minimumSizeHint().width() <= 720, page
    task.cancel()


def test_a_host_without_a_dock_gets_a_window(qtbot: QtBot, runner: TaskRunner) -> None:
    """The Details button of an embedded table opens one; a host that answers the signal itself gets none."""
    panel = TaskPanel(runner)
    worker = Worker()
    task = runner.start(worker.ignore, name="Stuck")
    until(qtbot, lambda: worker.started.is_set() and panel.controller.model.row(task.id))
    with qtbot.waitSignal(panel.details_requested):
        panel._act(task.id, RowAction.DETAILS)
    opened = panel._details
    assert opened is not None
    opened.pane.show_page(Page.STACK)
    page = opened.pane.page_widget(Page.STACK)
    until(qtbot, lambda: "self.go.wait" in page.headline.text())
    assert opened.isWindow()
    page.wait_button.click()
    assert not opened.isVisible()
    assert not opened.pane.details.ticking

    panel.opens_details = False
    with qtbot.waitSignal(panel.details_requested):
        panel._act(task.id, RowAction.DETAILS)
    assert not opened.isVisible()
    worker.go.set()
    until(qtbot, task.done)
    sampler.sampler._threads.clear()
    sampler.sampler._wake.set()
    wait_until(lambda: not sampler.sampler._looking)
    panel.deleteLater()
    until(qtbot, lambda: not shiboken6.isValid(panel))


class TestChart:
    def full(self) -> Activity:
        activity = Activity()
        for second in range(MOST_SAMPLES * 3):
            done = second * 10.0 + (second % 17) * 3
            activity.add(TaskSnapshot(1, "t", TaskState.RUNNING, 1, float(second), 0.0, 0.0, progress=Progress(done)))
        activity.stop_at = activity.moments[-1] - 20
        return activity

    @pytest.mark.slow  # a time, which is told only by a machine that does nothing else
    def test_a_repaint_costs_less_than_two_milliseconds(self, qtbot: QtBot) -> None:
        """The full ring at its largest; the best of several, for the machine may be busy with something else."""
        chart = ActivityChart()
        qtbot.addWidget(chart)
        chart.resize(1100, 180)
        activity = self.full()
        chart.show_activity(activity, activity.moments[-1], "steps/s")
        chart.show_shares(0.4, 0.6)
        image = QImage(chart.size(), QImage.Format.Format_ARGB32_Premultiplied)
        chart.render(image)
        assert chart.points > MOST_SAMPLES / 2
        costs = []
        for _ in range(40):
            began = time.perf_counter()
            chart.render(image)
            costs.append(time.perf_counter() - began)
        assert min(costs) < 0.002, f"{min(costs) * 1000:.2f} ms"

    def test_parts_that_count_different_things_have_no_speed(self) -> None:
        """Their shares are no amount: “subtasks/s” would be the speed of nothing."""
        row = SimpleNamespace(activity=self.full(), progress=Progress(1.95, 2, SUBTASKS))
        assert caption(row) == ""  # type: ignore[arg-type]
        row.progress = Progress(2, 3, "files")
        assert caption(row)  # type: ignore[arg-type]

    def test_the_line_is_made_anew_only_when_there_is_more(self, qtbot: QtBot) -> None:
        """The same picture twice takes the same points."""
        chart = ActivityChart()
        qtbot.addWidget(chart)
        chart.resize(300, 100)
        activity = self.full()
        activity.stop_at = None
        chart.show_activity(activity, 1.0, "x")
        chart.grab()
        before = chart._lines
        chart.show_activity(activity, 2.0, "x")
        chart.grab()
        assert chart._lines is before

    def test_right_to_left_time_runs_the_other_way(self, qtbot: QtBot) -> None:
        """As everything else does in such a window."""
        chart = ActivityChart()
        qtbot.addWidget(chart)
        chart.resize(300, 100)
        activity = self.full()
        chart.show_activity(activity, activity.moments[-1], "x")
        chart.grab()
        assert chart._lines[0].x1() < chart._lines[-1].x2()
        mirrored = ActivityChart()
        qtbot.addWidget(mirrored)
        mirrored.resize(300, 100)
        mirrored.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        mirrored.show_activity(activity, activity.moments[-1], "x")
        mirrored.grab()
        assert mirrored._lines[0].x1() > mirrored._lines[-1].x2()

    def test_an_empty_one_paints_nothing_wrong(self, qtbot: QtBot) -> None:
        """Before the first sample there is no line."""
        chart = ActivityChart()
        qtbot.addWidget(chart)
        chart.show_activity(None, 0.0, "")
        chart.grab()
        assert chart.points == 0


def test_the_list_of_frames_keeps_its_place(qtbot: QtBot) -> None:
    """A stack that changes twice a second must not throw away what was selected; names cannot be markup."""
    frames = [TraceFrame(f"/x/<img src=y>{n}.py", n, f"f{n}", n % 2 == 0) for n in range(5)]
    view = FrameList("Calls")
    qtbot.addWidget(view)
    view.show_frames(frames)
    assert view.currentRow() == 0
    view.setCurrentRow(3)
    view.show_frames([*frames[:4], frames[4]._replace(line=99)])
    assert view.currentRow() == 3
    assert "own code" in view.item(0).text()
    assert "library" in view.item(1).text()
    assert "<img" not in view.item(0).toolTip()
    view.grab()
    view.show_frames([])
    assert view.count() == 0


def test_it_is_open_again_where_it_was(qtbot: QtBot, runner: TaskRunner) -> None:
    """At the next start, and not if it was closed; never opened, the place from before is kept."""
    settings = AppSettings.in_memory()
    controller = TaskController(runner)

    def start() -> MainWindow:
        made = MainWindow(lambda: controller, controller.jobs, settings=settings)
        qtbot.addWidget(made, before_close_func=lambda w: setattr(w.departure, "stage", Stage.GONE))
        with qtbot.waitExposed(made):
            made.show()
        return made

    first = start()
    first.details.open()
    first.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock_of(first))
    first.memory.save(first.details)
    first.details.dock.close()
    second = start()
    until(qtbot, lambda: second.details.is_open)
    assert second.dockWidgetArea(dock_of(second)) is Qt.DockWidgetArea.RightDockWidgetArea
    second.details.action.trigger()
    second.memory.save(second.details)
    third = start()
    third.memory.restore_details(third.details)
    assert third.details.dock is None
    third.memory.save(third.details)
    third.details.open()
    assert third.dockWidgetArea(dock_of(third)) is Qt.DockWidgetArea.RightDockWidgetArea
    third.details.dock.close()
    controller.close()
    controller.deleteLater()


def test_where_it_is_narrow_the_pages_stand_beneath_the_name(qtbot: QtBot) -> None:
    """As in a dock at the side."""
    header = DetailsHeader()
    qtbot.addWidget(header)
    header.set_name("A name that takes some room", "Not responding")
    header.resize(900, 30)
    header.show()
    button = header.buttons[Page.OVERVIEW]

    def y_of(widget: QWidget) -> int:
        return widget.mapTo(header, widget.rect().center()).y()

    assert abs(y_of(button) - y_of(header.name)) < 6
    header.resize(380, 60)
    until(qtbot, lambda: y_of(button) > y_of(header.name) + 12)
    assert header.name.width() > 250
