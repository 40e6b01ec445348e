"""How often a thread lets go of the interpreter: a library, compiled here, counts that in programs."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

_SOURCE = Path(__file__).with_name("gil_count.c")
_NAME = "TASKMON_TEST_GIL_COUNT"


class NoCounterError(Exception):
    """It cannot be counted here; the text says why."""


def build(folder: Path) -> dict[str, str]:
    """Compile the library into `folder`; return what the environment of a program needs to be counted.

    Raises:
        NoCounterError: if this is no Linux, there is no compiler, or it fails.
    """
    if sys.platform != "linux":
        raise NoCounterError("counted on Linux only")
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise NoCounterError("there is no C compiler")
    library = folder / "gil_count.so"
    command = [compiler, "-O2", "-shared", "-fPIC", "-nostdlib", "-o", str(library), str(_SOURCE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoCounterError(f"the compiler failed: {done.stderr.strip()[-200:]}")
    return {"LD_PRELOAD": str(library), _NAME: str(library)}


def counter() -> Callable[[], int]:
    """Return what tells how often the calling thread has taken the interpreter lock, in a program started for that.

    Raises:
        NoCounterError: if this program was not, or nothing is counted in it: in an interpreter that is linked
            statically, extension modules call its own functions and no others.
    """
    library = os.environ.get(_NAME)
    if not library:
        raise NoCounterError("the library was not loaded")
    taken = ctypes.PyDLL(library).gil_taken
    taken.restype = ctypes.c_long
    from PySide6.QtCore import QRect

    before = taken()
    QRect(1, 2, 3, 4)  # dropped at once, by a call that lets go of the interpreter
    if taken() == before:
        raise NoCounterError("nothing is counted in this interpreter")
    return taken
