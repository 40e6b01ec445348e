"""Row 16: what a frame costs, and how many there are beside threads that compute and never check in."""

from __future__ import annotations

import tempfile
import threading
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QTableView

from tests.benchmarks import stage
from tests.benchmarks.frame_costs import ROWS, Scene
from tests.benchmarks.measure import Claim, Readings, Row, Settings, Step, at_least, at_most, plain, ratio
from tests.benchmarks.programs import ask
from tests.helpers import gil

_FRAME_MS: Final = 33
_COLUMNS: Final = 5


def _takings(settings: Settings) -> Readings:
    """Counted in a program that is loaded together with the library that counts."""
    del settings
    with tempfile.TemporaryDirectory(prefix="taskmon-gil-") as folder:
        try:
            counted = gil.build(Path(folder))
        except gil.NoCounterError as reason:
            return {"*": str(reason)}
        return ask("frame_costs", "takings", more=counted)


def _bytecodes(settings: Settings) -> Readings:
    del settings
    return ask("frame_costs", "bytecodes")


def _compute() -> None:
    number = 0
    while True:
        number += 1


def _watch(settings: Settings, frames: list[float], threads: int, pages: list[float] | None = None) -> Readings:
    """Let the threads begin, and count the frames of some seconds. Afterwards the process ends, they do not."""
    pages = pages or frames
    for _ in range(threads):
        threading.Thread(target=_compute, daemon=True).start()
    seconds = 2.0 if settings.quick else 5.0 if threads <= 8 else 8.0
    stage.settle(1.0)
    before, painted = frames[0], pages[0]
    stage.settle(seconds)
    return {"frames": frames[0] - before, "pages": pages[0] - painted}


def _ours(settings: Settings, *, threads: int) -> Readings:
    """Every row changes in every frame: numbers, bars, messages."""
    stage.application()
    scene = Scene(ROWS, talks=True)
    frames, pages = [0.0], [0.0]
    view = scene.panel.view
    show = view.show_changes

    def counted(changed: object, **how: bool) -> None:
        show(changed, **how)  # type: ignore[arg-type]
        frames[0] += 1
        pages[0] += 1 - len(view._page._left_over) / ROWS  # rows for which there was no time are those of the next

    view.show_changes = counted  # type: ignore[method-assign,assignment]
    scene.frame()
    return _watch(settings, frames, threads, pages)


def _bare(settings: Settings, *, threads: int) -> Readings:
    """A table of Qt's own, of which as many cells are given new texts: it is all C++, but for the one call."""
    stage.application()
    model = QStandardItemModel(ROWS, _COLUMNS)
    items = [QStandardItem("") for _ in range(ROWS * _COLUMNS)]
    for number, item in enumerate(items):
        model.setItem(number // _COLUMNS, number % _COLUMNS, item)
    view = QTableView()
    view.setModel(model)
    view.resize(*stage.SIZE)
    view.show()
    frames = [0.0]

    def frame() -> None:
        frames[0] += 1
        words = str(frames[0])
        model.blockSignals(True)  # else each text is told of by itself, and with each the lock is let go
        for item in items:
            item.setText(words)
        model.blockSignals(False)
        view.viewport().repaint()

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(frame)
    timer.start(_FRAME_MS)
    return _watch(settings, frames, threads)


_counted = partial(Claim, exact=True)
_BARE: Final = "a bare table of Qt's"

ROW: Final = Row(
    16,
    "frame",
    "A frame in which every row on the screen changes",
    [
        Step("takings", _takings, once=True),
        Step("length", _bytecodes, once=True),
        *(
            Step(f"{name} {threads}", partial(frames, threads=threads), thorough=threads != 8, once=threads != 8)
            for threads in (0, 8, 64)
            for name, frames in (("ours", _ours), ("bare", _bare))
        ),
    ],
    [
        _counted(
            "interpreter lock let go: numbers, bars and states",
            plain("takings.states"),
            at_most(0),
            unit="times a frame",
        ),
        _counted("interpreter lock let go: messages, too", plain("takings.messages"), at_most(0), unit="times a frame"),
        _counted("a look in the timeline, of 64 lanes", plain("takings.lanes"), at_most(0), unit="times a look"),
        _counted("the same, with the event loop", plain("takings.whole"), at_most(60), unit="times a frame"),
        _counted(
            "bytecodes, 4 000 tasks at work",
            ratio("length.bytecodes 4000", "length.bytecodes 14"),
            at_most(1.6),
            "14 tasks, all on the screen",
        ),
        Claim(
            "frames a second, beside 8 threads that never check in",
            ratio("ours 8.frames", "bare 8.frames"),
            at_least(0.9),
            _BARE,
            caption="Frames beside 8 threads that never check in",
            because="the frame wants the interpreter once, and leaves rows to the next rather than take five"
            " milliseconds, after which the others take it away for 40 more; where a processor is so slow or so shared"
            " that one row takes one of these, some frames are cut all the same",
        ),
        Claim("the same, whole pages of rows a second", ratio("ours 8.pages", "bare 8.pages"), anchor=_BARE),
        Claim("frames a second, beside none", ratio("ours 0.frames", "bare 0.frames"), anchor=_BARE),
        # Sixty-four turns of five milliseconds for each: only a process of its own helps a worker, and this window.
        Claim("frames a second, beside 64 of them", ratio("ours 64.frames", "bare 64.frames"), anchor=_BARE),
        Claim("frames in 8 s, beside 64 of them", plain("ours 64.frames"), unit="frames"),
    ],
)
