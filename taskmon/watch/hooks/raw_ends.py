"""Learning how threads end that ``threading`` knows nothing of: by an exception, perhaps, that nothing has caught.

Of one that ``_thread`` has started, ``sys.unraisablehook`` is told. What bindings of Qt print is left by Python as the
last exception, for debuggers: there is but one of these, and the traceback says whose it is.
"""

from __future__ import annotations

import sys
from types import CodeType
from typing import Any, Final

from taskmon.core.base.error_text import plain_error_texts
from taskmon.core.base.errors import is_error, traceback_of
from taskmon.core.stacks.variables import variables
from taskmon.watch.hooks.patching import Patches, report
from taskmon.watch.own_threading import get_ident

#: Errors kept until somebody asks for them.
_MOST: Final = 50


class RawEnds:
    """What such threads have ended by. Asked by the agent."""

    def __init__(self) -> None:
        self.patches = Patches(report)
        self._heard: dict[int, tuple[CodeType, str, str]] = {}
        self._listens = False
        self._told_of = id(_last_error())

    def listen(self) -> None:
        """Hear of threads of ``_thread`` from now on."""
        if self._listens:
            return
        self._listens = True
        original = sys.unraisablehook

        def unraisablehook(unraisable: Any, /) -> Any:
            try:
                self._note(unraisable)
            except Exception as error:
                self.patches.give_up(error)
            return original(unraisable)

        self.patches.replace(sys, "unraisablehook", unraisablehook)

    def forget(self) -> None:
        """In a forked child: those threads are its parent's."""
        self._heard.clear()

    def _note(self, unraisable: Any) -> None:
        traceback = unraisable.exc_traceback
        # What came out of its outermost function has ended the thread; others, such as of a `__del__`, have not.
        if traceback is None or traceback.tb_frame.f_back is not None or len(self._heard) >= _MOST:
            return
        error = unraisable.exc_value
        self._heard[get_ident()] = (traceback.tb_frame.f_code, *plain_error_texts(error))

    def error_of(self, ident: int, code: CodeType, owner: Any) -> tuple[str, str]:
        """Why the thread has ended that was in this function, of that object: the error and its details; or nothing."""
        heard = self._heard.pop(ident, None)
        if heard is not None and heard[0] is code:
            return heard[1:]
        error = _last_error()
        traceback = traceback_of(error) if error is not None else None
        if error is None or traceback is None or id(error) == self._told_of or traceback.tb_frame.f_code is not code:
            return "", ""
        if owner is not None and variables(traceback.tb_frame).get(code.co_varnames[0]) is not owner:
            return "", ""
        self._told_of = id(error)
        return plain_error_texts(error)


def _last_error() -> BaseException | None:
    error: Any = getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)  # the former since Python 3.12
    return error if is_error(error, BaseException) else None
