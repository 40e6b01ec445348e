# expect: w: sets given['stop']
"""What the thread is given can only be read."""

import threading
import time
import types


def work(given):
    while not given["stop"].is_set():
        time.sleep(0.02)


kept = {"stop": threading.Event(), "path": "x"}
t = threading.Thread(target=work, args=(types.MappingProxyType(kept),), name="w")
t.start()
t.join(30)
kept["stop"].set()
print("over")
