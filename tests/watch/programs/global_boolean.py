# expect: blink: sets running to False
"""A script with a global flag and Ctrl-C."""

import signal
import sys
import threading
import time

running = True
count = 0


def handler(signum, frame):
    global running
    running = False


def blink():
    global count
    while running:
        count += 1
        time.sleep(0.05)


signal.signal(signal.SIGINT, handler)
t = threading.Thread(target=blink)
t.start()
while t.is_alive():
    t.join(0.2)
print("blinked", count > 0)
sys.exit(0)
