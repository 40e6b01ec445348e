# expect: backup: sets self._cancel
"""A checkpoint that raises."""

import threading
import time


class Cancelled(Exception):
    pass


class Backup:
    def __init__(self):
        self._cancel = threading.Event()
        self.copied = 0

    def cancel(self):
        self._cancel.set()

    def _check(self):
        if self._cancel.is_set():
            raise Cancelled()

    def backup(self):
        try:
            for n in range(10**6):
                self._check()
                self.copied = n
                time.sleep(0.01)
        except Cancelled:
            print("backup cancelled")


backup = Backup()
t = threading.Thread(target=backup.backup)
t.start()
t.join()
print("copied some:", backup.copied >= 0)
