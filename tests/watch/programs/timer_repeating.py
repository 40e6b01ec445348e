# expect: RepeatTimer: cancels the timer
"""A Timer that repeats."""

from threading import Timer


class RepeatTimer(Timer):
    def run(self):
        while not self.finished.wait(self.interval):
            self.function(*self.args, **self.kwargs)


saved = []
timer = RepeatTimer(0.05, saved.append, args=("state",))
timer.start()
timer.join()
print("autosaved:", len(saved) > 0)
