# expect: w0: sets leave[0] to True
# expect: w1: sets leave[1] to True
"""A flag for each worker in one list; all of them are set by a slice."""

import threading
import time

leave = [False] * 2


def work(number):
    while not leave[number]:
        time.sleep(0.02)


threads = [threading.Thread(target=work, args=(n,), name=f"w{n}") for n in range(2)]
for t in threads:
    t.start()
for t in threads:
    t.join(30)
leave[:] = [True] * 2
print("over")
