# expect: draw: calls its own hide()
"""A thread that goes on for as long as its object knows it."""

import threading
import time


class Panel:
    def show(self):
        self.drawn = 0
        self._thread = threading.Thread(target=self.draw)
        self._thread.start()

    def draw(self):
        while self._thread is not None:
            self.drawn += 1
            time.sleep(0.02)

    def hide(self):
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()


panel = Panel()
panel.show()
thread = panel._thread
while thread.is_alive():
    time.sleep(0.02)
panel.hide()
print("drawn", panel.drawn > 0)
