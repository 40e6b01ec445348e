# expect: serve: calls its own stop()
"""What stops it first writes down why: main takes a server that is down without a reason for a crash."""

import os
import threading
import time


class Server:
    def __init__(self):
        self.running = True
        self.why = ""

    def serve(self):
        while self.running:
            time.sleep(0.02)

    def stop(self):
        self.why = "asked to"
        self.running = False


server = Server()
t = threading.Thread(target=server.serve, name="serve")
t.start()
while t.is_alive():
    t.join(0.05)
    if not server.running and not server.why:
        print("crashed", flush=True)
        os._exit(3)
print("over", server.why)
