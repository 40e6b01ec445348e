# expect: sentry: sets thread._relieved
"""A method of the thread tells whether it is to go."""

import threading
import time


class Sentry(threading.Thread):
    def __init__(self):
        super().__init__(target=watch, name="sentry")
        self._relieved = threading.Event()

    def relieve(self):
        self._relieved.set()

    def has_been_relieved(self):
        return self._relieved.is_set()


def watch():
    me = threading.current_thread()
    while not me.has_been_relieved():
        time.sleep(0.02)


sentry = Sentry()
sentry.start()
sentry.join()
print("over")
