# expect: run: nothing
"""A variable of a closure, on which another function acts."""

import os
import threading
import time


def make():
    ended = False

    def run():
        while not ended:
            time.sleep(0.02)

    def end():
        nonlocal ended
        ended = True

    def bill():
        if ended:
            print("billed", flush=True)
            os._exit(3)

    return run, end, bill


run, end, bill = make()
threading.Thread(target=run, daemon=True).start()

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
