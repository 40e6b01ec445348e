"""What a task of asyncio awaits, read from the chain of its coroutines. Nothing is called, nothing is patched.

A task that is not in its loop's hands stands at an ``await``, its coroutines one within the other: each tells what it
awaits (``cr_await``), and the task tells which future it all hangs on. What is awaited is called what the source of the
program's innermost coroutine calls it; where that spells no name, by the coroutine or the task that it is. A task that
the loop runs, or is about to run, awaits nothing: of that nothing is told.

The loop may go on at any moment, between any two steps of a look. So the future is asked for once more at the end: a
task that still hangs on the same one, which is not done, has not moved meanwhile.
"""

from __future__ import annotations

import os
import sys
import weakref
from collections.abc import Callable
from types import AsyncGeneratorType, CodeType, CoroutineType, FrameType, GeneratorType
from typing import Any, Final, NamedTuple

from taskmon.core.base.modules import attribute_of
from taskmon.core.stacks.calls import awaited_at
from taskmon.core.stacks.facts import MOST_CALLS, Activity, OwnCall, ThreadFacts
from taskmon.core.stacks.sampler import MOST_FRAMES, StackFrame, StackSample
from taskmon.core.stacks.variables import variables

#: Coroutines of one task that are looked through.
_DEEPEST: Final = 100
_LIMIT: Final = 100


class Awaiting(NamedTuple):
    """What one look found; kept for the next."""

    facts: ThreadFacts
    future: weakref.ref[Any]
    place: tuple[int, int]
    """The innermost coroutine's frame and instruction, by numbers that another may have later: with the future, it is
    the same place.
    """


def look_at(task: Any, is_own: Callable[[CodeType], bool], now: float, before: Awaiting | None) -> Awaiting | None:
    """Return what a task awaits; None if it awaits nothing, or that cannot be said.

    Args:
        task: an `asyncio.Task`, whatever its class.
        is_own: whether code is the program's own rather than a library's.
        now: seconds of `time.monotonic()`.
        before: what the look before has found.
    """
    future = _future_of(task)
    if future is None:
        return None
    chain = _chain(_of_task(task, "get_coro"))
    frames = [frame for link in chain if (frame := _frame_of(link)) is not None]
    if not frames:
        return None
    place = (id(frames[-1]), frames[-1].f_lasti)
    if before is not None and before.place == place and before.future() is future:
        found = before
    else:
        found = Awaiting(_describe(frames, future, task, is_own)._replace(since=now), weakref.ref(future), place)
        if before is not None:
            found = found._replace(facts=found.facts._replace(seen_coming=True))
    if _future_of(task) is not future or frames[-1].f_lasti != place[1]:
        return None  # it has gone on meanwhile
    return found


def stack_of(task: Any, is_own: Callable[[CodeType], bool], now: float, since: float | None) -> StackSample | None:
    """Return where the coroutines of a task stand; None while its loop runs it.

    Args:
        task: an `asyncio.Task`, whatever its class.
        is_own: whether code is the program's own rather than a library's.
        now: seconds of `time.monotonic()`.
        since: since when it has awaited what it awaits; None if that is not known.
    """
    future = _future_of(task)
    links = _chain(_of_task(task, "get_coro")) if future is not None else []
    frames = [frame for link in links if (frame := _frame_of(link)) is not None][:MOST_FRAMES]
    if not frames:
        return None
    last_own = max((number for number, frame in enumerate(frames) if is_own(frame.f_code)), default=-1)
    calls = tuple(
        StackFrame(
            frame.f_code.co_filename,
            frame.f_lineno or 0,
            frame.f_code.co_qualname,
            is_own(frame.f_code),
            awaited_at(frame.f_code, frame.f_lasti) if number == last_own else "",
        )
        for number, frame in enumerate(frames)
    )
    if _future_of(task) is not future:
        return None  # it has gone on meanwhile
    return StackSample(now, calls, now if since is None else since, one_call=True if since is not None else None)


def _describe(frames: list[FrameType], future: Any, task: Any, is_own: Callable[[CodeType], bool]) -> ThreadFacts:
    own = [(number, frame) for number, frame in enumerate(frames) if is_own(frame.f_code)]
    calls = tuple(
        OwnCall(frame.f_code.co_qualname, frame.f_code.co_filename, frame.f_lineno or 0)
        for _, frame in reversed(own[-MOST_CALLS:])
    )
    subject, wakes_at = "", None
    if own:
        number, frame = own[-1]
        within = frames[number + 1] if number + 1 < len(frames) else None
        subject = awaited_at(frame.f_code, frame.f_lasti) or _name_of(within, future, task)
        slept = _sleep(within) if within is not None and len(frames) == number + 2 else None
        if slept is not None:
            subject, wakes_at = slept
    first = own[0][1].f_code if own else None
    return ThreadFacts(
        activity=Activity.AWAITING,
        subject=subject[:_LIMIT],
        wakes_at=wakes_at,
        function=first.co_qualname if first is not None else "",
        file=calls[0].file if calls else "",
        line=calls[0].line if calls else 0,
        calls=calls,
    )


