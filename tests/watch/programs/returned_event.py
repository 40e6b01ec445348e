# expect: Metronome: sets enough
"""A function returns the Event; the caller knows it by another name."""

import threading
import time


def begin(pause=0.02):
    enough = threading.Event()

    class Metronome(threading.Thread):
        @classmethod
        def run(cls):
            while not enough.is_set():
                time.sleep(pause)

    thread = Metronome()
    thread.start()
    return enough, thread


quiet, t = begin()
t.join(30)
quiet.set()
print("over")
