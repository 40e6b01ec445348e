"""A loop of the program's that goes on when the test says so."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from tests.helpers.gates import PATIENCE


class Pump:
    """Lets a loop in another thread go on item by item."""

    def __init__(self) -> None:
        self._may = threading.Semaphore(0)
        self.taken = 0
        self.outcome: list[BaseException | None] = []

    def items(self, count: int) -> Iterator[int]:
        yield from range(count)

    def work(self) -> None:
        self.taken += 1
        assert self._may.acquire(timeout=PATIENCE)

    def allow(self, count: int = 1) -> None:
        self._may.release(count)

    def run(self, loop: Callable[[], object]) -> threading.Thread:
        def target() -> None:
            try:
                loop()
            except BaseException as error:
                self.outcome.append(error)
            else:
                self.outcome.append(None)

        thread = threading.Thread(target=target, name="looping")
        thread.start()
        return thread
