# expect: search: nothing
"""Siblings that end when one of them has found it."""

import threading
import time

found = threading.Event()
tried = [0, 0]


def search(part):
    while not found.is_set():
        tried[part] += 1
        if tried[part] > 10**9:
            found.set()
        time.sleep(0.01)


for part in (0, 1):
    threading.Thread(target=search, args=(part,), daemon=True).start()

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
