"""The program's coroutines, those that a library's task awaits among them."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from concurrent.futures import wait
from typing import Any

import pytest

from taskmon.core.task.state import TaskState
from taskmon.core.task.state import TaskState as S
from tests.helpers.gates import PATIENCE
from tests.helpers.libraries import library
from tests.watch.stage import Watch, watch

__all__ = ["watch"]  # a fixture

#: What stands between the task of a server and the application: coroutines, and an object of its own that is awaited.
SERVER = """
    class Guarded:
        def __init__(self, coroutine):
            self.coroutine = coroutine

        def __await__(self):
            return self.coroutine.__await__()

    async def handle(application):
        try:
            return await Guarded(middle(application))
        except BaseException as error:
            return type(error).__name__

    async def middle(application):
        await application()
        await idle.wait()
"""


async def looking(watch: Watch, times: int = 3) -> None:
    for _ in range(times):
        await asyncio.sleep(0)
        watch.look()


def test_a_coroutine_that_a_librarys_task_awaits_is_called_by_its_own_name(watch: Watch) -> None:
    async def main() -> None:
        idle, done = asyncio.Event(), asyncio.Event()

        async def report() -> None:
            await done.wait()

        handle: Any = library("server", SERVER, idle=idle)["handle"]
        task = asyncio.get_running_loop().create_task(handle(report))
        await looking(watch)
        (row,) = [row for row in watch.board.tasks() if "report" in row.name]
        picture = row.snapshot()
        assert picture.why_not_cancellable == "its task belongs to server, which may take that for a failure"
        assert picture.stop_means is not None
        assert len(picture.stop_means.offers) == 1
        done.set()
        await looking(watch)
        assert row.state is S.SUCCEEDED, "though the task of the library goes on"
        idle.set()
        await task

    asyncio.run(main())


def test_what_may_be_wrong_is_done_when_it_is_picked(watch: Watch) -> None:
    async def main() -> None:
        async def report() -> None:
            await asyncio.Event().wait()

        handle: Any = library("server", SERVER, idle=asyncio.Event())["handle"]
        task = asyncio.get_running_loop().create_task(handle(report))
        await looking(watch)
        (row,) = [row for row in watch.board.tasks() if "report" in row.name]
        assert not row.cancel()
        assert row.use_offer(0)
        await looking(watch)
        assert await task == "CancelledError"
        watch.look()
        assert row.state is S.CANCELLED

    asyncio.run(main())


def test_a_library_that_awaits_nothing_of_the_program_has_no_row(watch: Watch) -> None:
    async def main() -> None:
        handle: Any = library("server", SERVER, idle=asyncio.Event())["handle"]
        task = asyncio.get_running_loop().create_task(handle(asyncio.Event().wait))
        await looking(watch)
        assert not [name for name in watch.names() if "main" not in name]
        task.cancel()
        await task

    asyncio.run(main())


def test_tasks_are_a_tree_of_groups_and_of_those_who_wait(watch: Watch) -> None:
    async def main() -> None:
        stop = asyncio.Event()

        async def leaf() -> None:
            await stop.wait()

        async def branch() -> None:
            await asyncio.gather(
                asyncio.create_task(leaf(), name="one"), asyncio.create_task(asyncio.wait_for(leaf(), 60), name="two")
            )

        async def waits() -> None:
            await asyncio.create_task(leaf(), name="three")

        async with asyncio.TaskGroup() as group:
            group.create_task(branch(), name="branch")
            group.create_task(waits(), name="waits")
            await looking(watch, 6)
            rows = {row.name: row for row in watch.board.tasks()}
            stop.set()
        assert above(rows, "branch").endswith("main")
        assert above(rows, "waits").endswith("main")
        assert (above(rows, "one"), above(rows, "three")) == ("branch", "waits")

    asyncio.run(main())


def above(rows: dict[str, Any], name: str) -> str:
    """The name of the row that a row is beneath."""
    parent = rows[name].snapshot().parent_id
    return next(row.name for row in rows.values() if row.id == parent)


def test_how_a_child_of_a_group_ended_is_seen_though_the_group_lets_go_of_it_at_once(watch: Watch) -> None:
    """The task is gone by the next look, and the group goes on."""

    async def main() -> None:
        on = asyncio.Event()

        async def child(ending: str) -> None:
            await on.wait()
            if ending == "cancelled":
                raise asyncio.CancelledError
            if ending == "failed":
                raise ValueError("out of paper")

        async def rest() -> None:
            await asyncio.Event().wait()

        async def group_of(*endings: str) -> None:
            async with asyncio.TaskGroup() as group:
                for ending in endings:
                    group.create_task(child(ending), name=ending)
                group.create_task(rest(), name="rest")

        groups = [asyncio.create_task(group_of("done", "cancelled")), asyncio.create_task(group_of("failed"))]
        await looking(watch)
        printed = [repr(task) for task in asyncio.all_tasks() if "failed" in repr(task)]
        assert any("cb=[TaskGroup._on_task_done() at " in text and "taskgroups.py:" in text for text in printed)
        on.set()
        await looking(watch, 5)
        del printed
        groups[0].cancel()
        await asyncio.gather(*groups, return_exceptions=True)
        watch.look()

    asyncio.run(main())
    pictures = {row.name: row.snapshot() for row in watch.seen()}
    assert {name: pictures[name].state for name in ("done", "cancelled", "failed", "rest")} == {
        "done": S.SUCCEEDED, "cancelled": S.CANCELLED, "failed": S.FAILED, "rest": S.CANCELLED,
    }  # fmt: skip
    assert pictures["failed"].error == "ValueError: out of paper"
    assert pictures["done"].consequence == ""


@pytest.mark.parametrize("together", [True, False])
def test_how_what_was_gathered_ended_is_seen_though_nobody_keeps_it(watch: Watch, together: bool) -> None:
    """The last of them ends just before the program does."""

    async def main() -> None:
        on = asyncio.Event()

        async def child(ending: str) -> None:
            await on.wait()
            if ending == "failed":
                raise ValueError("out of paper")

        async def gather() -> None:
            children = (asyncio.create_task(child(ending), name=ending) for ending in ("done", "failed"))
            await asyncio.gather(*children, return_exceptions=together)

        outer = asyncio.create_task(gather())
        await looking(watch)
        on.set()
        await asyncio.wait([outer])
        assert together or outer.exception() is not None

    asyncio.run(main())
    watch.look()
    pictures = {row.name: row.snapshot() for row in watch.seen()}
    assert {name: pictures[name].state for name in ("done", "failed")} == {"done": S.SUCCEEDED, "failed": S.FAILED}
    assert pictures["failed"].error == "ValueError: out of paper"


def test_a_cancel_of_the_main_coroutine_is_told_to_end_the_program(watch: Watch) -> None:
    async def other() -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        task = asyncio.create_task(other())
        await looking(watch)
        rows = {row.name.rpartition(".")[2]: row for row in watch.board.tasks()}
        means = {name: told.means for name in ("main", "other") if (told := rows[name].snapshot().stop_means)}
        await_ = "raises CancelledError at its next await"
        assert means == {"main": f"{await_}; also ends the program: program.py", "other": await_}
        task.cancel()

    asyncio.run(main())


@pytest.mark.parametrize(("ending", "state"), [("", S.SUCCEEDED), ("fail", S.FAILED), ("leave", S.CANCELLED)])
def test_how_the_main_coroutine_ended_is_seen_though_its_loop_lets_go_of_it(
    watch: Watch, ending: str, state: TaskState
) -> None:
    """`asyncio.run` keeps nothing of it, and the program is at its end soon after."""

    async def main() -> None:
        await looking(watch)
        printed = repr(asyncio.current_task())
        assert "cb=[_run_until_complete_cb() at " in printed
        assert "base_events.py:" in printed
        if ending == "fail":
            raise ValueError("out of paper")
        if ending == "leave":
            raise asyncio.CancelledError

    with contextlib.suppress(ValueError, asyncio.CancelledError):
        asyncio.run(main())
    watch.look()
    (row,) = [row for row in watch.seen() if "main" in row.name and row.kind == "coroutine"]
    assert row.snapshot().state is state
    assert row.snapshot().error == ("ValueError: out of paper" if ending == "fail" else "")


@pytest.mark.parametrize(("ending", "state"), [("", S.SUCCEEDED), ("fail", S.FAILED), ("leave", S.CANCELLED)])
def test_how_a_coroutine_of_another_thread_ended_is_seen(watch: Watch, ending: str, state: TaskState) -> None:
    """That thread has but a future, which the loop tells of the end and lets go of the task."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    on = asyncio.Event()

    async def ask() -> None:
        await on.wait()
        if ending == "fail":
            raise ValueError("out of paper")
        if ending == "leave":
            raise asyncio.CancelledError

    answer = asyncio.run_coroutine_threadsafe(ask(), loop)
    row = watch.row("ask", S.RUNNING)
    loop.call_soon_threadsafe(on.set)
    wait([answer], PATIENCE)
    del answer  # which keeps the task
    watch.row("ask", state)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(PATIENCE)
    loop.close()
    assert row.snapshot().error == ("ValueError: out of paper" if ending == "fail" else "")


