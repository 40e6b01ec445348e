# expect: supervise: sets self.shutdown
"""A supervisor that starts its work anew after errors, until shutdown."""

import threading
import time


class Supervisor:
    def __init__(self):
        self.shutdown = threading.Event()
        self.restarts = 0

    def work(self):
        for _ in range(3):
            time.sleep(0.01)
        raise ValueError("lost connection")

    def supervise(self):
        while not self.shutdown.is_set():
            try:
                self.work()
            except ValueError:
                self.restarts += 1
                self.shutdown.wait(0.02)


sup = Supervisor()
thread = threading.Thread(target=sup.supervise, name="supervise")
thread.start()
thread.join()
print("restarted:", sup.restarts > 0)
