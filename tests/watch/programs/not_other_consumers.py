# expect: one: nothing
"""Another function takes from the same queue, and knows no None."""

import os
import queue
import threading
import time

jobs = queue.Queue()


def one():
    while True:
        job = jobs.get()
        if job is None:
            return


def other():
    while True:
        if jobs.get() is None:
            print("what is that", flush=True)
            os._exit(3)


threading.Thread(target=one, daemon=True).start()
threading.Thread(target=other, daemon=True).start()

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
