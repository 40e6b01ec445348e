"""Labels with somebody else's words."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QClipboard, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from taskmon.ui.widgets.labels import foreign_label

DIGEST = "d4a2a9bc060736f3896d67d7168e1efcffaca4339212c1d8efdc65f0a0ba311b"
NARROW = 150


@pytest.mark.parametrize("word", [DIGEST, "m" * 300])
def test_a_word_that_has_no_room_on_a_line_goes_on_in_the_next(qtbot: QtBot, word: str) -> None:
    label = foreign_label(f"Fingerprint {word}.")
    qtbot.addWidget(label)

    assert label.minimumSizeHint().width() <= NARROW
    assert label.heightForWidth(NARROW) > 2 * label.fontMetrics().height()
    assert label.text() == label.accessibleName() == f"Fingerprint {word}."
    label.setText("Done.")
    assert (label.text(), label.accessibleName()) == ("Done.", "")


def test_it_is_copied_as_it_was_given(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QClipboard, "ownsClipboard", lambda _: True)  # which none does without a screen
    label = foreign_label(f"{DIGEST}.")
    qtbot.addWidget(label)
    label.show()
    QTest.mouseDClick(label, Qt.MouseButton.LeftButton, pos=QPoint(30, label.fontMetrics().height() // 2))
    QTest.keyClick(label, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)

    assert QGuiApplication.clipboard().text() == DIGEST


@pytest.mark.parametrize("words", ["/srv/data/2026/photos/summer/a-very-long-journey", "校验和" * 20, "two words"])
def test_what_breaks_by_itself_is_left_as_it_is(qtbot: QtBot, words: str) -> None:
    label = foreign_label(words)
    qtbot.addWidget(label)
    assert QLabel.text(label) == words
