# expect: plot: sets self._abort_requested to True
"""What raises stands two calls below the loop."""

import threading
import time


class Aborted(Exception):
    pass


class Plotter:
    def __init__(self):
        self._abort_requested = False
        self.lines = 0

    def _check(self):
        if self._abort_requested:
            raise Aborted

    def _line(self):
        self._check()
        time.sleep(0.02)
        self.lines += 1

    def plot(self):
        try:
            while True:
                self._line()
        except Aborted:
            print("aborted")

    def abort(self):
        self._abort_requested = True


p = Plotter()
t = threading.Thread(target=p.plot, name="plot")
t.start()
t.join()
