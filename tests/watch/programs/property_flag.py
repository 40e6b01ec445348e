# expect: StoppableThread: sets self._stop_requested
"""The StoppableThread recipe, with a property."""

import threading
import time


class StoppableThread(threading.Thread):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._stop_requested = threading.Event()
        self.rounds = 0

    def stop(self):
        self._stop_requested.set()

    @property
    def stopped(self):
        return self._stop_requested.is_set()

    def run(self):
        while not self.stopped:
            self.rounds += 1
            time.sleep(0.03)


t = StoppableThread(daemon=True)
t.start()
t.join()
print("rounds:", t.rounds > 0)
