# expect: poll_mail: sets stop_flag
"""A target behind a decorator, started through a helper."""

import functools
import threading
import time


def in_thread(fn):
    @functools.wraps(fn)
    def wrapper(*args, **kwargs):
        t = threading.Thread(target=fn, args=args, kwargs=kwargs, name=fn.__name__)
        t.start()
        return t

    return wrapper


def traced(fn):
    @functools.wraps(fn)
    def wrapper(*args, **kwargs):
        try:
            return fn(*args, **kwargs)
        finally:
            print("left", fn.__name__)

    return wrapper


@in_thread
@traced
def poll_mail(box, stop_flag=None):
    while not stop_flag.is_set():
        box.append("mail")
        time.sleep(0.05)


box = []
poll_mail(box, stop_flag=threading.Event()).join()
print("got mail:", bool(box))
