# expect: work: sets self.config.active to False
"""A worker whose flag is on its configuration."""

import threading
import time
from dataclasses import dataclass, field


@dataclass
class Config:
    interval: float = 0.03
    active: bool = True
    tags: list = field(default_factory=list)


@dataclass
class Worker:
    config: Config
    rounds: int = 0

    def work(self):
        while self.config.active:
            self.rounds += 1
            time.sleep(self.config.interval)


worker = Worker(Config())
thread = threading.Thread(target=worker.work)
thread.start()
try:
    thread.join()
except KeyboardInterrupt:
    worker.config.active = False
    thread.join()
print("rounds:", worker.rounds > 0)
