"""The note that tells a program what is wanted of it, and the program's answer.

A note is a small file of plain lines, in a folder that only the user can look into. It is as good as the asking process
lives: that holds a lock on it, which the kernel takes away with the process. Taking it means to rename it, which
succeeds but once: so a note that was deleted in time has never been read, and one that was taken is answered.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import threading
import time
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Final, NamedTuple

from taskmon.attach.begin import places
from taskmon.attach.process import number_inside, stat_of, user_inside
from taskmon.attach.refusals import Refusal, Refused
from taskmon.paths import PACKAGE

#: What the program executes.
SCRIPT: Final = PACKAGE / "attach" / "begin.py"
_PAUSE: Final = 0.01
_LONGEST_ANSWER: Final = 65_536


class Outcome(Enum):
    """What a program answers with, in the first line."""

    ATTACHED = "attached"
    ALREADY = "already"
    DETACHED = "detached"
    NOT_ATTACHED = "not attached"
    STARTED_BY_US = "started by us"
    REPLACED = "replaced"
    FAILED = "failed"


class Answer(NamedTuple):
    """What a program has answered."""

    outcome: Outcome
    text: str
    """What went wrong, if something did."""


class Note:
    """One note to one program. Use it in a ``with`` block, at whose end nothing is left of it.

    Raises:
        Refused: there is no way to leave it for that program.
    """

    def __init__(self, pid: int, words: Mapping[str, str]) -> None:
        self._pid = pid
        began = stat_of(pid)
        self._began, self._image = began.started, began.image
        text = "".join(f"{name}={value}\n" for name, value in words.items() if "\n" not in value)
        path = _folder(pid)
        try:
            # Held open: when the program has gone, the way there through it has gone as well.
            self._folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError as error:
            raise Refused(Refusal.FOLDER, path=path, error=error.strerror) from None
        number = number_inside(pid)
        self._note, self._taken, self._answer, self._part, self._failed = (
            f"{number}.{end}" for end in ("note", "taken", "answer", "part", "failed")
        )
        try:
            self._file = self._write(text, path)
        except BaseException:
            os.close(self._folder)
            raise

    def _write(self, text: str, path: str) -> int:
        for _ in range(3):
            try:
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
                file = os.open(self._note, flags, 0o600, dir_fd=self._folder)
            except FileExistsError:
                if _is_held(self._note, self._folder):
                    raise Refused(Refusal.ASKED_BY_ANOTHER) from None
                self._clear(self._note)  # left behind by one who died
                continue
            except OSError as error:
                raise Refused(Refusal.FOLDER, path=f"{path}/{self._note}", error=error.strerror) from None
            # Before anything can be read from it: an empty note that is not held counts as one of the dead.
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.write(file, text.encode("utf-8", "surrogateescape"))
            self._clear(self._taken, self._answer, self._part, self._failed)
            return file
        raise Refused(Refusal.ASKED_BY_ANOTHER)

    def _clear(self, *names: str) -> None:
        for name in names:
            with contextlib.suppress(OSError):
                os.unlink(name, dir_fd=self._folder)

    def _is_there(self, name: str) -> bool:
        try:
            os.stat(name, dir_fd=self._folder, follow_symlinks=False)
        except OSError:
            return False
        return True

    def __enter__(self) -> Note:
        return self

    def __exit__(self, *_: object) -> None:
        self._clear(self._note, self._taken, self._part, self._answer, self._failed)
        os.close(self._file)
        os.close(self._folder)

    def is_taken(self) -> bool:
        """Whether the program has taken it. Raises Refused if the program has gone."""
        self._check_there()
        return not self._is_there(self._note)

    def withdraw(self) -> bool:
        """Take it away again. False if the program has taken it before: then an answer comes."""
        try:
            os.unlink(self._note, dir_fd=self._folder)
        except FileNotFoundError:
            return False
        return True

    def answer(self, patience: float) -> Answer:
        """Wait for what the program answers, `patience` seconds at most. Raises Refused."""
        end, pause = time.monotonic() + patience, threading.Event()
        while True:
            try:
                head, _, rest = self._read_answer().partition("\n")
                return Answer(Outcome(head), rest.strip()[:2000])
            except FileNotFoundError:
                self._check_there()
                if self._is_there(self._failed):
                    return Answer(Outcome.FAILED, "it could not start a thread, for want of memory or of threads")
            except ValueError:
                return Answer(Outcome.FAILED, "an answer that is not known")
            if time.monotonic() >= end:
                raise Refused(Refusal.NO_ANSWER)
            pause.wait(_PAUSE)

    def _read_answer(self) -> str:
        file = os.open(self._answer, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW, dir_fd=self._folder)
        try:
            return os.read(file, _LONGEST_ANSWER).decode("utf-8", "replace")
        finally:
            os.close(file)

    def _check_there(self) -> None:
        now = stat_of(self._pid)
        if now.started != self._began or now.is_dead:
            raise Refused(Refusal.GONE, pid=self._pid)
        if now.image != self._image:  # another program, which knows nothing of the note
            raise Refused(Refusal.BETWEEN)


def is_asked(pid: int) -> bool:
    """Whether somebody has left a note for a program and waits for it at this moment."""
    with contextlib.suppress(Refused, OSError):
        number = number_inside(pid)
        for inside in places(user_inside(pid)):  # type: ignore[no-untyped-call]
            if _is_held(f"/proc/{pid}/root{inside}/{number}.note"):
                return True
    return False


def _is_held(path: str, folder: int | None = None) -> bool:
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW, dir_fd=folder)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False


def _folder(pid: int) -> str:
    """Return the folder in which a program of ours looks for notes, as it is reached from here; made if need be."""
    user = os.geteuid()
    path = ""
    for inside in places(user_inside(pid)):  # type: ignore[no-untyped-call]
        path = f"/proc/{pid}/root{inside}"
        parent = os.path.dirname(path)
        try:
            if inside.startswith("/run/") and os.stat(parent).st_uid != user:
                continue
        except OSError:
            continue
        try:
            with contextlib.suppress(FileExistsError):
                os.mkdir(path, 0o700)
            found = os.lstat(path)
        except OSError as error:
            raise Refused(Refusal.FOLDER, path=inside, error=error.strerror) from None
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != user or stat.S_IMODE(found.st_mode) & 0o077:
            raise Refused(Refusal.FOLDER, path=inside, error="it is not a folder of yours alone")
        return path
    raise Refused(Refusal.FOLDER, path=path, error="there is no such folder")


def check_files(pid: int) -> None:
    """Raise Refused unless the program can read our files, and nobody else can change them."""
    _check_same_inside(pid, SCRIPT)
    user, group = os.geteuid(), os.getegid()
    above = [*reversed(PACKAGE.parents)]
    inside = sorted(PACKAGE.rglob("*"))
    # Where a link leads, whoever can write to a folder on the way can put another file there.
    led_to = {folder for path in inside if path.is_symlink() for folder in path.resolve().parents}
    for path in [*above, *sorted(led_to), PACKAGE, *inside]:
        if path.suffix not in (".py", ".pyc", "") or (path.suffix == "" and not path.is_dir()):
            continue
        found = os.lstat(path)
        if stat.S_ISLNK(found.st_mode):
            found = os.stat(path)
        others = found.st_mode & 0o002 and not found.st_mode & stat.S_ISVTX
        grouped = found.st_mode & 0o020 and found.st_gid != group and not found.st_mode & stat.S_ISVTX
        if others or grouped or found.st_uid not in (user, 0):
            raise Refused(Refusal.UNSAFE_FILES, path=str(path))
        if not found.st_mode & 0o004 and user != 0 and not os.access(path, os.R_OK):
            raise Refused(Refusal.UNREADABLE, path=str(path))


def check_meeting_place(pid: int, folder: str) -> None:
    """Raise Refused unless the folder in which programs and window meet is the same for the program."""
    path = Path(folder)
    while not path.exists() and path != path.parent:
        path = path.parent  # it is made by whoever comes first
    _check_same_inside(pid, path)


def _check_same_inside(pid: int, path: Path) -> None:
    ours = os.stat(path)
    with contextlib.suppress(OSError):
        if os.path.samestat(ours, os.stat(f"/proc/{pid}/root{path}")):
            return
    raise Refused(Refusal.OTHER_ROOT, path=str(path))
