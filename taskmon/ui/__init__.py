"""The widgets. `TaskPanel` is the table for programs of your own; `MainWindow` is the application's window.

========== ==============================================================
panel      `TaskPanel`: filter, table, keys, signals
view       `TaskView`: the table itself
pressing   its painted buttons under mouse and keys
columns    which columns it shows, and what becomes of them where there is no room
header     the labels above them
places     selection and scroll position belong to tasks
guard      when rows have to stand still
actions    the book of all actions; palette and shortcut_sheet are made from it
commands   what keys and menus do with tasks
view_commands what they do with what is shown
strip      a line beside the table with something to undo or to end
shadow     real buttons for assistive technology, over the painted ones
painting   how a cell looks: delegates and glyphs
theme      colours, from the platform's palette or our own
window     `MainWindow`: tool bar, menus, dropping folders, quitting
job_dialog the dialog that is made from a job's declared parameters
leaving    the way out of it, and back to the front
no_rows    what stands in place of an empty table
quitting   the question before quitting, and the way out
========== ==============================================================
"""

from taskmon.ui.table.panel import TaskPanel

__all__ = ["TaskPanel"]
