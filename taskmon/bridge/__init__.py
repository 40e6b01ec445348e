"""Between the core and Qt: the models, the words, and the controllers that the widgets ask. QtCore only.

Other threads reach the UI thread through `ui_queue` alone, and widgets reach tasks through `controller`.
"""

from taskmon.preflight import binding_problem as _binding_problem

_problem = _binding_problem()
if _problem is not None:
    raise ImportError(_problem)
