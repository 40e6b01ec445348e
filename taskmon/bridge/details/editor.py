"""Opening a file at a line in the user's editor. Nothing here is for the UI thread: see `taskmon.bridge.ui_queue`."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Callable, Mapping
from typing import Final

from taskmon.bridge.table.text import tr
from taskmon.core.base.errors import TaskmonError
from taskmon.core.base.threads import spawn

#: Editors with a window, and how each is told the line. In the order in which they are looked for.
_EDITORS: Final = {
    "code": "-g {file}:{line}",
    "codium": "-g {file}:{line}",
    "code-insiders": "-g {file}:{line}",
    "cursor": "-g {file}:{line}",
    "pycharm": "--line {line} {file}",
    "charm": "--line {line} {file}",
    "subl": "{file}:{line}",
    "zed": "{file}:{line}",
    "kate": "--line {line} {file}",
    "kwrite": "--line {line} {file}",
    "gnome-text-editor": "{file}",
    "gedit": "+{line} {file}",
    "xed": "+{line} {file}",
    "pluma": "+{line} {file}",
    "geany": "{file}:{line}",
    "mousepad": "--line={line} {file}",
    "gvim": "+{line} {file}",
    "emacsclient": "-n +{line} {file}",
    "emacs": "+{line} {file}",
}
#: How long an editor may take to say that it could not start, in seconds. One that still runs then has opened.
_FIRST_SECONDS: Final = 3.0


def editor_command(
    file: str,
    line: int,
    template: str = "",
    environ: Mapping[str, str] | None = None,
    which: Callable[[str], str | None] = shutil.which,
) -> list[str] | None:
    """Return the command that shows `file` at `line`; None if there is nothing that could.

    `template` wins, such as ``code -g {file}:{line}``. Then ``$VISUAL`` and ``$EDITOR``, if they name an editor with a
    window: one for the terminal has no terminal here. Then the first known editor that is installed, and at last
    whatever the desktop opens such files with.

    Raises:
        ValueError: a quotation mark in `template` is not closed.
    """
    environ = os.environ if environ is None else environ
    if template.strip():
        command = _fill(shlex.split(template), file, line)
        return command if any(file in part for part in command) else [*command, file]
    for variable in ("VISUAL", "EDITOR"):
        try:
            words = shlex.split(environ.get(variable, ""))
        except ValueError:  # an open quote
            continue
        if words and os.path.basename(words[0]) in _EDITORS and which(words[0]):
            options = [word for word in words[1:] if word not in ("--wait", "-w", "-nw", "-t")]
            return [words[0], *options, *_fill(_EDITORS[os.path.basename(words[0])].split(), file, line)]
    for name, arguments in _EDITORS.items():
        if found := which(name):
            return [found, *_fill(arguments.split(), file, line)]
    opener = which("xdg-open")
    return [opener, file] if opener else None


def open_in_editor(file: str, line: int, template: str = "") -> None:
    """Show `file` at `line` in the user's editor. May take seconds.

    Raises:
        TaskmonError: if the file is not there, or no editor could be started.
    """
    import subprocess

    title = tr("The file was not opened")
    if not os.path.isfile(file):
        raise TaskmonError(title, tr("{file} is not there, or not on this computer.").format(file=file))
    try:
        command = editor_command(os.path.abspath(file), line, template)
    except ValueError:
        raise TaskmonError(title, tr("The command for the editor lacks a closing quotation mark.")) from None
    if command is None:
        raise TaskmonError(title, tr("No editor was found. Name one in the settings, at “Open code with”."))
    nowhere = subprocess.DEVNULL
    try:
        process = subprocess.Popen(command, stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True)
    except (OSError, ValueError) as error:
        reason = tr("{command} could not be started: {error}.").format(command=command[0], error=error)
        raise TaskmonError(title, reason) from error
    try:
        status = process.wait(_FIRST_SECONDS)
    except subprocess.TimeoutExpired:
        spawn(process.wait, "taskmon-editor", lambda _: None)  # it has opened; somebody has to see its end
        return
    if status:
        reason = tr("{command} ended with status {status}.").format(command=" ".join(command), status=status)
        raise TaskmonError(title, reason)


def _fill(arguments: list[str], file: str, line: int) -> list[str]:
    return [part.replace("{line}", str(max(1, line))).replace("{file}", file) for part in arguments]