def test_of_a_task_that_nobody_kept_it_is_said_that_its_end_was_not_seen(watch: Watch) -> None:
    async def main() -> None:
        on, kept = asyncio.Event(), set()

        async def child() -> None:
            await on.wait()

        task = asyncio.create_task(child(), name="forgotten")
        kept.add(task)
        task.add_done_callback(kept.discard)
        del task
        await looking(watch)
        on.set()
        while kept:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        watch.look()

    asyncio.run(main())
    (row,) = [row for row in watch.seen() if row.name == "forgotten"]
    snapshot = row.snapshot()
    assert snapshot.end_unknown  # and not: done
    assert snapshot.error == "How it ended was not seen."
    assert snapshot.state_name == "ENDED", "its program went on"


class Wrapped(Coroutine[Any, Any, None]):
    """A coroutine that is no coroutine of Python's, and tells nothing else of itself."""

    def __init__(self, inner: Coroutine[Any, Any, None]) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    def send(self, value: Any) -> Any:
        return self._inner.send(value)

    def throw(self, *error: Any) -> Any:
        return self._inner.throw(*error)

    def close(self) -> None:
        self._inner.close()

    def __await__(self) -> Any:
        return self._inner.__await__()


def test_a_coroutine_of_a_class_of_the_programs_has_a_row(watch: Watch) -> None:
    async def main() -> None:
        done = asyncio.Event()

        async def inner() -> None:
            await done.wait()

        task = asyncio.get_running_loop().create_task(Wrapped(inner()))
        await looking(watch)
        (row,) = [row for row in watch.board.tasks() if row.name == "Wrapped"]
        done.set()
        await task
        watch.look()
        assert row.state is S.SUCCEEDED

    asyncio.run(main())


def test_a_task_of_asyncios_own_has_a_row_if_somebody_has_named_it(watch: Watch) -> None:
    """The others are how something else is done, and many."""

    async def main() -> None:
        event = asyncio.Event()
        tasks = [asyncio.create_task(event.wait(), name=name) for name in ("until the doors open", None)]
        await looking(watch)
        names = [row.name for row in watch.board.tasks() if row.kind == "coroutine"]
        assert "until the doors open" in names
        assert not any("wait" in name for name in names)
        event.set()
        await asyncio.gather(*tasks)

    asyncio.run(main())


def test_a_task_that_a_factory_has_made_is_called_by_its_coroutine(watch: Watch) -> None:
    """Python 3.13 names it None then, if nobody has given it another name."""

    async def main() -> None:
        event = asyncio.Event()

        async def open_the_doors() -> None:
            await event.wait()

        tasks = [asyncio.create_task(coroutine) for coroutine in (open_the_doors(), event.wait())]
        for task in tasks:
            task.set_name(None)
        await looking(watch)
        names = [row.name for row in watch.board.tasks() if row.kind == "coroutine"]
        assert any("open_the_doors" in name for name in names)
        assert "None" not in names
        event.set()
        await asyncio.gather(*tasks)

    asyncio.run(main())
