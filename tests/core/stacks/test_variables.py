"""Variables of running functions are read without a trace: what the program lets go of is gone."""

from __future__ import annotations

import sys
import threading
import weakref
from types import FrameType
from typing import Any

import pytest

from taskmon.core.stacks.variables import variables
from taskmon.watch.hooks.pools import PoolHook


class Thing:
    """Something that can be seen to go."""


def test_what_a_function_lets_go_of_after_a_look_is_gone() -> None:
    thing = Thing()
    gone = weakref.ref(thing)
    assert variables(sys._getframe())["thing"] is thing
    del thing
    assert gone() is None


def test_an_exception_with_a_looked_at_frame_in_its_traceback_does_not_keep_itself_alive() -> None:
    def work(thing: Thing) -> None:
        raise ValueError(thing)

    def look_and_handle() -> weakref.ref[Thing]:
        thing = Thing()
        try:
            work(thing)
        except ValueError:
            assert variables(sys._getframe())["thing"] is thing
        return weakref.ref(thing)

    assert look_and_handle()() is None  # without the collector


def test_what_locals_has_given_to_the_program_is_left_as_it_is() -> None:
    thing = Thing()
    given = locals()
    assert variables(sys._getframe())["thing"] is thing
    assert given["thing"] is thing


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="there, no copy is written back")
def test_a_traced_function_is_left_alone() -> None:
    seen: list[dict[str, Any]] = []

    def work() -> str:
        kept = "kept"
        return kept  # noqa: RET504 - an instruction of its own, with a variable

    def tracer(frame: FrameType, _event: str, _arg: object) -> Any:
        if frame.f_code is not work.__code__:
            return None
        if frame.f_trace is not None:
            seen.append(variables(frame))
        return tracer

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        result = work()
    finally:
        sys.settrace(before)
    assert result == "kept"
    assert seen
    assert not any(seen)


def test_the_variables_of_a_module_are_its_namespace_and_are_not_emptied() -> None:
    names: dict[str, Any] = {"variables": variables, "sys": sys}
    exec("thing = 1\nread = variables(sys._getframe())", names)
    assert names["read"]["thing"] == 1
    assert names["thing"] == 1


def test_a_failed_call_of_a_pool_is_free_as_soon_as_nobody_holds_its_future() -> None:
    """Without the garbage collector: its work item does not hang on to itself by way of its own exception."""
    from concurrent.futures import thread as module

    hook = PoolHook()
    hook.install(module)
    hook.wanted = True
    try:
        with module.ThreadPoolExecutor(1) as pool:
            thing = Thing()
            gone = weakref.ref(thing)
            failed = threading.Event()

            def work(thing: Thing) -> None:
                raise ValueError(type(thing))

            future = pool.submit(work, thing)
            future.add_done_callback(lambda _: failed.set())
            assert failed.wait(10)
            del future, thing
        assert hook.failures
        assert gone() is None
    finally:
        hook.undo()
