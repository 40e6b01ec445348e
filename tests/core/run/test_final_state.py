"""The final state is reached, and is the right one, whatever a worker raises, returns, or leaves in its context."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import math
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import CancelledError
from fractions import Fraction
from typing import Any

import pytest

from taskmon import TaskCancelled, TaskContext, TaskRunner, TaskState, isolated
from taskmon.core.run.feed import start_feed
from taskmon.core.run.inline import InlineTasks
from tests.helpers.gates import PATIENCE, Gate


@pytest.fixture
def runner() -> Iterator[TaskRunner]:
    """A runner with one worker, which would be lost with a task that does not end."""
    with TaskRunner(1) as made:
        yield made


# -- what is raised ----------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Frozen(Exception):
    """Cannot be changed: not even its traceback, by assignment."""

    name: str = "photo.jpg"


class NoText(Exception):
    def __str__(self) -> str:
        raise ValueError("no text")

    __repr__ = __str__


class ExitingText(Exception):
    def __str__(self) -> str:
        raise SystemExit(3)


class NoClass(Exception):
    @property
    def __class__(self) -> Any:  # type: ignore[override]
        raise RuntimeError("no class")


class Nameless(type):
    @property
    def __name__(cls) -> str:  # type: ignore[override]
        raise RuntimeError("no name")


class NoName(Exception, metaclass=Nameless):
    pass


class NoAttributes(Exception):
    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)


class NoChange(Exception):
    def __setattr__(self, name: str, value: object) -> None:
        raise TypeError(name)


class NoTraceback(Exception):
    __traceback__ = property(lambda self: 1 / 0)  # type: ignore[assignment]


class NoParts(ExceptionGroup[Exception]):
    exceptions = property(lambda self: 1 / 0)  # type: ignore[assignment]


class OddText(str):
    """A text whose methods are somebody else's."""

    __slots__ = ()

    def __getitem__(self, _: Any) -> str:
        raise RuntimeError("no part")

    def strip(self, _: str | None = None) -> str:
        raise RuntimeError("no strip")

    def __len__(self) -> int:
        raise RuntimeError("no length")


class TextOfItsOwn(Exception):
    def __str__(self) -> str:
        return OddText("odd")


#: Made in the worker: pytest itself could not bear to hold some of them.
ODD_ERRORS: dict[str, Callable[[], Exception]] = {
    "frozen": Frozen,
    "no text": NoText,
    "a text that exits": ExitingText,
    "no class": NoClass,
    "no name": NoName,
    "no attributes": NoAttributes,
    "no change": NoChange,
    "no traceback": NoTraceback,
    "no parts": lambda: NoParts("group", [ValueError()]),
    "a text of its own": TextOfItsOwn,
}


@pytest.mark.parametrize("kind", ODD_ERRORS)
@pytest.mark.parametrize("asked", [False, True], ids=["", "after a stop"])
def test_a_task_fails_with_whatever_is_raised(runner: TaskRunner, kind: str, asked: bool) -> None:
    """That very object, with some text for the reader; and the worker goes on to the next task."""

    raised: list[Exception] = []

    def work(ctx: TaskContext) -> None:
        raised.append(ODD_ERRORS[kind]())
        if asked:
            ctx.task.cancel()
        raise raised[0]

    task = runner.start(work)
    after = runner.submit(lambda: 7)

    assert (task.exception(PATIENCE) is raised[0]) is True
    assert after.result(PATIENCE) == 7
    picture = task.snapshot()
    assert picture.state is TaskState.FAILED
    assert type(picture.error) is str
    assert picture.error
    assert "in work" in picture.details or "Error" in picture.details


