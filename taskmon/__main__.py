"""``python -m taskmon``: the same as the command ``taskmon``."""

import sys

from taskmon.cli import main

if __name__ == "__main__":
    sys.exit(main())
