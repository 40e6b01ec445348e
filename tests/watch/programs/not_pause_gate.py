# expect: render: nothing
"""A gate that may be closed: pause and resume."""

import threading
import time


class Renderer:
    def __init__(self):
        self.resume_event = threading.Event()
        self.resume_event.set()
        self.frames = 0

    def pause(self):
        self.resume_event.clear()

    def resume(self):
        self.resume_event.set()

    def render(self):
        while True:
            self.resume_event.wait()
            self.frames += 1
            time.sleep(0.05)


renderer = Renderer()
threading.Thread(target=renderer.render, daemon=True).start()

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
