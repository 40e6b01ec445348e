"""The widgets. `TaskPanel` is the table for programs of your own; `taskmon.ui.window` is the application's window."""

from taskmon.ui.table.panel import TaskPanel

__all__ = ["TaskPanel"]
