# expect: work: nothing
"""The main thread waits until the queue is done: a None that is never told done keeps it waiting for ever."""

import queue
import threading
import time

jobs = queue.Queue()


def work():
    while True:
        job = jobs.get()
        if job is None:
            break
        time.sleep(0.05)
        jobs.task_done()


def drain():
    jobs.join()


threading.Thread(target=work, daemon=True).start()
jobs.put(1)

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
