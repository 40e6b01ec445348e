# expect: produce: nothing
# expect: consume: nothing
"""A producer and a consumer that end by one flag: neither is ended without the other."""

import collections
import threading
import time


class Pipe:
    def __init__(self):
        self.items = collections.deque(maxlen=50)
        self.quit = False
        self.made = self.used = 0

    def produce(self):
        while not self.quit:
            self.items.append(self.made)
            self.made += 1
            time.sleep(0.01)

    def consume(self):
        while not self.quit:
            if self.items:
                self.items.popleft()
                self.used += 1
            else:
                time.sleep(0.01)

    def close(self):
        self.quit = True


pipe = Pipe()
for work in (pipe.produce, pipe.consume):
    threading.Thread(target=work, daemon=True).start()

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
