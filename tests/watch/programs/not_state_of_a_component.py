# expect: report: nothing
"""Lives as long as another component runs: that is the other's flag."""

import threading
import time


class Server:
    def __init__(self):
        self.running = True
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            time.sleep(0.05)

    def stop(self):
        self.running = False


def report(server):
    while server.running:
        time.sleep(0.02)


threading.Thread(target=report, args=(Server(),), daemon=True).start()

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
