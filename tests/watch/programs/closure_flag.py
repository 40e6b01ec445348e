# expect: loop: sets stopped to True
"""A ticker that returns the function that stops it."""

import threading
import time


def start_ticker(interval, callback):
    stopped = False

    def loop():
        while not stopped:
            callback()
            time.sleep(interval)

    def stop():
        nonlocal stopped
        stopped = True

    thread = threading.Thread(target=loop)
    thread.start()
    return thread, stop


ticks = []
thread, stop = start_ticker(0.05, lambda: ticks.append(1))
thread.join()
print("ticks:", len(ticks) > 0)
