"""Bars of click, prompt_toolkit, alive-progress, enlighten and dask, of those that are installed."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from taskmon.core.stop.reason import TaskCancelled
from taskmon.core.task.state import TaskState as S
from tests.helpers.gates import wait_until
from tests.watch.hooks.pump import Pump
from tests.watch.stage import Watch, watch

__all__ = ["watch"]  # a fixture


def click_loop(pump: Pump) -> None:
    click = pytest.importorskip("click")
    with click.progressbar(pump.items(10), length=10, label="photos", file=io.StringIO()) as bar:
        for _ in bar:
            pump.work()


def click_by_hand(pump: Pump) -> None:
    click = pytest.importorskip("click")
    with click.progressbar(length=10, label="photos", file=io.StringIO()) as bar:
        for _ in range(10):
            pump.work()
            bar.update(1)


def click_next(pump: Pump) -> None:
    click = pytest.importorskip("click")
    with click.progressbar(range(10), label="photos", file=io.StringIO()) as bar:
        for _ in range(10):
            next(bar)
            pump.work()


def prompt_toolkit_loop(pump: Pump) -> None:
    counter = counter_of_prompt_toolkit(range(10))
    for _ in counter:
        pump.work()
    assert counter.data == range(10), "it is what it was"


def prompt_toolkit_by_hand(pump: Pump) -> None:
    counter = counter_of_prompt_toolkit(None, total=10)
    for _ in range(10):
        pump.work()
        counter.item_completed()
    counter.done = True


def counter_of_prompt_toolkit(data: Any, total: int | None = None) -> Any:
    base = pytest.importorskip("prompt_toolkit.shortcuts.progress_bar.base")
    shown = SimpleNamespace(invalidate=lambda: None, counters=[])  # what draws it, which needs a terminal
    return base.ProgressBarCounter(shown, data, label="photos", total=total)


def alive_progress_loop(pump: Pump) -> None:
    progress = pytest.importorskip("alive_progress")
    for _ in progress.alive_it(pump.items(10), 10, title="photos", file=io.StringIO()):
        pump.work()


def alive_progress_by_hand(pump: Pump) -> None:
    progress = pytest.importorskip("alive_progress")
    with progress.alive_bar(10, title="photos", file=io.StringIO()) as bar:
        for _ in range(10):
            pump.work()
            bar()


def enlighten_loop(pump: Pump) -> None:
    enlighten = pytest.importorskip("enlighten")
    counter = enlighten.Manager(stream=io.StringIO(), enabled=False).counter(total=10, desc="photos")
    for _ in counter(pump.items(10)):
        pump.work()
    counter.close()


def enlighten_by_hand(pump: Pump) -> None:
    enlighten = pytest.importorskip("enlighten")
    counter = enlighten.Manager(stream=io.StringIO(), enabled=False).counter(total=10, desc="photos")
    for _ in range(10):
        pump.work()
        counter.update()
    counter.close()


FACES = [
    click_loop,
    click_by_hand,
    click_next,
    prompt_toolkit_loop,
    prompt_toolkit_by_hand,
    alive_progress_loop,
    alive_progress_by_hand,
    enlighten_loop,
    enlighten_by_hand,
]


@pytest.mark.parametrize("face", FACES)
def test_a_bar_gives_its_thread_progress_and_a_way_to_stop(watch: Watch, face: Callable[[Pump], None]) -> None:
    needs(face)
    pump = Pump()
    thread = pump.run(lambda: face(pump))
    row = watch.row("looping")
    pump.allow(3)
    wait_until(lambda: (watch.look(), row.snapshot().progress[:2] == (3, 10))[1], "3 of 10")
    assert "photos" in row.snapshot().progress.message
    wait_until(lambda: (watch.look(), not row.snapshot().why_not_cancellable)[1], "a way to stop it")
    assert row.cancel("enough")
    watch.look()
    pump.allow()
    thread.join()
    assert [type(error) for error in pump.outcome] == [TaskCancelled]
    assert pump.taken <= 5, "at the next item"
    watch.row("looping", S.CANCELLED)


@pytest.mark.parametrize("face", FACES)
def test_a_loop_that_nobody_stops_has_all_its_items(watch: Watch, face: Callable[[Pump], None]) -> None:
    needs(face)
    pump = Pump()
    pump.allow(10)
    pump.run(lambda: face(pump)).join()
    assert (pump.outcome, pump.taken) == ([None], 10)
    watch.look(3)
    assert not watch.names()


def needs(face: Callable[[Pump], None]) -> None:
    """Skip in the test's own thread where the library is not there."""
    pytest.importorskip(face.__name__.partition("_by_")[0].removesuffix("_loop").removesuffix("_next"))


def test_what_dask_computes_is_a_bar_of_its_own(watch: Watch) -> None:
    pytest.importorskip("dask")
    from dask import delayed
    from dask.diagnostics import ProgressBar

    pump = Pump()

    def load(number: int) -> int:
        pump.work()
        return number

    def compute() -> None:
        with ProgressBar(out=io.StringIO()), ThreadPoolExecutor(1) as pool:
            graph = delayed(sum)([delayed(load)(number) for number in range(4)])
            assert graph.compute(scheduler="threads", pool=pool) == 6

    thread = threading.Thread(target=compute, name="computing")
    thread.start()
    row = watch.row("computing")
    pump.allow(2)
    wait_until(lambda: (watch.look(), row.snapshot().progress[0] == 2)[1], "2 tasks done")
    assert row.snapshot().progress[1] >= 5
    pump.allow(2)
    thread.join()
    watch.row("computing", S.SUCCEEDED)
