"""A program that knows nothing of taskmon, for row 13: for each line with the name of a load, it tells what that costs.

What counts is the processor time of the whole process, whichever of its threads used it.
"""

from __future__ import annotations

import io
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


def empty_loop() -> float:
    """Nanoseconds per item of a tqdm loop that does nothing."""
    from tqdm import tqdm

    count = 300_000
    began = time.process_time()
    for _ in tqdm(range(count), file=io.StringIO()):
        pass
    return (time.process_time() - began) / count * 1e9


def working_loop() -> float:
    """Nanoseconds per item of a tqdm loop with 10 µs of work."""
    from tqdm import tqdm

    count = 20_000
    numbers = range(600)
    began = time.process_time()
    for _ in tqdm(range(count), file=io.StringIO()):
        sum(numbers)
        sum(numbers)
    return (time.process_time() - began) / count * 1e9


def pool() -> float:
    """Microseconds per trivial future."""
    count = 10_000
    with ThreadPoolExecutor(8) as executor:
        began = time.process_time()
        futures = [executor.submit(int) for _ in range(count)]
        for future in futures:
            future.result()
        return (time.process_time() - began) / count * 1e6


def busy() -> float:
    """Seconds of processor time that 64 threads take for a fixed amount of work."""
    go = threading.Event()

    def work() -> None:
        go.wait()
        for _ in range(150):
            sum(range(3_000))

    threads = [threading.Thread(target=work) for _ in range(64)]
    for thread in threads:
        thread.start()
    began = time.process_time()
    go.set()
    for thread in threads:
        thread.join()
    return time.process_time() - began


LOADS: dict[str, Callable[[], float]] = {load.__name__: load for load in (empty_loop, working_loop, pool, busy)}


def main() -> None:
    """Do what is asked for, once whoever watches has had the time to connect."""
    time.sleep(0.5)
    for line in sys.stdin:
        try:
            print(LOADS[line.strip()](), flush=True)
        except ModuleNotFoundError:
            print("tqdm is not installed", flush=True)


if __name__ == "__main__":
    main()
