# expect: work: puts None into jobs (3 consumers)
"""Three calls take from one queue: each takes a None of its own."""

import queue
import time
from concurrent.futures import ThreadPoolExecutor

jobs = queue.Queue()


def work(number):
    while True:
        job = jobs.get()
        if job is None:
            return number
        time.sleep(0.01)


with ThreadPoolExecutor(3) as pool:
    futures = [pool.submit(work, n) for n in range(3)]
    for _ in range(30):
        jobs.put(1)
    while not all(f.done() for f in futures):
        time.sleep(0.05)
print("over", sorted(f.result() for f in futures))
