# expect: consumer: puts None into jobs (3 consumers)
"""A work queue with three consumers that end at None."""

import queue
import threading
import time

jobs = queue.Queue()
results = []


def consumer():
    while True:
        job = jobs.get()
        if job is None:
            jobs.task_done()
            break
        results.append(job * job)
        jobs.task_done()


consumers = [threading.Thread(target=consumer) for _ in range(3)]
for c in consumers:
    c.start()
for n in range(10):
    jobs.put(n)
    time.sleep(0.01)
for c in consumers:
    c.join()
print("squares:", len(results))
