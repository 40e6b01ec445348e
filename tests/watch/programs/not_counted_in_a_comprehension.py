# expect: one: nothing
"""The flags of several are counted in a comprehension: one that has gone is taken for a crash."""

import os
import threading
import time


class Worker:
    def __init__(self):
        self.running = True

    def loop(self):
        while self.running:
            time.sleep(0.02)


workers = [Worker(), Worker()]
threading.Thread(target=workers[0].loop, name="one", daemon=True).start()


def count():
    left = [worker for worker in workers if worker.running]
    if len(left) < 2:
        print("a worker has crashed", flush=True)
        os._exit(3)


try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
