"""Whether the main thread does work of its own: then no Cancel of the program stops its helpers only."""

from __future__ import annotations

import functools
import threading
import types
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from taskmon.core.stacks.frames import current_frames
from taskmon.watch.flags.main_thread import works
from tests.helpers.gates import wait_until
from tests.helpers.libraries import library
from tests.watch.flags.conftest import Load

#: What `main` does; `sleep` waits until the test has looked.
WORK = {
    "pieces of work": "for n in range(1): sleep(1); print('piece', n)",
    "a count of work done": """
    n = 0
    while n < 1:
        sleep(1)
        n += 1
    """,
    "a call of its own": """
    while not done:
        sleep(1)
        compute()
        done.append(1)
    """,
    "pieces of work in a function of its own": """
    for n in range(1):
        done.append(nap(sleep))
    """,
    "a round in a function of its own": """
    while not done:
        step(sleep)
    """,
    "a wait again and again, for ever": """
    def idle():
        while True:
            try:
                sleep(1)
                get()
            except LookupError:
                pass
    end(idle)
    """,
    "a wait that Ctrl-C alone ends": """
    def idle():
        while True:
            try:
                sleep(1)
                get()
            except (KeyboardInterrupt, SystemExit):
                break
    end(idle)
    """,
    "a wait for ever for whichever ends": """
    def idle():
        while 1:
            for each in (1, 2, 3):
                if each:
                    break
            else:
                continue
            sleep(1)
            get()
    end(idle)
    """,
}
WAITING = {
    "a wait again and again until they have ended": """
    while True:
        sleep(1)
        if not any(t.is_alive() for t in ()):
            break
    """,
    "a wait again and again until the last has": """
    while True:
        for each in (1, 2, 3):
            pass
        else:
            sleep(1)
            break
    """,
    "a wait again and again until it exits": """
    def idle():
        while True:
            sleep(1)
            get()
            exit()
    end(idle)
    """,
    "a loop that asks whether they live": """
    while any(t.is_alive() for t in ()) or not done:
        sleep(1)
        print("still there")
        done.append(1)
    """,
    "a loop that sleeps": """
    while not done:
        sleep(1)
        break
    """,
    "a wait": "sleep(1)",
    "a loop that sleeps in a function of its own": """
    while not done:
        nap(sleep)
        break
    """,
    "a loop that joins by a method of its own": """
    for each in range(1):
        finish(join=sleep)
    """,
}

FUNCTIONS = """
done = []
def compute(): done.append(1)
def nap(sleep): sleep(1)
def step(sleep):
    compute()
    sleep(1)
def finish(join): join(1)
def get(): raise EndOfTestError
def exit(): raise EndOfTestError
class EndOfTestError(Exception): pass
def end(loop):
    try:
        loop()
    except EndOfTestError:
        pass
"""


def look_at(module: ModuleType, call: Callable[..., object] | None = None) -> bool:
    """Run its `main` in the main thread, by `call` or by itself, and look at it while it sleeps."""
    looked = threading.Event()
    seen: list[bool] = []

    def is_there() -> bool:
        frame = current_frames().get(threading.main_thread().ident or 0)
        while frame is not None and frame.f_code is not module.main.__code__:
            frame = frame.f_back
        return frame is not None

    def look() -> None:
        try:
            wait_until(is_there, "main")
            seen.append(works())
        finally:
            looked.set()

    thread = threading.Thread(target=look)
    thread.start()
    (call or module.main)(looked.wait)
    thread.join()
    return seen[0]


def load(program: Load, body: str) -> ModuleType:
    inner = body if body.startswith("\n") else "\n    " + body + "\n"
    return program(f"{FUNCTIONS}def main(sleep):{inner}")


@pytest.mark.parametrize("body", WORK.values(), ids=WORK.keys())
def test_a_main_thread_that_works(program: Load, body: str) -> None:
    assert look_at(load(program, body))


@pytest.mark.parametrize("body", WAITING.values(), ids=WAITING.keys())
def test_a_main_thread_that_waits(program: Load, body: str) -> None:
    assert not look_at(load(program, body))


LOOP = """
    def run_forever():
        yield
    def _shutdown():
        yield
"""


@pytest.mark.parametrize(("function", "expected"), [("run_forever", True), ("_shutdown", False)])
def test_a_main_thread_in_nothing_of_the_programs(
    monkeypatch: pytest.MonkeyPatch, function: str, expected: bool
) -> None:
    """It goes the rounds of a library, as in a notebook; or it is through, and waits for the threads to end."""
    running = library("kernel", LOOP)[function]()
    next(running)
    frames = {threading.main_thread().ident: running.gi_frame}
    monkeypatch.setattr("taskmon.watch.flags.main_thread.current_frames", lambda: frames)
    assert works() is expected
    running.close()


@pytest.mark.parametrize(("filename", "expected"), [("<taskmon watch.start>", False), ("/usr/lib/kernel.py", True)])
def test_a_main_thread_at_its_end(monkeypatch: pytest.MonkeyPatch, filename: str, expected: bool) -> None:
    """All that it still calls is our goodbye."""
    frame = types.SimpleNamespace(f_code=works.__code__.replace(co_filename=filename), f_back=None)
    monkeypatch.setattr(
        "taskmon.watch.flags.main_thread.current_frames", lambda: {threading.main_thread().ident: frame}
    )
    monkeypatch.setattr("taskmon.watch.flags.inspect_safely.is_programs", lambda _code: False)
    assert works() is expected


def test_a_main_thread_in_what_a_librarys_loop_has_called(program: Load) -> None:
    """Such as the cell of a notebook: when that has slept, there is the next."""
    module = load(program, "sleep(1)")
    assert not look_at(module)
    call: Any = library("kernel", "def run_forever(cell, *given): cell(*given)")["run_forever"]
    assert look_at(module, functools.partial(call, module.main))
