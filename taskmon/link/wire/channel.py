"""The one place where programs and the window meet: a folder of the user's own, a lock, a local socket.

The folder is open to its user alone, so nobody else can reach the socket or put another in its place; and each end
asks the kernel who is at the other, which does not depend on the folder. The lock, which the kernel frees when its
holder dies, says who may serve: only its holder ever removes a socket, and only one that is the user's own.

Windows has no such sockets in Python's standard library, and its named pipes are there only within `multiprocessing`,
whose waiting is not that of sockets and whose import costs a watched program more than all of this. So there,
for now, there is no channel: `ChannelError` says so, and the window opens without other programs.
"""

from __future__ import annotations

import _socket  # not `socket`, of which the program may have made something else, and which costs it more
import contextlib
import os
import stat
import struct
import sys

from taskmon.link.wire.meeting import SOCKET_NAME
from taskmon.paths import LONGEST_SOCKET_PATH, runtime_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from typing import Any, Final

_LOCK_NAME: Final = "window.lock"
#: How long the window may take to answer a program that knocks, in seconds.
CONNECT_TIMEOUT: Final = 2.0
#: Our end lives in a process that is not ours. Programs that close descriptors in a row close the low ones, and what
#: they open next gets the lowest that is free: so ours is moved to the first of these that the limit allows.
_HIGH: Final = (960, 224, 48)
_SO_COOKIE: Final = 57 if sys.platform == "linux" else -1
_SO_DOMAIN: Final = 39


class ChannelError(Exception):
    """Why there can be no channel, and what to do about it, in one sentence."""


