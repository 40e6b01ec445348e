"""The program's own code, told from that of libraries."""

from __future__ import annotations

import functools
import os
import sysconfig
from types import CodeType
from typing import Any, Final

from taskmon.watch.started import is_started_file

_SITES: Final = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_PACKAGE: Final = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


@functools.cache
def _libraries() -> tuple[str, ...]:
    found = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib")} | {os.path.dirname(os.__file__)}
    return tuple(os.path.join(path, "") for path in found if path)


#: Whether a file is a library's; that the program is among them may be learnt later.
_known: Final[dict[str, bool]] = {}


def is_own_file(file: str) -> bool:
    """Whether the program's own code is in that file."""
    in_library = _known.get(file)
    if in_library is None:
        in_library = _known[file] = file.startswith(_libraries()) or any(site in file for site in _SITES)
    if not in_library:
        # <string> of -c and <stdin> are the program's.
        return not file.startswith((_PACKAGE, "<frozen "))
    return is_started_file(file)


def is_own(code: CodeType | None) -> bool:
    """Whether it is the program's own code."""
    return code is not None and is_own_file(code.co_filename)


def code_of(function: Any) -> CodeType | None:
    """Return the code behind a function, through whatever wraps it; None if it is not Python's."""
    for _ in range(8):
        code = getattr(function, "__code__", None)
        if isinstance(code, CodeType):
            return code
        inner = getattr(function, "__func__", None) or getattr(function, "__wrapped__", None)
        if inner is None and isinstance(function, functools.partial):
            inner = function.func
        if inner is None and not isinstance(function, type):
            inner = vars(type(function)).get("__call__")
        if inner is None or inner is function:
            return None
        function = inner
    return None


def unwrap(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
    """Return the call that was meant: out of `functools.partial`, and of what asyncio and joblib make of a call."""
    for _ in range(8):
        if isinstance(function, functools.partial):
            function, args, kwargs = function.func, (*function.args, *args), {**function.keywords, **kwargs}
        elif (
            getattr(function, "__name__", "") == "run"
            and type(getattr(function, "__self__", None)).__name__ == "Context"
        ):
            function, args = args[0], args[1:]
        elif type(function).__module__.startswith("joblib.") and getattr(function, "items", None):
            function, args, kwargs = function.items[0]
        elif type(function).__module__.startswith("joblib.") and callable(getattr(function, "func", None)):
            function = function.func
        elif getattr(function, "__name__", "") in ("mapstar", "starmapstar") and len(args) == 1 and len(args[0]) > 1:
            function, args = args[0][0], tuple(args[0][1])[:1]
        else:
            break
    return function, args, kwargs


def name_of(function: Any) -> str:
    """What a call is called."""
    name = getattr(function, "__qualname__", None) or getattr(function, "__name__", None)
    if isinstance(name, str):
        return name.replace("<locals>.", "").replace("<lambda>", "lambda")
    return type(function).__name__
