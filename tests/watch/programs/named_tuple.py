# expect: w: sets given.stop
"""The Event is in a NamedTuple."""

import threading
import time
from typing import NamedTuple


class Given(NamedTuple):
    path: str
    stop: threading.Event


def work(given):
    while not given.stop.is_set():
        time.sleep(0.02)


g = Given("x", threading.Event())
t = threading.Thread(target=work, args=(g,), name="w")
t.start()
t.join(30)
g.stop.set()
print("over")
