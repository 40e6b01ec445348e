"""What a desktop does for a program: notifications, staying awake, progress in the taskbar, its taste in colours.

Everything goes over `taskmon.bridge.desktop.bus`: the calls here return at once; what the desktop answers comes through
`post`, which brings it into the UI thread. Where a desktop lacks a service, nothing happens.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from PySide6.QtCore import QObject, QTimer, Slot

from taskmon.bridge.controller import TaskController
from taskmon.bridge.desktop.bus import Bus, BusError, Service, Talk
from taskmon.bridge.settings import AppSettings, keys
from taskmon.bridge.table import text
from taskmon.core.base.text import plain

APP_ID: Final = "org.taskmon.Taskmon"
_NOTIFICATIONS: Final = Service(
    "org.freedesktop.Notifications", "/org/freedesktop/Notifications", "org.freedesktop.Notifications"
)
_PORTAL: Final = ("org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop")
_INHIBIT: Final = Service(*_PORTAL, "org.freedesktop.portal.Inhibit")
_TASTE: Final = Service(*_PORTAL, "org.freedesktop.portal.Settings")
_POWER: Final = Service(
    "org.freedesktop.PowerManagement",
    "/org/freedesktop/PowerManagement/Inhibit",
    "org.freedesktop.PowerManagement.Inhibit",
)
_LOGIN: Final = Service("org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager")
_APPEARANCE: Final = "org.freedesktop.appearance"
_SUSPEND: Final = 4
"""The portal's flag for "the computer may not be suspended"; the screen may go dark."""


class Taste(NamedTuple):
    """How the desktop wants programs to look; None where it does not say."""

    dark: bool | None = None
    contrast: bool | None = None
    accent: tuple[float, float, float] | None = None


class Desktop:
    """The services of the desktop that the session bus leads to. Belongs to the UI thread.

    Args:
        post: brings a function into the UI thread, as `taskmon.bridge.ui_queue.call_queue`'s does.
    """

    def __init__(self, post: Callable[[Callable[[], object]], object], bus: Bus | None = None) -> None:
        self._post = post
        self._bus = bus or Bus()
        self.on_clicked: Callable[[], object] = lambda: None
        """Called when the user clicks a notification."""
        # The rest is the bus thread's own.
        self._shown: int = 0
        self._markup: bool | None = None
        self._release: Callable[[Talk], object] | None = None

    def close(self) -> None:
        """Leave the bus: what it granted ends. Idempotent."""
        self._bus.close()

    # -- notifications ----------------------------------------------------------------------------

    def notify(self, title: str, body: str, *, urgent: bool, otherwise: Callable[[], object]) -> None:
        """Show a notification, in place of the one before if that is still there; `otherwise` if nobody shows it.

        The texts may be anybody's: they are shown as plain text.
        """
        title, body = plain(title, 200), plain(body, 500)
        self._bus.do(lambda talk: self._notify(talk, title, body, urgent), lambda: self._post(otherwise))

    def _notify(self, talk: Talk, title: str, body: str, urgent: bool) -> None:
        if self._markup is None:
            (capabilities,) = talk.ask(_NOTIFICATIONS, "GetCapabilities")
            self._markup = "body-markup" in capabilities
            talk.listen(_NOTIFICATIONS.interface, "ActionInvoked", self._on_action)
        if self._markup:
            from html import escape

            body = escape(body, quote=False)
        hints = {"urgency": ("y", 2 if urgent else 1), "desktop-entry": ("s", APP_ID)}
        (self._shown,) = talk.ask(
            *(_NOTIFICATIONS, "Notify", "susssasa{sv}i"),
            *("taskmon", self._shown, APP_ID, title, body, ["default", "taskmon"], hints, -1),
        )

    def _on_action(self, body: tuple[Any, ...]) -> None:
        if body and body[0] == self._shown:
            self._post(self._clicked)

    def _clicked(self) -> None:
        self.on_clicked()

    def withdraw(self) -> None:
        """Take the notification away: its news have been seen."""
        self._bus.do(self._withdraw)

    def _withdraw(self, talk: Talk) -> None:
        if self._shown:
            number, self._shown = self._shown, 0
            talk.ask(_NOTIFICATIONS, "CloseNotification", "u", number)

    # -- staying awake ----------------------------------------------------------------------------

    def stay_awake(self, reason: str) -> None:
        """Keep the computer from going to sleep by itself, till `may_sleep` or the end of this program."""
        self._bus.do(lambda talk: self._stay_awake(talk, reason))

    def may_sleep(self) -> None:
        """Let it sleep again."""
        self._bus.do(self._may_sleep)

    def _stay_awake(self, talk: Talk, reason: str) -> None:
        if self._release is not None:
            return
        for ask in (_ask_portal, _ask_login, _ask_power):
            try:
                self._release = ask(talk, reason)
                return
            except (BusError, OSError, RuntimeError):  # RuntimeError: descriptors cannot be passed here
                continue

    def _may_sleep(self, talk: Talk) -> None:
        release, self._release = self._release, None
        if release is not None:
            release(talk)

    # -- the taskbar ------------------------------------------------------------------------------

    def show_in_taskbar(self, count: int, share: float | None, *, urgent: bool) -> None:
        """Show how many tasks run and how far they are, from 0 to 1, on the program's entry in the taskbar or dock."""
        entry = {
            "count": ("x", count),
            "count-visible": ("b", count > 0),
            "progress": ("d", share or 0.0),
            "progress-visible": ("b", share is not None),
            "urgent": ("b", urgent),
        }
        self._bus.do(
            lambda talk: talk.tell(
                *("/org/taskmon/Taskmon", "com.canonical.Unity.LauncherEntry", "Update", "sa{sv}"),
                *(f"application://{APP_ID}.desktop", entry),
            )
        )

    # -- colours ----------------------------------------------------------------------------------

    def ask_for_taste(self, use: Callable[[Taste], object]) -> None:
        """Call ``use(taste)`` with what the desktop says, now and whenever its user changes it."""

        def ask(talk: Talk) -> None:
            talk.listen(_TASTE.interface, "SettingChanged", changed)
            read(talk)

        def changed(body: tuple[Any, ...]) -> None:
            if body and body[0] == _APPEARANCE:
                self._bus.do(read)  # anew as a whole, and not while this message is being read

        def read(talk: Talk) -> None:
            (found,) = talk.ask(_TASTE, "ReadAll", "as", [_APPEARANCE])
            taste = _taste(found.get(_APPEARANCE, {}))
            self._post(lambda: use(taste))

        self._bus.do(ask)


