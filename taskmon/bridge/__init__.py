"""Between the core and Qt: the one object that workers' news pass through, the table's model, the controller.

QtCore only, so that it runs without a screen. The rooms:

========== ================================================================================
relay      `TaskRelay`: the only QObject that other threads may reach
rows       what the table knows of one task
order      which rows are shown, in which order: filter, sort and tree without a proxy
changes    from one order of rows to another, in few announcements
model      `TaskTableModel`: rows and order as a Qt model
text       words and figures of the table
courier    foreign code (callbacks) off the UI thread
departure  `Departure`: leaving while tasks live
pressure   who keeps the interpreter to itself
controller `TaskController`: what a window may ask for, and the signals it hears
========== ================================================================================
"""

from taskmon.preflight import binding_problem as _binding_problem

_problem = _binding_problem()
if _problem is not None:
    raise ImportError(_problem)
