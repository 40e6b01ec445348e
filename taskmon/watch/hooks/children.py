"""Handing the watcher to the Python processes that the program starts, as `taskmon run` handed it to the program.

That is done by their environment, from which their own watcher takes it out again before anything else happens. A child
that is not surely a Python that can be watched gets nothing, for it would see it; nor do helpers of `multiprocessing`.
What is forked without an ``exec`` begins anew by itself, see `taskmon.watch.start`.
"""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from time import monotonic  # the program may replace it
from typing import TYPE_CHECKING, Any, Final

from taskmon.watch.hooks.execs import os_environ, watching
from taskmon.watch.hooks.patching import Patches, leave_out, report
from taskmon.watch.own_threading import get_ident
from taskmon.watch.recognise import PythonCommand, recognise
from taskmon.watch.thread_fields import fields_of

if TYPE_CHECKING:
    from types import ModuleType

    from taskmon.watch.hooks.forks import Crowd

#: Children whose numbers are remembered.
_MOST: Final = 256
_LONGEST_NAME: Final = 60
_HELPERS: Final = ("resource_tracker", "semaphore_tracker")
#: Where the arguments of ``fork_exec`` stand.
_WORDS, _PATHS, _FOLDER, _ENVIRONMENT = 0, 1, 4, 5


