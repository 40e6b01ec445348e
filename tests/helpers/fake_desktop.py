"""A session bus of our own, and somebody on it who plays the desktop and writes down what is asked."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from jeepney import (
    DBusAddress,
    HeaderFields,
    MatchRule,
    Message,
    MessageType,
    message_bus,
    new_error,
    new_method_return,
    new_signal,
)
from jeepney.io.blocking import DBusConnection, open_dbus_connection

NOTIFICATIONS = "org.freedesktop.Notifications"
PORTAL = "org.freedesktop.portal.Desktop"
POWER = "org.freedesktop.PowerManagement"
APPEARANCE = "org.freedesktop.appearance"
_APPEARANCE_SETTINGS = "org.freedesktop.portal.Settings"


@contextmanager
def session_bus() -> Iterator[str]:
    """A dbus-daemon that nobody else knows; yields its address."""
    program = shutil.which("dbus-daemon")
    if program is None:
        pytest.skip("there is no dbus-daemon")
    daemon = subprocess.Popen(
        [program, "--session", "--nofork", "--nopidfile", "--print-address=1"], stdout=subprocess.PIPE, text=True
    )
    assert daemon.stdout is not None
    try:
        yield daemon.stdout.readline().strip()
    finally:
        daemon.terminate()
        daemon.wait(10)
        daemon.stdout.close()


class FakeDesktop:
    """Answers for the services of `names`, in a thread of its own.

    Attributes:
        calls: (method, body) of each call, in order.
        signals: (member, body) of each signal of a taskbar entry.
        closed: set when the first of the clients has left the bus.
    """

    def __init__(self, address: str, *names: str, markup: bool = True) -> None:
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        self.signals: list[tuple[str, tuple[Any, ...]]] = []
        self.appearance: dict[str, tuple[str, Any]] = {}
        self.silent = False
        self.left = threading.Event()
        self._markup = markup
        self._changed = threading.Condition()
        self._reader, self._writer = os.pipe()
        self._connection: DBusConnection = open_dbus_connection(address)
        for name in names:
            self._connection.send_and_get_reply(message_bus.RequestName(name))
        for rule in (
            MatchRule(type="signal", interface="com.canonical.Unity.LauncherEntry"),
            MatchRule(type="signal", interface="org.freedesktop.DBus", member="NameOwnerChanged"),
        ):
            self._connection.send_and_get_reply(message_bus.AddMatch(rule))
        self._outbox: list[Message] = []
        self._thread = threading.Thread(target=self._serve, name="fake-desktop")
        self._thread.start()

    def close(self) -> None:
        os.close(self._writer)
        self._thread.join(10)
        self._connection.close()
        os.close(self._reader)

    def wait_for(self, member: str, times: int = 1) -> tuple[Any, ...]:
        """Wait until `member` was called or signalled so often; return the last body."""

        def bodies() -> list[tuple[Any, ...]]:
            return [body for name, body in (*self.calls, *self.signals) if name == member]

        with self._changed:
            assert self._changed.wait_for(lambda: len(bodies()) >= times, 20), f"{member}: {self.calls}"
            return bodies()[-1]

    def click(self, number: int) -> None:
        """As a user who clicks a notification."""
        self._send(_signal("/org/freedesktop/Notifications", NOTIFICATIONS, "ActionInvoked", "us", (number, "default")))

    def set_appearance(self, name: str, kind: str, value: Any) -> None:
        """As a user who changes the desktop's settings."""
        self.appearance[name] = (kind, value)
        self._send(
            _signal(
                *("/org/freedesktop/portal/desktop", _APPEARANCE_SETTINGS, "SettingChanged", "ssv"),
                (APPEARANCE, name, (kind, value)),
            )
        )

    def _send(self, message: Message) -> None:
        with self._changed:
            self._outbox.append(message)
        os.write(self._writer, b".")

    def _serve(self) -> None:
        while True:
            ready, _, _ = select.select([self._connection.sock, self._reader], [], [])
            if self._reader in ready:
                if not os.read(self._reader, 100):
                    return
                with self._changed:
                    messages, self._outbox = self._outbox, []
                for message in messages:
                    self._connection.send(message)
            while self._connection.sock in ready:
                try:
                    self._take(self._connection.receive(timeout=0))
                except TimeoutError:
                    break

    def _take(self, message: Message) -> None:
        fields = message.header.fields
        member = fields.get(HeaderFields.member, "")
        if message.header.message_type is MessageType.signal:
            if member == "Update":
                self._note(self.signals, member, message.body)
            elif member == "NameOwnerChanged" and message.body[0].startswith(":") and not message.body[2]:
                self.left.set()
            return
        if message.header.message_type is not MessageType.method_call:
            return
        self._note(self.calls, member, message.body)
        if self.silent:
            return
        answers: dict[str, tuple[str, tuple[Any, ...]]] = {
            "GetCapabilities": ("as", (["actions", "body", *(["body-markup"] if self._markup else [])],)),
            "Notify": ("u", (41 + sum(name == "Notify" for name, _ in self.calls),)),
            "ReadAll": ("a{sa{sv}}", ({APPEARANCE: dict(self.appearance)},)),
            "Inhibit": ("o", ("/org/freedesktop/portal/desktop/request/1",))
            if fields.get(HeaderFields.destination) == PORTAL
            else ("u", (7,)),
        }
        if member in answers:
            signature, body = answers[member]
            self._connection.send(new_method_return(message, signature, body))
        elif member in ("Close", "UnInhibit", "CloseNotification"):
            self._connection.send(new_method_return(message))
        else:
            self._connection.send(new_error(message, "org.freedesktop.DBus.Error.UnknownMethod"))

    def _note(self, into: list[tuple[str, tuple[Any, ...]]], member: str, body: tuple[Any, ...]) -> None:
        with self._changed:
            into.append((member, tuple(body)))
            self._changed.notify_all()


def _signal(path: str, interface: str, member: str, signature: str, body: tuple[Any, ...]) -> Message:
    return new_signal(DBusAddress(path, interface=interface), member, signature, body)
