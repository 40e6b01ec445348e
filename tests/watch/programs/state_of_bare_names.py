# expect: clockwork: calls its own wind_down()
"""The state is a constant of the module, called by its bare name; what sets it also wakes the thread."""

import threading

RESTING, TICKING = 0, 1


class Clockwork:
    def __init__(self):
        self.state = TICKING
        self._news = threading.Event()
        self.ticks = 0

    def run(self):
        while self.state != RESTING:
            self._news.wait(30)
            self._news.clear()
            if self.state == TICKING:
                self.ticks += 1

    def wind_down(self):
        self.state = RESTING
        self._news.set()


clockwork = Clockwork()
t = threading.Thread(target=clockwork.run, name="clockwork")
t.start()
t.join(40)
clockwork.wind_down()
print("ticks", clockwork.ticks)
