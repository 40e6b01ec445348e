# expect: ferry: sets self._last_bell
"""Words that are in no list: the flag's, and that of the method that sets it."""

import threading


class Ferry:
    def __init__(self):
        self._last_bell = threading.Event()
        self.crossings = 0

    def sail(self):
        while not self._last_bell.wait(0.05):
            self.crossings += 1

    def ring_off(self):
        self._last_bell.set()


ferry = Ferry()
t = threading.Thread(target=ferry.sail, name="ferry")
t.start()
t.join()
print("crossings", ferry.crossings)
