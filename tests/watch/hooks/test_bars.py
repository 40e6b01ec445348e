"""Progress bars: read, stopped and paused without a line changed."""

from __future__ import annotations

import asyncio
import contextlib
import io
import queue
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import ThreadPool
from typing import Any

import pytest

from taskmon.core.stop.reason import TaskCancelled
from taskmon.core.task.snapshot import NOT_SEEN
from taskmon.core.task.state import TaskState as S
from tests.helpers.gates import PATIENCE, Gate, wait_until
from tests.watch.hooks.pump import Pump
from tests.watch.stage import Watch, watch

__all__ = ["watch"]  # a fixture

tqdm = pytest.importorskip("tqdm")
tqdm.tqdm.monitor_interval = 0  # no thread of its own that outlives a test
rich_progress = pytest.importorskip("rich.progress")


def quiet(**options: Any) -> dict[str, Any]:
    return {"file": io.StringIO(), "mininterval": 0, **options}


def by_iteration(pump: Pump, **options: Any) -> None:
    for _ in tqdm.tqdm(pump.items(10), total=10, **quiet(**{"desc": "photos", **options})):
        pump.work()


def by_hand(pump: Pump) -> None:
    with tqdm.tqdm(total=10, desc="photos", **quiet()) as bar:
        for _ in range(10):
            pump.work()
            bar.update()


def by_range(pump: Pump) -> None:
    for _ in tqdm.trange(10, desc="photos", **quiet()):
        pump.work()


def by_auto(pump: Pump) -> None:
    from tqdm.auto import tqdm as automatic

    for _ in automatic(range(10), desc="photos", **quiet()):
        pump.work()


def disabled(pump: Pump) -> None:
    by_iteration(pump, disable=True)


def by_rich_track(pump: Pump) -> None:
    from rich.console import Console

    for _ in rich_progress.track(range(10), "[bold]photos[/bold]", console=Console(file=io.StringIO())):
        pump.work()


def by_rich_advance(pump: Pump) -> None:
    from rich.console import Console

    with rich_progress.Progress(console=Console(file=io.StringIO())) as progress:
        task = progress.add_task("photos", total=10)
        for _ in range(10):
            pump.work()
            progress.advance(task)


FACES = [by_iteration, by_hand, by_range, by_auto, disabled, by_rich_track, by_rich_advance]


@pytest.mark.parametrize("face", FACES)
def test_a_bar_gives_its_thread_progress_and_a_way_to_stop(watch: Watch, face: Callable[[Pump], None]) -> None:
    pump = Pump()
    thread = pump.run(lambda: face(pump))
    row = watch.row("looping")
    pump.allow(3)
    wait_until(lambda: (watch.look(), row.snapshot().progress[:2] == (3, 10))[1], "3 of 10")
    assert "photos" in row.snapshot().progress.message
    means = row.snapshot().stop_means
    assert means is not None
    assert means.means == "stops at the next item of “photos”"

    assert row.cancel("enough")
    watch.look()
    pump.allow()
    thread.join()
    assert [type(error) for error in pump.outcome] == [TaskCancelled], "raised in the loop's own thread"
    assert pump.taken <= 5, "at the next item"
    watch.row("looping", S.CANCELLED)


@pytest.mark.parametrize("face", FACES)
def test_a_loop_that_nobody_stops_has_all_its_items(watch: Watch, face: Callable[[Pump], None]) -> None:
    pump = Pump()
    pump.allow(10)
    thread = pump.run(lambda: face(pump))
    thread.join()
    assert (pump.outcome, pump.taken) == ([None], 10)
    watch.look(3)
    assert not watch.names()


@pytest.mark.parametrize(
    ("asked", "ending"),
    [(False, (S.CUT_OFF, NOT_SEEN, "It ended at 1 of 3.")), (True, (S.CUT_OFF, "It ended at 1 of 3.", ""))],
)
def test_a_bar_left_early_is_not_done(watch: Watch, asked: bool, ending: tuple[S, str, str]) -> None:
    """Nor is it known to have left because its program is to end."""
    bar = tqdm.tqdm(range(3), desc="pages", **quiet())
    bar.update()
    row = watch.row("pages")
    if asked:
        assert watch.looking.program.note_stop("it was interrupted")
    bar.close()
    watch.look()
    shown = row.snapshot()
    assert (shown.state, shown.error, shown.consequence) == ending


