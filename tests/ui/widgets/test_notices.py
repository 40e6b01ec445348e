"""The quiet banner: one notice at a time, in order, as plain text."""

from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from taskmon.ui.widgets.labels import PlainLabel
from taskmon.ui.widgets.notices import Notices
from tests.qt_helpers import until


def banner(qtbot: QtBot) -> Notices:
    notices = Notices()
    qtbot.addWidget(notices)
    return notices


def test_it_is_not_there_while_there_is_nothing_to_say(qtbot: QtBot) -> None:
    notices = banner(qtbot)

    assert notices.isHidden()
    assert notices.text == ""


def test_one_notice_after_the_other(qtbot: QtBot) -> None:
    notices = banner(qtbot)
    notices.say("first")
    notices.say("second")
    notices.say("second")  # said already, if not yet heard

    assert notices.text == "first"
    notices.close_notice()
    assert notices.text == "second"
    notices.close_notice()
    assert notices.isHidden()


def test_the_button_acts_once_and_closes(qtbot: QtBot) -> None:
    notices = banner(qtbot)
    done: list[str] = []
    notices.say("a file was set aside", ("Show", lambda: done.append("shown")))
    notices.show()

    assert notices.action_button.text() == "Show"
    qtbot.mouseClick(notices.action_button, Qt.MouseButton.LeftButton)
    notices._act()

    assert done == ["shown"]
    assert notices.isHidden()


def test_a_notice_may_go_by_itself(qtbot: QtBot) -> None:
    notices = banner(qtbot)
    notices.say("soon gone", seconds=0.01)

    until(qtbot, notices.isHidden)


def test_the_words_are_never_taken_for_html(qtbot: QtBot) -> None:
    notices = banner(qtbot)
    notices.say("<b>bold</b>\nsecond line")

    label = notices.findChild(PlainLabel)
    assert label is not None
    assert label.textFormat() == Qt.TextFormat.PlainText
    assert label.text() == "<b>bold</b>␤second line"


def test_of_a_flood_the_newest_stay(qtbot: QtBot) -> None:
    notices = banner(qtbot)
    for number in range(100):
        notices.say(f"notice {number}")

    seen = []
    while notices.text:
        seen.append(notices.text)
        notices.close_notice()
    assert seen == ["notice 0", *(f"notice {number}" for number in range(80, 100))]
