# expect: w: sets stop
"""An Event of multiprocessing, used between threads alone."""

import multiprocessing
import threading
import time


def work(stop):
    while not stop.is_set():
        time.sleep(0.02)


stop = multiprocessing.Event()
t = threading.Thread(target=work, args=(stop,), name="w")
t.start()
t.join(30)
stop.set()
print("over")
