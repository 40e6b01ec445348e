# expect: heartbeat: sets self._stop_event
"""A service whose heartbeat waits on its stop event."""

from threading import Event, Thread


class Service:
    def __init__(self, interval):
        self.interval = interval
        self.beats = 0
        self._stop_event = Event()
        self._thread = Thread(target=self._heartbeat, name="heartbeat")

    def start(self):
        self._thread.start()

    def stop(self):
        self._stop_event.set()
        self._thread.join()

    def _heartbeat(self):
        while not self._stop_event.wait(self.interval):
            self.beats += 1


if __name__ == "__main__":
    service = Service(0.05)
    service.start()
    try:
        service._thread.join()
    except KeyboardInterrupt:
        service.stop()
    print("beats:", service.beats > 0)
