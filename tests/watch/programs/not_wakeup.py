# expect: export: nothing
"""A worker woken up early by an Event that is also its sleep."""

import threading
import time


class Exporter:
    def __init__(self):
        self.wake = threading.Event()
        self.exported = 0

    def flush(self):
        self.wake.set()

    def export(self):
        while True:
            if self.wake.wait(0.5):
                self.wake.clear()
            self.exported += 1


exporter = Exporter()
threading.Thread(target=exporter.export, daemon=True).start()

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
