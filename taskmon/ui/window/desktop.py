"""The window's place on the desktop: tray, notifications, taskbar, staying awake, the desktop's taste in colours.

Made after the first frame. Everything here follows its setting at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QApplication

from taskmon.bridge.controller import TaskController
from taskmon.bridge.desktop.desktop import Desktop, KeepAwake
from taskmon.bridge.desktop.overview import Overview
from taskmon.bridge.settings import AppSettings, keys
from taskmon.bridge.table import text
from taskmon.bridge.ui_queue import call_queue
from taskmon.core.base.text import format_duration, plain
from taskmon.core.stop import StopKind
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.ui.widgets.appearance import Appearance
from taskmon.ui.window.tray import Tray
from taskmon.ui.window.window import MainWindow


class Surroundings(QObject):
    """Ties a window to the desktop it is on. `close` it before the application goes."""

    def __init__(
        self,
        window: MainWindow,
        controller: TaskController,
        settings: AppSettings,
        appearance: Appearance | None = None,
        desktop: Desktop | None = None,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._settings = settings
        self._calls = call_queue(self)
        self.desktop = desktop if desktop is not None else Desktop(self._calls.post)
        self.overview = Overview(controller, self)
        self.tray = Tray(window, self.overview, self)
        self.notifications = Notifications(settings, self._in_front, self)
        self.awake = KeepAwake(controller, self.desktop, settings, self)
        self._in_taskbar = (0, None, False)
        self._closed = False
        controller.task_finished.connect(self.notifications.on_finished)
        self.overview.changed.connect(self._on_overview)
        self.notifications.told.connect(self._tell)
        self.notifications.seen.connect(self.desktop.withdraw)
        self.desktop.on_clicked = window.bring_to_front
        window.hide_if(self._may_hide)
        window.hidden_away.connect(self._tell_of_hiding)
        window.installEventFilter(self)
        settings.follow(keys.TRAY, self._set_tray)
        if appearance is not None:
            self.desktop.ask_for_taste(appearance.set_taste)

    def close(self) -> None:
        """Take the icon away and leave the bus. Idempotent."""
        if self._closed:
            return
        self._closed = True
        self.overview.close()
        self.awake.close()
        self.notifications.close()
        if self._in_taskbar[0]:
            self.desktop.show_in_taskbar(0, None, urgent=False)  # the entry outlives the program
        self.tray.close()
        self.desktop.close()
        self._calls.close()

    def _in_front(self) -> bool:
        # Or a dialog or the history in front of it: whoever uses these has the window before them.
        return self._window.isVisible() and QApplication.activeWindow() is not None

    def _may_hide(self) -> bool:
        return self._settings.get(keys.CLOSE_TO_TRAY) and self.tray.there

    def _set_tray(self, shown: bool) -> None:
        self.tray.set_shown(shown)
        if not shown and not self._window.isVisible():
            self._window.bring_to_front()  # or nothing would be left of it

    @Slot()
    def _tell_of_hiding(self) -> None:
        if not self._settings.get(keys.TRAY_TOLD):
            self._settings.set(keys.TRAY_TOLD, True)
            self._tell(
                self.tr("taskmon is still running"),
                self.tr("Its tasks go on. The icon in the tray brings the window back; Quit is in its menu."),
                False,
            )

    @Slot(object, object, object)
    def _tell(self, title: str, body: str, failed: bool) -> None:
        self.desktop.notify(title, body, urgent=failed, otherwise=lambda: self.tray.say(title, body, warn=failed))

    @Slot()
    def _on_overview(self) -> None:
        overview = self.overview
        if self._closed:
            return
        if overview.failed and self._in_front():
            overview.see()  # which comes back here
            return
        shown = (overview.live, overview.share, bool(overview.failed))
        if shown != self._in_taskbar:
            self._in_taskbar = shown  # type: ignore[assignment]
            self.desktop.show_in_taskbar(overview.live, overview.share, urgent=shown[2])

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window and event.type() == QEvent.Type.WindowActivate:
            self.overview.see()
            self.notifications.on_seen()
        return False


#: What ends within so long of another is one batch, in milliseconds.
_BATCH_MS: Final = 1500
#: A batch that never ends is told about after so many rounds.
_MOST_ROUNDS: Final = 6
_NAMES: Final = 3
_MOST_KEPT: Final = 1000
_SILENT: Final = frozenset({StopKind.USER, StopKind.SHUTDOWN, StopKind.PARENT})
_BAD: Final = frozenset({TaskState.FAILED, TaskState.LOST})


class Notifications(QObject):
    """Decides what is worth a notification. Belongs to the UI thread.

    Only tasks that took longer than the user has set, only while the window is not in front, never what the user
    cancelled. What has been told but not seen stays in the next summary.

    Signals:
        told(str, str, bool): show this title and this text; whether something failed.
        seen(): nothing of what was told is news any more.

    Args:
        in_front: says whether the user is looking at the window.
    """

    told = Signal(object, object, object)
    seen = Signal()

    def __init__(self, settings: AppSettings, in_front: Callable[[], bool], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._in_front = in_front
        self._unseen: list[TaskSnapshot] = []
        self._rounds = 0
        self._news = False
        self._soon = QTimer(self, singleShot=True, interval=_BATCH_MS)
        self._soon.timeout.connect(self.tell)

    @Slot(object)
    def on_finished(self, snapshot: TaskSnapshot) -> None:
        if not self._settings.get(keys.NOTIFY) or not self._worth_telling(snapshot) or self._in_front():
            return
        self._unseen.append(snapshot)
        del self._unseen[:-_MOST_KEPT]
        self._news = True
        if self._rounds < _MOST_ROUNDS:
            self._rounds += 1
            self._soon.start()

    @Slot()
    def on_seen(self) -> None:
        """The user looks at the window."""
        self._soon.stop()
        self._rounds = 0
        self._news = False
        if self._unseen:
            self._unseen.clear()
            self.seen.emit()

    def close(self) -> None:
        """Tell nothing more. What has been told stays on the screen."""
        self._soon.stop()
        self._rounds = _MOST_ROUNDS

    @Slot()
    def tell(self) -> None:
        """Tell now what is to be told."""
        self._soon.stop()
        self._rounds = 0
        if self._news and not self._in_front():
            self._news = False
            failed = any(snapshot.state in _BAD for snapshot in self._unseen)
            title, body = self._words(self._unseen) if len(self._unseen) > 1 else self._word(self._unseen[0])
            self.told.emit(title, body, failed)

    def _worth_telling(self, snapshot: TaskSnapshot) -> bool:
        if snapshot.parent_id is not None or snapshot.started_at is None:
            return False
        if snapshot.state is TaskState.CANCELLED and snapshot.reason is not None and snapshot.reason.kind in _SILENT:
            return False
        ended = snapshot.taken_at if snapshot.ended_at is None else snapshot.ended_at
        return ended - snapshot.started_at >= self._settings.get(keys.NOTIFY_AFTER)

    def _word(self, snapshot: TaskSnapshot) -> tuple[str, str]:
        title = f"{plain(snapshot.name, 80)}: {snapshot.state_words(text.tr)}"
        if snapshot.state in _BAD:
            return title, text.told(snapshot.error, 200)
        took = self.tr("after {time}").format(time=format_duration(snapshot.elapsed))
        return title, text.told(snapshot.consequence, 200) or took

    def _words(self, snapshots: list[TaskSnapshot]) -> tuple[str, str]:
        failed = [snapshot for snapshot in snapshots if snapshot.state in _BAD]
        title = self.tr("%n task(s) finished", "", len(snapshots))
        if failed:
            title += self.tr(", %n of them failed", "", len(failed))
        first = [
            plain(snapshot.name, 60) for snapshot in [*failed, *(s for s in snapshots if s not in failed)][:_NAMES]
        ]
        more = len(snapshots) - len(first)
        return title, ", ".join(first) + ("" if more <= 0 else " " + self.tr("and {n} more").format(n=more))
