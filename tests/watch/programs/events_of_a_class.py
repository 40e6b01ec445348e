# expect: run: sets Jobs.ends['scan']
"""Events by name in a dict of the class."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor


class Jobs:
    ends = {"scan": threading.Event(), "copy": threading.Event()}

    def run(self, what):
        while not Jobs.ends[what].is_set():
            time.sleep(0.02)
        return what

    @classmethod
    def end_all(cls):
        for event in cls.ends.values():
            event.set()


with ThreadPoolExecutor(2) as pool:
    future = pool.submit(Jobs().run, "scan")
    while not future.done():
        time.sleep(0.05)
print("over", future.result(), Jobs.ends["copy"].is_set())
