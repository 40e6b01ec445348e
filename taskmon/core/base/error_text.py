"""How an error becomes text that is safe to show: in time, and of bounded length, whatever its own code does."""

from __future__ import annotations

import contextvars
import os
import sys
import threading
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Final, TypeVar

from taskmon.core.base.errors import (
    ERROR_TEXT_LIMIT,
    TaskmonError,
    clip,
    describe_place,
    is_error,
    traceback_of,
    type_name,
)
from taskmon.core.base.threads import SignalsBlocked, spawn

_T = TypeVar("_T")
#: Seconds that an error's own code may take for its texts: they include turns of all busy threads.
_TEXTS_WITHIN: Final = 3.0
#: Threads that wait for such code. With more of them, no text is waited for.
_left_behind: Final[set[object]] = set()
_MOST_LEFT_BEHIND: Final = 4
_NOT_READ: Final = "(its message could not be read)"
#: What such texts may be made of without running anybody's code, and what is asked of a class for them.
_PLAIN: Final = frozenset({str, int, float, complex, bool, bytes, bytearray, type(None), type(...)})
_CONTAINERS: Final = frozenset({tuple, list, dict, set, frozenset})
_ASKED: Final = frozenset({
    "__str__", "__class__", "__getattribute__", "__getattr__", "__notes__",
    "__cause__", "__context__", "__suppress_context__", "__traceback__", "exceptions", "filename", "filename2",
})  # fmt: skip
_HEAP_TYPE: Final = 1 << 9  # made at run time; see `Py_TPFLAGS_HEAPTYPE`
#: From Python 3.12 on, other names are suggested for one that was not found: whoever was asked for it is asked again.
_INQUISITIVE: Final = frozenset(
    (SyntaxError,) if sys.version_info < (3, 12) else (SyntaxError, NameError, AttributeError, ImportError)
)
#: Errors and values behind an error that are looked at.
_MOST_LOOKED_AT: Final = 1000
_CAUSE: Final = BaseException.__dict__["__cause__"]
_CONTEXT: Final = BaseException.__dict__["__context__"]
_SUPPRESSED: Final = BaseException.__dict__["__suppress_context__"]
_GROUP: Final = BaseExceptionGroup
_PARTS: Final = BaseExceptionGroup.__dict__["exceptions"]
#: Values of an error, parts of a group, and errors behind one that are told.
_MOST_VALUES: Final = 10
_MOST_CAUSES: Final = 20
_CAUSED: Final = "\nThe above exception was the direct cause of the following exception:\n\n"
_MEANWHILE: Final = "\nDuring handling of the above exception, another exception occurred:\n\n"
_PYTHONS_OWN: Final = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
_INSTALLED: Final = (os.path.join(_PYTHONS_OWN, "site-packages"), os.path.join(_PYTHONS_OWN, "dist-packages"))
_ARGS: Final = BaseException.__dict__["args"]
_DICT: Final = BaseException.__dict__["__dict__"]
_NAMES: Final = type.__dict__["__dict__"]
_BASES: Final = type.__dict__["__mro__"]
_FLAGS: Final = type.__dict__["__flags__"]


def summarize_error(error: BaseException) -> str:
    """Return `error` in one clipped line, "TypeName: message", whatever its ``__str__`` does. See `error_texts`."""
    return _in_time(error, _summarize) or f"{type_name(error)}: {_NOT_READ}"


def error_texts(error: BaseException) -> tuple[str, str]:
    """Return `error` in one line, "TypeName: message", and in detail: its traceback, or the detail of a `TaskmonError`.

    Never raises, returns within some seconds and never more than `ERROR_TEXT_LIMIT` characters: a ``__str__`` that is
    broken or waits for ever, an endless recursion or a huge message must not harm the thread that reports it. Any
    thread may call it.
    """
    texts = _in_time(error, lambda error: (_summarize(error), _describe(error)))
    return texts or (f"{type_name(error)}: {_NOT_READ}", describe_place(error, "it took too long"))


def plain_error_texts(error: BaseException) -> tuple[str, str]:
    """Return the same as `error_texts`, but run no code for it that is not Python's own.

    For errors of a program that is only watched: what their ``__str__`` does, prints or waits for is its own affair.
    Where they have one, or are made of other things than plain values, those of their values are told that are plain.
    """
    if _runs_no_code(error):
        return _summarize(error), _describe(error)
    try:
        return clip(_plain_line(error), 500), clip(_plain_report(error), ERROR_TEXT_LIMIT)
    except BaseException as problem:
        return type_name(error), describe_place(error, type_name(problem))


def _plain_line(error: BaseException) -> str:
    kind, name, values = type(error), type_name(error), _ARGS.__get__(error)
    if _is_plain(error) or (_GROUP in _BASES.__get__(kind) and type(values[0]) is str and _speaks_plainly(kind)):
        return _summarize(error)
    if len(values) == 1 and type(values[0]) is str:
        first = values[0].strip().splitlines()[:1]
        return f"{name}: {first[0]}" if first else name
    told = ", ".join(clip(repr(value), 200) if _is_plain(value) else "…" for value in values[:_MOST_VALUES])
    return f"{name}({told})" if told else name


