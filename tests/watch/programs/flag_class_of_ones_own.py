# expect: w: sets signal._up to True
"""A small class with set() and is_set()."""

import threading
import time


class Signal:
    def __init__(self):
        self._up = False

    def set(self):
        self._up = True

    def is_set(self):
        return self._up


def work(signal):
    while not signal.is_set():
        time.sleep(0.02)


s = Signal()
t = threading.Thread(target=work, args=(s,), name="w")
t.start()
t.join(30)
s.set()
print("over")
