# expect: produce: nothing
"""Another thread waits for the same Event, and works then."""

import os
import threading
import time

made = threading.Event()


def produce():
    while not made.is_set():
        time.sleep(0.02)


def upload():
    made.wait()
    print("uploaded half of it", flush=True)
    os._exit(3)


threading.Thread(target=produce, daemon=True).start()
threading.Thread(target=upload, daemon=True).start()

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