def test_what_is_raised_in_the_main_thread_ends_the_program(watch: Watch) -> None:
    """Said before the click; but for a bar in a task of asyncio, which ends alone."""

    async def advance() -> tqdm.tqdm[int]:
        bar = tqdm.tqdm(range(3), desc="records", **quiet())
        bar.update()
        return bar

    with tqdm.tqdm(range(3), desc="pages", **quiet()) as pages:
        pages.update()
        with asyncio.run(advance()):
            means = [watch.row(name).snapshot().stop_means for name in ("pages", "records")]
    assert [each.means.partition(" at its next item")[2] for each in means if each is not None] == [
        " in the main thread, which ends the program unless caught",
        ", in its own thread",
    ]


def test_several_bars_of_a_thread_are_rows_of_their_own(watch: Watch) -> None:
    pump = Pump()

    def loop() -> None:
        for _ in tqdm.tqdm(range(3), desc="outer", **quiet()):
            for _ in tqdm.tqdm(range(5), desc="inner", **quiet()):
                pump.work()

    thread = pump.run(loop)
    outer, inner = watch.row("outer"), watch.row("inner")
    parent = watch.row("looping")
    assert (outer.snapshot().parent_id, inner.snapshot().parent_id) == (parent.id, parent.id)
    assert inner.cancel()
    watch.look()
    pump.allow(2)
    thread.join()
    assert pump.taken <= 2
    watch.row("inner", S.CANCELLED)
    ended = watch.row("outer", S.CANCELLED).snapshot()  # what ended the one has passed through the other
    assert (ended.reason.by if ended.reason else None, ended.consequence) == ("", "It ended at 0 of 3.")


def test_a_bar_that_went_on_after_one_within_it_was_cancelled_ends_as_it_does(watch: Watch) -> None:
    pump = Pump()

    def loop() -> None:
        for _ in tqdm.tqdm(range(3), desc="outer", **quiet()):
            with contextlib.suppress(TaskCancelled):
                for _ in tqdm.tqdm(range(5), desc="inner", **quiet()):
                    pump.work()
                break
            pump.work()

    thread = pump.run(loop)
    watch.row("outer")
    assert watch.row("inner").cancel()
    watch.look()
    pump.allow()
    watch.row("inner", S.CANCELLED)
    pump.allow(6)
    thread.join()
    watch.row("outer", S.CUT_OFF)


def test_the_last_step_of_a_bar_counts_though_the_bar_is_gone(watch: Watch) -> None:
    pump = Pump()

    def loop() -> None:
        with tqdm.tqdm(total=2, desc="other", **quiet()):
            with tqdm.tqdm(total=3, desc="steps", **quiet()) as bar:
                pump.work()
                bar.update(3)
            del bar

    thread = pump.run(loop)
    watch.row("steps")
    pump.allow()
    thread.join()
    ended = watch.row("steps", S.SUCCEEDED).snapshot()
    assert (ended.progress[:2], ended.consequence) == ((3, 3), "")


@pytest.mark.parametrize("face", [by_hand, by_rich_advance])
def test_the_last_steps_count_for_a_thread_too(watch: Watch, face: Callable[[Pump], None]) -> None:
    pump = Pump()
    thread = pump.run(lambda: face(pump))
    row = watch.row("looping")
    pump.allow(3)
    wait_until(lambda: (watch.look(), row.snapshot().progress[:2] == (3, 10))[1], "3 of 10")
    pump.allow(7)
    thread.join()
    assert watch.row("looping", S.SUCCEEDED).snapshot().progress[:2] == (10, 10)


def test_a_bar_waits_while_it_is_paused(watch: Watch) -> None:
    pump, gate = Pump(), Gate()

    def loop() -> None:
        for _ in tqdm.tqdm(range(4), desc="first", **quiet()):
            pump.work()
            for _ in tqdm.tqdm(range(1), desc="second", **quiet()):
                gate.pass_through() if pump.taken == 1 else None

    thread = pump.run(loop)
    pump.allow()
    gate.await_arrival()
    row = watch.row("first")
    assert row.pause()
    assert row.state is S.PAUSING
    watch.look()
    gate.open()
    wait_until(lambda: row.state is S.PAUSED, "the pause")
    assert pump.taken == 1
    assert row.resume()
    watch.look()
    pump.allow(3)
    thread.join()
    assert (pump.outcome, pump.taken) == ([None], 4)


