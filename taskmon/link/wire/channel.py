"""The one place where programs and the window meet: a folder of the user's own, a lock, a local socket.

The folder is open to its user alone, so nobody else can reach the socket or put another in its place; and each end
asks the kernel who is at the other, which does not depend on the folder. The lock, which the kernel frees when its
holder dies, says who may serve: only its holder ever removes a socket, and only one that is the user's own.

Windows has no such sockets in Python's standard library, and its named pipes are there only within `multiprocessing`,
whose waiting is not that of sockets and whose import costs a watched program more than all of this. So there,
for now, there is no channel: `ChannelError` says so, and the window opens without other programs.
"""

from __future__ import annotations

import contextlib
import os
import stat
import struct
import sys
from typing import TYPE_CHECKING, Final

from taskmon.paths import LONGEST_SOCKET_PATH, runtime_folder

if TYPE_CHECKING:
    import socket

_SOCKET_NAME: Final = "window.sock"
_LOCK_NAME: Final = "window.lock"
#: How long the window may take to answer a program that knocks, in seconds.
CONNECT_TIMEOUT: Final = 2.0


class ChannelError(Exception):
    """Why there can be no channel, and what to do about it, in one sentence."""


def address() -> str:
    """The path of the window's socket. It need not exist."""
    return os.path.join(runtime_folder(), _SOCKET_NAME)


def somebody_listens(path: str) -> bool:
    """Whether there is a socket that may be a window's. Costs one look at the file system."""
    try:
        found = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISSOCK(found.st_mode) and found.st_uid == os.geteuid()


