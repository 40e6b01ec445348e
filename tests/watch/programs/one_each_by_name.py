# expect: bell: sets rings['bell'] to False
# expect: horn: sets mute[0] to True
"""A flag for each in a dictionary whose keys alone are gone over, and in a list that is filled anew."""

import threading
import time

rings = {"bell": True, "gong": True}
mute = [False, False]


def ring(what):
    while rings[what]:
        time.sleep(0.02)


def blow(number):
    while not mute[number]:
        time.sleep(0.02)


def all_quiet():
    rings.update(dict.fromkeys(rings, False))
    mute[:] = [True for _ in mute]


threads = [threading.Thread(target=ring, args=(what,), name=what) for what in rings if what != "gong"]
threads.append(threading.Thread(target=blow, args=(0,), name="horn"))
for t in threads:
    t.start()
for t in threads:
    t.join(30)
all_quiet()
print("over")
