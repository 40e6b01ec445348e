# expect: eat: nothing
"""Two functions call two Events by one name; finish() sets the other one."""

import os
import threading
import time

plate = []


def eat(event):
    hungry = 0
    while not event.is_set():
        hungry += 1
        time.sleep(0.02)
    if not plate:
        print("nothing to eat", flush=True)
        os._exit(3)


def finish(event):
    event.set()


served, over = threading.Event(), threading.Event()
threading.Thread(target=eat, args=(served,), daemon=True).start()


def clear_up():
    finish(over)


try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
