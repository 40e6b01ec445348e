# expect: loom: sets self.__evening
"""A private Event, whose name Python changes."""

import threading


class Loom:
    def __init__(self):
        self.__evening = threading.Event()
        self.rows = 0

    def weave(self):
        while not self.__evening.wait(0.05):
            self.rows += 1

    def put_away(self):
        self.__evening.set()


loom = Loom()
t = threading.Thread(target=loom.weave, name="loom")
t.start()
t.join()
print("rows", loom.rows)
