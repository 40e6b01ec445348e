"""The services of the desktop, with a bus of our own and somebody on it who plays the desktop."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from taskmon.bridge.desktop.bus import Bus, Service
from taskmon.bridge.desktop.desktop import Desktop, Taste
from tests.helpers.fake_desktop import NOTIFICATIONS, PORTAL, POWER, FakeDesktop, session_bus


class Here:
    """Takes what the desktop answers, in place of the UI thread."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self._changed = threading.Condition()

    def post(self, letter: Any) -> None:
        with self._changed:
            letter()
            self._changed.notify_all()

    def wait(self, count: int) -> list[Any]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.heard) >= count, 20), self.heard
            return self.heard


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with session_bus() as where:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", where)
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere")
        yield where


@contextlib.contextmanager
def desktop(address: str, *names: str, markup: bool = True) -> Iterator[tuple[FakeDesktop, Desktop, Here]]:
    fake, here = FakeDesktop(address, *names, markup=markup), Here()
    ours = Desktop(here.post)
    try:
        yield fake, ours, here
    finally:
        ours.close()
        fake.close()


def test_a_notification_is_plain_text_and_replaces_the_one_before(address: str) -> None:
    with desktop(address, NOTIFICATIONS) as (fake, ours, here):
        ours.on_clicked = lambda: here.heard.append("clicked")
        ours.notify("<b>a</b>", "<img src='/x'> & \x1b[31m", urgent=False, otherwise=lambda: None)
        body = fake.wait_for("Notify")
        assert body[:5] == ("taskmon", 0, "org.taskmon.Taskmon", "<b>a</b>", "&lt;img src='/x'&gt; &amp; ␛[31m")
        assert body[6]["urgency"] == ("y", 1)

        ours.notify("second", "", urgent=True, otherwise=lambda: None)
        body = fake.wait_for("Notify", 2)
        assert (body[1], body[6]["urgency"]) == (42, ("y", 2))

        fake.wait_for("Notify", 2)
        ours.withdraw()
        assert fake.wait_for("CloseNotification") == (43,)


def test_a_desktop_without_markup_gets_the_text_as_it_is(address: str) -> None:
    with desktop(address, NOTIFICATIONS, markup=False) as (fake, ours, _):
        ours.notify("t", "a < b & c", urgent=False, otherwise=lambda: None)

        assert fake.wait_for("Notify")[4] == "a < b & c"


def test_a_click_comes_back(address: str) -> None:
    with desktop(address, NOTIFICATIONS) as (fake, ours, here):
        ours.on_clicked = lambda: here.heard.append("clicked")
        ours.notify("t", "", urgent=False, otherwise=lambda: None)
        ours.notify("t", "", urgent=False, otherwise=lambda: None)
        fake.wait_for("Notify", 2)
        ours.show_in_taskbar(0, None, urgent=False)
        fake.wait_for("Update")  # the answer to the second has been read, then
        fake.click(7)  # somebody else's
        fake.click(43)

        assert here.wait(1) == ["clicked"]


def test_where_nobody_shows_notifications_the_other_way_is_taken(address: str) -> None:
    with desktop(address) as (_, ours, here):
        ours.notify("t", "", urgent=False, otherwise=lambda: here.heard.append("otherwise"))

        assert here.wait(1) == ["otherwise"]


def test_staying_awake_by_the_portal(address: str) -> None:
    with desktop(address, PORTAL, POWER) as (fake, ours, _):
        ours.stay_awake("Tasks are running")
        ours.stay_awake("Tasks are running")
        body = fake.wait_for("Inhibit")
        assert body == ("", 4, {"reason": ("s", "Tasks are running")})
        ours.may_sleep()
        fake.wait_for("Close")
        ours.may_sleep()
        ours.stay_awake("again")
        fake.wait_for("Inhibit", 2)

    assert [name for name, _ in fake.calls] == ["Inhibit", "Close", "Inhibit"]


