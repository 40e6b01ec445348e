# expect: fetch: sets all_over
"""An Event set by a lambda that a signal calls; the loop ends by a call that gives nothing."""

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event

all_over = Event()
signal.signal(signal.SIGINT, lambda number, frame: all_over.set())


def read(size):
    time.sleep(0.02)
    return b"x" * size


def fetch(name):
    for _ in iter(partial(read, 10), b""):
        if all_over.is_set():
            return


with ThreadPoolExecutor(1) as pool:
    pool.submit(fetch, "a")
print("over")
