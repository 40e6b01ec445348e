# expect: listen: nothing
"""The flag ends the thread, but main takes it for a sign of trouble."""

import os
import threading
import time


class Line:
    def __init__(self):
        self.up = True

    def listen(self):
        while self.up:
            time.sleep(0.02)


line = Line()
threading.Thread(target=line.listen, daemon=True).start()


def check():
    if not line.up:
        print("the line is down", flush=True)
        os._exit(3)


try:
    while True:
        time.sleep(0.05)
        check()
except KeyboardInterrupt:
    print("bye")
    raise SystemExit from None

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
