"""Whatever happens while a file is written, its name stands for the old content or for all of the new."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from taskmon.core.base import files
from taskmon.core.base.errors import TaskmonError
from taskmon.core.base.files import part_pattern, write_atomically

BLOCKS = [b"one\n" * 1000, b"two\n" * 1000, b"", b"three\n"]
NEW = b"".join(BLOCKS)
OLD = b"the old content\n"
CALLS = ["open", *["write"] * 5, "fsync", "close", "replace"]
TO_COMMIT = len(CALLS)


class FaultySystem:
    """Strikes at its call number `at`, and does what a full disk does: writes less than it was given."""

    def __init__(self, at: int, strike: Callable[[], object]) -> None:
        self.at = at
        self.strike = strike
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        original = getattr(os, name)
        if name not in CALLS:
            return original

        def call(*arguments: Any) -> Any:
            self.calls.append(name)
            if name == "write":
                arguments = (arguments[0], arguments[1][:3000])
            if len(self.calls) == self.at:
                if name == "close":  # as the kernel does: the descriptor is gone, whatever close() says
                    original(*arguments)
                self.strike()
            return original(*arguments)

        return call


Disturb = Callable[..., FaultySystem]


@pytest.fixture
def disturb(monkeypatch: pytest.MonkeyPatch) -> Disturb:
    def disturb(at: int = 0, fault: BaseException | None = None) -> FaultySystem:
        def strike() -> None:
            assert fault is not None
            raise fault

        monkeypatch.setattr(files, "os", system := FaultySystem(at, strike))
        return system

    return disturb


@pytest.fixture(params=["old", "nothing"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "SHA256SUMS"
    if request.param == "old":
        path.write_bytes(OLD)
    return path


def _is_untouched(target: Path, had: bytes | None) -> bool:
    names = os.listdir(target.parent)
    return names == ([] if had is None else [target.name]) and (had is None or target.read_bytes() == had)


def test_the_new_content_replaces_the_old(target: Path, disturb: Disturb) -> None:
    system = disturb()
    write_atomically(str(target), BLOCKS)
    assert target.read_bytes() == NEW
    assert os.listdir(target.parent) == [target.name]
    assert system.calls == [*CALLS, "open", "fsync", "close"]


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS, errno.EFBIG])
@pytest.mark.parametrize("at", range(1, TO_COMMIT + 1))
def test_an_error_at_any_call_leaves_the_old(target: Path, disturb: Disturb, at: int, error: int) -> None:
    had = target.read_bytes() if target.exists() else None
    disturb(at, OSError(error, os.strerror(error)))
    with pytest.raises(TaskmonError, match=os.strerror(error)) as raised:
        write_atomically(str(target), BLOCKS)
    assert "What was there before is unchanged" in raised.value.message
    assert _is_untouched(target, had)


@pytest.mark.parametrize("fault", [MemoryError(), KeyboardInterrupt(), SystemExit(3)])
@pytest.mark.parametrize("at", range(1, TO_COMMIT + 1))
def test_so_does_anything_else_that_is_raised(target: Path, disturb: Disturb, at: int, fault: BaseException) -> None:
    had = target.read_bytes() if target.exists() else None
    disturb(at, fault)
    with pytest.raises(type(fault)):
        write_atomically(str(target), BLOCKS)
    assert _is_untouched(target, had)


@pytest.mark.parametrize("thing", ["file", "link"])
def test_a_part_is_never_written_into_what_is_there(
    tmp_path: Path, thing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever knows or guesses its name has nothing of theirs, or of the user's, overwritten."""
    precious, part = tmp_path / "precious", tmp_path / "part"
    precious.write_text("precious")
    if thing == "link":
        part.symlink_to(precious)
    else:
        precious.rename(part)
    monkeypatch.setattr(files, "_part_name", lambda name: part.name)
    with pytest.raises(TaskmonError, match="File exists"):
        write_atomically(str(tmp_path / "m"), BLOCKS)
    assert part.read_text() == "precious"


