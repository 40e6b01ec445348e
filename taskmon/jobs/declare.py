"""How a job declares what it needs, so that a dialog and a command line can be made from the declaration.

A declaration is data. It says nothing of widgets or of argparse, and importing it imports no job: the start
of the command line depends on that.

Checking what the user gave has two halves. `JobType.bind` looks only at the values and may be called in the
UI thread. `JobType.examine` looks at the disk, which may be a dead network mount, and so belongs to a worker
or to the command line. A job examines its own arguments again when it runs: much can change while a task is
queued.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, NamedTuple

from taskmon.core.base.errors import TaskmonError
from taskmon.core.base.text import plain
from taskmon.core.base.translate import tr

#: Names that no parameter may have: `TaskRunner.start` and the command line have arguments of these names.
RESERVED = frozenset({"name", "group", "timeout", "paused", "fn", "ctx", "headless", "help", "job", "command", "lists"})


class ParameterKind(Enum):
    """What a parameter is, and so which field a dialog shows for it."""

    FOLDERS = "folders"
    """One or more existing folders: a tuple of absolute paths. Positional on the command line."""
    FILE_OPEN = "file to open"
    """An existing file: an absolute path."""
    FILE_SAVE = "file to save"
    """A file that will be written, or replaced: an absolute path."""
    CHOICE = "choice"
    """One of `Parameter.choices`."""


class Parameter(NamedTuple):
    """One thing that a job asks of its user."""

    name: str
    """The keyword argument of the job's function; ``--name`` on the command line. Not one of `RESERVED`."""
    label: str
    """The text before the field of a dialog."""
    kind: ParameterKind
    default: object = None
    choices: tuple[str, ...] = ()
    help: str = ""
    """One sentence without its full stop, for a tooltip and for ``--help``."""
    metavar: str = ""

    def bind(self, value: object) -> object:
        """Return `value` as the job's function wants it.

        Raises:
            TaskmonError: the value is of no use; the message names the parameter.
        """
        if value is None or value == "" or (self.kind is ParameterKind.FOLDERS and not value):
            value = self.default
            if value is None or value == "":
                return () if self.kind is ParameterKind.FOLDERS else value
        return _BINDERS[self.kind](self, value)

    def examine(self, value: object) -> None:
        """Look at the disk: does a folder or file exist, can a file be written there?

        Blocks for as long as the file system does, so never call it in the UI thread.

        Raises:
            TaskmonError: it does not; the message names the parameter and the path.
        """
        if self.kind is ParameterKind.FOLDERS and isinstance(value, tuple):
            for path in value:
                _examine_folder(self, path)
        elif self.kind is ParameterKind.FILE_OPEN and isinstance(value, str):
            _examine_source(self, value)
        elif self.kind is ParameterKind.FILE_SAVE and isinstance(value, str):
            _examine_target(self, value)

    def error(self, problem: str) -> TaskmonError:
        """Return the exception that says what is wrong with this parameter's value."""
        return TaskmonError(tr("The job was not started"), f"{tr(self.label)}: {problem}.")


class Work(NamedTuple):
    """One task to run: the arguments of `TaskRunner.start`."""

    name: str
    function: Callable[..., Any]
    arguments: Mapping[str, Any]


class JobType(NamedTuple):
    """A kind of job that a user can start."""

    name: str
    """What the command line calls it."""
    title: str
    """What a menu calls it."""
    description: str
    """One or two sentences on what it does and what it leaves behind."""
    function: Callable[..., Any]
    """Called in a worker thread with a `TaskContext` and the keyword arguments that `bind` returned."""
    parameters: tuple[Parameter, ...]
    task_name: Callable[[Mapping[str, Any]], str]
    """Makes the name of the task's row from the same keyword arguments."""
    agree: Callable[[Mapping[str, Any]], None] = lambda _arguments: None
    """Raises `TaskmonError` where values that are each right do not fit together."""
    epilog: str = ""
    """Examples for ``--help``."""
    whole: bool = False
    """Whether a cancelled one leaves nothing half-written behind: a promise that its tests hold."""

    def bind(self, values: Mapping[str, object]) -> dict[str, Any]:
        """Return the keyword arguments for `function` from what the user gave.

        A parameter that is absent, None or empty takes its default. Paths become absolute, so the result may
        be handed to a process with another working directory; binding it again changes nothing. Reads no
        disk.

        Raises:
            TaskmonError: a value is unknown or of no use, or they do not agree.
        """
        known = {parameter.name for parameter in self.parameters}
        for name in values:
            if name not in known:
                problem = tr("{job} has no parameter “{name}”.").format(job=tr(self.title), name=plain(name, 60))
                raise TaskmonError(tr("The job was not started"), problem)
        arguments = {parameter.name: parameter.bind(values.get(parameter.name)) for parameter in self.parameters}
        self.agree(arguments)
        return arguments

    def examine(self, arguments: Mapping[str, Any]) -> None:
        """Look at the disk for the paths among bound `arguments`. Blocks; never call it in the UI thread.

        Raises:
            TaskmonError: a folder or file is missing or cannot be used.
        """
        for parameter in self.parameters:
            parameter.examine(arguments[parameter.name])


