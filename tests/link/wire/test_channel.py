"""The meeting place: one window at a time, and nothing is removed that is not one's own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from taskmon import paths
from taskmon.link.wire import channel, meeting
from taskmon.link.wire.channel import ChannelError, Claim
from tests.helpers.gates import wait_until
from tests.helpers.window import Office, PlayedProgram, office
from tests.helpers.wire import meeting_place

__all__ = ["meeting_place", "office"]  # fixtures

ROOT = Path(__file__).resolve().parents[3]


def test_one_claim_at_a_time(meeting_place: str) -> None:
    """The second gets nothing; when the first is closed, it does. Nothing of that removes the lock."""
    first = Claim.take()
    assert first is not None
    assert Claim.take() is None
    first.close()
    first.close()
    second = Claim.take()
    assert second is not None
    second.close()
    assert os.listdir(meeting_place) == ["window.lock"]


def test_the_folder_is_closed_to_others(meeting_place: str) -> None:
    """Whatever the umask was, and if it was open before."""
    os.chmod(meeting_place, 0o755)
    claim = Claim.take()
    assert claim is not None
    assert os.stat(meeting_place).st_mode & 0o777 == 0o700
    listener = claim.listen()
    assert os.stat(claim.path).st_mode & 0o777 == 0o600
    listener.close()
    claim.close()


def test_a_claim_ends_with_its_process_however_that_dies(meeting_place: str) -> None:
    """Killed, with a forked child that lives on? The lock is not inherited by programs that it starts."""
    code = (
        "from taskmon.link.wire.channel import Claim\n"
        "import subprocess, sys, signal\n"
        "claim = Claim.take(); claim.listen()\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'], close_fds=False)\n"
        "print(child.pid, flush=True); signal.pause()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    child = int(holder.stdout.readline())
    assert Claim.take() is None
    holder.kill()
    holder.wait()
    holder.stdout.close()
    claim = Claim.take()
    os.kill(child, 9)
    assert claim is not None
    claim.listen().close()  # in place of the socket that was left
    claim.close()


@pytest.mark.parametrize("thing", ["file", "folder", "link", "fifo"])
@pytest.mark.parametrize("name", ["window.sock", "window.lock"])
def test_foreign_things_in_the_way_are_named_and_left(meeting_place: str, thing: str, name: str) -> None:
    """A file, a folder, a link or a pipe in place of the socket or the lock."""
    path = Path(meeting_place, name)
    target = Path(meeting_place, "target")
    target.write_text("precious")
    if thing == "file":
        path.write_text("precious")
    elif thing == "folder":
        path.mkdir()
    elif thing == "link":
        path.symlink_to(target)
    else:
        os.mkfifo(path)
    if name == "window.lock" and thing == "file":
        claim = Claim.take()  # any file will do as the lock
        assert claim is not None
        claim.close()
    else:
        with pytest.raises(ChannelError, match=name):
            _listen()
    assert os.path.lexists(path)
    assert target.read_text() == "precious"
    if thing == "file":
        assert path.read_text() == "precious"


def _listen() -> None:
    claim = Claim.take()
    assert claim is not None
    try:
        claim.listen()
    finally:
        claim.close()


def test_a_socket_of_another_user_is_left(meeting_place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it would be in a folder that two users share."""
    claim = Claim.take()
    assert claim is not None
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(claim.path)
    real = os.lstat

    def as_if_foreign(path: str) -> os.stat_result:
        found = real(path)
        return os.stat_result((*found[:4], 4711, *found[5:10])) if path == claim.path else found

    monkeypatch.setattr(os, "lstat", as_if_foreign)
    with pytest.raises(ChannelError, match="in the way"):
        claim.listen()
    assert not meeting.somebody_listens(claim.path)
    claim.close()
    monkeypatch.undo()
    assert os.path.exists(claim.path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only the superuser can make a folder another's")
def test_a_folder_of_another_user_is_not_used(meeting_place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has made it could read along: neither a window nor a program goes there."""
    folder = f"{meeting_place}/theirs"
    os.mkdir(folder, 0o700)
    os.chown(folder, 4711, 4711)
    monkeypatch.setenv("TASKMON_RUNTIME_DIR", folder)
    with pytest.raises(ChannelError, match="belongs to another user"):
        Claim.take()
    assert os.listdir(folder) == []


def test_a_folder_that_cannot_be_had(meeting_place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too long, a file, a link: one sentence each, with what to do."""
    monkeypatch.setenv("TASKMON_RUNTIME_DIR", meeting_place + "/" + "x" * 100)
    with pytest.raises(ChannelError, match=r"too long for a socket\. Set TASKMON_RUNTIME_DIR"):
        Claim.take()
    Path(meeting_place, "file").touch()
    monkeypatch.setenv("TASKMON_RUNTIME_DIR", meeting_place + "/file")
    with pytest.raises(ChannelError, match="not a folder"):
        Claim.take()
    os.symlink("/etc", meeting_place + "/link")
    monkeypatch.setenv("TASKMON_RUNTIME_DIR", meeting_place + "/link")
    with pytest.raises(ChannelError, match="not a folder"):
        Claim.take()


def test_where_they_meet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The session's own folder; one that cannot be it is passed over; a relative one is none."""
    monkeypatch.delenv("TASKMON_RUNTIME_DIR")
    user = os.getuid()
    fallback = f"/run/user/{user}/taskmon" if os.path.isdir(f"/run/user/{user}") else f"/tmp/taskmon-{user}"
    short = Path("/tmp") / f"tm-{os.getpid()}"
    short.mkdir()
    try:
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(short))
        assert paths.runtime_folder() == f"{short}/taskmon"
    finally:
        short.rmdir()
    for wrong in ("relative", str(tmp_path / "not-there"), "/", ""):
        monkeypatch.setenv("XDG_RUNTIME_DIR", wrong)
        assert paths.runtime_folder() == fallback or (wrong == "/" and user == 0)


def test_another_user_is_turned_away(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel says who is at the other end, whatever the folder lets through."""
    with monkeypatch.context() as patched:
        patched.setattr("taskmon.link.window.serving.peer", lambda connection: (4711, 1))
        with pytest.raises(ConnectionError):
            PlayedProgram()
    PlayedProgram().close()


def test_a_window_of_another_user_is_not_spoken_to(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program does not even greet it."""
    monkeypatch.setattr(channel, "peer", lambda connection: (4711, 1))
    with pytest.raises(PermissionError, match="another user"):
        channel.connect(office.claim.path)


def test_what_a_cleaner_removes_comes_back(meeting_place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The socket, the lock, the whole folder: within seconds programs find the window again."""
    monkeypatch.setattr("taskmon.link.window.serving.LOOK_AT_PLACE", 0.02)
    office = Office()
    try:
        for gone in ("window.sock", "window.lock", ""):
            PlayedProgram().close()
            os.rename(os.path.join(office.claim.folder, gone), tmp_path / f"removed {gone}")  # the whole of it at once
            wait_until(lambda: office.claim.is_in_place() and os.path.exists(office.claim.folder), "the socket")
            PlayedProgram().close()
    finally:
        office.close()
