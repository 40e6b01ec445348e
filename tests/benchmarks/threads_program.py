"""A program that knows nothing of taskmon, for row 13: 200 threads, of which eight compute and the others wait.

For each line ``on SECONDS`` or ``off SECONDS`` it works for so long, while those who watch it look at what its threads
do or leave that out, and prints two numbers: how many microseconds of a processor a piece of work took, of the whole
process, whichever of its threads used them; and the share of a processor that the looks took, by the clock of the
thread that looks, which runs at no other time.
"""

from __future__ import annotations

import gc
import queue
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Final

_BUSY: Final = 8
_THREADS: Final = 200

done: Final = [0] * _BUSY
never: Final = threading.Event()
jobs: Final[queue.Queue[None]] = queue.Queue()
lock: Final = threading.Lock()
facts: Final[list[Any]] = []
spent: Final[list[float]] = []
here, there = socket.socketpair()


def work(number: int) -> None:
    """Work in pieces without end."""
    while True:
        sum(range(1_000))
        done[number] += 1


def wait_for_lock() -> None:
    """Wait for ever."""
    with lock:
        never.wait()


def poll() -> None:
    """Look for something twice a second."""
    while not never.wait(0.5):
        pass


def looks_at_facts(*, on: bool) -> None:
    """Have it find out what the threads do, or leave that out of all that it does: no switch of the product's."""
    if not facts:
        facts.extend(each for each in gc.get_objects() if type(each).__name__ == "FactsOfRows")
        look = facts[0].look

        def clocked(*seen: object) -> None:
            began = time.thread_time()
            look(*seen)
            spent.append(time.thread_time() - began)

        facts[0].look = clocked
    facts[0]._looked_at = time.monotonic() - 1.0 if on else float("inf")


def main() -> None:
    """Start them all, and measure whenever told to."""
    waits: list[Callable[[], object]] = [never.wait, jobs.get, wait_for_lock, lambda: here.recv(1), poll]
    lock.acquire()
    targets = [lambda number=number: work(number) for number in range(_BUSY)]
    targets += [waits[number % len(waits)] for number in range(_THREADS - _BUSY - 1)]
    for number, target in enumerate(targets):
        threading.Thread(target=target, name=f"thread-{number}", daemon=True).start()
    for line in sys.stdin:
        switch, seconds = line.split()
        looks_at_facts(on=switch == "on")
        spent.clear()
        pieces, used, began = sum(done), time.process_time(), time.monotonic()
        time.sleep(float(seconds))
        share = sum(spent) / (time.monotonic() - began)
        print((time.process_time() - used) / (sum(done) - pieces) * 1e6, share, flush=True)


if __name__ == "__main__":
    main()
