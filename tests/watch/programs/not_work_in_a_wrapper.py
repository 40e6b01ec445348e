# expect: hold: nothing
"""A decorator goes on when the function has returned."""

import functools
import os
import threading
import time

stop = threading.Event()


def then_sell(function):
    @functools.wraps(function)
    def inner():
        function()
        print("sold", flush=True)
        os._exit(3)

    return inner


@then_sell
def hold():
    while not stop.is_set():
        time.sleep(0.02)


threading.Thread(target=hold, name="hold", daemon=True).start()

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
