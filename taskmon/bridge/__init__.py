"""Between the core and Qt: the one object that workers' news pass through, the table's model, the controller.

QtCore only, so that it runs without a screen. The rooms:

========== ================================================================================
relay      `TaskRelay`: the only QObject that other threads may reach
rows       what the table knows of one task
order      which rows are shown, in which order: filter, groups and tree without a proxy
sorting    by the typed values of a column
grouping   headings above rows
freezing   rows as they were when the picture was frozen
changes    from one order of rows to another, in few announcements
answers    rows and order as a Qt model, to be read
arranging  how changes are told to views, and when they have to wait
model      `TaskTableModel`: what news and wishes change
text       words and figures of a task
cells      what stands in each column
courier    foreign code (callbacks) off the UI thread
departure  `Departure`: leaving while tasks live
pressure   who keeps the interpreter to itself
queue      commands about tasks that wait
controller `TaskController`: what a window may ask for, and the signals it hears
========== ================================================================================
"""

from taskmon.preflight import binding_problem as _binding_problem

_problem = _binding_problem()
if _problem is not None:
    raise ImportError(_problem)
