"""``python -m taskmon``: the same as the command ``taskmon``."""

import sys

from taskmon.cli import main

if __name__ == "__main__":
    if getattr(sys, "frozen", False):  # the application is its own Python: this may be the start of a task's process
        import multiprocessing

        multiprocessing.freeze_support()
    sys.exit(main())
