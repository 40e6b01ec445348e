# expect: Cook: nothing
"""Two objects have an attribute of one name; stop() sets that of the other."""

import os
import threading
import time


class Cook:
    def __init__(self):
        self.bell = threading.Event()

    def run(self):
        while not self.bell.is_set():
            time.sleep(0.02)
        serve(self)


class Clock:
    def __init__(self):
        self.bell = threading.Event()


class House:
    def __init__(self):
        self.cook, self.clock = Cook(), Clock()
        threading.Thread(target=self.cook.run, name="Cook", daemon=True).start()

    def stop(self):
        self.clock.bell.set()


def serve(cook):
    print("an empty table", flush=True)
    os._exit(3)


house = House()

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
