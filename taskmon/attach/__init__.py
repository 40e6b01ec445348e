"""The way into a Python that already runs, on Linux. Standard library only; no Qt.

Two rules stand above all others. A program that cannot be attached to without doubt is left alone, and told why in one
sentence with the way out. And whatever happens to us in the middle of it, the program goes on: its threads are frozen
only by what the kernel undoes at our end, its memory is written in three places that its Python has for this very
purpose, and what it is to load are our installed files, which check for themselves whether somebody still waits.
"""

from typing import Final

#: Megabytes that a program holds more once a window has shown it, and after a detach until it ends: modules of taskmon,
#: and copies of its own of Python's. Where no window has looked, it is a third of that.
MEGABYTES_KEPT: Final = 18
