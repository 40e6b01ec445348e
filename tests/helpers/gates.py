"""Staging what threads do, one step at a time, without a single sleep."""

from __future__ import annotations

import threading
from collections.abc import Callable

#: Seconds after which a scene that does not go on is a failure. Never waited for in a test that passes.
PATIENCE = 30.0


class Gate:
    """A place where a worker announces that it is there and waits to be let through.

    The worker calls `pass_through`; the test calls `await_arrival`, looks around, and calls `open`.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.arrived = 0
        self._open = False

    def pass_through(self) -> None:
        """Announce, and wait until the gate is open. In a worker."""
        with self._changed:
            self.arrived += 1
            self._changed.notify_all()
            assert self._changed.wait_for(lambda: self._open, PATIENCE), "nobody opened the gate"

    def await_arrival(self, count: int = 1) -> None:
        """Wait until `count` workers have come to the gate. In the test."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.arrived >= count, PATIENCE), f"{self.arrived} of {count} came"

    def open(self) -> None:
        """Let everybody through from now on."""
        with self._changed:
            self._open = True
            self._changed.notify_all()

    @property
    def is_open(self) -> bool:
        """Whether it is."""
        return self._open

    def __enter__(self) -> Gate:
        return self

    def __exit__(self, *_: object) -> None:
        self.open()


def wait_until(condition: Callable[[], object], what: str = "it") -> None:
    """Wait for something that nothing announces, by looking at it again and again."""
    pause = threading.Event()
    for _ in range(int(PATIENCE * 1000)):
        if condition():
            return
        pause.wait(0.001)
    raise AssertionError(f"{what} did not happen")


def in_threads(*functions: Callable[[], object]) -> list[object]:
    """Run the functions at the same time, each in a thread that waits for all; return what they returned or raised."""
    barrier = threading.Barrier(len(functions))
    outcomes: list[object] = [None] * len(functions)

    def run(number: int) -> None:
        barrier.wait(PATIENCE)
        try:
            outcomes[number] = functions[number]()
        except BaseException as error:
            outcomes[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(functions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive(), "a thread hangs"
    return outcomes
