"""The icon in the tray: how many tasks run, how far they are, whether one has failed; and a menu for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, Slot
from PySide6.QtGui import QColor, QFont, QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QApplication, QMenu, QSystemTrayIcon

from taskmon.bridge.desktop.overview import Overview
from taskmon.paths import resource
from taskmon.ui.widgets.theme import tokens

if TYPE_CHECKING:
    from taskmon.ui.window.window import MainWindow

_SIZES: Final = (16, 22, 24, 32, 48, 64)
_MOST_SHOWN: Final = 99


class Tray(QObject):
    """Shows an `Overview` in the tray, if there is one. Belongs to the UI thread."""

    def __init__(self, window: MainWindow, overview: Overview, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._window = window
        self._overview = overview
        self._menu = QMenu()
        self._show = self._menu.addAction("")
        self._menu.addSeparator()
        self._pause = self._menu.addAction("")
        self._cancel = self._menu.addAction("")
        self._menu.addSeparator()
        self._quit = self._menu.addAction("")
        self._show.triggered.connect(self.toggle_window)
        self._pause.triggered.connect(window.pause_or_resume_all)
        self._cancel.triggered.connect(self._cancel_all)
        self._quit.triggered.connect(window.quit)
        self._menu.aboutToShow.connect(self._name_actions)
        self.icon: QSystemTrayIcon | None = None
        if QApplication.platformName() != "offscreen":  # which has no tray, and warns of it
            self.icon = QSystemTrayIcon(self)
            self.icon.setContextMenu(self._menu)
            self.icon.activated.connect(self._on_activated)
            self.icon.messageClicked.connect(window.bring_to_front)
        self._drawn: tuple[object, ...] = ()
        overview.changed.connect(self._update)
        self._name_actions()
        self._update()
        window.installEventFilter(self)  # not on the application: each of its events would be brought to Python

    @property
    def there(self) -> bool:
        """Whether the icon can be seen, so that a hidden window can be brought back."""
        return self.icon is not None and self.icon.isVisible() and QSystemTrayIcon.isSystemTrayAvailable()

    def set_shown(self, shown: bool) -> None:
        """Show or hide the icon."""
        if self.icon is not None:
            self.icon.setVisible(shown)

    def say(self, title: str, body: str, *, warn: bool) -> None:
        """Show a message beside the icon, if it can be seen."""
        if self.icon is not None and self.there:
            kind = QSystemTrayIcon.MessageIcon.Warning if warn else QSystemTrayIcon.MessageIcon.Information
            self.icon.showMessage(title, body, kind)

    def close(self) -> None:
        """Take the icon away. Idempotent."""
        self.set_shown(False)
        self._menu.deleteLater()

    @Slot()
    def toggle_window(self) -> None:
        """Hide the window, or bring it to the front."""
        window = self._window
        if window.isVisible() and window.isActiveWindow():
            window.hide()
        else:
            window.bring_to_front()

    @Slot()
    def _cancel_all(self) -> None:
        if self._overview.live:
            self._window.bring_to_front()  # it may have a question
            self._window.cancel_all()

    @Slot(QSystemTrayIcon.ActivationReason)
    def _on_activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in (QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick):
            self.toggle_window()

    @Slot()
    def _name_actions(self) -> None:
        shown = self._window.isVisible() and self._window.isActiveWindow()
        live = bool(self._overview.live)
        self._show.setText(self.tr("Hide taskmon") if shown else self.tr("Show taskmon"))
        self._pause.setText(self.tr("Resume all") if self._window.would_resume else self.tr("Pause all"))
        self._cancel.setText(self.tr("Cancel all"))
        self._quit.setText(self.tr("Quit taskmon"))
        self._pause.setEnabled(self._window.can_pause_or_resume)
        self._cancel.setEnabled(live)

    @Slot()
    def _update(self) -> None:
        overview = self._overview
        state = (overview.tally, overview.share, overview.failed, QApplication.palette().cacheKey())
        if state != self._drawn:
            self._drawn = state
            if self.icon is not None:
                self.icon.setIcon(tray_icon(overview.live, overview.share, failed=bool(overview.failed)))
                self.icon.setToolTip(self.summary())

    def summary(self) -> str:
        """All of it in a few words."""
        overview = self._overview
        parts = []
        if overview.live:
            parts.append(overview.tally.words())
        if overview.share is not None:
            parts.append(self.tr("{n} % done").format(n=round(overview.share * 100)))
        if overview.failed:
            parts.append(self.tr("%n failed", "", overview.failed))
        return "taskmon: " + (", ".join(parts) or self.tr("nothing is running"))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window and event.type() in (QEvent.Type.LanguageChange, QEvent.Type.PaletteChange):
            self._drawn = ()
            self._name_actions()
            self._update()
        return False


def tray_icon(live: int, share: float | None, *, failed: bool) -> QIcon:
    """Return the application's icon; while tasks run, their number in a ring that fills with their progress."""
    icon = QIcon()
    plain = QIcon(str(resource("icons/taskmon.svg")))
    for size in _SIZES:
        picture = plain.pixmap(size, size) if not live else QPixmap(size, size)
        if live:
            picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if live:
            _draw_ring(painter, size, live, share)
        if failed:
            _draw_mark(painter, size)
        painter.end()
        icon.addPixmap(picture)
    return icon


def _draw_ring(painter: QPainter, size: int, live: int, share: float | None) -> None:
    """On a ground of its own: whether the panel is light or dark is not known."""
    colors = tokens(QApplication.palette())
    width = size / 9
    disc = QRectF(0.5, 0.5, size - 1, size - 1)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("#111827"))
    painter.drawEllipse(disc)
    ring = disc.adjusted(width, width, -width, -width)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor("#4b5563"), width))
    painter.drawEllipse(ring)
    pen = QPen(colors.accent.lighter(140) if colors.accent.lightness() < 150 else colors.accent, width)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    painter.setPen(pen)
    # Unknown progress is a quarter that stands still: an icon that spins keeps a desktop busy.
    painter.drawArc(ring, 90 * 16, -round(360 * 16 * (0.25 if share is None else share)))
    label = str(live) if live <= _MOST_SHOWN else "99+"
    font = QFont(QApplication.font())
    font.setBold(True)
    font.setPixelSize(max(7, round(size * {1: 0.52, 2: 0.42}.get(len(label), 0.32))))
    painter.setFont(font)
    painter.setPen(QColor("#ffffff"))
    painter.drawText(disc, Qt.AlignmentFlag.AlignCenter, label)


def _draw_mark(painter: QPainter, size: int) -> None:
    """A red dot with a light rim, in the corner: something failed, and has not been seen."""
    side = size * 0.42
    dot = QRectF(size - side - 0.5, 0.5, side, side)
    painter.setPen(QPen(QColor("#ffffff"), max(1.0, size / 22)))
    painter.setBrush(QColor("#dc2626"))
    painter.drawEllipse(dot)