def test_nothing_is_raised_in_a_thread_that_only_advances_the_bar(watch: Watch) -> None:
    """As in `tqdm.contrib.concurrent.thread_map`, where that would end a thread of the pool."""
    gate, outcome = Gate(), []
    bar = tqdm.tqdm(total=3, desc="map", **quiet())

    def work() -> None:
        bar.update()
        gate.pass_through()
        bar.update()
        outcome.append("went on")

    threads = [threading.Thread(target=work), threading.Thread(target=bar.update)]
    threads[0].start()
    gate.await_arrival()
    threads[1].start()
    threads[1].join()
    row = watch.row("map")
    watch.look()
    assert "other threads" in row.snapshot().why_not_cancellable
    assert not row.cancel()
    assert not row.pause()
    gate.open()
    threads[0].join()
    bar.close()
    assert outcome == ["went on"]
    watch.row("map", S.SUCCEEDED)


def test_a_bar_that_nobody_has_advanced_is_not_cancelled(watch: Watch) -> None:
    """As those of calls that still wait for a worker: whoever advances it may be another, and nothing is raised there.

    It would be told as cancelled though the work beneath it was done to its end.
    """
    bar = tqdm.tqdm(total=2, desc="copy", **quiet())
    row = watch.row("copy")
    watch.look()
    assert "nothing has advanced it yet" in row.snapshot().why_not_cancellable
    assert not row.cancel()

    bar.update(2)
    watch.look()
    assert not row.snapshot().why_not_cancellable
    bar.close()
    watch.row("copy", S.SUCCEEDED)


def test_what_cannot_be_iterated_is_said_by_tqdm(watch: Watch) -> None:
    with pytest.raises(TypeError):
        list(tqdm.tqdm(5, **quiet()))  # type: ignore[call-overload]
    watch.look(2)


def test_the_bar_is_what_it_was(watch: Watch) -> None:
    items = [1, 2, 3]
    bar = tqdm.tqdm(items, **quiet())
    assert (len(bar), bar.iterable is items, list(bar), bar.iterable is items) == (3, True, items, True)


def test_a_bar_in_a_task_group_ends_its_own_task_and_no_other(watch: Watch) -> None:
    """Its task is cancelled, as asyncio has it; whatever else were raised would end the siblings."""
    rounds = {"first": 0, "second": 0}
    seen: list[BaseException] = []

    async def load(name: str) -> None:
        try:
            for _ in tqdm.tqdm(range(6), **quiet(desc=name)):
                rounds[name] += 1
                await turn()
        except BaseException as error:
            seen.append(error)
            raise

    async def turn() -> None:
        watch.look()
        await asyncio.sleep(0)

    async def main() -> list[bool]:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(load(name)) for name in rounds]
            while rounds["second"] < 3:
                await asyncio.sleep(0)
            assert watch.row("first").cancel()
            watch.look()
        return [task.cancelled() for task in tasks]

    assert asyncio.run(main()) == [True, False]
    assert rounds["first"] < 6
    assert rounds["second"] == 6
    (error,) = seen
    assert type(error) is asyncio.CancelledError
    files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    assert not [file for file in files if "taskmon/watch" in file]


def test_a_bar_in_a_pool_of_multiprocessing_ends_its_call_alone(watch: Watch) -> None:
    """What is no `Exception` would end the pool's thread, and whoever waits for the result would wait for ever."""
    pump = Pump()

    def work() -> None:
        for _ in tqdm.tqdm(pump.items(9), **quiet(desc="in a pool")):
            pump.work()

    with ThreadPool(1) as pool:
        result = pool.apply_async(work)
        pump.allow(2)
        wait_until(lambda: pump.taken == 3)
        watch.look(2)
        row = watch.row("work")
        assert row.cancel()
        watch.look()
        pump.allow()
        with pytest.raises(Exception, match="its progress bar was cancelled"):
            result.get(PATIENCE)
        assert pool.apply(len, ((),)) == 0
    pool.join()
    pool._change_notifier.close()  # type: ignore[attr-defined]  # a pipe, which a pool leaves to the collector


def test_the_traceback_of_a_cancelled_loop_names_only_the_program(watch: Watch) -> None:
    pump = Pump()
    thread = pump.run(lambda: by_iteration(pump, desc="named"))
    pump.allow(1)
    wait_until(lambda: pump.taken == 2)
    row = watch.row("looping")
    wait_until(lambda: (watch.look(), not row.snapshot().why_not_cancellable)[1], "a way to stop it")
    assert row.cancel()
    watch.look()
    pump.allow()
    thread.join()
    (error,) = pump.outcome
    assert isinstance(error, TaskCancelled)
    files = {frame.filename for frame in traceback.extract_tb(error.__traceback__)}
    assert not [file for file in files if "taskmon/watch" in file]


