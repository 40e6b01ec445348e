# part of: class_hierarchy
import threading


class Stoppable(threading.Thread):
    def __init__(self):
        super().__init__()
        self._terminate = False

    def should_keep_running(self):
        return not self._terminate

    def terminate(self):
        self._terminate = True

    def step(self):
        raise NotImplementedError

    def run(self):
        self.setup()
        while self.should_keep_running():
            self.step()
        self.teardown()

    def setup(self):
        pass

    def teardown(self):
        pass
