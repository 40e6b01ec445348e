"""What is on the screen: whatever was done, it is what a table that is painted from nothing would show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import QItemSelectionModel, QPoint, QSize, Qt
from PySide6.QtGui import QImage, QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from taskmon import TaskRunner
from taskmon.bridge.table.categories import Category
from taskmon.bridge.table.rows import Grouping, TaskColumn
from taskmon.core.stacks.facts import Activity, ThreadFacts
from taskmon.core.task.progress import Progress
from taskmon.core.task.snapshot import Origin
from taskmon.core.task.state import TaskState
from taskmon.ui import TaskPanel
from taskmon.ui.table import view as view_module
from taskmon.ui.table.page import Page
from taskmon.ui.table.painting import CellPainter, button_rect
from taskmon.ui.widgets import theme
from tests.helpers.played import PlayedTask
from tests.qt_helpers import runner, until

__all__ = ["runner"]  # fixture

S = TaskState
C = TaskColumn
_FLAGS = QItemSelectionModel.SelectionFlag


Tasks = list[PlayedTask]


@pytest.fixture
def tasks() -> Tasks:
    """Some of each kind."""
    return [
        PlayedTask(1, "Copy", progress=Progress(37, 100, "files", "IMG_4030.jpg"), group="a"),
        PlayedTask(2, "Waiting", S.QUEUED, started_at=None, group="a"),
        PlayedTask(3, "Counting", progress=Progress(5, None, "rows", "reading"), group="b"),
        PlayedTask(4, "Stopping", S.STOPPING, stop_requested_at=97.0, progress=Progress(50, 100, "", "")),
        PlayedTask(5, "Failed", S.FAILED, ended_at=90.0, error="no space left"),
        PlayedTask(6, "Parent"),
        PlayedTask(7, "Part", parent_id=6, progress=Progress(1, 4, "files", "deep")),
        PlayedTask(8, "文件", S.PAUSED, progress=Progress(10**9, 10**10, "bytes", "")),
        *(PlayedTask(number, f"More {number}", progress=Progress(number, 100)) for number in range(9, 30)),
    ]


@pytest.fixture
def panel(qtbot: QtBot, runner: TaskRunner, tasks: Tasks) -> Iterator[TaskPanel]:
    """A panel on the screen with these tasks."""
    made = TaskPanel(runner)
    made.resize(1180, 500)
    qtbot.addWidget(made)
    handles: list[Any] = list(tasks)
    made.controller.model.add((task, task.snapshot()) for task in handles)
    with qtbot.waitExposed(made):
        made.show()
    made.view.setFocus()
    QApplication.processEvents()
    yield made
    made.controller.close()


def on_the_screen(panel: TaskPanel) -> QImage:
    """What can be seen, without having anything painted for it."""
    viewport = panel.view.viewport()
    at = viewport.mapTo(panel, QPoint())
    return panel.screen().grabWindow(panel.winId(), at.x(), at.y(), viewport.width(), viewport.height()).toImage()


def painted_anew(panel: TaskPanel) -> QImage:
    """What a page that has seen nothing yet would show of the same."""
    view = panel.view
    cells = CellPainter(view.tasks, view.buttons.state)
    page = Page(view, view.tasks, cells)
    return page.show(view.look(), 0, view.viewport().height()).toImage()


def looks_right(panel: TaskPanel) -> bool:
    format_ = QImage.Format.Format_RGB32
    return on_the_screen(panel).convertToFormat(format_) == painted_anew(panel).convertToFormat(format_)


def test_the_comparison_sees_a_difference(panel: TaskPanel, tasks: Tasks) -> None:
    """Otherwise the tests below would prove nothing."""
    assert looks_right(panel)

    panel.controller.model.row(1).last_run = 9_000  # type: ignore[union-attr]  # told to nobody

    assert not looks_right(panel)


Act = Callable[[TaskPanel, Tasks], object]


def _select(panel: TaskPanel, _: Tasks) -> None:
    panel.view.setCurrentIndex(panel.view.tasks.index(2, C.NAME))
    panel.view.selectionModel().select(panel.view.tasks.index(4, 0), _FLAGS.Select | _FLAGS.Rows)


def _to_the_button(panel: TaskPanel, _: Tasks) -> None:
    panel.view.selectionModel().setCurrentIndex(panel.view.tasks.index(1, C.ACTION), _FLAGS.NoUpdate)


def _leave(panel: TaskPanel, _: Tasks) -> None:
    panel.view.setCurrentIndex(panel.view.tasks.index(0, C.NAME))
    panel.filter_bar.search.setFocus()


def _point_at(panel: TaskPanel, _: Tasks) -> None:
    cell = panel.view.visualRect(panel.view.tasks.index(0, C.ACTION))
    panel.view.buttons.hover(*button_rect(cell).center().toTuple())


def _hold_down(panel: TaskPanel, tasks: Tasks) -> None:
    _point_at(panel, tasks)
    cell = panel.view.visualRect(panel.view.tasks.index(0, C.ACTION))
    panel.view.buttons.press(*button_rect(cell).center().toTuple())


def _move_on(panel: TaskPanel, tasks: Tasks) -> None:
    tasks[0].become(progress=Progress(90, 100, "files", "the last"))
    tasks[2].become(progress=Progress(6, None, "rows", "reading"))
    tasks[3].become()
    panel.controller.look()


def _be_watched(panel: TaskPanel, tasks: Tasks) -> None:
    for number, task in enumerate(tasks[8:]):
        does = ThreadFacts(
            activity=list(Activity)[number % 20], cpu=number / 30, function="f", file="a.py", line=number
        )
        task.become(origin=Origin("x.py", 7, "T", "thread"), facts=does)
    panel.controller.look()
    panel.controller.look()


def _change_state(panel: TaskPanel, tasks: Tasks) -> None:
    for task, state in ((tasks[0], S.PAUSED), (tasks[3], S.CANCELLED), (tasks[2], S.SUCCEEDED)):
        panel.controller.model.update(task.become(state=state, revision=2, ended_at=100.0))


def _scroll(panel: TaskPanel, _: Tasks) -> None:
    panel.view.verticalScrollBar().setValue(37)


def _scroll_and_move_on(panel: TaskPanel, tasks: Tasks) -> None:
    panel.view.verticalScrollBar().setValue(61)
    tasks[9].become(progress=Progress(99, 100))
    panel.controller.look()


def _select_in_a_frame(panel: TaskPanel, tasks: Tasks) -> None:
    _select(panel, tasks)
    _move_on(panel, tasks)


def _grow(panel: TaskPanel, _: Tasks) -> None:
    late: Any = PlayedTask(99, "Late", parent_id=6)
    panel.controller.model.add([(late, late.snapshot())])


def _sort(panel: TaskPanel, _: Tasks) -> None:
    panel.view.horizontalHeader().setSortIndicator(C.NAME, Qt.SortOrder.DescendingOrder)


def _freeze(panel: TaskPanel, tasks: Tasks) -> None:
    panel.controller.model.freeze(True)
    _move_on(panel, tasks)


def _thaw(panel: TaskPanel, tasks: Tasks) -> None:
    _freeze(panel, tasks)
    panel.controller.model.thaw(1)
    panel.controller.model.freeze(False)


def _in_the_dark(panel: TaskPanel, _: Tasks) -> None:
    panel.view.setPalette(theme.dark_palette())


def _in_large(panel: TaskPanel, _: Tasks) -> None:
    font = panel.view.font()
    font.setPointSizeF(14)
    panel.view.setFont(font)


def _move_a_column(panel: TaskPanel, _: Tasks) -> None:
    header = panel.view.horizontalHeader()
    header.moveSection(header.visualIndex(C.STATE), 3)
    header.resizeSection(C.PROGRESS, 180)


ACTS: dict[str, Act] = {
    "nothing": lambda panel, tasks: None,
    "select": _select,
    "keys on the button": _to_the_button,
    "keys leave": _leave,
    "pointer": _point_at,
    "held down": _hold_down,
    "pointer leaves": lambda panel, tasks: (_point_at(panel, tasks), panel.view.buttons.leave()),
    "progress": _move_on,
    "watched": _be_watched,
    "states": _change_state,
    "scroll": _scroll,
    "scroll in a frame": _scroll_and_move_on,
    "select in a frame": _select_in_a_frame,
    "all selected": lambda panel, tasks: panel.view.selectAll(),
    "a part comes": _grow,
    "sort": _sort,
    "group": lambda panel, tasks: panel.controller.model.group_by(Grouping.GROUP),
    "filter": lambda panel, tasks: panel.controller.model.set_filter("more", Category.ALL),
    "all gone and back": lambda panel, tasks: [
        panel.controller.model.set_filter(words, Category.ALL) for words in ("nobody", "")
    ],
    "close a branch": lambda panel, tasks: panel.controller.model.toggle(6),
    "seen": lambda panel, tasks: panel.controller.model.mark_seen(5),
    "freeze": _freeze,
    "thaw": _thaw,
    "compact": lambda panel, tasks: panel.view.set_compact(True),
    "right to left": lambda panel, tasks: panel.setLayoutDirection(Qt.LayoutDirection.RightToLeft),
    "dark": _in_the_dark,
    "large": _in_large,
    "columns": _move_a_column,
    "more columns": lambda panel, tasks: [panel.view.columns.show(each) for each in (C.GROUP, C.THREAD, C.CHECKPOINT)],
    "narrow": lambda panel, tasks: panel.resize(560, 300),
    "ended ones go": lambda panel, tasks: panel.controller.clear_finished(),
}


@pytest.mark.parametrize("after", [[], ["select"], ["compact", "right to left"], ["scroll", "group"]], ids=" and ".join)
@pytest.mark.parametrize("act", ACTS)
def test_what_is_shown_is_what_there_is(
    panel: TaskPanel, tasks: Tasks, qtbot: QtBot, act: str, after: list[str]
) -> None:
    """Painted bit by bit, it is the same as painted at once; also in the frames that follow."""
    for each in [*after, act]:
        ACTS[each](panel, tasks)
    QApplication.processEvents()
    until(qtbot, lambda: looks_right(panel))  # on a busy machine, the columns find their widths meanwhile

    for count in range(3):
        tasks[0].become(progress=Progress(91 + count, 100, "files", f"item {count}"))
        tasks[10].become(progress=Progress(70 + count, 100, "files", f"item {count}"))
        panel.controller.look()
    assert looks_right(panel)


def test_a_frame_shows_what_was_due_besides(panel: TaskPanel, tasks: Tasks) -> None:
    """Selected, and not painted yet: the frame that comes first shows it with all the rest."""
    for act in ("select", "pointer", "states"):
        ACTS[act](panel, tasks)
        panel.controller.look()
        assert looks_right(panel), act


def test_rows_for_which_a_frame_has_no_time_are_painted_in_the_next(
    panel: TaskPanel, tasks: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also what has not changed again; but what is asked for is seen at once."""
    with monkeypatch.context() as patch:
        patch.setattr(view_module, "_LONGEST", 0.0)
        _move_on(panel, tasks)
        assert not looks_right(panel)

    panel.controller.look()
    assert looks_right(panel)

    with monkeypatch.context() as patch:
        patch.setattr(view_module, "_LONGEST", 0.0)
        tasks[0].become(progress=Progress(95, 100, "files", "the last"))
        panel.controller.look()
        assert not looks_right(panel)
        panel.view.show_changes((), at_once=True)
    assert looks_right(panel)


