"""The widgets. `TaskPanel` is the table for programs of your own; `MainWindow` is the application's window.

========== ==============================================================
panel      `TaskPanel`: filter, table, keys, signals
view       `TaskView`: the table itself
painting   how a cell looks: delegates and glyphs
theme      colours, from the platform's palette or our own
window     `MainWindow`: tool bar, menus, dropping folders, quitting
job_dialog the dialog that is made from a job's declared parameters
quitting   the question before quitting, and the way out
========== ==============================================================
"""

from taskmon.ui.panel import TaskPanel

__all__ = ["TaskPanel"]
