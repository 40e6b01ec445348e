# expect: work: nothing
"""Flags of its own that nobody else can see: a local variable, a threading.local, a copy."""

import threading
import time

local = threading.local()
running = True


def work(keep_going):
    local.running = True
    active = running
    rounds = 0
    while local.running and active and keep_going:
        rounds += 1
        time.sleep(0.03)


threading.Thread(target=work, args=(True,), daemon=True).start()

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
