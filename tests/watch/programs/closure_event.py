# expect: periodic: sets cancelled
"""call_repeatedly, as it goes from answer to answer."""

from threading import Event, Thread


def call_repeatedly(interval, func, *args):
    cancelled = Event()

    def periodic():
        while not cancelled.wait(interval):
            func(*args)

    worker = Thread(target=periodic)
    worker.start()
    return worker, cancelled.set


calls = []
worker, cancel = call_repeatedly(0.05, calls.append, 1)
worker.join()
print("called:", len(calls) > 0)