def test_a_thread_with_one_bar_waits_while_it_is_paused(watch: Watch) -> None:
    pump = Pump()
    thread = pump.run(lambda: by_iteration(pump))
    pump.allow()
    wait_until(lambda: pump.taken == 2)
    row = watch.row("looping")
    wait_until(lambda: (watch.look(), row.snapshot().pausable)[1], "a way to pause it")
    assert row.pause()
    watch.look()
    pump.allow()
    wait_until(lambda: row.state is S.PAUSED, "the pause")
    assert pump.taken == 2
    assert row.resume()
    watch.look()
    pump.allow(10)
    thread.join()
    assert (pump.outcome, pump.taken) == ([None], 10)
    watch.row("looping", S.SUCCEEDED)


def test_a_cancel_ends_the_wait_of_a_thread_that_is_paused(watch: Watch) -> None:
    pump = Pump()
    thread = pump.run(lambda: by_iteration(pump))
    row = watch.row("looping")
    wait_until(lambda: (watch.look(), row.snapshot().pausable)[1], "a way to pause it")
    assert row.pause()
    watch.look()
    pump.allow()
    wait_until(lambda: row.state is S.PAUSED, "the pause")
    assert row.cancel()
    watch.look()
    thread.join(PATIENCE)
    assert [type(error) for error in pump.outcome] == [TaskCancelled]
    watch.row("looping", S.CANCELLED)


def test_a_bar_that_one_call_advances_is_its_progress(watch: Watch) -> None:
    """As in rich's example of a downloader: the bars are made by the main thread."""
    from rich.console import Console

    gates = [Gate(), Gate()]
    progress = rich_progress.Progress(console=Console(file=io.StringIO()))

    def fetch(task: Any, gate: Gate) -> None:
        for _ in range(3):
            progress.update(task, advance=1)
        gate.pass_through()

    with progress, ThreadPoolExecutor(2) as pool:
        for name, gate in zip(("a.iso", "b.iso"), gates, strict=True):
            task = progress.add_task("download", filename=name, total=10)
            pool.submit(fetch, task, gate)
            gate.await_arrival()
        wait_until(lambda: (watch.look(), len(named("fetch", watch)) == 2)[1], "the calls")
        rows = named("fetch", watch)
        wait_until(lambda: (watch.look(), all(row.snapshot().progress[:2] == (3, 10) for row in rows))[1], "3 of 10")
        assert {row.snapshot().progress.message for row in rows} == {"a.iso", "b.iso"}
        assert not [row for row in watch.seen() if row.kind == "bar"]
        for gate in gates:
            gate.open()


def named(part: str, watch: Watch) -> list[Any]:
    return [row for row in watch.board.tasks() if part in row.name]


@pytest.mark.parametrize("face", [by_iteration, by_hand, by_rich_advance])
def test_nothing_is_raised_in_a_thread_that_works_off_a_queue(watch: Watch, face: Callable[[Pump], None]) -> None:
    """Others wait until all that was put into it is done: they would wait for ever. It can be paused all the same."""
    pump, jobs = Pump(), queue.Queue[Pump]()
    jobs.put(pump)

    def work() -> None:
        face(jobs.get())
        jobs.task_done()

    thread = pump.run(work)
    row = watch.row("looping")
    pump.allow(3)
    wait_until(lambda: (watch.look(), row.snapshot().progress[:2] == (3, 10))[1], "3 of 10")
    watch.look()
    why_not = row.snapshot().why_not_cancellable
    assert why_not.startswith("what was found stops at the next item of “photos”, but ")
    assert "queue" in why_not
    assert row.snapshot().pausable
    assert not row.cancel()
    pump.allow(10)
    thread.join()
    jobs.join()
    assert (pump.outcome, pump.taken) == ([None], 10)


def test_a_bar_that_begins_anew_is_told_as_it_is(watch: Watch) -> None:
    with tqdm.tqdm(total=10, desc="epoch", **quiet()) as bar:
        bar.update(8)
        row = watch.row("epoch")
        assert row.snapshot().progress[:2] == (8, 10)
        bar.reset(total=20)
        bar.update(3)
        assert row.snapshot().progress[:2] == (3, 20)
        bar.n = 1
        assert row.snapshot().progress[:2] == (1, 20)
