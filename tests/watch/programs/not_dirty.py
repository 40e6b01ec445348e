# expect: autosave: nothing
"""A dirty flag."""

import threading
import time

dirty = True
saves = 0


def autosave():
    global dirty, saves
    while True:
        if dirty:
            saves += 1
            dirty = False
        time.sleep(0.05)


threading.Thread(target=autosave, daemon=True).start()

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
