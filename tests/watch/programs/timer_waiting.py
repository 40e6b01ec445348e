# expect: remind: cancels the timer
"""A reminder far in the future."""

import threading


def remind(text):
    print("reminder:", text)


timer = threading.Timer(3600, remind, ["tea"])
timer.start()
timer.join()
print("no more reminders")
