# expect: Collector: sets self._terminate to True
"""The loop in a base class of another file, the work in a subclass here."""

import time

from class_hierarchy_base import Stoppable


class Collector(Stoppable):
    def __init__(self):
        super().__init__()
        self.collected = 0

    def step(self):
        self.collected += 1
        time.sleep(0.02)


collector = Collector()
collector.start()
collector.join()
print("collected:", collector.collected > 0)
