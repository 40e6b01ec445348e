"""Looking at a Python that cannot be attached to, from outside: by py-spy, which only reads its memory.

Nothing of the program is changed, and its threads are not held: so now and then a look sees a stack that was being
rebuilt, and is repeated.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from typing import Any, Final, NamedTuple

from taskmon.attach.process import check_ours, looking_into
from taskmon.attach.refusals import Refusal, Refused

#: Seconds for one look.
_PATIENCE: Final = 10.0
_TRIES: Final = 3


class SeenFrame(NamedTuple):
    """One call."""

    function: str
    file: str
    line: int


class SeenThread(NamedTuple):
    """A thread of a program, at one moment."""

    ident: int
    """Python's number of it."""
    native_id: int
    """The system's number of it; 0 where py-spy cannot tell."""
    name: str
    active: bool
    """Whether it was at work, rather than waiting."""
    holds_interpreter: bool
    frames: tuple[SeenFrame, ...]
    """Its calls, the innermost first."""


def find_py_spy() -> str | None:
    """Return the path of py-spy: that of taskmon's own environment, or else what the user has."""
    beside = os.path.join(os.path.dirname(sys.executable or ""), "py-spy")
    return beside if os.access(beside, os.X_OK) else shutil.which("py-spy")


def look(pid: int, version: str = "") -> list[SeenThread]:
    """Return the threads of a program. It takes some milliseconds: not for the UI thread.

    Raises:
        Refused: it cannot be looked at.
    """
    import subprocess

    check_ours(pid)
    py_spy = find_py_spy()
    if py_spy is None:
        raise Refused(Refusal.NO_PY_SPY, version=version)
    with looking_into(pid), open(f"/proc/{pid}/mem", "rb"):
        pass
    error = ""
    for _ in range(_TRIES):
        try:
            done = subprocess.run(
                [py_spy, "dump", "--pid", str(pid), "--json", "--nonblocking"],
                capture_output=True,
                stdin=subprocess.DEVNULL,
                timeout=_PATIENCE,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as problem:
            raise Refused(Refusal.CANNOT_LOOK, error=str(problem)) from None
        if done.returncode == 0:
            return read(done.stdout)
        error = _last_line(done.stderr)
        check_ours(pid)
    raise Refused(Refusal.CANNOT_LOOK, error=error)


def _last_line(said: bytes) -> str:
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return lines[-1].strip()[:500] if lines else "it did not say why"


def read(said: bytes) -> list[SeenThread]:
    """Read what ``py-spy dump --json`` says. Raises Refused if that is not understood."""
    try:
        told = json.loads(said)
        if not isinstance(told, list):
            raise TypeError
        return [_thread(thread) for thread in told]
    except (ValueError, TypeError, KeyError, AttributeError):
        raise Refused(Refusal.CANNOT_LOOK, error="its answer was not understood") from None


def _thread(said: dict[str, Any]) -> SeenThread:
    frames = tuple(
        SeenFrame(str(frame["name"]), str(frame["filename"]), int(frame.get("line") or 0)) for frame in said["frames"]
    )
    return SeenThread(
        int(said["thread_id"]),
        int(said.get("os_thread_id") or 0),
        str(said.get("thread_name") or ""),
        bool(said.get("active")),
        bool(said.get("owns_gil")),
        frames,
    )
