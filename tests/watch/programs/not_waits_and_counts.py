# expect: migrate: nothing
"""Waits until the old store has stopped, counting its looks, and then opens the new one."""

import os
import threading
import time


class Store:
    def __init__(self):
        self.stopped = False

    def stop(self):
        self.stopped = True


def migrate(store):
    looks = 0
    while not store.stopped:
        looks += 1
        time.sleep(0.02)
    print("two stores are open", flush=True)
    os._exit(3)


old = Store()
threading.Thread(target=migrate, args=(old,), daemon=True).start()

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
