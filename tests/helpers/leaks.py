"""What a test must not leave behind: threads, file descriptors, running timers."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

#: Seconds that threads which are just ending get.
_GRACE = 5.0
#: Opened by Qt, fontconfig and Python once and kept: not a test's leak.
#: Its own file, which libffi keeps open once ctypes has been loaded.
_FFI = tuple(f"{folder}/libffi" for folder in ("/lib", "/usr/lib", f"/usr/lib/{os.uname().machine}-linux-gnu"))
_KEPT_FOR_GOOD = ("anon_inode:", "/memfd:", "/dev/urandom", "/dev/shm", "/usr/share/", "/var/cache/", "/proc/", *_FFI)


@contextmanager
def no_leaks() -> Iterator[None]:
    """Raise AssertionError, naming what was left, unless everything that came within the block has gone."""
    threads, descriptors, timers = set(threading.enumerate()), _descriptors(), _timers()
    yield
    left = [_describe(thread) for thread in _wait_for_end(set(threading.enumerate()) - threads)]
    if _descriptors().keys() - descriptors.keys():
        gc.collect()  # of a reference cycle, perhaps
    left += [
        f"descriptor {number}: {target}"
        for number, target in _descriptors().items()
        if descriptors.get(number) != target and not target.startswith(_KEPT_FOR_GOOD)
        if number != _resource_tracker()
        if not (target.startswith("socket:") and "PySide6.QtCore" in sys.modules)  # display, session bus
    ]
    left += [f"running QTimer {name!r}" for key, name in _timers().items() if key not in timers]
    assert not left, "left behind: " + "; ".join(left)


def _wait_for_end(threads: set[threading.Thread]) -> list[threading.Thread]:
    end = time.monotonic() + _GRACE
    for thread in threads:
        if thread is not threading.current_thread() and not isinstance(thread, threading._DummyThread):
            thread._started.wait(max(0.0, end - time.monotonic()))  # type: ignore[attr-defined]  # join() needs that
            thread.join(max(0.0, end - time.monotonic()))
    return [thread for thread in threads if thread.is_alive() and not thread.name.startswith("pytest_timeout")]


def _describe(thread: threading.Thread) -> str:
    frame = sys._current_frames().get(thread.ident or 0)
    where = traceback.extract_stack(frame)[-1] if frame is not None else None
    return f"thread {thread.name!r}" + (f" in {where.filename}:{where.lineno} ({where.name})" if where else "")


def _descriptors() -> dict[int, str]:
    """The open descriptors and what they lead to; empty where the system does not tell."""
    found: dict[int, str] = {}
    try:
        names = os.listdir("/proc/self/fd")
    except OSError:
        return found
    for name in names:
        try:
            found[int(name)] = os.readlink(f"/proc/self/fd/{name}")
        except OSError:  # the one that listed them
            continue
    return found


def _resource_tracker() -> int | None:
    """The pipe to a process that multiprocessing starts once, for its first lock, and keeps: since 3.14 everywhere."""
    tracker = sys.modules.get("multiprocessing.resource_tracker")
    return tracker._resource_tracker._fd if tracker is not None else None


def _timers() -> dict[int, str]:
    core, widgets = sys.modules.get("PySide6.QtCore"), sys.modules.get("PySide6.QtWidgets")
    app = core.QCoreApplication.instance() if core is not None else None
    if app is None or core is None:
        return {}
    roots = [app]
    if widgets is not None and isinstance(app, widgets.QApplication):
        roots += app.topLevelWidgets()
    return {
        id(timer): f"{timer.objectName() or type(timer.parent()).__name__}"
        for root in roots
        for timer in root.findChildren(core.QTimer)
        if timer.isActive()
    }
