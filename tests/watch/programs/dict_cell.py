# expect: sync: sets control['running'] to False
"""A control dictionary handed to the thread."""

import threading
import time


def sync(control, log):
    while control["running"]:
        log.append(time.time())
        time.sleep(control["interval"])


control = {"running": True, "interval": 0.05}
log = []
t = threading.Thread(target=sync, args=(control, log))
t.start()
while t.is_alive():
    t.join(timeout=0.1)
print("synced:", bool(log))
