# expect: run: nothing
"""Others ask a property, and act on what it says."""

import os
import threading
import time


class Lamp:
    def __init__(self):
        self._out = False

    @property
    def out(self):
        return self._out

    def run(self):
        while not self._out:
            time.sleep(0.02)


class Keeper:
    def __init__(self, lamp):
        self.lamp = lamp

    def look(self):
        if self.lamp.out:
            print("a ship is lost", flush=True)
            os._exit(3)


lamp = Lamp()
keeper = Keeper(lamp)
threading.Thread(target=lamp.run, daemon=True).start()


def tend():
    while True:
        time.sleep(0.02)
        keeper.look()


threading.Thread(target=tend, daemon=True).start()

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
