# expect: w: sets job.stop
"""The Event is in a SimpleNamespace."""

import threading
import time
from types import SimpleNamespace


def work(job):
    while not job.stop.is_set():
        time.sleep(0.02)


job = SimpleNamespace(stop=threading.Event())
t = threading.Thread(target=work, args=(job,), name="w")
t.start()
t.join(30)
job.stop.set()
print("over")
