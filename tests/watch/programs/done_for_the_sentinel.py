# expect: w: puts None into jobs
"""The sentinel is accounted for, so the queue's join() returns."""

import queue
import threading
import time

jobs = queue.Queue()


def work():
    while True:
        job = jobs.get()
        try:
            if job is None:
                break
            time.sleep(0.01)
        finally:
            jobs.task_done()


t = threading.Thread(target=work, name="w")
t.start()
for n in range(20):
    jobs.put(n)
t.join()
jobs.join()
print("over")