def _taste(found: dict[str, tuple[str, Any]]) -> Taste:
    """Read the portal's dictionary; what is missing or makes no sense is not said."""

    def value(name: str, kind: type) -> Any:
        _, given = found.get(name, ("", None))
        return given if isinstance(given, kind) else None

    scheme, contrast, accent = value("color-scheme", int), value("contrast", int), value("accent-color", tuple)
    if accent is not None and not (
        len(accent) == 3 and all(isinstance(part, float) and 0 <= part <= 1 for part in accent)
    ):
        accent = None
    return Taste(
        dark={1: True, 2: False}.get(scheme) if scheme is not None else None,
        contrast=None if contrast is None else contrast == 1,
        accent=accent,
    )


def _ask_portal(talk: Talk, reason: str) -> Callable[[Talk], object]:
    (handle,) = talk.ask(_INHIBIT, "Inhibit", "sua{sv}", "", _SUSPEND, {"reason": ("s", reason)})
    return lambda talk: talk.ask(Service(_PORTAL[0], handle, "org.freedesktop.portal.Request"), "Close")


def _ask_login(_: Talk, reason: str) -> Callable[[Talk], object]:
    """As systemd wants it: sleep is off for as long as a file descriptor is open."""
    from jeepney.io.blocking import open_dbus_connection

    with open_dbus_connection("SYSTEM", enable_fds=True) as connection:
        (descriptor,) = Talk(connection).ask(_LOGIN, "Inhibit", "ssss", "sleep:idle", "taskmon", reason, "block")
    return lambda _: descriptor.close()


def _ask_power(talk: Talk, reason: str) -> Callable[[Talk], object]:
    (cookie,) = talk.ask(_POWER, "Inhibit", "ss", "taskmon", reason)
    return lambda talk: talk.ask(_POWER, "UnInhibit", "u", cookie)


# Keeping the computer awake while tasks run.

#: Tasks that are done sooner disturb nobody's sleep, in milliseconds.
AFTER_MS: Final = 10_000


class KeepAwake(QObject):
    """Asks the desktop not to sleep from ten seconds into some work until none runs, if the user wants that."""

    def __init__(self, controller: TaskController, desktop: Desktop, settings: AppSettings, parent: QObject) -> None:
        super().__init__(parent)
        self._model = controller.model
        self._desktop = desktop
        self._settings = settings
        self._asked = False
        self._closed = False
        self._soon = QTimer(self, singleShot=True, interval=AFTER_MS)
        self._soon.timeout.connect(self._ask)
        controller.model.counts_changed.connect(self._look)
        settings.follow(keys.KEEP_AWAKE, lambda _: self._look())

    def close(self) -> None:
        """Ask for nothing more. What was granted ends with the connection to the desktop."""
        self._closed = True
        self._soon.stop()

    @Slot()
    def _look(self) -> None:
        if self._closed:
            return
        wanted = self._settings.get(keys.KEEP_AWAKE) and self._model.has_active
        if wanted and not self._asked and not self._soon.isActive():
            self._soon.start()
        elif not wanted:
            self._soon.stop()
            if self._asked:
                self._asked = False
                self._desktop.may_sleep()

    @Slot()
    def _ask(self) -> None:
        self._asked = True
        self._desktop.stay_awake(text.tr("Tasks are running"))
