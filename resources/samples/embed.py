"""The table of taskmon in a program of your own."""

import sys

from PySide6.QtWidgets import QApplication

import taskmon
from taskmon.ui import TaskPanel


def count(ctx, to):
    for number in ctx.track(range(to), unit="steps"):
        ctx.progress(message=f"step {number}")
        ctx.sleep(0.05)


app = QApplication(sys.argv)
runner = taskmon.TaskRunner(max_workers=4)
panel = TaskPanel(runner)
panel.task_finished.connect(lambda task: print(task.name, task.state.value))
panel.resize(1000, 400)
panel.show()
for to in (100, 200, 300):
    runner.start(count, to, name=f"Count to {to}")
status = app.exec()
runner.cancel_all()
runner.shutdown(timeout=5)
sys.exit(status)
