"""A few words from other threads: each is heard, and none after the end."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from taskmon.bridge.relay import Mailbox


def test_one_that_raises_does_not_take_those_behind_it_along(qtbot: QtBot) -> None:
    box, heard = Mailbox(), list[str]()

    def fail() -> None:
        raise ValueError("of a letter")

    for letter in (lambda: heard.append("first"), fail, lambda: heard.append("last")):
        box.post(letter)
    with qtbot.captureExceptions() as raised:
        qtbot.waitUntil(lambda: len(heard) == 2)
    box.close()

    assert heard == ["first", "last"]
    assert [str(error) for _, error, _ in raised] == ["of a letter"]


def test_nothing_is_called_after_it_was_closed_by_what_came_before(qtbot: QtBot) -> None:
    box, heard = Mailbox(), list[str]()
    for letter in (lambda: heard.append("first"), box.close, lambda: heard.append("last")):
        box.post(letter)
    qtbot.waitUntil(lambda: not box._open)
    qtbot.wait(0)

    assert heard == ["first"]
