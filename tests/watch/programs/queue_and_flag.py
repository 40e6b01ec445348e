# expect: Worker: sets self.exit to True
"""A flag and a queue with a timeout."""

import queue
import threading


class Worker(threading.Thread):
    def __init__(self, tasks):
        threading.Thread.__init__(self)
        self.tasks = tasks
        self.exit = False
        self.done = 0

    def run(self):
        while not self.exit:
            try:
                task = self.tasks.get(timeout=0.1)
            except queue.Empty:
                continue
            task()
            self.done += 1

    def terminate(self):
        self.exit = True


tasks = queue.Queue()
pool = [Worker(tasks) for _ in range(2)]
for w in pool:
    w.start()
for _ in range(6):
    tasks.put(lambda: None)
for w in pool:
    w.join()
print("tasks done:", sum(w.done for w in pool))
