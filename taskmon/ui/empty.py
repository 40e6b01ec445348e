"""What the window shows in place of an empty table: what belongs there, and the ways in."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from taskmon.ui.labels import PlainLabel


class EmptyPage(QWidget):
    """The page of an empty window. `start` is called for the button; None leaves the button out."""

    def __init__(self, start: Callable[[], object] | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = PlainLabel(self.tr("Nothing is running"))
        font = title.font()
        font.setPointSizeF(font.pointSizeF() * 1.5)
        font.setBold(True)
        title.setFont(font)
        hint = PlainLabel(
            self.tr(
                "Start a job, or drop folders here to checksum them.\nEvery task gets a row, and every row a Cancel."
            )
        )
        hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        hint.setObjectName("quiet")
        widgets: list[QWidget] = [title, hint]
        if start is not None:
            button = QPushButton(self.tr("New task…"))
            button.setAutoDefault(False)
            button.setProperty("primary", True)
            button.clicked.connect(start)
            widgets.append(button)
        layout = QVBoxLayout(self)
        layout.setSpacing(14)
        layout.addStretch(3)
        for widget in widgets:
            layout.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(4)