def test_rows_that_were_left_are_painted_though_no_frame_comes(
    panel: TaskPanel, tasks: Tasks, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(view_module, "_LONGEST", 0.0)
        _move_on(panel, tasks)
    panel.controller.close()

    until(qtbot, lambda: looks_right(panel))


def test_a_table_of_another_colour_keeps_it(qtbot: QtBot, panel: TaskPanel) -> None:
    """A style sheet of the host's may give the table a ground of its own, even one that can be seen through."""
    for ground in ("#ffe4c4", "transparent"):
        panel.view.setStyleSheet(f"QTableView {{ background: {ground}; }}")
        for _ in range(3):
            QApplication.processEvents()
        viewport = panel.view.viewport()
        seen = on_the_screen(panel).pixelColor(viewport.width() // 2, 6)
        beneath = panel.palette().color(QPalette.ColorRole.Window).name()
        assert seen.name() == (beneath if ground == "transparent" else ground)


def test_an_error_in_a_cell_does_not_end_the_painting(
    panel: TaskPanel, tasks: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes after it is painted."""

    def fail(*_: object) -> None:
        raise ValueError("as told")

    with monkeypatch.context() as patch:
        patch.setattr(CellPainter, "contents", fail)
        tasks[0].become(progress=Progress(50, 100, "files", "broken"))
        with pytest.raises(ValueError, match="as told"):
            panel.controller.look()

    ACTS["progress"](panel, tasks)

    assert looks_right(panel)


def test_a_panel_that_is_hidden_paints_nothing(panel: TaskPanel, tasks: Tasks) -> None:
    panel.hide()
    _move_on(panel, tasks)
    panel.resize(QSize(900, 400))

    panel.show()
    QApplication.processEvents()

    assert looks_right(panel)
