"""Room for the words of a dialog: as wide and as high as they need, within the screen, and over its parent.

Qt gives a dialog the size of its hint when it is shown, whatever the screen, and leaves its place to the window system,
which hears of a size that is corrected afterwards as of another place. Here both are settled before it is shown.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QCoreApplication, QEvent, QMargins, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QResizeEvent, QShowEvent, QTextLayout
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFormLayout,
    QLineEdit,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QWidget,
)

from taskmon.ui.widgets.layouts import TallPage

#: The words of a check box are wrapped no narrower than so many characters.
_NARROWEST: Final = 16


class RoomyDialog(QDialog):
    """A dialog that is given its room and its place before it is shown; afterwards it grows with `grow`.

    Args:
        parent: the widget over whose window it stands.
        width: the width that it has in any case, in pixels, if the screen has it.
        height: the height that it has in any case.
    """

    def __init__(self, parent: QWidget | None = None, *, width: int = 0, height: int = 0) -> None:
        super().__init__(parent)
        self._width, self._height = width, height
        self._placed = False

    def showEvent(self, event: QShowEvent) -> None:
        # The window system has not been told yet; what is in the dialog counts as shown and has its style.
        if not self._placed:
            self._placed = True
            self._prepare()
            self._take_room()
            self.setAttribute(Qt.WidgetAttribute.WA_Moved)  # or Qt would choose another place
        super().showEvent(event)

    def _prepare(self) -> None:
        """All of it is there, and is about to be shown."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._keep_words_whole()

    def _keep_words_whole(self) -> None:
        """Have it be no lower than its words need outside of pages that scroll; Qt does not look at the width."""
        layout = self.layout()
        if layout is not None and layout.hasHeightForWidth():
            self.setMinimumHeight(min(layout.totalMinimumHeightForWidth(self.width()), self._room().height()))

    def grow(self) -> None:
        """Make room for what is shown since, and never less than there was; stay within the screen."""
        if self.isVisible():
            QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
            room = self._room()
            width = min(max(self.width(), self._least_width()), room.width())
            height = min(max(self.height(), self._needed_height(width)), room.height())
            self.resize(width, height)
            self._keep_words_whole()
            where = within(self.geometry(), room)
            if where.topLeft() != self.geometry().topLeft():
                self.move(self.pos() + where.topLeft() - self.geometry().topLeft())

    def _take_room(self) -> None:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)  # layouts hear of hints by events
        room, over = self._room(), self._over()
        if self._least_width() > room.width():
            for form in self.findChildren(QFormLayout):
                form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapAllRows)
            QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
        width = min(max(self._width, self._least_width(), self.minimumWidth()), room.width())
        height = min(max(self._height, self._needed_height(width)), room.height())
        middle = over.geometry().center() if over is not None else room.center()
        place = QRect(middle.x() - width // 2, middle.y() - height // 2, width, height)
        frame = self._frame()
        self.resize(width, height)
        self.move(within(place, room).topLeft() - QPoint(frame.left(), frame.top()))

    def _least_width(self) -> int:
        layout = self.layout()
        return layout.totalMinimumSize().width() if layout is not None else self.minimumSizeHint().width()

    def _needed_height(self, width: int) -> int:
        self.resize(width, self.height())
        layout = self.layout()
        if layout is None:
            return self.sizeHint().height()
        for _ in range(2):  # once for the widths; then the pages know what height they need
            for page in self.findChildren(TallPage):
                page.updateGeometry()  # what it has said before was of another width
            layout.invalidate()
            layout.activate()
        return layout.totalHeightForWidth(width) if layout.hasHeightForWidth() else layout.totalSizeHint().height()

    def _over(self) -> QWidget | None:
        parent = self.parentWidget()
        return parent.window() if parent is not None and parent.window().isVisible() else None

    def _frame(self) -> QMargins:
        """What the window system draws around it; before that has seen it, what it draws around its parent."""
        for window in (self, self._over()):
            if window is not None:
                inner, outer = window.geometry(), window.frameGeometry()
                if inner != outer:
                    return QMargins(
                        inner.left() - outer.left(), inner.top() - outer.top(), outer.right() - inner.right(),
                        outer.bottom() - inner.bottom(),
                    )  # fmt: skip
        return QMargins()

    def _room(self) -> QRect:
        over = self._over()
        return (over or self).screen().availableGeometry().marginsRemoved(self._frame())


def within(place: QRect, room: QRect) -> QRect:
    """Return `place`, moved as little as is needed to lie within `room`; at its corner if it is larger."""
    x = max(room.left(), min(place.x(), room.right() + 1 - place.width()))
    y = max(room.top(), min(place.y(), room.bottom() + 1 - place.height()))
    return QRect(x, y, place.width(), place.height())


def show_hints_whole(form: QWidget) -> None:
    """Have the lines of a form be wide enough for what they say while they are empty."""
    for line in form.findChildren(QLineEdit):
        if words := line.placeholderText():
            line.setMinimumWidth(line.minimumSizeHint().width() + line.fontMetrics().horizontalAdvance(words))


class WrappedCheckBox(QCheckBox):
    """A check box whose words take several lines where there is no room for one."""

    def __init__(self, words: str, parent: QWidget | None = None) -> None:
        super().__init__(words, parent)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def initStyleOption(self, option: QStyleOptionButton) -> None:
        super().initStyleOption(option)
        room = self.style().subElementRect(QStyle.SubElement.SE_CheckBoxContents, option, self)
        option.text = "\n".join(self._lines(room.width()))

    def heightForWidth(self, width: int) -> int:
        metrics, lines = self.fontMetrics(), "\n".join(self._lines(width - self._beside()))
        more = metrics.size(0, lines).height() - metrics.size(0, self.text()).height()
        return super().sizeHint().height() + more

    def minimumSizeHint(self) -> QSize:
        one_line = super().sizeHint()
        narrow = self._beside() + _NARROWEST * self.fontMetrics().averageCharWidth()
        return QSize(min(one_line.width(), narrow), one_line.height())

    def _beside(self) -> int:
        """The width of what is not words."""
        return super().sizeHint().width() - self.fontMetrics().horizontalAdvance(self.text())

    def _lines(self, room: int) -> list[str]:
        words = self.text()
        layout = QTextLayout(words, self.font())
        lines = []
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(max(1, room))
            lines.append(words[line.textStart() : line.textStart() + line.textLength()].rstrip())
        layout.endLayout()
        return lines or [words]
