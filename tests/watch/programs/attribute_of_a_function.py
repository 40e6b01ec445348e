# expect: work: sets work.stop
"""The Event is an attribute of the function itself."""

import threading
import time


def work():
    while not work.stop.is_set():
        time.sleep(0.02)


work.stop = threading.Event()
t = threading.Thread(target=work)
t.start()
t.join(30)
work.stop.set()
print("over")
