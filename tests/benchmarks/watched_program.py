"""A program that knows nothing of taskmon, for row 13: what each of its loads costs, as JSON. Argument: ``quick``.

What counts is the processor time of the whole process, whichever of its threads used it.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


def best(work: Callable[[], float], times: int) -> float:
    """The least of several measurements: what else the machine does only adds to them."""
    return min(work() for _ in range(times))


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


def main() -> None:
    """Run everything, once whoever watches has had the time to connect."""
    times = 3 if "quick" in sys.argv else 5
    time.sleep(0.5)
    figures = {work.__name__: best(work, times) for work in (pool, busy)}
    with contextlib.suppress(ModuleNotFoundError):  # tqdm
        figures |= {work.__name__: best(work, times) for work in (empty_loop, working_loop)}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
