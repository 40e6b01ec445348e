# expect: first: nothing
# expect: second: nothing
"""Steps of a test, made to happen in an order."""

import threading
import time

first_started = threading.Event()
release_second = threading.Event()
order = []


def first():
    order.append("first")
    first_started.set()
    while not release_second.is_set():
        time.sleep(0.02)
    order.append("first ends")


def second():
    first_started.wait()
    order.append("second")
    while len(order) < 10**6:
        time.sleep(0.02)
    release_second.set()


threading.Thread(target=first, daemon=True).start()
threading.Thread(target=second, daemon=True).start()

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