def test_staying_awake_without_a_portal(address: str) -> None:
    with desktop(address, POWER) as (fake, ours, _):
        ours.stay_awake("Tasks are running")
        assert fake.wait_for("Inhibit") == ("taskmon", "Tasks are running")
        ours.may_sleep()

        assert fake.wait_for("UnInhibit") == (7,)


def test_leaving_the_bus_ends_what_it_granted(address: str) -> None:
    with desktop(address, PORTAL) as (fake, ours, _):
        ours.stay_awake("Tasks are running")
        fake.wait_for("Inhibit")
        ours.close()

        assert fake.left.wait(20)


def test_progress_in_the_taskbar(address: str) -> None:
    with desktop(address) as (fake, ours, _):
        ours.show_in_taskbar(3, 0.5, urgent=False)
        uri, entry = fake.wait_for("Update")
        assert uri == "application://org.taskmon.Taskmon.desktop"
        assert entry["count"] == ("x", 3)
        assert (entry["progress"], entry["progress-visible"]) == (("d", 0.5), ("b", True))
        ours.show_in_taskbar(0, None, urgent=True)
        _, entry = fake.wait_for("Update", 2)
        assert (entry["count-visible"], entry["progress-visible"], entry["urgent"]) == (
            ("b", False), ("b", False), ("b", True),
        )  # fmt: skip


def test_the_taste_of_the_desktop_and_its_changes(address: str) -> None:
    with desktop(address, PORTAL) as (fake, ours, here):
        fake.appearance = {"color-scheme": ("u", 1), "accent-color": ("(ddd)", (0.2, 0.4, 0.6))}
        ours.ask_for_taste(here.heard.append)
        assert here.wait(1) == [Taste(dark=True, contrast=None, accent=(0.2, 0.4, 0.6))]
        fake.set_appearance("contrast", "u", 1)
        assert here.wait(2)[1] == Taste(dark=True, contrast=True, accent=(0.2, 0.4, 0.6))
        fake.set_appearance("accent-color", "(ddd)", (-1.0, -1.0, -1.0))  # how a desktop says that it has none
        assert here.wait(3)[2].accent is None
        fake.set_appearance("color-scheme", "s", "purple")
        assert here.wait(4)[3].dark is None


def test_without_a_bus_nothing_happens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    here = Here()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    for where in ("", "unix:path=/nowhere", "tcp:host=x,port=1", "nonsense"):
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", where)
        ours = Desktop(here.post)
        ours.notify("t", "", urgent=False, otherwise=lambda: here.heard.append("otherwise"))
        here.wait(1)
        here.heard.clear()
        ours.stay_awake("")
        ours.notify("t", "", urgent=False, otherwise=lambda: here.heard.append("at once"))
        assert here.wait(1) == ["at once"]  # not tried again for a while
        here.heard.clear()
        ours.close()


def test_a_bus_that_says_nothing_keeps_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = str(tmp_path / "bus")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(1)
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={path}")
        here = Here()
        ours = Desktop(here.post)
        ours.notify("t", "", urgent=False, otherwise=lambda: here.heard.append("otherwise"))
        assert not here.heard, "an answer is waited for elsewhere"
        assert here.wait(1) == ["otherwise"]
        ours.close()


def test_a_service_that_does_not_answer(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("taskmon.bridge.desktop.bus.ANSWER", 0.05)
    with desktop(address, NOTIFICATIONS) as (fake, ours, here):
        fake.silent = True
        ours.notify("t", "", urgent=False, otherwise=lambda: here.heard.append("otherwise"))
        assert here.wait(1) == ["otherwise"]


def test_a_bus_that_goes_away_is_not_missed(address: str) -> None:
    bus = Bus()
    gone = threading.Event()

    def break_off(talk: Any) -> None:
        talk.connection.sock.shutdown(socket.SHUT_RDWR)

    bus.do(break_off)
    bus.do(lambda talk: talk.ask(Service(NOTIFICATIONS, "/a", "a.b"), "C"), gone.set)

    assert gone.wait(20)
    assert bus.close(20)
