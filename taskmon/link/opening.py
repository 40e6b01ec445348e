"""For `taskmon run`: is there a window, and if not, open one that outlives this program."""

from __future__ import annotations

import os
import sys


def window_is_open() -> bool:
    """Whether a window of this user answers. Takes about a millisecond, two seconds if it has been stopped."""
    from taskmon.link.channel import address, connect, somebody_listens

    path = address()
    if not somebody_listens(path):
        return False
    try:
        connect(path).close()
    except TimeoutError:  # stopped, but there
        return True
    except OSError:
        return False
    return True


def open_window() -> str:
    """Start a window, in a session of its own so that it is not ended with this terminal; does not wait for it.

    Returns:
        Why none can be opened, in one sentence; empty if one has been started.
    """
    from taskmon.preflight import window_problem

    problem = window_problem()
    if problem is not None:
        return problem
    import subprocess

    from taskmon.paths import PACKAGE

    # -P: modules of the folder that this was started in, such as a json.py, are not the window's. That leaves out a
    # checkout that was found by standing in it.
    command = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-P", "-m", "taskmon"]
    path = os.pathsep.join(part for part in (str(PACKAGE.parent), os.environ.get("PYTHONPATH", "")) if part)
    # By way of a shell that leaves at once: a program that waits for its children must not find a window among them.
    detached = ["/bin/sh", "-c", '"$0" "$@" &', *command]
    try:
        subprocess.run(
            detached,
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            check=False,
        )
    except OSError as error:
        return f"The window could not be started: {error.strerror or error}"
    return ""
