# expect: hold: nothing
"""Stop, in the sense of a trade."""

import os
import threading
import time

stop_price_reached = threading.Event()


def sell():
    print("sold everything", flush=True)
    os._exit(3)


def hold():
    while not stop_price_reached.is_set():
        time.sleep(0.02)
    sell()


threading.Thread(target=hold, daemon=True).start()

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
