"""The room that a dialog takes."""

from __future__ import annotations

from PySide6.QtCore import QMargins, QRect
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from taskmon.ui.widgets.layouts import vbox
from taskmon.ui.widgets.room import RoomyDialog

FRAME = QMargins(1, 20, 1, 5)


class Framed(QWidget):
    """A window around which the window system draws something."""

    def frameGeometry(self) -> QRect:
        return self.geometry().marginsAdded(FRAME)


class Unseen(RoomyDialog):
    """A dialog around which it has drawn nothing yet."""

    def frameGeometry(self) -> QRect:
        return self.geometry()


def test_the_frame_around_a_dialog_is_within_the_screen_as_well(qtbot: QtBot) -> None:
    """The window system tells of it only once it has shown the dialog; until then, it is taken to be the parent's."""
    window = Framed()
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    screen = window.screen().availableGeometry()
    dialog = Unseen(window, height=screen.height() + 100)
    vbox(dialog)
    dialog.show()

    assert dialog.height() == screen.height() - 25
