# expect: encode: sets self.cancelled to True
"""A long job that counts, item by item."""

import threading
import time


class Encoder:
    def __init__(self, frames):
        self.frames = frames
        self.position = 0
        self.cancelled = False

    def cancel(self):
        self.cancelled = True

    def encode(self):
        for i in range(self.frames):
            if self.cancelled:
                print("cancelled")
                break
            self.position = i
            time.sleep(0.01)


encoder = Encoder(10**6)
thread = threading.Thread(target=encoder.encode)
thread.start()
thread.join()
print("encoded some:", encoder.position >= 0)
