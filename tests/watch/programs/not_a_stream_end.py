# expect: events: nothing
"""The producer of a stream puts None at its end: its own queue is no way to stop it."""

import queue
import threading
import time

stream = queue.Queue()


def events():
    try:
        n = 0
        while True:
            n += 1
            stream.put(n)
            time.sleep(0.05)
    finally:
        stream.put(None)


threading.Thread(target=events, daemon=True).start()

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
