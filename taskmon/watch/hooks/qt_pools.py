"""Noticing what is put into a QThreadPool: a weak reference for each runnable. Nothing is heard of what runs."""

from __future__ import annotations

from collections import deque
from types import ModuleType
from typing import Any, Final
from weakref import ref

from taskmon.watch.hooks.patching import Patches, report

#: Runnables that have come since the last look; more than this were of no interest to anybody.
_MOST_NEW: Final = 10_000


class Submitted:
    """A runnable that was given to a pool. It keeps neither alive."""

    __slots__ = ("pool", "priority", "runnable")

    def __init__(self, runnable: Any, pool: Any, priority: int) -> None:
        self.runnable, self.pool = ref(runnable), ref(pool)
        self.priority = priority


class QtPoolHook:
    """Hears of every QRunnable that is started in a pool, once Qt has been imported."""

    def __init__(self) -> None:
        self.new: deque[Submitted] = deque(maxlen=_MOST_NEW)
        self.patches = Patches(report)

    def install(self, module: ModuleType) -> None:
        """Hook into a binding's ``QtCore``."""
        kind: Any = getattr(module, "QThreadPool", None)
        runnable_type: Any = getattr(module, "QRunnable", None)
        start: Any = getattr(kind, "start", None)
        if start is None or runnable_type is None:
            return
        new, patches = self.new, self.patches

        def start_in_pool(pool: Any, *args: Any, **kwargs: Any) -> Any:
            result = start(pool, *args, **kwargs)
            try:
                if args and isinstance(args[0], runnable_type):
                    priority = args[1] if len(args) > 1 else kwargs.get("priority", 0)
                    new.append(Submitted(args[0], pool, int(priority)))
            except Exception as error:
                patches.give_up(error)
            return result

        start_in_pool.__name__ = "start"
        patches.replace(kind, "start", start_in_pool)
