"""Whose code it is: the program's, or a library's that merely runs in it."""

from __future__ import annotations

import functools
import os
import sysconfig
import types

from taskmon.watch.started import is_started_file

_SITES = ("/site-packages/", "/dist-packages/")


@functools.cache
def _standard_library() -> tuple[str, ...]:
    paths = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib")} | {os.path.dirname(os.__file__)}
    return tuple(os.path.join(os.path.realpath(path), "") for path in paths if path) + tuple(
        os.path.join(path, "") for path in paths if path
    )


def is_programs(code: types.CodeType) -> bool:
    """Whether the code is the program's own: not of the standard library, not of an installed package, not taskmon's.

    What was started by `python -m`, or by a command that was installed, is the program, though it be installed.
    """
    filename = code.co_filename
    if filename.startswith("<"):
        return not filename.startswith("<frozen")
    return is_programs_file(filename)


def is_programs_file(filename: str) -> bool:
    """As `is_programs`, for a file."""
    path = os.path.abspath(filename)
    if path.startswith(_TASKMON):
        return False
    return not _is_installed(path) or is_started_file(path)


@functools.lru_cache(2048)
def _is_installed(path: str) -> bool:
    flat = path.replace(os.sep, "/")
    return any(site in flat for site in _SITES) or path.startswith(_standard_library())


_TASKMON = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "")
