# expect: convert: nothing
"""Numbers and results that a loop compares."""

import threading
import time


class Converter:
    def __init__(self):
        self.progress = 0
        self.total = 10**9
        self.result = None
        self.failed = False

    def convert(self):
        while self.progress < self.total and self.result is None:
            self.progress += 1
            if self.progress == self.total:
                self.failed = True
            if self.failed:
                return
            time.sleep(0.02)


converter = Converter()
threading.Thread(target=converter.convert, daemon=True).start()

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
