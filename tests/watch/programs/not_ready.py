# expect: serve: nothing
"""Waits until it is told that all is ready, then works for ever."""

import threading
import time

ready = threading.Event()
served = []


def serve():
    while not ready.is_set():
        time.sleep(0.02)
    while True:
        served.append(1)
        time.sleep(0.05)


threading.Thread(target=serve, daemon=True).start()

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
