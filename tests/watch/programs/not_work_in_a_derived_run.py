# expect: Shipment: nothing
"""A derived run() goes on after that of its base."""

import os
import threading
import time


class Waiting(threading.Thread):
    def __init__(self):
        super().__init__(daemon=True)
        self.closed = threading.Event()

    def run(self):
        while not self.closed.wait(0.02):
            pass


class Shipment(Waiting):
    def run(self):
        super().run()
        ship()


def ship():
    print("shipped", flush=True)
    os._exit(3)


Shipment().start()

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