def _bind_folders(parameter: Parameter, value: object) -> object:
    if isinstance(value, (str, os.PathLike)):
        value = (value,)
    if not isinstance(value, (list, tuple)):
        raise parameter.error(tr("a list of folders is needed"))
    return tuple(_bind_path(parameter, path) for path in value)


def _bind_path(parameter: Parameter, value: object) -> str:
    path = os.fspath(value) if isinstance(value, os.PathLike) else value
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    if not isinstance(path, str):
        raise parameter.error(tr("a path is needed, not {value}").format(value=plain(repr(value), 60)))
    if not path:
        raise parameter.error(tr("an empty path was given"))
    if "\0" in path:
        raise parameter.error(tr("a path cannot contain a NUL character"))
    try:
        return os.path.abspath(path)
    except OSError as error:  # the working directory itself was removed
        raise parameter.error(
            tr("“{path}” is relative to a folder that no longer exists").format(path=plain(path))
        ) from error


def _bind_choice(parameter: Parameter, value: object) -> object:
    if value not in parameter.choices:
        shown = plain(str(value), 60)
        raise parameter.error(
            tr("“{value}” is not one of {choices}").format(value=shown, choices=", ".join(parameter.choices))
        )
    return value


_BINDERS: dict[ParameterKind, Callable[[Parameter, object], object]] = {
    ParameterKind.FOLDERS: _bind_folders,
    ParameterKind.FILE_OPEN: _bind_path,
    ParameterKind.FILE_SAVE: _bind_path,
    ParameterKind.CHOICE: _bind_choice,
}


def _status(parameter: Parameter, path: str, *, follow: bool = True) -> os.stat_result | None:
    """Return the status of `path`, or None where nothing is there."""
    try:
        return os.stat(path, follow_symlinks=follow)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise parameter.error(
            tr("“{path}” cannot be used: {problem}").format(path=plain(path), problem=error.strerror or error)
        ) from error


def _examine_folder(parameter: Parameter, path: str) -> None:
    status = _status(parameter, path)
    if status is None:
        raise parameter.error(tr("there is no folder “{path}”").format(path=plain(path)))
    if not stat.S_ISDIR(status.st_mode):
        raise parameter.error(tr("“{path}” is not a folder; give the folder that it lies in").format(path=plain(path)))
    if not os.access(path, os.R_OK | os.X_OK):
        raise parameter.error(tr("you may not read the folder “{path}”").format(path=plain(path)))


def _examine_source(parameter: Parameter, path: str) -> None:
    status = _status(parameter, path)
    if status is None:
        raise parameter.error(tr("there is no file “{path}”").format(path=plain(path)))
    if not stat.S_ISREG(status.st_mode):
        raise parameter.error(tr("“{path}” is {kind}, not a file").format(path=plain(path), kind=_kind(status.st_mode)))
    if not os.access(path, os.R_OK):
        raise parameter.error(tr("you may not read the file “{path}”").format(path=plain(path)))


def _examine_target(parameter: Parameter, path: str) -> None:
    # A link is refused rather than followed: in a shared folder it may have been planted to point elsewhere.
    status = _status(parameter, path, follow=False)
    if status is not None and not stat.S_ISREG(status.st_mode):
        if stat.S_ISLNK(status.st_mode):
            sentence = tr("“{path}” is {kind}, not a file; give the file it points to")
        else:
            sentence = tr("“{path}” is {kind}, not a file")
        raise parameter.error(sentence.format(path=plain(path), kind=_kind(status.st_mode)))
    folder = os.path.dirname(path)
    parent = _status(parameter, folder)
    if parent is None or not stat.S_ISDIR(parent.st_mode):
        raise parameter.error(tr("there is no folder “{path}” to write the file in").format(path=plain(folder)))
    if not os.access(folder, os.W_OK | os.X_OK):
        raise parameter.error(tr("you may not write in the folder “{path}”").format(path=plain(folder)))


def _kind(mode: int) -> str:
    from taskmon.core.base.files import name_of_kind  # not on the way to the first frame

    return tr(name_of_kind(mode))
