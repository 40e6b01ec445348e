# expect: session_loop: nothing
"""A flag that ends a session; the next one begins at once."""

import threading
import time


class Sessions:
    def __init__(self):
        self.stop_session = False
        self.sessions = 0

    def new_session(self):
        self.stop_session = True

    def session_loop(self):
        while True:
            self.stop_session = False
            self.sessions += 1
            while not self.stop_session:
                time.sleep(0.03)


s = Sessions()
threading.Thread(target=s.session_loop, daemon=True).start()

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
