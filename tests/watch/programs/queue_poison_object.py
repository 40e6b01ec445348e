# expect: writer: puts POISON into self._lines
"""A log writer that is ended by a very special object."""

import queue
import threading

POISON = object()


class LogWriter:
    def __init__(self):
        self._lines = queue.Queue(maxsize=100)
        self.written = 0
        self.thread = threading.Thread(target=self._run, name="writer")
        self.thread.start()

    def log(self, line):
        self._lines.put(line)

    def close(self):
        self._lines.put(POISON)
        self.thread.join()

    def _run(self):
        while True:
            line = self._lines.get()
            if line is POISON:
                return
            self.written += 1


writer = LogWriter()
for i in range(5):
    writer.log(f"line {i}")
writer.thread.join()
print("written:", writer.written)
