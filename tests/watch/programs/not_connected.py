# expect: keep_connected: nothing
"""Connected is a fact, not a wish."""

import threading
import time


class Client:
    def __init__(self):
        self.connected = False
        self.pings = 0

    def connect(self):
        time.sleep(0.02)
        self.connected = True

    def on_lost(self):
        self.connected = False

    def keep_connected(self):
        while True:
            if not self.connected:
                self.connect()
            while self.connected:
                self.pings += 1
                time.sleep(0.05)


client = Client()
threading.Thread(target=client.keep_connected, daemon=True).start()

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
