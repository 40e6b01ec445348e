"""Noticing gevent's greenlets as they start. gevent keeps no list of them, but calls whoever wants to hear of it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final
from weakref import ref

if TYPE_CHECKING:
    from types import ModuleType

#: So many are kept until somebody looks, before those that have gone are sorted out. Servers start one a request.
_MANY: Final = 2_000


class GreenletHook:
    """Hears of each greenlet that is started from now on, but for raw ones."""

    def __init__(self) -> None:
        self.new: deque[ref[Any]] = deque()
        self._room = _MANY
        self._kind: Any = None

    def install(self, module: ModuleType) -> None:
        """Hook into ``gevent.greenlet``."""
        kind: Any = getattr(module, "Greenlet", None)
        if hasattr(kind, "add_spawn_callback"):
            kind.add_spawn_callback(self._started)
            self._kind = kind

    @property
    def hears(self) -> bool:
        """Whether this gevent tells of them."""
        return self._kind is not None

    def undo(self) -> None:
        """Hear no more."""
        kind, self._kind = self._kind, None
        if kind is not None:
            kind.remove_spawn_callback(self._started)

    def _started(self, greenlet: Any) -> None:
        if len(self.new) >= self._room:
            self._sort_out()
        self.new.append(ref(greenlet))

    def _sort_out(self) -> None:
        """The oldest may live the longest, so none is dropped that is there."""
        for _ in range(len(self.new)):
            try:
                reference = self.new.popleft()
            except IndexError:  # the agent is taking them
                break
            if reference() is not None:
                self.new.append(reference)
        self._room = max(_MANY, 2 * len(self.new))
