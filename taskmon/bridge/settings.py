"""The settings as the widgets have them: what is in force, changes to it, and news of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from PySide6.QtCore import QObject, Signal, Slot

from taskmon.paths import config_folder
from taskmon.settings import keys
from taskmon.settings.keys import Key
from taskmon.settings.store import SettingsStore

if TYPE_CHECKING:
    from taskmon.bridge.ui_queue import UiQueue

__all__ = ["AppSettings", "Key", "keys"]

T = TypeVar("T")
#: How long a program that ends waits for its settings to be written, in seconds.
_LAST_WAIT: Final = 1.0


class AppSettings(QObject):
    """The settings of the application. Belongs to the UI thread, which never waits here.

    Signals:
        changed(str): the setting of this name has another value.
        problem(str): something is wrong with the settings file; a sentence for the user.
    """

    changed = Signal(object)
    problem = Signal(object)

    def __init__(self, parent: QObject | None = None, store: SettingsStore | None = None) -> None:
        super().__init__(parent)
        if store is None:
            folder = config_folder()
            store = SettingsStore(None if folder is None else str(folder))
        self._store = store
        self._calls: UiQueue | None = None
        self.problems: list[str] = store.load()
        """What was wrong with the file at the start: sentences for the user."""
        self._watchers: dict[str, list[Callable[[], object]]] = {}

    @classmethod
    def in_memory(cls, parent: QObject | None = None) -> AppSettings:
        """Settings that nothing reads or writes: the defaults, to begin with."""
        made = cls(parent, SettingsStore(None))
        made.problems = []
        return made

    @property
    def path(self) -> str | None:
        """Where the settings are written; None if nowhere."""
        return self._store.path

    def get(self, key: Key[T]) -> T:
        """Return the value in force."""
        return self._store.get(key)

    def set(self, key: Key[T], value: T) -> None:
        """Put a value in force, at once, and have it written.

        Raises:
            ValueError: it is not a value for this setting.
        """
        self._hear()
        if self._store.set(key, value):
            for watcher in list(self._watchers.get(key.name, ())):
                watcher()
            self.changed.emit(key.name)

    def follow(self, key: Key[T], use: Callable[[T], object]) -> None:
        """Call ``use(value)`` now, and again whenever the value changes."""
        self._watchers.setdefault(key.name, []).append(lambda: use(self.get(key)))
        use(self.get(key))

    def make_file(self, then: Callable[[str], object]) -> None:
        """See that there is a file to edit, and call ``then(path)``."""
        calls = self._hear()
        self._store.make_file(lambda path: calls.post(partial(then, path)))

    def _hear(self) -> UiQueue:
        """Hear what becomes of writing: from the first change on, since the first frame needs no way from threads."""
        if self._calls is None:
            from taskmon.bridge.ui_queue import call_queue

            calls = self._calls = call_queue(self)
            self._store.tell(lambda sentence: calls.post(partial(self.problem.emit, sentence)))
        return self._calls

    @Slot()
    def close(self) -> None:
        """Wait a little for what is being written. The last thing a program does with its settings."""
        self._watchers.clear()
        self._store.flush(_LAST_WAIT)
        if self._calls is not None:
            self._calls.close()
