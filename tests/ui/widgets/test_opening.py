"""Opening files with the desktop."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from taskmon.ui.widgets.messages import open_file


@pytest.mark.parametrize("opens", [True, False])
def test_a_file_that_is_not_opened_is_told_of(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, opens: bool) -> None:
    """With its path, so that it can be found; nothing is said where a program has come."""
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _: opens)
    parent = QWidget()
    qtbot.addWidget(parent)

    open_file("/data/a b.sha256", parent)
    boxes = parent.findChildren(QMessageBox)

    assert [box.text() for box in boxes] == ([] if opens else ["The file was not opened"])
    assert all("/data/a b.sha256" in box.informativeText() for box in boxes)
    for box in boxes:
        box.close()