class ProgramSocket:
    """A program's end of a connection. One thread at a time sends, and one receives.

    `close` only once nobody does either: the number is free then for a file of the program's.

    The program may close the descriptor, knowingly or not (``os.closerange``), and be given the same number for a file
    of its own. So before each use and before it is closed, the number is compared with what it was made for. If it is
    something else by now it is forgotten, neither used nor closed; then, and ever after, ConnectionAbortedError is
    raised.

    A table of descriptors of our threads' own (``os.unshare``) would be out of the program's reach, and do it harm:
    what the garbage collector ends in such a thread would stay open in the program, and a loop of events that is woken
    from there would sleep on.
    """

    def __init__(self, connection: _socket.socket) -> None:
        """Take over a socket; `connection` itself is not to be used again."""
        self._socket: Any = connection
        self._identity = _identity(connection)
        # A program may have told the system to end it when it writes into a closed connection: not into this one.
        self._flags = getattr(_socket, "MSG_NOSIGNAL", 0) | getattr(_socket, "MSG_DONTWAIT", 0)
        self._move_up()
        self._socket.setblocking(True)  # the program may have set a default for how long sockets wait
        if sys.platform == "darwin":  # as MSG_NOSIGNAL elsewhere
            self._socket.setsockopt(_socket.SOL_SOCKET, 0x1022, 1)

    def _move_up(self) -> None:
        import fcntl

        low = self._socket
        for lowest in _HIGH:
            try:
                descriptor = fcntl.fcntl(low.fileno(), fcntl.F_DUPFD_CLOEXEC, lowest)
            except OSError:  # above the limit of this process
                continue
            high = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM, 0, descriptor)
            if _identity(high) != self._identity:  # the low number was given away just now; so this is a copy
                high.close()
                return
            self._socket = high
            is_ours = _identity(low) == self._identity
            number = low.detach()
            if is_ours:
                os.close(number)  # not its own: in a watched program, ours does not let go of the interpreter before
            return

    @property
    def is_ours(self) -> bool:
        """Whether the number still stands for what it was made for. If not, it is forgotten."""
        connection = self._socket
        if connection is None:
            return False
        if _identity(connection) == self._identity:
            return True
        self._socket = None
        connection.detach()
        return False

    def _ours(self) -> Any:
        if not self.is_ours:
            raise ConnectionAbortedError("the program has closed the connection to the window")
        return self._socket

    def connect(self, path: str) -> None:
        """Connect to the window. Raises OSError, in time."""
        connection = self._ours()
        # Not settimeout(): where many are waiting to be let in, that fails at once instead of waiting.
        limit = struct.pack("ll", int(CONNECT_TIMEOUT), 0)
        connection.setsockopt(_socket.SOL_SOCKET, _socket.SO_SNDTIMEO, limit)
        try:
            connection.connect(path)
        except BlockingIOError:
            raise TimeoutError("the window does not answer") from None
        if peer(self._ours())[0] not in (os.geteuid(), None):
            raise PermissionError(f"{path} is served by another user")

    def send(self, data: bytes) -> int:
        """Send what can be sent at once and return how much that was. Raises BlockingIOError if it is nothing."""
        return int(self._ours().send(data, self._flags))

    def receive_now(self, size: int) -> bytes:
        """Return what has come, b"" at the end. Raises BlockingIOError if nothing has."""
        return bytes(self._ours().recv(size, getattr(_socket, "MSG_DONTWAIT", 0)))

    def receive(self, size: int) -> bytes:
        """As `receive_now`, but wait as long as `wait_at_most` allows."""
        return bytes(self._ours().recv(size))

    def wait_at_most(self, milliseconds: int) -> None:
        """Have `receive` wait no longer than that."""
        limit = struct.pack("ll", milliseconds // 1000, milliseconds % 1000 * 1000)
        self._ours().setsockopt(_socket.SOL_SOCKET, _socket.SO_RCVTIMEO, limit)

    def wait_for_either(self, milliseconds: int) -> None:
        """Wait until something has come or something can be sent."""
        self._wait(milliseconds, reading=True)

    def wait_to_send(self, milliseconds: int) -> None:
        """Wait until something can be sent."""
        self._wait(milliseconds, reading=False)

    def _wait(self, milliseconds: int, *, reading: bool) -> None:
        import select

        poll = select.poll()  # select() knows no descriptor above 1 023
        poll.register(self._ours().fileno(), select.POLLOUT | (select.POLLIN if reading else 0))
        poll.poll(milliseconds)

    def shut_down(self) -> None:
        """Let nothing come and go any more: a thread that waits in `receive` gets b"". Another thread may call it."""
        with contextlib.suppress(OSError):
            self._ours().shutdown(_socket.SHUT_RDWR)

    def close(self) -> None:
        """Close it, if it is still ours. Idempotent."""
        if self.is_ours:
            connection, self._socket = self._socket, None
            os.close(connection.detach())

    def __del__(self) -> None:
        # Sooner than the socket's own end, which would close whatever the number stands for by now.
        with contextlib.suppress(Exception):
            self.close()


def _identity(connection: _socket.socket) -> object:
    """What its number stands for: of two sockets or files, these are never the same. None if it is closed.

    The kernel's cookie is asked for without letting go of the interpreter. So no thread of the program can come between
    the comparison and the use, and beside busy threads it costs no turn of all of them.
    """
    try:
        return connection.getsockopt(_socket.SOL_SOCKET, _SO_COOKIE, 8)
    except OSError:
        pass
    try:
        found = os.fstat(connection.fileno())
    except OSError:
        return None
    return found.st_dev, found.st_ino


def connect(path: str) -> ProgramSocket:
    """Return a connection to the window, made sure to be the user's own. Raises OSError, in time."""
    if not hasattr(_socket, "AF_UNIX"):
        raise OSError("no local sockets here")
    connection = ProgramSocket(_make_socket())
    try:
        connection.connect(path)
    except BaseException:
        connection.close()
        raise
    return connection


def _make_socket() -> _socket.socket:
    """Return a new socket. Raises ConnectionAbortedError if its number has been given away while it was made.

    That lets go of the interpreter: when it is our turn again, the number may stand for a file of the program's, which
    would then be taken for ours. No socket of a program's is connected to nobody and does not wait; to ask for both
    lets go of nothing.
    """
    kind = _socket.SOCK_STREAM | getattr(_socket, "SOCK_NONBLOCK", 0)
    made = _socket.socket(_socket.AF_UNIX, kind)
    if sys.platform != "linux":
        return made
    try:
        is_local = made.getsockopt(_socket.SOL_SOCKET, _SO_DOMAIN) == _socket.AF_UNIX
        is_new = is_local and not _credentials(made)[0] and not os.get_blocking(made.fileno())
    except OSError:
        is_new = False
    if not is_new:
        made.detach()
        raise ConnectionAbortedError("the program has closed the connection to the window while it was made")
    return made


def peer(connection: socket.socket) -> tuple[int | None, int]:
    """Return the user and the process at the other end, as the kernel knows them; None and 0 if it does not tell."""
    try:
        if hasattr(_socket, "SO_PEERCRED"):
            pid, user = _credentials(connection)
            return user, pid
        if sys.platform == "darwin":  # struct xucred begins with a version and the user; 0 is SOL_LOCAL
            _, user = struct.unpack_from("II", connection.getsockopt(0, 1, 76))
            return user, struct.unpack("i", connection.getsockopt(0, 2, 4))[0]
    except (OSError, struct.error):
        return None, 0
    return None, 0


def _credentials(connection: Any) -> tuple[int, int]:
    """The process at the other end, 0 if there is none, and its user. Lets go of nothing."""
    pid, user, _ = struct.unpack("3i", connection.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, 12))
    return pid, user


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
        return os.path.join(self.folder, SOCKET_NAME)

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
        for name in (_LOCK_NAME, SOCKET_NAME):
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
    if len(os.fsencode(folder)) + len(SOCKET_NAME) + 1 > LONGEST_SOCKET_PATH:
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


def claim(name: str) -> int | None:
    """Return a descriptor that keeps what is called so for this process, however that ends; None if another has it.

    Raises:
        ChannelError: there is no folder for the like.
    """
    return _lock(make_folder(), f"{name}.lock")


def _lock(folder: str, name: str = _LOCK_NAME) -> int | None:
    """Return the descriptor of the locked file; None if another process holds it. Raises ChannelError."""
    import fcntl

    path = os.path.join(folder, name)
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
