# expect: Poller: sets self._running to False
"""A Thread subclass that switches its own flag on when it starts to run."""

import threading
import time


class Poller(threading.Thread):
    def __init__(self, url):
        super().__init__()
        self.url = url
        self.polls = 0
        self._running = False

    def run(self):
        self._running = True
        while self._running:
            self.poll()
            time.sleep(0.05)

    def poll(self):
        self.polls += 1

    def stop(self):
        self._running = False


poller = Poller("http://localhost/status")
poller.start()
poller.join()
print("polled", poller.polls > 0)
