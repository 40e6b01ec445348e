# expect: w: sets end
"""A helper makes the Event within the thread and registers it."""

import threading
import time

registered = []


def make_end():
    event = threading.Event()
    registered.append(event)
    return event


def work():
    end = make_end()
    while not end.is_set():
        time.sleep(0.02)


t = threading.Thread(target=work, name="w")
t.start()
t.join(30)
for event in registered:
    event.set()
print("over")
