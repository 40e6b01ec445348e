"""The settings in force. Reading them is a look into a dictionary; writing the file is another thread's work."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Final, TypeVar

from taskmon.core.base.errors import TaskmonError
from taskmon.core.base.text import plain
from taskmon.core.base.threads import Background
from taskmon.core.base.translate import tr
from taskmon.settings.keys import KEYS, Key, is_private

T = TypeVar("T")
FILE_NAME: Final = "settings.toml"


class SettingsStore:
    """The settings of one user.

    `load` and `set` belong to one thread, that of the window; the file is written by a thread that exists only while
    there is something to write. Trouble is told once, by `on_problem`, which is called in either thread.

    Args:
        folder: where the file is, made when it is first written; None keeps the settings in memory.
        on_problem: called with a sentence for the user.
    """

    def __init__(self, folder: str | None, on_problem: Callable[[str], object] = lambda _: None) -> None:
        self.path = os.path.join(folder, FILE_NAME) if folder is not None else None
        self._on_problem = on_problem
        self._values: dict[str, object] = {key.name: key.default for key in KEYS}
        self._told = False
        self._lock = threading.Lock()
        self._changes: dict[str, object] = {}
        self._background = Background("taskmon-settings", lambda error: self._tell_once(str(error)))

    def tell(self, on_problem: Callable[[str], object]) -> None:
        """Have trouble told to somebody else from now on."""
        self._on_problem = on_problem

    def load(self) -> list[str]:
        """Read the file; return a sentence for each thing that is wrong with it. Once, before anything waits."""
        if self.path is None:
            return [tr("There is no home folder: settings will not be saved.")]
        if not os.path.lexists(self.path):
            return self._refuse_read_only()
        from taskmon.settings import file  # not for those who have changed nothing

        problems: list[str] = []
        try:
            values, problems = file.read(self.path)
            self._values.update(values)
        except file.BadFile as error:
            problems = [self._set_aside(str(error))]
        except OSError as error:
            problems = [
                tr("The settings could not be read: {problem}. Defaults are used.").format(
                    problem=plain(error.strerror or str(error))
                )
            ]
        return problems + self._refuse_read_only()

    def _refuse_read_only(self) -> list[str]:
        if self.path is None or _writable(self.path):
            return []
        self._told = True
        return [tr("“{folder}” is read-only: settings will not be saved.").format(folder=self._folder())]

    def get(self, key: Key[T]) -> T:
        return self._values[key.name]  # type: ignore[return-value]  # load and set have checked it

    def set(self, key: Key[T], value: T) -> bool:
        """Put a value in force and have it written soon. Return whether it is another than before.

        Raises:
            ValueError: it is not a value for this setting.
        """
        wrong = key.check(value)
        if wrong:
            raise ValueError(f"{key.name}: {wrong}")
        if self._values[key.name] == value:
            return False
        self._values[key.name] = value
        if self.path is not None:
            self._write_soon(key.name, value)
        return True

    def make_file(self, done: Callable[[str], object]) -> None:
        """Write a file with every setting that people may edit, if there is none, and call ``done(path)``.

        That is called in another thread, and only if there is a file.
        """
        if self.path is None:
            return
        path = self.path

        def make() -> None:
            from taskmon.settings import file

            try:
                if not os.path.lexists(path):
                    file.change(path, {}, {key.name: self._values[key.name] for key in KEYS if not is_private(key)})
            except (OSError, TaskmonError) as error:
                self._tell_once(str(error))
            else:
                done(path)

        self._background.post(make)

    def flush(self, timeout: float) -> bool:
        """Wait until everything is written, at most `timeout` seconds; return whether it is."""
        return self._background.wait_idle(timeout)

    # -- writing ----------------------------------------------------------------------------------

    def _write_soon(self, name: str, value: object) -> None:
        with self._lock:
            self._changes[name] = value
        self._background.post(self._write)

    def _write(self) -> None:
        """Write what has changed; all of it at once, if there is more by now."""
        from taskmon.settings import file

        assert self.path is not None
        with self._lock:
            changes, self._changes = self._changes, {}
        if not changes:
            return
        try:
            everything = {key.name: self._values[key.name] for key in KEYS if self._values[key.name] != key.default}
            aside = file.change(self.path, changes, everything)
        except (OSError, TaskmonError, ValueError) as error:
            self._tell_once(str(error))
        else:
            if aside:
                self._on_problem(_aside_sentence(aside))

    def _tell_once(self, problem: str) -> None:
        if not self._told:
            self._told = True
            sentence = tr("Settings will not be saved: {problem}")
            self._on_problem(sentence.format(problem=plain(problem, 200)))

    def _set_aside(self, problem: str) -> str:
        from taskmon.core.base.files import set_aside

        assert self.path is not None
        try:
            return _aside_sentence(set_aside(self.path, "bad"), problem)
        except OSError:
            return tr("The settings file cannot be read ({problem}). Defaults are used.").format(problem=problem)

    def _folder(self) -> str:
        return plain(os.path.dirname(self.path or ""))


def _aside_sentence(new: str, problem: str = "") -> str:
    sentence = tr("The settings file could not be understood, so it was set aside as “{name}”. Defaults are used.")
    sentence = sentence.format(name=plain(os.path.basename(new)))
    return f"{sentence} ({problem})" if problem else sentence


def _writable(path: str) -> bool:
    """Whether the file, or the first folder above it that exists, may be written."""
    path = os.path.realpath(path)
    if os.path.lexists(path):
        return os.access(path, os.W_OK) and os.access(os.path.dirname(path), os.W_OK)
    while not os.path.lexists(path):
        above = os.path.dirname(path)
        if above == path:
            return False
        path = above
    return os.path.isdir(path) and os.access(path, os.W_OK)
