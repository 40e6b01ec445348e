# expect: organ: sets self.sounding to False
"""A neutral name; the main thread clears it where it waits for the thread's end."""

import threading
import time


class Organ:
    def __init__(self):
        self.sounding = True

    def play(self):
        while self.sounding:
            time.sleep(0.02)


organ = Organ()
t = threading.Thread(target=organ.play, name="organ")
t.start()
until = time.monotonic() + 60
while t.is_alive():
    time.sleep(0.05)
    if time.monotonic() > until:
        organ.sounding = False
print("over")
