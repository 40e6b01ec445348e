"""This user's Python programs, found in /proc without running a line of theirs, and what can be done with each."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from enum import Enum
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from taskmon.attach.process import check_ours, names_of_threads, stat_of, system_uptime, words_of
from taskmon.attach.refusals import Refusal, Refused
from taskmon.core.base.signals import Seen
from taskmon.core.base.threads import SYSTEM_NAME

if TYPE_CHECKING:  # what looks into programs is loaded where there is one, by the thread that looks
    from taskmon.attach.interpreter import Version

#: Options of Python that take the next word.
_WITH_VALUE: Final = frozenset({"-W", "-X", "--check-hash-based-pycs"})
_PYTHON: Final = re.compile(r"python(\d+(\.\d+)?t?)?$")
#: Processes that only do what another Python has for them to do: they are part of that program.
_HELPERS: Final = re.compile(r"from multiprocessing\.(spawn|resource_tracker|semaphore_tracker|forkserver) import")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
_LONGEST_FILE: Final = 65_536
#: Seconds after which a process is examined again though nothing tells that it has changed.
_LONGEST_TRUST: Final = 600.0


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


class _Known(NamedTuple):
    """A process as it was when it was examined."""

    program: Program | None
    """None if it is no Python program of this user."""
    image: tuple[int, int]
    """If this changes, it has become another program."""
    state: tuple[int, bool]
    """If this changes, so may what can be done with it."""
    until: float
    """When it is to be examined again, in seconds of `time.monotonic()`."""


class ProgramFinder:
    """Finds the programs again and again, and reads as little as it can. In one thread at a time, not in the UI's.

    What a process is, it is for as long as it lives, unless it replaces itself by another program; most that do, such
    as what a shell starts, do so when they are young. So each is examined again whenever it has become twice as old,
    and now and then; in between, of those that run Python one line is read, and nothing of the others.
    """

    def __init__(self) -> None:
        self._known: dict[int, _Known] = {}

    def find(self, afresh: bool = True) -> list[Program]:
        """Return them, the youngest first; `afresh`, every process is examined. Raises Refused."""
        if not sys.platform.startswith("linux"):
            raise Refused(Refusal.NOT_HERE)
        now, uptime = time.monotonic(), system_uptime()
        known: dict[int, _Known] = {}
        for name in os.listdir("/proc"):
            if not name.isdigit() or int(name) == os.getpid():
                continue
            pid = int(name)
            try:
                before = None if afresh else self._known.get(pid)
                same = None if before is None or now >= before.until else _renewed(before, uptime)
                known[pid] = same or _examined(pid, now, uptime)
            except (Refused, OSError, ValueError):  # it has gone meanwhile
                continue
        self._known = known
        found = [one.program for one in known.values() if one.program is not None]
        return sorted(found, key=lambda program: (-program.started, -program.pid))


def _renewed(before: _Known, uptime: float) -> _Known | None:
    """Return what has become of a process; None if it has to be examined again. Raises Refused."""
    program = before.program
    if program is None:
        return before
    stat = stat_of(program.pid)
    if (stat.started, stat.image) != before.image:
        return None
    if _state(stat) != before.state:
        return before._replace(program=describe(program.pid, program.version), state=_state(stat))
    now = program._replace(cpu=stat.seconds, memory=stat.pages * _PAGE, age=stat.age_at(uptime))
    return before._replace(program=now)


def _examined(pid: int, now: float, uptime: float) -> _Known:
    """Return what a process is. Raises Refused, OSError, ValueError."""
    stat = stat_of(pid)
    # That of one that changed its rights is root's.
    ours = os.stat(f"/proc/{pid}").st_uid in (os.geteuid(), 0)
    try:
        program = describe(pid) if ours else None
    except (Refused, OSError, ValueError):
        program = None
    return _Known(program, (stat.started, stat.image), _state(stat), now + min(_LONGEST_TRUST, stat.age_at(uptime)))


def _state(stat: Seen) -> tuple[int, bool]:
    return stat.threads, stat.is_stopped or stat.is_dead


def describe(pid: int, version: Version | None = None) -> Program | None:
    """Return what is known of a process; None unless it is a Python program of this user. Raises Refused, OSError.

    To find its `version` is what takes most of the time; it may be given.
    """
    words = words_of(pid)
    if not words or is_taskmon(words):
        return None
    from taskmon.attach import interpreter

    version = version or interpreter.version_of(pid)
    if version is None:
        return None
    if any(_HELPERS.search(word) for word in words):
        return None
    means, refusal = Means.ATTACH, None
    try:
        check_ours(pid)
        interpreter.check_version(version)
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
        stat.seconds,
        stat.pages * _PAGE,
        stat.age_at(system_uptime()),
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
    from taskmon.attach.request import is_asked

    return Standing.ASKED if is_asked(pid) else Standing.NONE


def _otherwise(refused: Refused, version: Version) -> tuple[Means, Refused]:
    """What is left to do with a program that cannot be attached to."""
    if refused.refusal is not Refusal.LOOK_ONLY:
        return Means.NOTHING, refused
    from taskmon.attach.look import find_py_spy

    if find_py_spy() is None:
        return Means.NOTHING, Refused(Refusal.NO_PY_SPY, version=str(version))
    return Means.LOOK, refused


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
    import shlex

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
