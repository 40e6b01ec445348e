"""What is dropped on a window stays where it is: taken as a copy or a link, never as a move.

The source of a drag deletes what was *moved*: a file manager with Shift held would delete the user's files because
taskmon has read their names.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

from taskmon.bridge.controller import JobType, ParameterKind
from taskmon.bridge.language import tr
from taskmon.core.base.text import plain

_HARMLESS = (Qt.DropAction.CopyAction, Qt.DropAction.LinkAction)


def take_copy(event: QDropEvent) -> bool:
    """Accept a drag or a drop as a copy, else as a link, whatever its source proposes; if it allows neither, refuse it.

    Return whether it was accepted. Of use for `QDragEnterEvent` and `QDragMoveEvent` as well, which are drops to Qt.
    """
    for action in _HARMLESS:
        if event.possibleActions() & action:
            event.setDropAction(action)
            event.accept()
            return True
    event.ignore()
    return False


def refuse_drops(within: QWidget) -> None:
    """Have the fields of a form take no drops, unless they are made for it: Qt's own accept files as a move."""
    for field in (*within.findChildren(QLineEdit), *within.findChildren(QPlainTextEdit)):
        if not isinstance(field, PathLine):
            field.setAcceptDrops(False)
            if isinstance(field, QPlainTextEdit):
                field.viewport().setAcceptDrops(False)


class PathLine(QLineEdit):
    """A field for the path of a file or a folder, which can be dropped on it."""

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _path(event):
            take_copy(event)
        else:
            event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self.dragEnterEvent(event)  # type: ignore[arg-type]  # both tell what is dragged

    def dropEvent(self, event: QDropEvent) -> None:
        path = _path(event)
        if path and take_copy(event):
            self.setText(path)
        elif not path:
            event.ignore()


def _path(event: QDropEvent) -> str:
    """The path of the first file of this computer that is dragged; empty if there is none."""
    return next(_paths(event), "")


def _paths(event: QDropEvent) -> Iterator[str]:
    """The paths of all files of this computer that are dragged.

    For one of another, Qt makes a path with its name before, which only Windows knows: elsewhere it is another file.
    """
    for url in event.mimeData().urls():
        if sys.platform != "win32" and url.host().lower() in ("localhost", os.uname().nodename.lower()):
            url.setHost("")
        if url.isLocalFile() and (sys.platform == "win32" or not url.host()):
            yield url.toLocalFile()


class Drop(NamedTuple):
    """What becomes of something that is dropped on the window: told while it hovers, done when it is let go."""

    words: str
    script: str = ""
    job: JobType | None = None
    paths: tuple[str, ...] = ()

    @classmethod
    def of(cls, event: QDropEvent, job: JobType | None, *, programs: bool) -> Drop | None:
        """What would be done; None if it is nothing for this window.

        Args:
            event: the drag or the drop.
            job: what to do with folders, if anything.
            programs: whether Python programs can be run.
        """
        # Whether they are folders is for the job to find out: asking a dead network mount would freeze the window.
        paths = tuple(_paths(event))
        scripts = [path for path in paths if path.lower().endswith((".py", ".pyw", ".pyz"))]
        if scripts and programs:  # a drop alone runs nobody's code
            return cls(tr("Run {name}: you are asked first").format(name=_shown(scripts[0])), scripts[0])
        if job is None or not paths:
            return None
        names = _shown(paths[0])
        if len(paths) > 1:
            names = tr("{name} and {n} more").format(name=names, n=len(paths) - 1)
        words = tr("{job}: {names}\nIt stays where it is.").format(job=tr(job.title), names=names)
        return cls(words, "", job, paths)

    def do(
        self,
        ask_for_program: Callable[[str], object],
        start_job: Callable[[JobType, dict[str, object]], object],
    ) -> None:
        """Ask how to run the program, or start the job."""
        if self.script:
            ask_for_program(self.script)
        elif self.job is not None:
            folders = next(each for each in self.job.parameters if each.kind is ParameterKind.FOLDERS)
            start_job(self.job, {folders.name: self.paths})


def _shown(path: str) -> str:
    return plain(path.rstrip("/").rpartition("/")[2] or path, 80)
