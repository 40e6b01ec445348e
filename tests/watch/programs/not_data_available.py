# expect: process: nothing
"""An Event that announces data, cleared once the data is taken."""

import threading
import time

data_available = threading.Event()
buffer = []


def process():
    while True:
        data_available.wait()
        data_available.clear()
        buffer.clear()


threading.Thread(target=process, daemon=True).start()

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
