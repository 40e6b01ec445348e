# expect: dispatch: nothing
"""Waits until the other side is no longer busy."""

import threading
import time


class Printer:
    def __init__(self):
        self.busy = False
        self.pages = 0

    def print_page(self):
        self.busy = True
        time.sleep(0.02)
        self.pages += 1
        self.busy = False


printer = Printer()


def dispatch():
    while True:
        while printer.busy:
            time.sleep(0.01)
        printer.print_page()


threading.Thread(target=dispatch, daemon=True).start()

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