def _plain_report(error: BaseException) -> str:
    """As Python prints it, but for the texts of the errors: each in a line."""
    import traceback

    chain: list[str] = []
    known: set[int] = set()
    each: BaseException | None = error
    joint = ""
    while each is not None and id(each) not in known and len(known) < _MOST_CAUSES:
        known.add(id(each))
        lines = ["Traceback (most recent call last):\n", *traceback.format_tb(traceback_of(each), -60)]
        parts = _PARTS.__get__(each)[:_MOST_VALUES] if _GROUP in _BASES.__get__(type(each)) else ()
        lines += [_plain_line(each), "\n", *(f"  {_plain_line(part)}\n" for part in parts), joint]
        chain.append("".join(lines))
        cause, context = _CAUSE.__get__(each), _CONTEXT.__get__(each)
        joint = _CAUSED if cause is not None else _MEANWHILE
        each = cause if cause is not None or _SUPPRESSED.__get__(each) else context
    return "".join(reversed(chain))


def _is_plain(value: object) -> bool:
    """Whether a value, or an error itself, becomes text without code that is not Python's own."""
    return _runs_no_code(value, behind=False)


def _summarize(error: BaseException) -> str:
    if is_error(error, TaskmonError):
        return clip(_safe_str(error), 500)
    text = clip(_safe_str(error), ERROR_TEXT_LIMIT).strip()
    first_line = text.splitlines()[0] if text else ""
    name = type_name(error)
    return clip(f"{name}: {first_line}" if first_line else name, 500)


def _describe(error: BaseException) -> str:
    try:
        if is_error(error, TaskmonError):
            parts = (error.title, error.message, error.detail)  # type: ignore[attr-defined]  # it is one
            return clip("\n".join(str(part) for part in parts if part), ERROR_TEXT_LIMIT)
        import traceback

        # A bounded number of frames keeps a RecursionError readable; chained causes are included.
        # Part by part, because one of them may be a gigabyte of message.
        report = traceback.TracebackException(type(error), error, traceback_of(error), limit=-60)
        text = "".join(clip(part, ERROR_TEXT_LIMIT) for part in report.format())
    except BaseException as problem:
        text = describe_place(error, type_name(problem))
    return clip(text, ERROR_TEXT_LIMIT)


def _safe_str(error: BaseException) -> str:
    try:
        return str.__str__(str(error))  # one of a subclass of str is made plain
    except BaseException:
        return _NOT_READ


def _in_time(error: BaseException, make: Callable[[BaseException], _T]) -> _T | None:
    """Return what `make` makes of an error; None if the error's own code has not come to an end with it in time.

    That code is run by a thread of ours, with the caller's context: it may wait for what never happens, such as a lock
    that the caller holds, and whose error it is must end all the same. The thread is left behind then.
    """
    if _runs_no_code(error):
        return make(error)
    if len(_left_behind) >= _MOST_LEFT_BEHIND:
        return None
    made: list[_T] = []
    finished = threading.Event()
    context = contextvars.copy_context()

    def run() -> None:
        try:
            made.append(context.run(make, error))
        finally:
            leave()

    def leave(_: BaseException | None = None) -> None:
        _left_behind.discard(finished)
        finished.set()

    _left_behind.add(finished)
    with SignalsBlocked():
        spawn(run, "taskmon-error-text", leave)
    finished.wait(_TEXTS_WITHIN)
    return made[0] if made else None


def _runs_no_code(error: object, *, behind: bool = True) -> bool:
    """Whether the texts of an error, and of those behind it, are made of plain values by Python's own types alone."""
    pending: list[object] = [error]
    seen: set[int] = set()
    while pending:
        each = pending.pop()
        kind = type(each)
        if kind in _PLAIN or kind is type or id(each) in seen:
            continue
        seen.add(id(each))
        if len(seen) > _MOST_LOOKED_AT:
            return False
        if kind in _CONTAINERS:
            pending.extend(each)  # type: ignore[arg-type]  # it is one of these
            pending.extend(each.values() if kind is dict else ())  # type: ignore[attr-defined]
            continue
        bases = _BASES.__get__(kind)
        if BaseException not in bases or (behind and not _INQUISITIVE.isdisjoint(bases)):
            return False
        names: Mapping[str, object] = _DICT.__get__(each)
        if not _speaks_plainly(kind):
            asked = _asked_by_python(kind)
            if asked is None:
                return False
            pending.extend(names[name] for name in asked if name in names)
        pending.append(_ARGS.__get__(each))
        if behind:
            pending += (_CAUSE.__get__(each), _CONTEXT.__get__(each), names.get("__notes__"))
        if OSError in bases:
            pending += (each.filename, each.filename2)  # type: ignore[attr-defined]  # they are no longer in its args
    return True


def _speaks_plainly(kind: type) -> bool:
    """Whether no class written in Python makes the texts of an error of this type."""
    return not any(
        _FLAGS.__get__(base) & _HEAP_TYPE and base is not TaskmonError and not _ASKED.isdisjoint(_NAMES.__get__(base))
        for base in _BASES.__get__(kind)
    )


def _asked_by_python(kind: type) -> list[str] | None:
    """What the texts of an error of this type are made of, by its attributes; None if not the standard library does so.

    As those of `CalledProcessError` are.
    """
    asked: list[str] = []
    for base in _BASES.__get__(kind):
        if not _FLAGS.__get__(base) & _HEAP_TYPE:
            continue
        names = _NAMES.__get__(base)
        for name in _ASKED & names.keys():
            made_by = names[name].fget if type(names[name]) is property else names[name]
            if type(made_by) is not FunctionType:
                return None
            file = made_by.__code__.co_filename
            if not file.startswith(_PYTHONS_OWN) or file.startswith(_INSTALLED):
                return None
            asked += made_by.__code__.co_names if name == "__str__" else ()
    return asked
