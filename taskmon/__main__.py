"""``python -m taskmon``: the same as the command ``taskmon``. Also where the frozen program starts."""

import sys

from taskmon.cli.main import main

if __name__ == "__main__":
    if getattr(sys, "frozen", False) and any("multiprocessing" in argument for argument in sys.argv[1:]):
        import multiprocessing

        multiprocessing.freeze_support()  # this is a task's process, not the program: it runs that and exits here
    sys.exit(main())
