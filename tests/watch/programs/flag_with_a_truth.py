# expect: w: sets halt._asked to True
"""An object that is true once it is time to go."""

import threading
import time


class Halt:
    def __init__(self):
        self._asked = False

    def __bool__(self):
        return self._asked

    def ask(self):
        self._asked = True


def work(halt):
    while not halt:
        time.sleep(0.02)


halt = Halt()
t = threading.Thread(target=work, args=(halt,), name="w")
t.start()
t.join(30)
halt.ask()
print("over")
