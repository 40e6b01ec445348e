# expect: update: sets self.stopped to True
"""A camera reader in the manner of webcam helpers."""

import threading
import time


class FrameGrabber:
    def __init__(self):
        self.frame = 0
        self.stopped = False

    def start(self):
        self.thread = threading.Thread(target=self.update, args=())
        self.thread.start()
        return self

    def update(self):
        # keep looping until the thread is stopped
        while True:
            if self.stopped:
                return
            time.sleep(0.02)
            self.frame += 1

    def read(self):
        return self.frame

    def stop(self):
        self.stopped = True


grabber = FrameGrabber().start()
while grabber.thread.is_alive():
    grabber.read()
    time.sleep(0.1)
print("camera released")
