# expect: mill: nothing
"""A method of the same object waits in the queue's join()."""

import queue
import threading
import time


class Mill:
    def __init__(self):
        self.sacks = queue.Queue()
        self.thread = threading.Thread(target=self.run, name="mill", daemon=True)

    def run(self):
        while (sack := self.sacks.get()) is not None:
            time.sleep(0.01 * sack)
            self.sacks.task_done()

    def finish(self):
        self.sacks.join()
        self.sacks.put(None)


mill = Mill()
mill.thread.start()

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
