# expect: tap: sets flows[0] to False
"""A list of one in a closure, emptied by a sibling."""

import threading
import time


def plumb():
    flows = [True]

    def drip():
        while flows[0]:
            time.sleep(0.02)

    def shut_off():
        flows[0] = False

    return threading.Thread(target=drip, name="tap"), shut_off


t, shut_off = plumb()
t.start()
t.join(30)
shut_off()
print("over")
