"""This user's Python programs, found in /proc without running a line of theirs, and what can be done with each."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from collections.abc import Iterator
from enum import Enum
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from taskmon.attach import interpreter
from taskmon.attach.interpreter import Version
from taskmon.attach.look import find_py_spy
from taskmon.attach.process import age_of, check_ours, names_of_threads, stat_of, words_of
from taskmon.attach.refusals import Refusal, Refused
from taskmon.attach.request import is_asked
from taskmon.core.base.threads import SYSTEM_NAME

#: Options of Python that take the next word.
_WITH_VALUE: Final = frozenset({"-W", "-X", "--check-hash-based-pycs"})
_PYTHON: Final = re.compile(r"python(\d+(\.\d+)?t?)?$")
#: Processes that only do what another Python has for them to do: they are part of that program.
_HELPERS: Final = re.compile(r"from multiprocessing\.(spawn|resource_tracker|semaphore_tracker|forkserver) import")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
_LONGEST_FILE: Final = 65_536


class Means(Enum):
    """What can be done with a program."""

    ATTACH = "attach"
    LOOK = "look"
    NOTHING = "nothing"


class Standing(Enum):
    """What taskmon has to do with a program already."""

    NONE = ""
    ATTACHED = "attached"
    STARTED_BY_US = "started by us"
    """By “taskmon run”: it is watched for as long as it runs."""
    ASKED = "asked"
    """Somebody has asked it to be attached, and waits until it does anything."""


class Program(NamedTuple):
    """A process that runs Python."""

    pid: int
    started: int
    """When it began, in ticks of the system's clock; with the process it is never another's."""
    name: str
    """What its user would call it: its script, its module, its notebook."""
    arguments: str
    """The rest of its command line, as it would be typed; empty for a notebook."""
    folder: str
    """Its current folder; empty if that may not be seen."""
    environment: str
    """The folder of the virtual environment that it runs in; empty without one."""
    version: Version
    threads: int
    cpu: float
    """Seconds of a processor that it has used in all."""
    memory: int
    """Bytes that it has in memory."""
    age: float
    """Seconds since it began."""
    means: Means
    refusal: Refused | None
    """Why nothing can be done with it, or no more than look."""
    standing: Standing = Standing.NONE


def programs() -> list[Program]:
    """Return them, the youngest first. It reads some files for each process: not for the UI thread. Raises Refused."""
    if not sys.platform.startswith("linux"):
        raise Refused(Refusal.NOT_HERE)
    found = []
    for pid in _processes():
        try:
            program = describe(pid)
        except (Refused, OSError, ValueError):  # it has gone meanwhile
            continue
        if program is not None:
            found.append(program)
    return sorted(found, key=lambda program: (-program.started, -program.pid))


def describe(pid: int) -> Program | None:
    """Return what is known of a process; None unless it is a Python program of this user. Raises Refused, OSError."""
    words = words_of(pid)
    if not words or is_taskmon(words):
        return None
    version = interpreter.version_of(pid)
    if version is None:
        return None
    if any(_HELPERS.search(word) for word in words):
        return None
    means, refusal = Means.ATTACH, None
    try:
        check_ours(pid)
        if not interpreter.find(pid).lets_itself_be_asked():
            raise Refused(Refusal.DISABLED)
    except Refused as refused:
        means, refusal = _otherwise(refused, version)
    standing = _standing(pid, version)
    if standing is Standing.STARTED_BY_US:
        means, refusal = Means.NOTHING, Refused(Refusal.STARTED_BY_US)
    stat = stat_of(pid)
    return Program(
        pid,
        stat.started,
        name_of(pid),
        arguments_of(words),
        _folder_of(pid),
        environment_of(pid, words),
        version,
        stat.threads,
        stat.cpu,
        stat.pages * _PAGE,
        age_of(pid),
        means,
        refusal,
        standing,
    )


def _standing(pid: int, version: Version) -> Standing:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:  # as it was at its start, whatever became of it
            if any(line.startswith(b"_TASKMON_OPTIONS=") for line in file.read().split(b"\0")):
                return Standing.STARTED_BY_US
    except OSError:
        return Standing.NONE
    if (version.major, version.minor) < (3, 14):
        return Standing.NONE
    if SYSTEM_NAME in names_of_threads(pid):
        return Standing.ATTACHED
    return Standing.ASKED if is_asked(pid) else Standing.NONE


def _otherwise(refused: Refused, version: Version) -> tuple[Means, Refused]:
    """What is left to do with a program that cannot be attached to."""
    if refused.refusal is not Refusal.LOOK_ONLY:
        return Means.NOTHING, refused
    if find_py_spy() is None:
        return Means.NOTHING, Refused(Refusal.NO_PY_SPY, version=str(version))
    return Means.LOOK, refused


def _processes() -> Iterator[int]:
    user = os.geteuid()
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            try:
                if os.stat(f"/proc/{name}").st_uid in (user, 0):  # that of one that changed its rights is root's
                    yield int(name)
            except OSError:
                continue


# -- what it is called ------------------------------------------------------------------------------------------------


def name_of(pid: int) -> str:
    """Return what the user of a program would call it."""
    words = words_of(pid)
    if not words:
        return "python"
    if not looks_like_python(words):
        return os.path.basename(words[0]) or "python"
    kind, word, _ = _started(words)
    if kind == "-m" and word.startswith("ipykernel"):
        return _notebook(words) or word
    if kind == "-c":
        return "-c"
    return (os.path.basename(word.rstrip("/")) if not kind else word) or "python"


def _started(words: list[str]) -> tuple[str, str, list[str]]:
    """Return how a Python was told what to run, "-m", "-c" or "" for a script, what, and with which arguments.

    What is empty if it was told nothing.
    """
    rest = words[1:]
    while rest:
        word = rest.pop(0)
        if word in _WITH_VALUE:
            rest = rest[1:]
        elif word == "--":
            return "", rest[0] if rest else "", rest[1:]
        elif word.startswith("--"):
            continue
        elif word.startswith("-") and len(word) > 1:
            for place, letter in enumerate(word[1:], 1):
                if letter in "mc":
                    told = [word[place + 1 :], *rest] if word[place + 1 :] else rest
                    return f"-{letter}", told[0] if told else "", told[1:]
                if letter in "WX":
                    rest = rest if word[place + 1 :] else rest[1:]
                    break
        else:
            return "", word, rest
    return "", "", []


def arguments_of(words: list[str]) -> str:
    """Return what stands behind the name of a program on its command line."""
    if not looks_like_python(words):
        return shlex.join(words[1:])
    kind, word, rest = _started(words)
    return "" if kind == "-m" and word.startswith("ipykernel") else shlex.join(rest)


def is_taskmon(words: list[str]) -> bool:
    """Whether a command line is taskmon's own, rather than that of a program that it has become."""
    if not looks_like_python(words):
        return os.path.basename(words[0]) == "taskmon"
    kind, word, _ = _started(words)
    if kind == "-c":
        return "from taskmon.cli.main import main" in word  # so the window starts it
    if kind == "-m":
        return word in ("taskmon", "taskmon.__main__")
    return os.path.basename(word.removesuffix("/__main__.py")) == "taskmon"


def looks_like_python(words: list[str]) -> bool:
    """Whether a command line is Python's; that of a program which contains one may not be."""
    return bool(words) and _PYTHON.search(os.path.basename(words[0])) is not None


def _notebook(words: list[str]) -> str:
    """Return the name of the notebook that a kernel of Jupyter works for; empty where it cannot be known."""
    for option, value in pairwise(words):
        if option != "-f":
            continue
        try:
            with open(value, "rb") as file:
                session = json.loads(file.read(_LONGEST_FILE)).get("jupyter_session")
        except (OSError, ValueError, AttributeError):
            return ""
        return os.path.basename(session) if isinstance(session, str) else ""
    return ""


def _folder_of(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return ""


def environment_of(pid: int, words: list[str]) -> str:
    """Return the folder of the virtual environment that a program runs in, judged by the Python that was called."""
    called = words[0]
    if os.sep not in called:
        return ""  # found by a PATH that is not known
    place = Path(_folder_of(pid) or os.sep, called).parent.parent
    for mark in ("pyvenv.cfg", "conda-meta"):
        if (place / mark).exists():
            return os.path.normpath(place)
    return ""
