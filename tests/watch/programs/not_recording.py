# expect: capture: nothing
"""Recording decides what is done with a frame, not whether there is another."""

import threading
import time


class Camera:
    def __init__(self):
        self.recording = False
        self.frames = []

    def start_recording(self):
        self.recording = True

    def stop_recording(self):
        self.recording = False

    def capture(self):
        n = 0
        while True:
            n += 1
            if self.recording:
                self.frames.append(n)
            time.sleep(0.03)


camera = Camera()
camera.start_recording()
threading.Thread(target=camera.capture, daemon=True).start()

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
