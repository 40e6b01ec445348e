# expect: run: nothing
"""A lambda acts on the flag when the program ends."""

import atexit
import threading
import time


class Job:
    def __init__(self):
        self.finished = False

    def run(self):
        while not self.finished:
            time.sleep(0.02)


def commit():
    print("committed")


job = Job()
atexit.register(lambda: commit() if job.finished else None)
threading.Thread(target=job.run, daemon=True).start()

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
