"""The program of row 21, which knows nothing of taskmon: threads that compute, each until its own flag is set.

Arguments: how many threads, and how many of them are busy at a time. The others wait for their turn: whoever leaves
lets the next one begin. The first do so once a line comes on its standard input. A thread that leaves tells its name
and when its flag was set, and another one how long it waits for a turn of the interpreter; each line is written in one
go. The clock is that of the whole machine.
"""

import os
import sys
import threading
import time

TURN_EVERY = 0.1
#: When flags were set, by their identity.
SET_AT: dict[int, float] = {}


class Worker(threading.Thread):
    """Computes once it may, until its flag is set."""

    def __init__(self, number: int, waiting: list["Worker"]) -> None:
        super().__init__(name=f"worker {number}", daemon=True)
        self.go = threading.Event()
        self.stop = threading.Event()
        self._waiting = waiting

    def run(self) -> None:
        """In its thread."""
        self.go.wait()
        number = 0
        while not self.stop.is_set():
            number += 1
        self._waiting.pop().go.set()
        print(f"{self.name}={SET_AT[id(self.stop)]}\n", end="", flush=True)


def note_flags() -> None:
    """Note when each event is set, in the moment."""
    set_it = threading.Event.set

    def set_and_note(event: threading.Event) -> None:
        SET_AT[id(event)] = time.perf_counter()
        set_it(event)

    threading.Event.set = set_and_note  # type: ignore[method-assign]


def wait_for_turns() -> None:
    """Tell how late one is that sleeps: as long as it takes to be given the interpreter."""
    while True:
        began = time.perf_counter()
        time.sleep(TURN_EVERY)
        print(f"turn={time.perf_counter() - began - TURN_EVERY}\n", end="", flush=True)


def main() -> None:
    """Run until whoever has started this closes its standard input."""
    note_flags()
    count, busy = int(sys.argv[1]), int(sys.argv[2])
    waiting: list[Worker] = []
    workers = [Worker(number, waiting) for number in range(count)]
    threading.Thread(target=wait_for_turns, daemon=True).start()
    for worker in workers:
        worker.start()
    for _ in sys.stdin:
        waiting += workers[: busy - 1 : -1]
        for worker in workers[:busy]:
            worker.go.set()
    os._exit(0)


if __name__ == "__main__":
    main()
