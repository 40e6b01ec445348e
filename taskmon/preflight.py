"""Can a window be opened here? Asked before Qt is, because Qt answers by aborting the process.

Standard library only. Each check returns a sentence for the user, or None.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from typing import Final

#: Platforms of Qt that need no screen.
_SCREENLESS: Final = frozenset({"offscreen", "minimal", "vnc", "linuxfb", "eglfs", "minimalegl", "vkkhrdisplay"})


def binding_problem() -> str | None:
    """Return why this Python and this PySide6 cannot work together, or None.

    PySide6 6.12.0 drops a reference to ``True`` with each emitted signal. From Python 3.12 on that does
    nothing; before, the process aborts after some 570 signals.
    """
    if importlib.util.find_spec("PySide6") is None:
        return "PySide6 is not installed. Install it with: python -m pip install taskmon-desktop"
    if sys.version_info >= (3, 12):
        return None
    import PySide6

    if PySide6.__version__.split(".")[:2] == ["6", "12"]:
        return (
            f"PySide6 {PySide6.__version__} crashes on Python {sys.version_info[0]}.{sys.version_info[1]}. "
            'Install an older one with: python -m pip install "PySide6-Essentials<6.12", or use Python 3.12 or newer'
        )
    return None


def window_problem() -> str | None:
    """Return why no window can be opened, and what to do about it, or None if one can."""
    checks: tuple[Callable[[], str | None], ...] = (binding_problem,)
    if sys.platform.startswith("linux"):
        # The screen first: on a machine that has none, to load the binding costs a program ten times its start.
        checks = (_display_problem, binding_problem, _plugin_problem)
    for check in checks:
        problem = check()
        if problem is not None:
            return problem
    return None


def _platform() -> str:
    """The platform plugin that Qt will try first."""
    asked = os.environ.get("QT_QPA_PLATFORM", "").partition(";")[0].partition(":")[0]
    if asked:
        return asked
    return "wayland" if os.environ.get("WAYLAND_DISPLAY") and not os.environ.get("DISPLAY") else "xcb"


def _display_problem() -> str | None:
    platform = _platform()
    if platform in _SCREENLESS:
        return None
    advice = "Start it from a desktop session, or use --headless to run a job in the terminal"
    display, wayland = os.environ.get("DISPLAY", ""), os.environ.get("WAYLAND_DISPLAY", "")
    if not display and not wayland:
        return f"There is no display to open a window on (DISPLAY and WAYLAND_DISPLAY are not set). {advice}"
    if platform.startswith("wayland") and not _wayland_answers(wayland):
        return f"The Wayland display {wayland or 'wayland-0'!r} cannot be reached. {advice}"
    if platform == "xcb":
        if not display:
            return f"There is no X display to open a window on (DISPLAY is not set). {advice}"
        if not _x_server_answers(display):
            return f"The display {display!r} cannot be reached. {advice}"
    return None


def _x_server_answers(display: str) -> bool:
    """Whether somebody listens where DISPLAY points to. Says nothing of permissions."""
    host, colon, rest = display.rpartition(":")
    number = rest.partition(".")[0]
    if not colon or not number.isdigit():
        return False
    if host.startswith("/"):  # launchd: the display is the path of a socket
        return os.path.exists(display) or os.path.exists(host)
    import socket

    path = f"/tmp/.X11-unix/X{number}"
    if host in ("", "unix"):
        return _accepts(socket.AF_UNIX, path) or _accepts(socket.AF_UNIX, f"\0{path}")
    return _accepts(socket.AF_INET, (host, 6000 + int(number)))


def _wayland_answers(display: str) -> bool:
    """Whether a compositor listens where WAYLAND_DISPLAY points to."""
    if os.environ.get("WAYLAND_SOCKET"):  # an open connection was handed down
        return True
    import socket

    return _accepts(socket.AF_UNIX, os.path.join(os.environ.get("XDG_RUNTIME_DIR", ""), display or "wayland-0"))


def _accepts(family: int, address: str | tuple[str, int]) -> bool:
    import socket

    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(3)
        try:
            probe.connect(address)
        except OSError:
            return False
        return True


def _plugin_problem() -> str | None:
    spec = importlib.util.find_spec("PySide6")
    folder = next(iter(spec.submodule_search_locations or ()), None) if spec is not None else None
    if folder is None:
        return None
    plugins = os.path.join(folder, "Qt", "plugins", "platforms")
    if not os.path.isdir(plugins):
        return None  # a distribution's own Qt; it has its own places, and its packages their dependencies
    platform = _platform()
    plugin = os.path.join(plugins, f"libq{platform}.so")
    if not os.path.exists(plugin):
        names = (name[4:-3] for name in os.listdir(plugins) if name.startswith("libq") and name.endswith(".so"))
        known = ", ".join(sorted(names))
        return f"Qt has no platform called {platform!r} (QT_QPA_PLATFORM). It has: {known}"
    import _ctypes  # `ctypes` takes a hundredth of the start to load

    try:
        _ctypes.dlopen(plugin, 0)
    except OSError as error:
        library = str(error).partition(":")[0]
        return (
            f"A library that Qt needs is missing: {library}. From a checkout, python3 packaging/dev.py run installs "
            "it; the README lists the packages"
        )
    return None
