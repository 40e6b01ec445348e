# expect: run: nothing
"""What is to be done once it is over stands in a finally."""

import os
import threading
import time

over = threading.Event()


class Payroll:
    def run(self):
        try:
            while not over.is_set():
                time.sleep(0.02)
        finally:
            self.pay()

    def pay(self):
        print("paid", flush=True)
        os._exit(3)


threading.Thread(target=Payroll().run, daemon=True).start()

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
