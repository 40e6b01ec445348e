# expect: w: sets self._ev
"""A property with a setter, over an Event."""

import threading
import time


class P:
    def __init__(self):
        self._ev = threading.Event()

    @property
    def halted(self):
        return self._ev.is_set()

    @halted.setter
    def halted(self, value):
        self._ev.set() if value else self._ev.clear()

    def run(self):
        while not self.halted:
            time.sleep(0.02)


p = P()
t = threading.Thread(target=p.run, name="w")
t.start()
until = time.monotonic() + 60
while t.is_alive():
    t.join(0.1)
    if time.monotonic() > until:
        p.halted = True
print("over")
