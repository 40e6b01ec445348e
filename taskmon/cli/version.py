"""The versions of taskmon and of what it runs on."""

from __future__ import annotations

import os
import sys

from taskmon import __version__

#: How an installer calls the folder in which it notes what it has installed, in lower case.
_NOTED = ("pyside6_essentials-", ".dist-info")


def versions() -> str:
    """In one line. Looks at names of files only: `importlib.metadata` costs six times the start of Python.

    Nor is `importlib.util` asked, which loads twice of what this takes.
    """
    python = ".".join(map(str, sys.version_info[:3]))
    return f"taskmon {__version__} (Python {python}, {_pyside() or 'without PySide6: no window'})"


def _pyside() -> str:
    found = (finder.find_spec("PySide6", None) for finder in sys.meta_path if hasattr(finder, "find_spec"))
    spec = next((spec for spec in found if spec is not None), None)
    for package in (spec.submodule_search_locations if spec is not None else None) or ():
        for name in os.listdir(os.path.dirname(package)):
            before, after = _NOTED
            if name.lower().startswith(before) and name.endswith(after):
                return f"PySide6 {name[len(before) : -len(after)]}"
    return "PySide6" if spec is not None else ""
