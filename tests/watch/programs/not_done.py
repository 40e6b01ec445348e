# expect: compute: nothing
"""Done is what the thread tells main, not what main tells the thread."""

import threading
import time


class Computation:
    def __init__(self):
        self.done = threading.Event()
        self.value = 0

    def compute(self):
        while not self.done.is_set():
            self.value += 1
            time.sleep(0.02)
            if self.value > 10**6:
                self.done.set()


c = Computation()
threading.Thread(target=c.compute, daemon=True).start()

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
