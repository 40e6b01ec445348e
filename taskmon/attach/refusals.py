"""Why a program cannot be attached to, and what would help: one sentence each."""

from __future__ import annotations

from enum import Enum
from typing import Any, Final

from taskmon.core.base.errors import TaskmonError
from taskmon.core.base.translate import tr


class Refusal(Enum):
    """What stands in the way."""

    NOT_HERE = "not here"
    GONE = "gone"
    NOT_PYTHON = "not python"
    TASKMON = "taskmon"
    OTHER_USER = "other user"
    LOOK_ONLY = "look only"
    TOO_OLD = "too old"
    TOO_NEW = "too new"
    PRERELEASE = "prerelease"
    FREE_THREADED = "free threaded"
    DISABLED = "disabled"
    ONLY_CHILDREN = "only children"
    ONLY_ROOT = "only root"
    NOBODY = "nobody"
    CHANGED_RIGHTS = "changed rights"
    FORBIDDEN = "forbidden"
    TRACED = "traced"
    STOPPED = "stopped"
    OTHER_ROOT = "other root"
    UNREADABLE = "unreadable"
    UNSAFE_FILES = "unsafe files"
    REPLACED = "replaced"
    BETWEEN = "between"
    UNKNOWN_INSIDE = "unknown inside"
    ASKED_BY_ANOTHER = "asked by another"
    STUCK = "stuck"
    NO_PYTHON_CODE = "no python code"
    NO_PLACE = "no place"
    NO_ANSWER = "no answer"
    FAILED = "failed"
    NOT_ATTACHED = "not attached"
    STARTED_BY_US = "started by us"
    FOLDER = "folder"
    GREENLETS = "greenlets"
    PATH_TOO_LONG = "path too long"
    NO_PY_SPY = "no py-spy"
    CANNOT_LOOK = "cannot look"


#: With the values that a refusal carries. Each names the way out, where there is one.
REFUSAL_LABELS: Final = {
    Refusal.NOT_HERE: "On this system, taskmon cannot attach to a program that runs: start it with “taskmon run”.",
    Refusal.GONE: "There is no process {pid}.",
    Refusal.NOT_PYTHON: "Process {pid} does not run Python, as far as can be seen; “taskmon attach --list” shows what"
    " does.",
    Refusal.TASKMON: "Process {pid} is taskmon itself.",
    Refusal.OTHER_USER: "It belongs to {user}. Run taskmon as that user to attach to it.",
    Refusal.LOOK_ONLY: "It runs Python {version}, which can be looked at but not asked for anything: restart it with"
    " “taskmon run” to be able to cancel.",
    Refusal.TOO_OLD: "It runs Python {version}, which is too old to be looked at or watched: 3.11 and newer can be"
    " started with “taskmon run”.",
    Refusal.TOO_NEW: "It runs Python {version}, which is newer than this taskmon knows: update taskmon, or restart it"
    " with “taskmon run”.",
    Refusal.PRERELEASE: "It runs a preview of Python {version}, of which nothing is certain yet: restart it with"
    " “taskmon run”.",
    Refusal.FREE_THREADED: "It runs a free-threaded Python, to which taskmon does not attach: restart it with"
    " “taskmon run”.",
    Refusal.DISABLED: "It was started with -X disable-remote-debug or PYTHON_DISABLE_REMOTE_DEBUG and lets nobody in:"
    " restart it without, or with “taskmon run”.",
    Refusal.ONLY_CHILDREN: "This system lets a program look only into those that it started itself: start it with"
    " “taskmon run”, or allow it until the next boot with “sudo sysctl kernel.yama.ptrace_scope=0”.",
    Refusal.ONLY_ROOT: "This system lets only root look into other programs (kernel.yama.ptrace_scope is 2): start it"
    " with “taskmon run”.",
    Refusal.NOBODY: "This system lets nobody look into other programs until it is booted anew"
    " (kernel.yama.ptrace_scope is 3): start it with “taskmon run”.",
    Refusal.CHANGED_RIGHTS: "It has changed its rights since its start, so the system lets nobody but root look into"
    " it: start it with “taskmon run”.",
    Refusal.FORBIDDEN: "The system does not permit it, perhaps by the security profile of a container or by SELinux:"
    " start it with “taskmon run”.",
    Refusal.TRACED: "A debugger holds it ({name}, process {tracer}): try again once that has let it go.",
    Refusal.STOPPED: "It has been stopped: let it go on with “kill -CONT {pid}”, then try again.",
    Refusal.OTHER_ROOT: "It runs in a container or in a root folder of its own, where {path} is not this taskmon's:"
    " install taskmon there, and attach from within.",
    Refusal.UNREADABLE: "Its user cannot read {path}, which it would have to load: install taskmon where that is"
    " possible.",
    Refusal.UNSAFE_FILES: "{path} can be changed by others than you, so it is not loaded into a program of yours: take"
    " their right to write it, with “chmod go-w”.",
    Refusal.REPLACED: "Its Python has been replaced by an update since its start: restart it, then attach.",
    Refusal.BETWEEN: "Its Python is starting or ending at this moment: try again.",
    Refusal.UNKNOWN_INSIDE: "Its Python does not look inside as taskmon knows it, so nothing was touched: restart it"
    " with “taskmon run”.",
    Refusal.ASKED_BY_ANOTHER: "It is being asked for something already, perhaps by a “taskmon attach --wait” that waits"
    " for it: end that, or try again.",
    Refusal.STUCK: "One of its threads waits in the system for a disk or the network and cannot be held for a moment:"
    " try again.",
    Refusal.NO_PYTHON_CODE: "None of its threads runs Python code at this moment, so nothing was done: wait until one"
    " does with --wait, or wake one from a call in which it waits with --wake.",
    Refusal.NO_PLACE: "It did not come to a place where it could load anything, so nothing was done: try again, or wait"
    " until it does with --wait.",
    Refusal.NO_ANSWER: "It has begun to load taskmon and does not answer: its threads may keep Python to themselves."
    " If it appears in the window later, all is well.",
    Refusal.FAILED: "taskmon could not begin in it, and took back what it had done: {error}",
    Refusal.NOT_ATTACHED: "It is not attached.",
    Refusal.STARTED_BY_US: "It was started with “taskmon run”, and is watched for as long as it runs.",
    Refusal.FOLDER: "{path} cannot be used to talk to it: {error}",
    Refusal.GREENLETS: "It has put others in the place of Python's threads, as gevent and eventlet do: restart it with"
    " “taskmon run”.",
    Refusal.PATH_TOO_LONG: "{path} is too long for its Python: install taskmon in a folder with a shorter path.",
    Refusal.NO_PY_SPY: "It runs Python {version}, which can only be looked at, and that by py-spy: install it with"
    " “python -m pip install taskmon-desktop[attach]”, or restart the program with “taskmon run” to be able to cancel.",
    Refusal.CANNOT_LOOK: "py-spy cannot look at it: {error}",
}


class Refused(TaskmonError):
    """A program is left alone. Nothing of it has been changed, unless the sentence says so.

    Attributes:
        refusal: what stands in the way.
        values: what the sentence is completed with, as plain values.
    """

    def __init__(self, refusal: Refusal, **values: Any) -> None:
        self.refusal = refusal
        self.values = values
        super().__init__("Cannot attach", sentence(refusal, values))


def sentence(refusal: Refusal, values: dict[str, Any]) -> str:
    """Say it, in the user's language."""
    return tr(REFUSAL_LABELS[refusal]).format_map(values)
