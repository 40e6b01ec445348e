"""What only the system can give taskmon, how to look for it, and how to get it.

The wheels of PySide6 carry Qt itself; what Qt loads in turn (OpenGL, fonts, keyboards, X) comes from the
system.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

INSTALLERS = {
    "apt": "apt-get install -y --no-install-recommends",
    "dnf": "dnf install -y",
    "pacman": "pacman -S --needed --noconfirm",
}


class NeedsUnmet(Exception):
    """Names what is missing and the line that installs it."""


class Need(NamedTuple):
    """One thing the system must have, and the package that brings it for each package manager."""

    kind: str
    """library, program, module (of this Python), or libpython."""

    name: str
    apt: str
    dnf: str
    pacman: str

    def is_met(self) -> bool:
        if self.kind == "program":
            return shutil.which(self.name) is not None
        if self.kind == "module":
            return importlib.util.find_spec(self.name) is not None
        if self.kind == "libpython" and Path(sysconfig.get_config_var("LIBDIR") or "/", self.name).exists():
            return True
        try:
            ctypes.CDLL(self.name)
        except OSError:
            return False
        return True


# Debian 13 and Ubuntu 24.04 call libglib2.0-0 libglib2.0-0t64; apt still finds it by the name used here.
VENV = (Need("module", "ensurepip", "python3-venv", "python3", "python"),)
QT = (
    Need("library", "libGL.so.1", "libgl1", "libglvnd-glx", "libglvnd"),
    Need("library", "libEGL.so.1", "libegl1", "libglvnd-egl", "libglvnd"),
    Need("library", "libdbus-1.so.3", "libdbus-1-3", "dbus-libs", "dbus"),
    Need("library", "libfontconfig.so.1", "libfontconfig1", "fontconfig", "fontconfig"),
    Need("library", "libglib-2.0.so.0", "libglib2.0-0", "glib2", "glib2"),
    Need("library", "libxkbcommon.so.0", "libxkbcommon0", "libxkbcommon", "libxkbcommon"),
    Need("library", "libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "libxkbcommon-x11", "libxkbcommon-x11"),
    Need("library", "libxcb-cursor.so.0", "libxcb-cursor0", "xcb-util-cursor", "xcb-util-cursor"),
    Need("library", "libxcb-icccm.so.4", "libxcb-icccm4", "xcb-util-wm", "xcb-util-wm"),
    Need("library", "libxcb-keysyms.so.1", "libxcb-keysyms1", "xcb-util-keysyms", "xcb-util-keysyms"),
    Need("library", "libxcb-shape.so.0", "libxcb-shape0", "libxcb", "libxcb"),
    Need("library", "libwayland-cursor.so.0", "libwayland-cursor0", "libwayland-cursor", "wayland"),
)
SCREEN = (Need("program", "Xvfb", "xvfb", "xorg-x11-server-Xvfb", "xorg-server-xvfb"),)
COMPILER = (Need("program", "cc", "gcc", "gcc", "gcc"),)
BUNDLE = (
    Need("program", "objdump", "binutils", "binutils", "binutils"),
    Need(
        "libpython",
        f"libpython3.{sys.version_info[1]}.so.1.0",
        f"libpython3.{sys.version_info[1]}",
        "python3-libs",
        "python",
    ),
)


def packages(needs: Iterable[Need], manager: str) -> list[str]:
    """The packages of that manager that bring these needs, each once."""
    return list(dict.fromkeys(getattr(need, manager) for need in needs))


def advice(missing: Sequence[Need]) -> str:
    """What is missing, and the line to type on each family of systems."""
    names = ", ".join(need.name for need in missing)
    lines = [f"  sudo {line} {' '.join(packages(missing, name))}" for name, line in INSTALLERS.items()]
    return "\n".join([f"This machine lacks {names}. One of these lines installs it:", *lines])


def root_prefix() -> list[str] | None:
    """What goes before a command for root, or None where becoming root would take a password."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.call([sudo, "-n", "true"], stderr=subprocess.DEVNULL) == 0:
        return [sudo, "-n"]
    return None


def ensure(needs: Sequence[Need]) -> None:
    """Install what is missing with apt where that is possible, or raise with the exact line to type."""
    missing = [need for need in needs if not need.is_met()] if sys.platform == "linux" else []
    prefix = root_prefix() if missing and shutil.which("apt-get") else None
    if prefix is not None:
        names = packages(missing, "apt")
        print(f"· Installing with apt: {' '.join(names)}", file=sys.stderr, flush=True)
        quiet = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive"]
        subprocess.call([*quiet, "apt-get", "update", "-qq"])
        subprocess.call([*quiet, *shlex.split(INSTALLERS["apt"]), "-qq", *names], stdout=subprocess.DEVNULL)
        missing = [need for need in missing if not need.is_met()]
    if missing:
        raise NeedsUnmet(advice(missing))
