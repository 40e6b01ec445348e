# expect: w: sets self._boss().closing to True
"""The flag's owner is known by a weak reference."""

import threading
import time
import weakref


class Boss:
    def __init__(self):
        self.closing = False
        self.worker = Worker(self)

    def close(self):
        self.closing = True


class Worker(threading.Thread):
    def __init__(self, boss):
        super().__init__(name="w")
        self._boss = weakref.ref(boss)

    def run(self):
        while not self._boss().closing:
            time.sleep(0.02)


boss = Boss()
boss.worker.start()
boss.worker.join()
print("over")
