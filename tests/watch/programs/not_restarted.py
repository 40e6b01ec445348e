# expect: guard: nothing
"""Only a wish to restart: the loop goes on either way."""

import threading
import time


class Guard:
    def __init__(self):
        self.restart_requested = threading.Event()
        self.restarts = 0

    def request_restart(self):
        self.restart_requested.set()

    def guard(self):
        while True:
            if self.restart_requested.is_set():
                self.restart_requested.clear()
                self.restarts += 1
                continue
            time.sleep(0.05)


guard = Guard()
threading.Thread(target=guard.guard, daemon=True).start()

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
