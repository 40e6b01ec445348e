"""Every setting: its name in the file, its default, and what it may be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Generic, TypeVar

from taskmon.core.base.translate import mark, tr

T = TypeVar("T")


class Key(Generic[T]):
    """One setting.

    Attributes:
        name: its place in the file, as ``table.name``.
        default: what holds while the file says nothing, or nonsense.
        limits: of a number, the least and the most it may be.
        values: of a choice, what there is to choose from.
    """

    __slots__ = ("_expected", "_fits", "default", "limits", "name", "values")

    def __init__(
        self,
        name: str,
        default: T,
        fits: Callable[[object], bool],
        expected: str,
        limits: tuple[int, int] = (0, 0),
    ) -> None:
        """`expected` is a marked text, which may name ``{least}``, ``{most}`` and ``{values}``."""
        self.name = name
        self.default = default
        self.limits = limits
        self.values: tuple[str, ...] = ()
        self._fits = fits
        self._expected = expected

    def check(self, value: object) -> str:
        """Return what is wrong with `value`, as a part of a sentence; empty if nothing is."""
        if self._fits(value):
            return ""
        least, most = self.limits
        return tr(self._expected).format(least=least, most=most, values=", ".join(self.values))


def _flag(name: str, default: bool) -> Key[bool]:
    return Key(name, default, lambda value: isinstance(value, bool), mark("it must be true or false"))


def _number(name: str, default: int, least: int, most: int) -> Key[int]:
    def fits(value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most

    return Key(name, default, fits, mark("it must be a whole number from {least} to {most}"), (least, most))


def _choice(name: str, *values: str) -> Key[str]:
    key: Key[str] = Key(name, values[0], lambda value: value in values, mark("it must be one of {values}"))
    key.values = values
    return key


def _table(name: str) -> Key[dict[str, object]]:
    return Key(name, {}, lambda value: isinstance(value, dict), mark("it must be a table"))


def _words(name: str, longest: int) -> Key[str]:
    def fits(value: object) -> bool:
        return isinstance(value, str) and len(value) <= longest

    return Key(name, "", fits, mark("it must be a text of at most {most} characters"), (0, longest))


#: How many tasks may run at once; 0 means as many as suit the computer.
AT_ONCE: Final = _number("tasks.at_once", 0, 0, 512)
THEME: Final = _choice("appearance.theme", "system", "light", "dark", "contrast")
#: The languages of the window, by the names they have themselves. English is what the texts are written in.
LANGUAGES: Final = {"en": "English", "zh_CN": "简体中文"}
LANGUAGE: Final = _choice("appearance.language", "system", *LANGUAGES)
NOTIFY: Final = _flag("notifications.show", True)
#: Only tasks that took longer are told about, in seconds.
NOTIFY_AFTER: Final = _number("notifications.after_seconds", 60, 0, 86_400)
TRAY: Final = _flag("tray.show", True)
#: Closing the window leaves the tasks running behind the tray icon, instead of asking about them.
CLOSE_TO_TRAY: Final = _flag("tray.close_hides", True)
#: Whether the user has been told where the window went.
TRAY_TOLD: Final = _flag("tray.told", False)
KEEP_AWAKE: Final = _flag("power.keep_awake", True)
#: Ask before many tasks are cancelled at once.
CONFIRM_CANCEL: Final = _flag("confirm.cancel_many", True)
#: Ask before tasks are cancelled by quitting.
CONFIRM_QUIT: Final = _flag("confirm.quit", True)
HISTORY_DAYS: Final = _number("history.keep_days", 90, 1, 36_500)
HISTORY_MEGABYTES: Final = _number("history.keep_megabytes", 100, 1, 100_000)
#: What opens a file at a line: a command with ``{file}`` and ``{line}``; empty means that one is looked for.
EDITOR: Final = _words("editor.command", 1_000)
#: How the table, the window and the details were left. Written by taskmon, not meant for editing.
TABLE_LAYOUT: Final = _table("window.table")
WINDOW_GEOMETRY: Final = _words("window.geometry", 4_000)
WINDOW_PARTS: Final = _words("window.parts", 16_000)
DETAILS_OPEN: Final = _flag("window.details", False)
#: Whether the user has opened or closed the details, and moved them: until then, taskmon does.
DETAILS_CHOSEN: Final = _flag("window.details_chosen", False)
DETAILS_PLACED: Final = _flag("window.details_placed", False)

KEYS: Final[tuple[Key[object], ...]] = tuple(each for each in list(globals().values()) if isinstance(each, Key))


def is_private(key: Key[object]) -> bool:
    """Whether taskmon keeps it for itself: nothing that people would edit."""
    return key.name.startswith("window.") or key is TRAY_TOLD
