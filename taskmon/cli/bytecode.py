"""Compiling, once, what is loaded into watched programs.

There our modules are read by a loader that writes nothing: a program that closes files it does not own must not find
one of ours half written. Some installers compile what they install, others leave that to the first import, which for
these modules never comes; every program would compile them anew.
"""

from __future__ import annotations

import os
import sys
from importlib.util import cache_from_source
from typing import Final

from taskmon.paths import PACKAGE

#: What of the package goes into other programs.
_FOLDERS: Final = ("watch", "core", "link")


def compile_what_watches() -> None:
    """Do so if it has not been done, by the rules of an ordinary import: where one may write, and if one wants it.

    Takes about a second, the first time; later the look at one file.
    """
    first = PACKAGE / "watch" / "start.py"
    compiled = cache_from_source(str(first))
    if sys.dont_write_bytecode or os.path.exists(compiled) or not os.access(PACKAGE, os.W_OK):
        return
    import compileall  # costs more than all of the command

    for folder in _FOLDERS:
        compileall.compile_dir(PACKAGE / folder, quiet=2)