def connect(path: str) -> socket.socket:
    """Return a connection to the window, made sure to be the user's own. Raises OSError, in time."""
    import socket

    if not hasattr(socket, "AF_UNIX"):
        raise OSError("no local sockets here")
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # Not settimeout(): where many are waiting to be let in, that fails at once instead of waiting.
        limit = struct.pack("ll", int(CONNECT_TIMEOUT), 0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        try:
            connection.connect(path)
        except BlockingIOError:
            raise TimeoutError("the window does not answer") from None
        if peer(connection)[0] not in (os.geteuid(), None):
            raise PermissionError(f"{path} is served by another user")
        connection.setblocking(False)
    except BaseException:
        connection.close()
        raise
    return connection


def peer(connection: socket.socket) -> tuple[int | None, int]:
    """Return the user and the process at the other end, as the kernel knows them; None and 0 if it does not tell."""
    import socket

    try:
        if hasattr(socket, "SO_PEERCRED"):
            pid, user, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
            return user, pid
        if sys.platform == "darwin":  # struct xucred begins with a version and the user; 0 is SOL_LOCAL
            _, user = struct.unpack_from("II", connection.getsockopt(0, 1, 76))
            return user, struct.unpack("i", connection.getsockopt(0, 2, 4))[0]
    except (OSError, struct.error):
        return None, 0
    return None, 0


class Claim:
    """The right to be the one window. Made by `take`; ends with `close` or with the process, however that dies."""

    def __init__(self, folder: str, descriptor: int) -> None:
        self.folder = folder
        self._descriptor = descriptor
        self._socket_id: tuple[int, int] | None = None

    @classmethod
    def take(cls) -> Claim | None:
        """Return the right, or None if another window has it. Waits for nobody. Raises ChannelError."""
        folder = make_folder()
        descriptor = _lock(folder)
        return None if descriptor is None else cls(folder, descriptor)

    @property
    def path(self) -> str:
        """Where the socket is."""
        return os.path.join(self.folder, _SOCKET_NAME)

    def listen(self) -> socket.socket:
        """Return a socket that listens, in place of one that a dead window has left. Raises ChannelError."""
        import socket

        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._make_way()
            listener.bind(self.path)
            os.chmod(self.path, 0o600)
            found = os.lstat(self.path)
            listener.listen(128)
            listener.setblocking(False)
        except OSError as error:
            listener.close()
            raise ChannelError(f"{self.path} cannot be listened on: {error.strerror or error}") from None
        except BaseException:
            listener.close()
            raise
        self._socket_id = (found.st_dev, found.st_ino)
        return listener

    def _make_way(self) -> None:
        try:
            found = os.lstat(self.path)
        except FileNotFoundError:
            return
        if not stat.S_ISSOCK(found.st_mode) or found.st_uid != os.geteuid():
            raise ChannelError(f"{self.path} is in the way: it is not a socket of yours. Move it away")
        os.unlink(self.path)

    def is_in_place(self) -> bool:
        """Whether socket and lock are still where others look for them: some systems clean up."""
        return self.has_socket() and _is_locked_by(self._descriptor, os.path.join(self.folder, _LOCK_NAME))

    def has_socket(self) -> bool:
        """Whether the socket is."""
        try:
            found = os.lstat(self.path)
        except OSError:
            return False
        return (found.st_dev, found.st_ino) == self._socket_id

    def renew(self) -> bool:
        """Make folder and lock anew if they have been removed. False if another window has taken the place."""
        try:
            make_folder(self.folder)
            if _is_locked_by(self._descriptor, os.path.join(self.folder, _LOCK_NAME)):
                return True
            descriptor = _lock(self.folder)
        except ChannelError:
            return False
        if descriptor is None:
            return False
        os.close(self._descriptor)
        self._descriptor = descriptor
        return True

    def touch(self) -> None:
        """Let what cleans up by age see that these are in use."""
        for name in (_LOCK_NAME, _SOCKET_NAME):
            try:
                os.utime(os.path.join(self.folder, name))
            except OSError:
                return

    def close(self) -> None:
        """Remove the socket, if it is still one's own, and let another window take the place. Idempotent."""
        if self._descriptor < 0:
            return
        if self.has_socket():
            with contextlib.suppress(OSError):
                os.unlink(self.path)
        os.close(self._descriptor)
        self._descriptor = -1


def make_folder(folder: str | None = None) -> str:
    """Return the folder, made if need be, and made sure to be closed to all but the user. Raises ChannelError."""
    if not hasattr(os, "geteuid"):
        raise ChannelError("On this system, taskmon cannot show other programs yet")
    folder = folder or runtime_folder()
    if len(os.fsencode(folder)) + len(_SOCKET_NAME) + 1 > LONGEST_SOCKET_PATH:
        raise ChannelError(f"{folder} is too long for a socket. Set TASKMON_RUNTIME_DIR to a shorter path")
    try:
        try:
            os.mkdir(folder, 0o700)
        except FileExistsError:
            pass
        except FileNotFoundError:
            os.makedirs(os.path.dirname(folder), exist_ok=True)
            os.mkdir(folder, 0o700)
        found = os.lstat(folder)
        if not stat.S_ISDIR(found.st_mode):
            raise ChannelError(f"{folder} is in the way: it is not a folder. Move it away")
        if found.st_uid != os.geteuid():
            raise ChannelError(f"{folder} belongs to another user. Set TASKMON_RUNTIME_DIR to a folder of yours")
        if stat.S_IMODE(found.st_mode) & 0o077:
            os.chmod(folder, 0o700)
    except OSError as error:
        raise ChannelError(f"{folder} cannot be used: {error.strerror or error}") from None
    return folder


def _lock(folder: str) -> int | None:
    """Return the descriptor of the locked file; None if another process holds it. Raises ChannelError."""
    import fcntl

    path = os.path.join(folder, _LOCK_NAME)
    while True:
        try:
            # Inherited by nobody: a child that outlives the window must not keep the place for it.
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
        except OSError as error:
            raise ChannelError(f"{path} cannot be opened: {error.strerror or error}") from None
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise ChannelError(f"{path} is in the way: it is not a file. Move it away")
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except OSError as error:
            os.close(descriptor)
            raise ChannelError(f"{path} cannot be locked: {error.strerror or error}") from None
        except BaseException:
            os.close(descriptor)
            raise
        if _is_locked_by(descriptor, path):
            return descriptor
        os.close(descriptor)  # it was removed between the two: another one is the lock now


def _is_locked_by(descriptor: int, path: str) -> bool:
    try:
        found, held = os.lstat(path), os.fstat(descriptor)
    except OSError:
        return False
    return (found.st_dev, found.st_ino) == (held.st_dev, held.st_ino)
