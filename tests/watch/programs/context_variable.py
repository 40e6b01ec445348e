# expect: w: sets stop.get()
"""The Event is in a context variable; the thread runs in a copy of the context."""

import contextvars
import threading
import time

stop = contextvars.ContextVar("stop")


def work():
    while not stop.get().is_set():
        time.sleep(0.02)


stop.set(threading.Event())
t = threading.Thread(target=contextvars.copy_context().run, args=(work,), name="w")
t.start()
t.join(30)
stop.get().set()
print("over")
