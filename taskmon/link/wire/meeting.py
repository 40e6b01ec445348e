"""Where programs and the window meet: told by the environment alone, and without loading what a connection takes."""

from __future__ import annotations

import os
import stat

from taskmon.paths import runtime_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

SOCKET_NAME: Final = "window.sock"


def address() -> str:
    """The path of the window's socket. It need not exist."""
    return os.path.join(runtime_folder(), SOCKET_NAME)


def place() -> str:
    """Eight digits that are the same for two programs if they find the same window, of this machine."""
    from socket import gethostname
    from zlib import crc32

    about = [address()]
    try:
        with open("/proc/sys/kernel/random/boot_id") as file:
            about += [file.read(), os.readlink("/proc/self/ns/mnt")]  # in a container, a path is another's
    except OSError:
        about.append(gethostname())
    return f"{crc32(' '.join(about).encode()):08x}"


def somebody_listens(path: str) -> bool:
    """Whether there is a socket that may be a window's. Costs one look at the file system."""
    try:
        found = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISSOCK(found.st_mode) and found.st_uid == os.geteuid()
