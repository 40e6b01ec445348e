# expect: w: sets stop
"""Two lambdas in one line, one within the other."""

import threading
import time

stop = threading.Event()
t = threading.Thread(target=lambda: [time.sleep(0.02) for _ in iter(lambda: stop.is_set(), True)], name="w")
t.start()
t.join(30)
stop.set()
print("over")
