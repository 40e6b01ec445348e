# expect: press: sets self.shut; also ends the program
# expect: clock: sets self.shut; also ends the program
"""The main thread waits for the same Event as its workers."""

import threading


class Press:
    def __init__(self, shut):
        self.shut = shut

    def run(self):
        while not self.shut.is_set():
            self.shut.wait(0.02)


flag = threading.Event()
threads = [threading.Thread(target=Press(flag).run, name=name, daemon=True) for name in ("press", "clock")]
for t in threads:
    t.start()
try:
    while not flag.wait(0.05):
        pass
except KeyboardInterrupt:
    flag.set()
for t in threads:
    t.join()
print("exit")
