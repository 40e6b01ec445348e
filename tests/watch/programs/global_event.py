# expect: scan: sets exit_event
"""Sensors that all watch one module-level event."""

import threading
import time

exit_event = threading.Event()
readings = {}


def scan(sensor):
    n = 0
    while True:
        n += 1
        readings[sensor] = n
        if exit_event.is_set():
            break
        time.sleep(0.03)


workers = [threading.Thread(target=scan, args=(name,), daemon=True) for name in ("temp", "hum")]
for w in workers:
    w.start()
try:
    while any(w.is_alive() for w in workers):
        time.sleep(0.1)
except KeyboardInterrupt:
    exit_event.set()
print("sensors read:", sorted(readings))