def test_an_unsaved_folder_is_told_as_what_it_is(target: Path, disturb: Disturb) -> None:
    disturb(TO_COMMIT + 1, OSError(errno.EIO, "Input/output error"))
    with pytest.raises(TaskmonError, match="is written and complete"):
        write_atomically(str(target), BLOCKS)
    assert target.read_bytes() == NEW


def test_a_folder_that_cannot_be_saved_by_nature_is_no_error(target: Path, disturb: Disturb) -> None:
    disturb(TO_COMMIT + 1, OSError(errno.EINVAL, "Invalid"))
    write_atomically(str(target), BLOCKS)
    assert target.read_bytes() == NEW


@pytest.mark.parametrize("at", range(1, TO_COMMIT + 2))
def test_a_kill_at_any_call_leaves_the_old_or_all_of_the_new(target: Path, at: int) -> None:
    had = target.read_bytes() if target.exists() else None
    script = textwrap.dedent(
        """
        import os, signal, sys
        from taskmon.core.base import files
        from tests.core.base.test_files import BLOCKS, FaultySystem

        files.os = FaultySystem(int(sys.argv[2]), lambda: os.kill(os.getpid(), signal.SIGKILL))
        files.write_atomically(sys.argv[1], BLOCKS)
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(target), str(at)], check=False, timeout=60, env=_environment()
    )
    assert done.returncode == -signal.SIGKILL
    content = target.read_bytes() if target.exists() else None
    assert content == (NEW if at > TO_COMMIT else had)
    parts = [name for name in os.listdir(target.parent) if name != target.name]
    assert all(part_pattern(target.name).fullmatch(name) for name in parts)
    assert len(parts) == (0 if at in (1, TO_COMMIT + 1) else 1)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}


@pytest.mark.parametrize(("umask", "mode"), [(0o000, 0o666), (0o022, 0o644), (0o077, 0o600)])
def test_the_mode_is_that_of_any_new_file(tmp_path: Path, umask: int, mode: int) -> None:
    old = os.umask(umask)
    try:
        write_atomically(str(tmp_path / "m"), BLOCKS)
    finally:
        os.umask(old)
    assert (tmp_path / "m").stat().st_mode & 0o777 == mode


def test_a_long_name_leaves_room_for_that_of_the_part(tmp_path: Path, disturb: Disturb) -> None:
    names = ("n" * 255, "é" * 127)
    for name in names:
        write_atomically(str(tmp_path / name), BLOCKS)
        assert (tmp_path / name).read_bytes() == NEW
    for name in names:
        disturb(5, OSError(errno.ENOSPC, "No space"))
        with pytest.raises(TaskmonError, match="No space"):
            write_atomically(str(tmp_path / name), BLOCKS)
    assert len(os.listdir(tmp_path)) == 2


def test_what_is_no_plain_file_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "victim").write_bytes(OLD)
    (tmp_path / "link").symlink_to("victim")
    os.mkfifo(tmp_path / "pipe")
    before = sorted(os.listdir(tmp_path))
    for name in ("folder", "link", "pipe"):
        with pytest.raises(TaskmonError, match="is there"):
            write_atomically(str(tmp_path / name), BLOCKS)
    assert sorted(os.listdir(tmp_path)) == before
    assert (tmp_path / "victim").read_bytes() == OLD


def test_only_old_parts_of_the_same_file_are_removed(tmp_path: Path) -> None:
    stale = tmp_path / ".m.0123456789abcdef.taskmon-part"
    fresh = tmp_path / ".m.1123456789abcdef.taskmon-part"
    other = tmp_path / ".n.0123456789abcdef.taskmon-part"
    folder = tmp_path / ".m.2123456789abcdef.taskmon-part"
    link = tmp_path / ".m.3123456789abcdef.taskmon-part"
    for path in (stale, fresh, other):
        path.write_bytes(b"half")
    folder.mkdir()
    link.symlink_to(other)
    for path in (stale, other, folder):
        os.utime(path, (0, 0))
    os.utime(link, (0, 0), follow_symlinks=False)
    write_atomically(str(tmp_path / "m"), BLOCKS)
    assert sorted(os.listdir(tmp_path)) == sorted(["m", fresh.name, other.name, folder.name, link.name])
