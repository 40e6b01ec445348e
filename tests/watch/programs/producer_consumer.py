# expect: produce: sets self.quit to True
# expect: consume: sets self.quit to True
"""A producer and a consumer that end together."""

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
threads = [threading.Thread(target=pipe.produce), threading.Thread(target=pipe.consume)]
[t.start() for t in threads]
[t.join() for t in threads]
print("used:", pipe.used > 0)
