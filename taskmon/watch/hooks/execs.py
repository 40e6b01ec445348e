"""A program that replaces itself, as reloaders do, goes on being watched, as the same program.

``exec`` ends every thread and closes every descriptor of ours, so all that can be done is done before: the window is
told, and the environment of what comes next leads it here again, as `taskmon run` did the first time. That is done for
the very interpreter that runs already, and for scripts that name it; anything else goes its way unwatched.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from taskmon.watch.hooks.patching import Patches, leave_out, report

#: Options of the interpreter that keep the watcher out, and those that what is to be run follows.
_KEEP_OUT: Final = frozenset("EIS")
_LAST: Final = frozenset("cmWX")


class ExecHook:
    """Hears of each ``exec`` in this process.

    Args:
        entry: the folder that leads a Python here.
        options: what it is to be told, in lines.
        on_exec: called with what the program becomes, and whether that will be watched; gives more options for it.
    """

    def __init__(self, entry: str, options: str, on_exec: Callable[[str, bool], Sequence[str]]) -> None:
        self._entry = entry
        self._options = options
        self.patches = Patches(report)
        self._on_exec = on_exec

    def serve(self, options: str, on_exec: Callable[[str, bool], Sequence[str]]) -> None:
        """In a forked child: tell these options from now on, and this of each ``exec``."""
        self._options, self._on_exec = options, on_exec

    def install(self) -> None:
        """Hook into ``os``, as the program has it."""
        for name in ("os", "posix"):
            module = sys.modules.get(name)
            if module is not None and hasattr(module, "execve"):
                self.patches.replace(module, "execv", self._execv(module.execv))
                self.patches.replace(module, "execve", self._execve(module.execve))

    def _execv(self, original: Any) -> Any:
        def execv(path: Any, argv: Any, /) -> Any:
            added = self._about_to_exec(path, argv, os_environ())
            put_back = {name: os_environ().get(name) for name in added}
            for name, value in added.items():
                os.putenv(name, value)
            try:
                return original(path, argv)
            except BaseException as error:
                for name, before in put_back.items():
                    if before is None:
                        os.unsetenv(name)
                    else:
                        os.putenv(name, before)
                leave_out(error)
                raise

        return execv

    def _execve(self, original: Any) -> Any:
        def execve(path: Any, argv: Any, env: Any) -> Any:
            added = self._about_to_exec(path, argv, env)
            if added:  # some names are bytes
                env = {**{name: value for name, value in env.items() if os.fsdecode(name) not in added}, **added}
            try:
                return original(path, argv, env)
            except BaseException as error:
                leave_out(error)
                raise

        return execve

    def _about_to_exec(self, path: Any, argv: Any, env: Any) -> dict[str, str]:
        """Tell of it; return what is to be added to the environment."""
        try:
            name = os.fsdecode(path)
            if not os.access(name, os.X_OK):  # it will fail, and the program goes on
                return {}
            words = [os.fsdecode(word) for word in argv]
            watched = _is_this_python(name, words) and isinstance(env, Mapping)
            more = self._on_exec(name, watched)
            if not watched:
                return {}
            before = next((value for name, value in env.items() if os.fsdecode(name) == "PYTHONPATH"), None)
            options = "\n".join([self._options, *more])
            return watching(self._entry, options, None if before is None else os.fsdecode(before))
        except Exception as error:
            report(error)
            return {}


def watching(entry: str, options: str, before: str | None) -> dict[str, str]:
    """What is added to the environment of a Python that is to be watched; `before` is its own PYTHONPATH, if any."""
    added = {"_TASKMON_OPTIONS": options, "PYTHONPATH": entry}
    if before is not None:
        added["_TASKMON_PYTHONPATH"] = before
        added["PYTHONPATH"] = os.pathsep.join([entry, before]) if before else entry
    return added


def os_environ() -> Mapping[str, str]:
    """The program's environment as it is now: ours is as it was."""
    environ: Mapping[str, str] = sys.modules["os"].environ
    return environ


def _is_this_python(path: str, words: list[str]) -> bool:
    if _is_executable(path):
        return not any(_KEEP_OUT.intersection(option) for option in _options(words[1:]))
    with open(path, "rb") as file:
        first = file.readline(256)
    if not first.startswith(b"#!"):
        return False
    interpreter = os.fsdecode(first[2:]).split()
    return bool(interpreter) and _is_executable(interpreter[0]) and not _options(interpreter[1:])


def _is_executable(path: str) -> bool:
    return bool(sys.executable) and os.path.realpath(path) == os.path.realpath(sys.executable)


def _options(words: list[str]) -> list[str]:
    """Return the letters of the interpreter's own options."""
    found = []
    for word in words:
        if not word.startswith("-") or word.startswith("--") or word == "-":
            break
        letters = ""
        for letter in word[1:]:
            if letter in _LAST:
                break
            letters += letter
        found.append(letters)
        if len(letters) < len(word) - 1:
            break
    return found
