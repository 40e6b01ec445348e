# expect: Watchman: sets self._discharged
"""The Event is in a base class, a property says the contrary of it."""

import threading
import time


class Guard(threading.Thread):
    def __init__(self):
        super().__init__()
        self._discharged = threading.Event()

    @property
    def on_duty(self):
        return not self._discharged.is_set()

    def pay_off(self):
        self._discharged.set()


class Watchman(Guard):
    def run(self):
        while self.on_duty:
            time.sleep(0.02)


w = Watchman()
w.start()
w.join()
print("over")
