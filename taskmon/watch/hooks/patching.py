"""Replacing attributes of somebody else, so that they can be put back; and waiting for a module to be imported.

Every hook calls the original first or last and guards its own part. When that part fails, `give_up` puts the original
back: the program goes on as without it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from types import ModuleType

_MISSING: Final = object()


class Patches:
    """The attributes that were replaced. Installed and put back by one thread at a time."""

    def __init__(self, report: Callable[[BaseException], object] | None = None) -> None:
        self._replaced: list[tuple[Any, str, Any, Any]] = []
        self._report = report

    def replace(self, owner: Any, name: str, value: Any) -> None:
        """Set the attribute, and remember what was there."""
        self._replaced.append((owner, name, vars(owner).get(name, _MISSING), value))
        setattr(owner, name, value)

    def give_up(self, error: BaseException) -> None:
        """A hook failed: take all of them out, those before it too, for they belong together."""
        self.undo()
        if self._report is not None:
            self._report(error)

    def undo(self) -> None:
        """Put everything back, but for what somebody has replaced after us: that is theirs, and may call ours."""
        replaced, self._replaced = self._replaced, []
        for owner, name, before, ours in reversed(replaced):
            if vars(owner).get(name) is not ours:
                continue
            if before is _MISSING:
                delattr(owner, name)
            else:
                setattr(owner, name, before)


class ImportWatcher:
    """Calls back once a module has been imported by the program. It never imports anything itself.

    It stands first on ``sys.meta_path``, finds nothing, and asks those behind it for the modules that it waits for, to
    be called by their loader.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, Callable[[ModuleType], object]] = {}

    def when_imported(self, name: str, then: Callable[[ModuleType], object]) -> None:
        """Call ``then(module)`` after the module called `name` has been executed; now, if it already has."""
        module = sys.modules.get(name)
        if module is not None:
            _safely(then, module)
            return
        self._waiting[name] = then
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def stop(self) -> None:
        """Wait for nothing more."""
        self._waiting.clear()
        while self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """For the import system. Any thread."""
        then = self._waiting.pop(name, None)
        if then is None:
            return None
        if not self._waiting:
            self.stop()
        try:
            return self._find(name, path, target, then)
        except Exception:  # the finders behind us will raise it themselves
            return None

    def _find(self, name: str, path: Any, target: Any, then: Callable[[ModuleType], object]) -> Any:
        for finder in list(sys.meta_path):
            if finder is self:
                continue
            spec = finder.find_spec(name, path, target)
            if spec is None:
                continue
            _tell_after(spec.loader, then)
            return spec
        return None


def _tell_after(loader: Any, then: Callable[[ModuleType], object]) -> None:
    execute = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        del loader.exec_module
        try:
            execute(module)
        except BaseException as error:
            leave_out(error)
            raise
        _safely(then, module)

    loader.exec_module = exec_module


def _safely(then: Callable[[ModuleType], object], module: ModuleType) -> None:
    try:
        then(module)
    except Exception as error:
        report(error)


def leave_out(error: BaseException) -> None:
    """Take the function that calls this out of the traceback of an error that came from the original.

    A bare ``raise`` right after does not enter it again: the interpreter adds a frame where an error comes up in it.
    """
    traceback = _TRACEBACK.__get__(error)
    if traceback is not None:
        _TRACEBACK.__set__(error, traceback.tb_next)


#: Also of one that is frozen, or has a ``__traceback__`` of its own making.
_TRACEBACK: Final = BaseException.__dict__["__traceback__"]


def nothing() -> None:
    """What is called where there is nothing to do, or nothing left."""


def report(error: BaseException) -> None:
    """Say what went wrong in taskmon, if somebody wants to know; the program's user must not be troubled with it."""
    try:
        import os

        if "TASKMON_WATCH_DEBUG" in os.environ:
            import traceback

            traceback.print_exception(error)
    except Exception:  # the program has taken away what an import stands on, or the error cannot be told
        return
