"""Whose code it is: the program's, or a library's that merely runs in it."""

from __future__ import annotations

import functools
import os
import sys
import sysconfig
import types

_SITES = ("/site-packages/", "/dist-packages/")


@functools.cache
def _standard_library() -> tuple[str, ...]:
    paths = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib")} | {os.path.dirname(os.__file__)}
    return tuple(os.path.join(os.path.realpath(path), "") for path in paths if path) + tuple(
        os.path.join(path, "") for path in paths if path
    )


def _main_package() -> str:
    """The folder of the package that was started with `-m`: installed, yet the program itself; "" for a script."""
    main = sys.modules.get("__main__")
    names = getattr(main, "__dict__", {})
    spec, file = names.get("__spec__"), names.get("__file__")
    package = getattr(spec, "parent", None) if spec is not None else None
    if not package or not isinstance(file, str):
        return ""
    folder = os.path.dirname(os.path.abspath(file))
    for _ in range(package.count(".")):
        folder = os.path.dirname(folder)
    return os.path.join(folder, "")


def is_programs(code: types.CodeType) -> bool:
    """Whether the code is the program's own: not of the standard library, not of an installed package, not taskmon's.

    A package started by `python -m` is the program, though it be installed.
    """
    filename = code.co_filename
    if filename.startswith("<"):
        return not filename.startswith("<frozen")
    return is_programs_file(filename)


def is_programs_file(filename: str) -> bool:
    """As `is_programs`, for a file."""
    return _is_programs_file(filename, _main_package())


@functools.lru_cache(2048)
def _is_programs_file(filename: str, main_package: str) -> bool:
    path = os.path.abspath(filename)
    if main_package and path.startswith(main_package):
        return True
    if path.startswith(_TASKMON):
        return False
    flat = path.replace(os.sep, "/")
    if any(site in flat for site in _SITES):
        return False
    return not path.startswith(_standard_library())


_TASKMON = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "")
