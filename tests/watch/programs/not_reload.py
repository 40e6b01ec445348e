# expect: watch: nothing
"""A reload flag that is taken back once done."""

import threading
import time


class Config:
    def __init__(self):
        self.reload_requested = False
        self.loads = 0

    def request_reload(self):
        self.reload_requested = True

    def watch(self):
        while True:
            if self.reload_requested:
                self.loads += 1
                self.reload_requested = False
            time.sleep(0.05)


config = Config()
threading.Thread(target=config.watch, daemon=True).start()

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
