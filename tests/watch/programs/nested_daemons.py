# expect: manager: sets stopping
# expect: child: sets stopping
"""A thread that starts threads of its own."""

import threading
import time

stopping = threading.Event()


def child(number, hits):
    while not stopping.is_set():
        hits[number] += 1
        time.sleep(0.03)


def manager():
    hits = [0, 0]
    children = [threading.Thread(target=child, args=(i, hits), daemon=True) for i in range(2)]
    for c in children:
        c.start()
    while not stopping.is_set():
        time.sleep(0.05)
    for c in children:
        c.join()
    print("both hit:", all(hits))


m = threading.Thread(target=manager, daemon=True)
m.start()
m.join()
print("end")