class ChildHook:
    """Hears of each process that is started by ``subprocess``, ``asyncio``, ``multiprocessing`` or ``os.posix_spawn``.

    Args:
        entry: the folder that leads a Python to the watcher.
        options: what all of them are to be told.
        crowd: counts them, along with those that are forked.
    """

    def __init__(self, entry: str, options: Sequence[str], crowd: Crowd) -> None:
        self._entry = entry
        self._options = list(options)
        self._crowd = crowd
        self._execs_in: int | None = None
        self._low_is_hooked = False
        self.handed: deque[int] = deque(maxlen=_MOST)
        """The processes that were given the watcher; whether they took it is theirs to tell."""
        self._reaped: deque[tuple[int, float, int]] = deque(maxlen=_MOST)
        self.patches = Patches(report)

    def is_about_to_exec(self) -> bool:
        """Whether a fork in this thread is only on its way to an ``exec``."""
        return self._execs_in == get_ident()

    def status_of(self, pid: int, since: float) -> int | None:
        """How a process ended that lived at `since`, of `time.monotonic()`: its status, or a signal, negative.

        None if ``subprocess`` has not heard it: the kernel tells it only once, to whoever asks first. Any thread.
        """
        return next((status for of, at, status in reversed([*self._reaped]) if of == pid and at >= since), None)

    def forget(self) -> None:
        """In a forked child: those are its parent's."""
        self.handed.clear()
        self._reaped.clear()

    def install(self, module: ModuleType) -> None:
        """Hook into ``subprocess``, and what it stands on."""
        self._hook_low()
        reap = getattr(module.Popen, "_handle_exitstatus", None)
        if reap is not None:
            self.patches.replace(module.Popen, "_handle_exitstatus", self._reaping(reap))
        low = sys.modules.get("_posixsubprocess")
        if low is not None and hasattr(module, "_fork_exec"):
            self.patches.replace(module, "_fork_exec", low.fork_exec)
        for name in ("os", "posix"):
            owner = sys.modules.get(name)
            if owner is not None and hasattr(owner, "posix_spawn"):
                self.patches.replace(owner, "posix_spawn", self._posix_spawn(owner.posix_spawn))

    def install_spawn(self, module: Any) -> None:
        """Hook into ``multiprocessing.util``, which loads what it starts processes with only when it does."""
        if "_posixsubprocess" in sys.modules:
            self._hook_low()
            return
        original = module.spawnv_passfds

        def spawnv_passfds(path: Any, args: Any, passfds: Any) -> Any:
            try:
                module.spawnv_passfds = original
                __import__("_posixsubprocess")  # it is loaded now in any case
                self._hook_low()
            except Exception as error:
                report(error)
            return original(path, args, passfds)

        self.patches.replace(module, "spawnv_passfds", spawnv_passfds)

    def _reaping(self, original: Any) -> Any:
        def handle_exit_status(popen: Any, *args: Any, **options: Any) -> Any:
            try:
                result = original(popen, *args, **options)
            except BaseException as error:
                leave_out(error)
                raise
            try:
                fields = fields_of(popen)
                pid, status = fields.get("pid"), fields.get("returncode")
                if type(pid) is int and type(status) is int:
                    self._reaped.append((pid, monotonic(), status))
            except Exception as error:
                report(error)
            return result

        return handle_exit_status

    def _hook_low(self) -> None:
        low = sys.modules.get("_posixsubprocess")
        if low is None or self._low_is_hooked:
            return
        self._low_is_hooked = True
        original = low.fork_exec

        def fork_exec(*args: Any) -> Any:
            changed, handed = self._with_watcher(args)
            self._execs_in = get_ident()
            try:
                pid = original(*changed)
            except BaseException as error:
                leave_out(error)
                raise
            finally:
                self._execs_in = None
            if handed:
                self.handed.append(pid)
            return pid

        fork_exec.__module__, fork_exec.__qualname__ = low.__name__, "fork_exec"
        self.patches.replace(low, "fork_exec", fork_exec)

    def _with_watcher(self, args: tuple[Any, ...]) -> tuple[tuple[Any, ...], bool]:
        try:
            given = args[_ENVIRONMENT]
            before = _pairs(os_environ() if given is None else given)
            folder = os.fsdecode(args[_FOLDER]) if args[_FOLDER] is not None else ""
            paths = [os.path.join(folder, os.fsdecode(path)) for path in args[_PATHS]]
            path = next((path for path in paths if os.access(path, os.X_OK)), None)
            added = self._for(path, [os.fsdecode(word) for word in args[_WORDS]], before)
            if not added:
                return args, False
            changed = {**before, **added}
            environment = [os.fsencode(name) + b"=" + os.fsencode(value) for name, value in changed.items()]
            return (*args[:_ENVIRONMENT], environment, *args[_ENVIRONMENT + 1 :]), True
        except Exception as error:
            report(error)
            return args, False

    def _posix_spawn(self, original: Any) -> Any:
        def posix_spawn(path: Any, argv: Any, env: Any, /, **options: Any) -> Any:
            added: dict[str, str] = {}
            try:
                given = os_environ() if env is None else env  # since Python 3.14, None is one's own
                if isinstance(given, Mapping):
                    words = [os.fsdecode(word) for word in argv]
                    added = self._for(os.fsdecode(path), words, _pairs(given))
                    kept = {name: value for name, value in given.items() if os.fsdecode(name) not in added}
                    env = {**kept, **added} if added else env
            except Exception as error:
                report(error)
            try:
                pid = original(path, argv, env, **options)
            except BaseException as error:
                leave_out(error)
                raise
            if added:
                self.handed.append(pid)
            return pid

        return posix_spawn

    def _for(self, path: str | None, words: list[str], environment: Mapping[str, str]) -> dict[str, str]:
        """Return what is to be added to the environment of a child; nothing for one that is left alone."""
        found = recognise(path, words, environment) if path is not None else None
        if found is None or any(helper in found.code or helper in found.name for helper in _HELPERS):
            return {}
        self._crowd.note()
        if self._crowd.is_too_large:
            return {}
        name = f"-c {found.code}"[:_LONGEST_NAME] if found.code else found.name
        options = ["name=" + " ".join(name.split("\n")), "child", *self._options, *_kind_of(found)]
        return watching(self._entry, "\n".join(options), environment.get("PYTHONPATH"))


def _kind_of(found: PythonCommand) -> list[str]:
    """Whether a child is a part of the program; and one that does nothing but fork is not watched itself."""
    if "multiprocessing.forkserver" in found.code:
        return ["part", "quiet"]
    if "multiprocessing" in found.code or ".loky." in found.name:
        return ["part"]
    return []


def _pairs(environment: Any) -> dict[str, str]:
    if isinstance(environment, Mapping):
        return {os.fsdecode(name): os.fsdecode(value) for name, value in environment.items()}
    return {name: value for name, equals, value in (os.fsdecode(pair).partition("=") for pair in environment) if equals}
