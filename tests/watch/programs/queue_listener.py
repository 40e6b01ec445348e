# expect: _monitor: calls its own enqueue_sentinel()
"""Log records written by a listener of the standard library, derived from."""

import logging
import logging.handlers
import queue
import time


class Spool(logging.handlers.QueueListener):
    def _monitor(self):
        super()._monitor()
        for handler in self.handlers:
            handler.close()


listener = Spool(queue.SimpleQueue(), logging.NullHandler())
listener.start()
thread = listener._thread
while thread.is_alive():
    listener.queue.put(logging.makeLogRecord({"msg": "sold"}))
    time.sleep(0.02)
listener.stop()
print("written")
