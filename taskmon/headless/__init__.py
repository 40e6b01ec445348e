"""The same core with a terminal for a face: `run_headless` runs tasks, shows them, and gives an exit status."""

from taskmon.headless.session import Work, run_headless

__all__ = ["Work", "run_headless"]