def test_an_error_whose_text_never_comes_does_not_keep_its_task(
    runner: TaskRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for a lock that its own task has left held, say."""
    monkeypatch.setattr("taskmon.core.base.error_text._TEXTS_WITHIN", 0.01)
    gate = Gate()

    class Waiting(Exception):
        def __str__(self) -> str:
            gate.pass_through()
            return ""

    def work(ctx: TaskContext) -> None:
        raise Waiting

    with gate:
        task = runner.start(work)
        assert type(task.exception(PATIENCE)) is Waiting
        assert runner.submit(lambda: 7).result(PATIENCE) == 7
        assert task.snapshot().error == "Waiting: (its message could not be read)"


def test_a_done_callback_that_raises_such_an_error_harms_no_other(runner: TaskRunner, expected_log: Any) -> None:
    expected_log("Done callback")
    told = threading.Event()
    gate = Gate()
    task = runner.submit(gate.pass_through)

    def refuse(_: object) -> None:
        raise NoAttributes

    task.add_done_callback(refuse)
    task.add_done_callback(lambda _: told.set())
    gate.open()

    assert told.wait(PATIENCE)


@pytest.mark.parametrize("depth", [1, 3])
def test_a_group_of_nothing_but_cancels_is_a_cancel(runner: TaskRunner, depth: int) -> None:
    def work(ctx: TaskContext) -> None:
        ctx.task.cancel()
        error: BaseException = TaskCancelled(ctx.task.stop.reason)  # type: ignore[arg-type]
        for _ in range(depth):
            error = BaseExceptionGroup("unhandled", [error, error])
        raise error

    task = runner.start(work)

    assert task.wait_ended(PATIENCE)
    assert (task.state, task.snapshot().error) == (TaskState.CANCELLED, "")


def test_a_group_that_holds_anything_else_is_a_failure(runner: TaskRunner) -> None:
    def work(ctx: TaskContext) -> None:
        ctx.task.cancel()
        cancel = TaskCancelled(ctx.task.stop.reason)  # type: ignore[arg-type]
        raise BaseExceptionGroup("unhandled", [cancel, BaseExceptionGroup("more", [cancel, ValueError()])])

    task = runner.start(work)

    assert task.wait_ended(PATIENCE)
    assert task.state is TaskState.FAILED


def test_a_group_that_was_not_asked_for_is_a_failure(runner: TaskRunner) -> None:
    other = runner.start(lambda ctx: ctx.sleep(0), paused=True)
    other.cancel()

    def work(_: TaskContext) -> None:
        raise BaseExceptionGroup("unhandled", [TaskCancelled(other.stop.reason)])  # type: ignore[arg-type]

    task = runner.start(work)

    assert task.wait_ended(PATIENCE)
    assert task.state is TaskState.FAILED


def test_a_group_that_shares_its_parts_a_billion_times_is_looked_at_once(runner: TaskRunner) -> None:
    def work(ctx: TaskContext) -> None:
        ctx.task.cancel()
        error: BaseException = TaskCancelled(ctx.task.stop.reason)  # type: ignore[arg-type]
        for _ in range(40):
            error = BaseExceptionGroup("twice", [error, error])
        raise error

    task = runner.start(work)

    assert task.wait_ended(PATIENCE)
    assert task.state is TaskState.CANCELLED


def test_a_cancel_within_a_task_group_of_asyncio(runner: TaskRunner) -> None:
    begun = Gate()

    async def child(ctx: TaskContext) -> None:
        begun.pass_through()
        while True:
            ctx.checkpoint()
            await asyncio.sleep(0)

    async def main(ctx: TaskContext) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(child(ctx))
            group.create_task(child(ctx))

    with begun:
        begun.open()
        task = runner.start(lambda ctx: asyncio.run(main(ctx)))
        begun.await_arrival(2)
        task.cancel()
        assert task.wait_ended(PATIENCE)

    assert (task.state, task.snapshot().error) == (TaskState.CANCELLED, "")


# -- what is left in the context ---------------------------------------------------------------------------------------


class Indecisive:
    """Neither true nor false, as an array is."""

    def __bool__(self) -> bool:
        raise ValueError("ambiguous")

    def __str__(self) -> str:
        raise ValueError("no text")


def raises(*_: object) -> Any:
    raise ValueError("odd")


class OddInt(int):
    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __add__ = __radd__ = __sub__ = __mul__ = raises  # type: ignore[assignment]
    __hash__ = __bool__ = __int__ = __index__ = __float__ = __repr__ = raises  # type: ignore[assignment]


class OddFloat(float):
    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __add__ = __radd__ = __sub__ = __mul__ = raises  # type: ignore[assignment]
    __hash__ = __bool__ = __int__ = __float__ = __repr__ = raises  # type: ignore[assignment]


def type_of(value: object) -> str:
    return type(value).__name__


class Countable:
    """Claims to be a number."""

    __index__ = __float__ = raises


@pytest.mark.parametrize("asked", [False, True], ids=["", "after a stop"])
def test_what_the_context_is_left_with_keeps_no_task_from_its_end(runner: TaskRunner, asked: bool) -> None:
    odd: Any = Indecisive()

    def work(ctx: TaskContext) -> str:
        if asked:
            ctx.task.cancel()
            assert ctx.stop_requested
        ctx.stopped_early = odd
        ctx.consequence = odd
        ctx.result_path = odd
        ctx.progress(OddInt(3), OddFloat(10), odd, odd)
        ctx.log(odd)
        return "result"

    runner.events.attach(lambda _: None)  # somebody takes pictures
    task = runner.start(work)

    assert task.wait_ended(PATIENCE)
    assert task.state is (TaskState.CANCELLED if asked else TaskState.SUCCEEDED)
    assert task.snapshot().progress[:2] == (3, 10.0)
    assert [type(number) for number in task.snapshot().progress[:2]] == [int, float]


@pytest.mark.parametrize("number", [OddInt(5), OddFloat(5), Countable(), "5", 10**400, math.nan], ids=type_of)
def test_odd_numbers_are_taken_as_plain_ones_or_left_out(runner: TaskRunner, number: Any) -> None:
    def work(ctx: TaskContext) -> None:
        ctx.progress(number, number)
        ctx.advance(number)
        ctx.advance(1)
        for _ in ctx.track([1, 2], number):
            ctx.task.snapshot()

    task = runner.start(work)

    assert task.exception(PATIENCE) is None
    assert {type(figure) for figure in task.snapshot().progress[:2]} <= {int, float, type(None)}


# -- numbers of callers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "timeout", [10**400, Fraction(10**400), math.inf, 1e308, OddInt(10**6), OddFloat(1e6), True], ids=type_of
)
def test_a_timeout_of_any_size_is_one_or_none(runner: TaskRunner, timeout: float) -> None:
    task = runner.start(lambda _: 1, timeout=timeout)

    assert task.result(timeout) == 1
    assert runner.wait_idle(timeout)
    assert runner.shutdown(timeout=timeout)


@pytest.mark.parametrize("timeout", ["5", b"5", object(), Countable(), [1]], ids=type_of)
def test_what_is_no_number_is_refused_at_once(runner: TaskRunner, timeout: Any) -> None:
    with pytest.raises(TypeError, match="number of seconds"):
        runner.start(lambda _: 1, timeout=timeout)
    with pytest.raises(TypeError, match="number of seconds"):
        runner.wait_idle(timeout)


@pytest.mark.parametrize(
    "timeout", [-1, -(10**400), Fraction(-(10**400)), OddInt(-1), math.nan, -math.inf], ids=type_of
)
def test_what_is_no_length_of_time_is_refused_at_once(runner: TaskRunner, timeout: float) -> None:
    with pytest.raises(ValueError, match="timeout"):
        runner.start(lambda _: 1, timeout=timeout)


def test_limits_are_made_plain() -> None:
    with TaskRunner(OddInt(2)) as runner:
        runner.limit_group("g", OddInt(1))
        assert type(runner.max_workers) is int
        assert runner.start(lambda _: 7, group="g").result(PATIENCE) == 7


def test_a_failed_task_is_retried_with_what_it_was_given(runner: TaskRunner) -> None:
    """Names and numbers of strange types included."""
    task = runner.start(raises, name=OddText("odd"), timeout=OddFloat(1000))
    assert task.wait_ended(PATIENCE)
    again = task.retry()
    assert again.wait_ended(PATIENCE)

    assert (again.name, again.attempt, again.state) == ("odd", 2, TaskState.FAILED)
    assert type(again.name) is str


# -- functions whose call only makes an object -------------------------------------------------------------------------


def generator(*_: object) -> Iterator[int]:
    yield 1


async def coroutine(*_: object) -> int:
    return 1


async def asynchronous_generator(*_: object) -> AsyncIterator[int]:
    yield 1


class Methods:
    """Other ways to spell a function."""

    def __call__(self, *_: object) -> Iterator[int]:
        yield 1

    async def method(self, *_: object) -> None:
        pass

    @staticmethod
    async def static(*_: object) -> None:
        pass

    @classmethod
    def of_class(cls, *_: object) -> Iterator[int]:
        yield 1


LAZY = {
    "generator": generator,
    "coroutine": coroutine,
    "asynchronous generator": asynchronous_generator,
    "partial": functools.partial(generator, 1),
    "partial of a partial": functools.partial(functools.partial(coroutine)),
    "object": Methods(),
    "method": Methods().method,
    "static method": Methods.static,
    "class method": Methods.of_class,
    "partial of an object": functools.partial(Methods()),
}


@pytest.mark.parametrize("fn", LAZY.values(), ids=LAZY)
def test_a_function_whose_call_runs_nothing_is_refused(runner: TaskRunner, fn: Callable[..., Any]) -> None:
    """Wherever work is given; with a sentence that says what to give instead."""
    for give in (runner.start, runner.submit, isolated):
        with pytest.raises(TypeError, match=r"only makes .*: give a function that "):
            give(fn)
    with pytest.raises(TypeError, match="only makes"):
        runner.map(fn, [1])
    with pytest.raises(TypeError, match="only makes"):
        start_feed(runner, None, fn)  # type: ignore[arg-type]
    assert isinstance(runner.start(lambda ctx: ctx.subtask(fn)).exception(PATIENCE), TypeError)


@pytest.mark.parametrize("fn", [coroutine, asynchronous_generator])
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
def test_a_lambda_that_only_makes_an_object_fails(runner: TaskRunner, fn: Callable[..., Any]) -> None:
    for task in (runner.start(lambda ctx: fn(ctx, 0)), runner.submit(lambda: fn(0))):
        error = task.exception(PATIENCE)
        assert isinstance(error, TypeError)
        assert "only makes" in str(error)
        assert task.state is TaskState.FAILED


def test_a_generator_is_work_that_was_not_done_or_the_result_of_an_executor(runner: TaskRunner) -> None:
    assert isinstance(runner.start(lambda ctx: generator(ctx, 0)).exception(PATIENCE), TypeError)
    assert list(runner.submit(lambda: generator(0)).result(PATIENCE)) == [1]


MANAGERS = [contextlib.contextmanager(generator), contextlib.asynccontextmanager(asynchronous_generator)]


@pytest.mark.parametrize("make", MANAGERS)
def test_a_context_manager_is_work_that_was_not_done_or_the_result_of_an_executor(
    runner: TaskRunner, make: Callable[..., Any]
) -> None:
    """`start` takes what does the work; who submits a function has asked for what it makes."""
    for fn in (make, lambda ctx: make(ctx, 0)):
        error = runner.start(fn).exception(PATIENCE)
        assert isinstance(error, TypeError)
        assert "only makes a context manager, and runs none of its lines: give a function that enters it" in str(error)
    assert type(runner.submit(make).result(PATIENCE)) is type(make())


def test_a_context_manager_that_was_entered_is_a_result(runner: TaskRunner) -> None:
    def enter(_: TaskContext) -> Any:
        made = contextlib.contextmanager(generator)()
        made.__enter__()
        return made

    assert runner.start(enter).result(PATIENCE).gen.gi_suspended


def test_one_that_has_begun_is_a_result(runner: TaskRunner) -> None:
    def begun(_: TaskContext) -> Iterator[int]:
        made = generator()
        next(made)
        return made

    assert list(runner.start(begun).result(PATIENCE)) == []


@pytest.mark.parametrize("kind", [CancelledError, asyncio.CancelledError])
def test_waiting_for_a_cancelled_task_after_a_stop_is_a_cancel(runner: TaskRunner, kind: type[BaseException]) -> None:
    def work(ctx: TaskContext) -> None:
        ctx.task.cancel()
        raise kind

    task = runner.start(work)

    assert task.wait_ended(PATIENCE)
    assert task.state is TaskState.CANCELLED


def test_a_block_ends_with_the_loop_that_its_stop_has_cancelled() -> None:
    """What a stop callback cancels comes out of `asyncio.run` as asyncio's own error."""
    with InlineTasks().block("block") as ctx:
        task = ctx.task
        task.cancel()
        raise asyncio.CancelledError
    assert task.state is TaskState.CANCELLED


def test_a_cancel_of_the_coroutine_goes_on_through_a_block_in_it() -> None:
    """Whether the block was asked to stop as well or not: who cancels a coroutine waits for that error."""

    async def main() -> TaskState:
        with contextlib.suppress(asyncio.CancelledError):
            with InlineTasks().block("block") as ctx:
                task = ctx.task
                task.cancel()
                raise asyncio.CancelledError
            raise AssertionError("it went no further")
        return task.state

    assert asyncio.run(main()) is TaskState.CANCELLED


def test_what_is_added_to_an_odd_number_counts(runner: TaskRunner) -> None:
    def work(ctx: TaskContext) -> None:
        ctx.progress(OddInt(3))
        ctx.advance(OddInt(2))

    task = runner.start(work)

    assert task.exception(PATIENCE) is None
    assert task.snapshot().progress.done == 5