def _name_of(within: FrameType | None, future: Any, task: Any) -> str:
    """What is awaited, where the source gives it no name: another task by its own, a library's coroutine by its."""
    if within is None:
        return str.__str__(_of_task(future, "get_name")) if future is not task and _is(future, "Task") else ""
    name = within.f_code.co_qualname
    if within.f_code.co_name in {"__aenter__", "__aexit__"}:  # what is entered or left, whichever class has the method
        return _name_of_class(type(variables(within).get("self")))
    return name


_name_of_class: Final[Callable[[Any], str]] = type.__dict__["__name__"].__get__


def _sleep(frame: FrameType) -> tuple[str, float | None] | None:
    """Of a coroutine in asyncio's own sleep: for how long it does, and when that ends; None for any other."""
    code = frame.f_code
    if code.co_qualname != "sleep" or not code.co_filename.replace(os.sep, "/").endswith("/asyncio/tasks.py"):
        return None
    scope = variables(frame)
    delay = scope.get("delay")
    handle: Any = scope.get("h")
    if type(delay) not in {int, float}:
        return "sleep", None
    events, loops = sys.modules.get("asyncio.events"), sys.modules.get("asyncio.base_events")
    wakes_at = None
    if events is not None and loops is not None and type(handle) is events.TimerHandle:
        timed = getattr(type(handle._loop), "time", None)
        if timed is loops.BaseEventLoop.time:  # that of `time.monotonic()`; a loop may have a clock of its own
            wakes_at = float(handle._when)
    return f"sleep({delay:.4g})", wakes_at


# -- the chain -----------------------------------------------------------------------------------------


def _chain(coroutine: Any) -> list[Any]:
    """The coroutine and what it awaits, from the outside in, as far as that consists of coroutines and generators."""
    found: list[Any] = []
    while coroutine is not None and len(found) < _DEEPEST:
        kind = type(coroutine)
        if kind is CoroutineType:
            found.append(coroutine)
            coroutine = coroutine.cr_await
        elif kind is GeneratorType:
            found.append(coroutine)
            coroutine = coroutine.gi_yieldfrom
        elif kind is AsyncGeneratorType:
            found.append(coroutine)
            coroutine = coroutine.ag_await
        else:
            coroutine = _inside(coroutine)
    return found


def _inside(wrapper: Any) -> Any:
    """The coroutine or generator that one of the interpreter's wrappers drives; None for a future, or anything else."""
    if type(wrapper).__name__ not in _WRAPPERS or type(wrapper).__module__ != "builtins":
        return None
    import gc

    kinds = (CoroutineType, GeneratorType, AsyncGeneratorType)
    return next((each for each in gc.get_referents(wrapper) if type(each) in kinds), None)


#: What ``__await__`` of a coroutine gives, and what an asynchronous generator is driven by.
_WRAPPERS: Final = frozenset(
    {"coroutine_wrapper", "async_generator_asend", "async_generator_athrow", "anext_awaitable"}
)


def _frame_of(link: Any) -> FrameType | None:
    kind = type(link)
    if kind is CoroutineType:
        frame, runs = link.cr_frame, link.cr_running
    elif kind is GeneratorType:
        frame, runs = link.gi_frame, link.gi_running
    else:
        frame, runs = link.ag_frame, False  # it "runs" as long as one of its items is awaited
    return None if runs else frame


# -- tasks and futures, whatever their classes have made of their methods ------------------------------


def _future_of(task: Any) -> Any:
    """What a task hangs on; None where it does not, or that is done."""
    future = getattr(task, "_fut_waiter", None)
    return None if future is None or not _is(future, "Future") or _ask("futures", "Future", future, "done") else future


def _is(value: Any, name: str) -> bool:
    module = "asyncio.futures" if name == "Future" else "asyncio.tasks"
    return any(
        type(kind) is type and issubclass(type(value), kind)
        for kind in (attribute_of(module, name), attribute_of(module, "_Py" + name))
    )


def _of_task(task: Any, method: str) -> Any:
    return _ask("tasks", "Task", task, method)


def _ask(module: str, name: str, value: Any, method: str) -> Any:
    for known in (name, "_Py" + name):
        kind = attribute_of(f"asyncio.{module}", known)
        if type(kind) is type and issubclass(type(value), kind):
            return getattr(kind, method)(value)
    return None
