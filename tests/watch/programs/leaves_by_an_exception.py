# expect: w: sets self.going to False
"""A check raises, and the loop breaks where that is caught."""

import threading
import time


class Enough(Exception):
    pass


class Worker:
    def __init__(self):
        self.going = True

    def check(self):
        if not self.going:
            raise Enough()

    def run(self):
        while True:
            try:
                self.check()
                time.sleep(0.02)
            except Enough:
                break

    def send_home(self):
        self.going = False


worker = Worker()
t = threading.Thread(target=worker.run, name="w")
t.start()
t.join(30)
worker.send_home()
print("over")
