"""What of the program's work a thread is in at this moment, read from its frames. In the agent's thread.

Up to Python 3.12, looking at the variables of a running function leaves a dictionary in its frame, which would keep
alive what the function has let go of since, and which `locals()` in the function would answer with. So it is looked at
seldom, emptied again, and not at all in a function that may notice.
"""

from __future__ import annotations

import os
import sys
from types import CodeType, FrameType, FunctionType, MethodType
from typing import Any, Final

from taskmon.core.stacks.variables import variables
from taskmon.watch.forgetting import until_let_go
from taskmon.watch.ownership import is_work, with_arguments

#: What a function calls that may look at its own variables as a whole.
_LOOKS_AT_ITSELF: Final = frozenset({"locals", "vars", "dir", "eval", "exec", "_getframe", "currentframe", "stack"})
_FLAG_NEW_LOCALS: Final = 0x2  # of a function; a module's variables are its own


def outermost_work(frame: FrameType | None, known: dict[CodeType, bool]) -> FrameType | None:
    """Return the outermost call of the program's work; None if all of it is a library's.

    `known` is filled with what was found out of each code: what the program is may change, but not within one look.
    """
    found = None
    while frame is not None:
        code = frame.f_code
        work = known.get(code)
        if work is None:
            work = known[code] = is_work(code)
        if work:
            found = frame
        frame = frame.f_back
    return found


def caller_name(frame: FrameType) -> str:
    """What has called it, in a word: the package of a library; empty if that is Python's own."""
    outer = frame.f_back
    while outer is not None:
        name = outer.f_globals.get("__name__")
        top = name.partition(".")[0] if type(name) is str else ""
        if top and top not in sys.stdlib_module_names:
            return top
        outer = outer.f_back
    return ""


def call_name_of(code: CodeType) -> str:
    """What a call of it is called: a script by its file."""
    if code.co_name == "<module>":
        return os.path.basename(code.co_filename) or code.co_filename
    return code.co_qualname.replace("<locals>.", "").replace("<lambda>", "lambda")


def arguments_of(frame: FrameType) -> dict[str, Any]:
    """Return what a running function was given, in order, as far as that can be read and it has not been replaced."""
    code = frame.f_code
    if not code.co_flags & _FLAG_NEW_LOCALS or not _LOOKS_AT_ITSELF.isdisjoint(code.co_names):
        return {}
    kept = _kept_arguments(code)
    if not kept:
        return {}
    names = variables(frame)
    return {name: names[name] for name in kept if name in names}


def call_of_frame(name: str, frame: FrameType) -> str:
    """Return the name of a running call with what it was given, as far as that can be read and is to be told."""
    given = arguments_of(frame)
    return with_arguments(name, tuple(given.values()), {}, tuple(given))


_kept: Final[dict[CodeType, tuple[str, ...]]] = until_let_go({})
_MOST_KEPT: Final = 1_000


def _kept_arguments(code: CodeType) -> tuple[str, ...]:
    """The parameters that the function never assigns to."""
    found = _kept.get(code)
    if found is None:
        import dis

        names = dict.fromkeys(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
        for name in code.co_cellvars:  # those within may
            names.pop(name, None)
        for instruction in dis.get_instructions(code):
            if "STORE_FAST" in instruction.opname or instruction.opname == "DELETE_FAST":
                value = instruction.argval
                for name in value if type(value) is tuple else (value,):
                    names.pop(name, None)
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        found = _kept[code] = tuple(names)
    return found


def function_of(frame: FrameType, arguments: dict[str, Any]) -> Any:
    """Return the function or bound method that runs there, as far as it is found where its name says; else None."""
    code = frame.f_code
    first = code.co_varnames[0] if code.co_argcount else ""
    if "." in code.co_qualname and first in arguments:
        owner = arguments[first]
        for kind in type.__dict__["__mro__"].__get__(type(owner)):
            entry = _behind(type.__dict__["__dict__"].__get__(kind).get(code.co_name), code)
            if entry is not None:
                return MethodType(entry, owner)
    return _behind(frame.f_globals.get(code.co_name), code)


def _behind(value: Any, code: CodeType) -> FunctionType | None:
    """The function of that code behind a value, through decorators that tell what they wrap."""
    for _ in range(8):
        if type(value) is not FunctionType:
            return None
        if value.__code__ is code:
            return value
        value = value.__dict__.get("__wrapped__")
    return None
