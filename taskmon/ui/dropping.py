"""Folders that are dropped on the window. Imported with the first one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QDropEvent

from taskmon.bridge import text
from taskmon.bridge.jobs import JobType, ParameterKind, TaskmonError

if TYPE_CHECKING:
    from taskmon.ui.window import MainWindow


def drop(window: MainWindow, job: JobType | None, event: QDropEvent) -> None:
    """Start `job` with what was dropped, or say why not."""
    # Whether they are folders is for the job to find out: asking a dead network mount would freeze the window.
    paths = tuple(url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile())
    if job is None or not paths:
        error = TaskmonError(text.tr("Nothing was started"), text.tr("Drop folders of this computer here."))
        window.show_error(error)
        return
    event.acceptProposedAction()
    folders = next(parameter for parameter in job.parameters if parameter.kind is ParameterKind.FOLDERS)
    window.start_job(job, {folders.name: paths})
