"""What a test must not leave behind: threads, file descriptors, running timers, a collector that rests."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
    if not gc.isenabled():
        gc.enable()  # for the tests that follow
        left.append("the garbage collector, switched off")
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


#: Processes that multiprocessing starts for the first who needs them, and keeps for all.
_OF_MULTIPROCESSING = (b"multiprocessing.resource_tracker", b"multiprocessing.forkserver")


@contextmanager
def no_programs(place: str) -> Iterator[None]:
    """Kill the programs of Python that came within the block and have not gone; `place` is in their environment.

    A test that fails leaves what it had started, which would take time from those that follow.
    """
    before = _processes()
    yield
    for process in _processes() - before:
        try:
            if os.fsencode(place) in Path(f"/proc/{process}/environ").read_bytes() and _is_python(process):
                os.kill(process, signal.SIGKILL)
        except OSError:  # it has gone, or is another user's
            continue


def _processes() -> set[int]:
    return {int(name) for name in os.listdir("/proc") if name.isdigit()} if os.path.isdir("/proc") else set()


def _is_python(process: int) -> bool:
    command = Path(f"/proc/{process}/cmdline").read_bytes()
    executable = os.path.basename(os.readlink(f"/proc/{process}/exe"))
    return "python" in executable and not any(kept in command for kept in _OF_MULTIPROCESSING)
