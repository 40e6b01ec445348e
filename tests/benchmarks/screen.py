"""A screen of one's own with a mouse on it, as the window system knows them: presses go through the X server, and what
is looked at are pixels. No Qt, so that a program is measured from outside of it.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import POINTER, c_char_p, c_int, c_uint, c_ulong, c_void_p
from typing import Any, Final, NamedTuple

_ALL_PLANES: Final = ~0 & (2 ** (8 * ctypes.sizeof(c_ulong)) - 1)
_Z_PIXMAP: Final = 2
_LEFT: Final = 1
#: Between two looks at the pixels, in seconds: short against what is measured, and no load on the machine.
_PAUSE: Final = 0.0002


class NoScreenError(Exception):
    """There can be no screen here; the text says why."""


class Area(NamedTuple):
    """A part of the screen, in pixels."""

    x: int
    y: int
    width: int
    height: int


class _Image(ctypes.Structure):
    """The head of an XImage, as far as it is read."""

    _fields_ = [
        ("width", c_int),
        ("height", c_int),
        ("xoffset", c_int),
        ("format", c_int),
        ("data", c_void_p),
        ("byte_order", c_int),
        ("bitmap_unit", c_int),
        ("bitmap_bit_order", c_int),
        ("bitmap_pad", c_int),
        ("depth", c_int),
        ("bytes_per_line", c_int),
    ]


class Screen:
    """A connection to an X server: its mouse, and its pixels."""

    def __init__(self, display: str) -> None:
        try:
            self._x, self._test = ctypes.CDLL("libX11.so.6"), ctypes.CDLL("libXtst.so.6")
        except OSError as error:
            raise NoScreenError(str(error)) from None
        x = self._x
        x.XOpenDisplay.argtypes, x.XOpenDisplay.restype = [c_char_p], c_void_p
        x.XDefaultRootWindow.argtypes, x.XDefaultRootWindow.restype = [c_void_p], c_ulong
        x.XGetImage.argtypes = [c_void_p, c_ulong, c_int, c_int, c_uint, c_uint, c_ulong, c_int]
        x.XGetImage.restype = POINTER(_Image)
        x.XDestroyImage.argtypes = [POINTER(_Image)]
        x.XSync.argtypes = [c_void_p, c_int]
        self._test.XTestFakeMotionEvent.argtypes = [c_void_p, c_int, c_int, c_int, c_ulong]
        self._test.XTestFakeButtonEvent.argtypes = [c_void_p, c_uint, c_int, c_ulong]
        self._display = x.XOpenDisplay(display.encode())
        if not self._display:
            raise NoScreenError(f"no X server answers at {display}")
        self._root = x.XDefaultRootWindow(self._display)

    def move(self, x: int, y: int) -> None:
        """Move the mouse."""
        self._test.XTestFakeMotionEvent(self._display, -1, x, y, 0)
        self._x.XSync(self._display, 0)

    def press(self) -> None:
        """Press the left button."""
        self._button(down=True)

    def release(self) -> float:
        """Let go of the left button; return when that was, in seconds of `time.perf_counter`."""
        moment = time.perf_counter()  # not when the server has answered: the program may have been faster
        self._button(down=False)
        return moment

    def _button(self, *, down: bool) -> None:
        self._test.XTestFakeButtonEvent(self._display, _LEFT, down, 0)
        self._x.XSync(self._display, 0)

    def pixels(self, area: Area) -> bytes:
        """What is to be seen there."""
        image = self._x.XGetImage(self._display, self._root, *area, _ALL_PLANES, _Z_PIXMAP)
        try:
            head = image.contents
            return ctypes.string_at(head.data, head.bytes_per_line * head.height)
        finally:
            self._x.XDestroyImage(image)

    def until_changed(self, area: Area, before: bytes, limit: float) -> float:
        """When something else than `before` was to be seen, as time.perf_counter(); `limit` if it has not by then."""
        while time.perf_counter() < limit:
            if self.pixels(area) != before:
                return time.perf_counter()
            time.sleep(_PAUSE)
        return limit


@contextmanager
def own_screen(width: int, height: int) -> Iterator[tuple[Screen, dict[str, str]]]:
    """An X server with nothing on it, and what the environment of a program needs to be shown there.

    Raises:
        NoScreenError: if there is none here.
    """
    if shutil.which("Xvfb") is None:
        raise NoScreenError("Xvfb is not installed")
    reader, writer = os.pipe()
    size = f"{width}x{height}x24"
    command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", size, "-nolisten", "tcp", "-noreset"]
    server: Any = subprocess.Popen(command, pass_fds=[writer], stderr=subprocess.DEVNULL)
    os.close(writer)
    try:
        with open(reader) as answer:
            number = answer.readline().strip()
        if not number:
            raise NoScreenError("Xvfb did not start")
        yield Screen(f":{number}"), {"QT_QPA_PLATFORM": "xcb", "DISPLAY": f":{number}"}
    finally:
        server.terminate()
        server.wait()
