# expect: work: nothing
"""A variable of the module, looked at only when an item of a certain kind comes."""

import queue
import threading
import time

jobs = queue.Queue()
shutdown = False


def work():
    while True:
        job = jobs.get()
        if job != "nudge":
            time.sleep(0.01)
            continue
        if shutdown:
            return


threading.Thread(target=work, daemon=True).start()

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
