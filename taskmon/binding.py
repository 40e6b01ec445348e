"""Loading PySide6 for our own window, without what makes every import after it slow.

Two things cost a sixth of the start. Neither is touched in a program that embeds a `TaskPanel`: it may rely on them.

* PySide6 replaces `__import__` by one that reads the source of each module imported later, to find out whether it asks
  for ``__feature__`` names. We use none. Each look costs a quarter of a millisecond, and the lines stay in memory.
* The garbage collector looks again and again at what is only being built, and finds nothing.
"""

from __future__ import annotations

import builtins
import gc


def load() -> None:
    """Load PySide6, and have imports be as they were before it. No garbage is collected until `loaded` is called."""
    gc.disable()
    import PySide6.QtCore  # noqa: F401

    builtins.__import__ = getattr(builtins, "__orig_import__", builtins.__import__)  # where PySide6 keeps what it was


def loaded() -> None:
    """The window is there: collect garbage again, but no longer look at what the start has left for good."""
    gc.freeze()
    gc.enable()
