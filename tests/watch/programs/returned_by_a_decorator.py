# expect: dusk: sets enough
"""A decorator starts the thread and returns the Event: the function is called by the name that it decorates."""

import functools
import threading
import time


def again_and_again(seconds):
    def decorate(function):
        @functools.wraps(function)
        def begin(*args):
            enough = threading.Event()

            def go_round():
                while not enough.wait(seconds):
                    function(*args)

            threading.Thread(target=go_round, name=args[0]).start()
            return enough

        return begin

    return decorate


seen = []


@again_and_again(0.02)
def look(what):
    seen.append(what)


evening = look("dusk")
for t in threading.enumerate():
    if t.name == "dusk":
        t.join(30)
evening.set()
print("over")
