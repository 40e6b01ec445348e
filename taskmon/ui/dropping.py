"""Folders and Python programs that are dropped on the window. Imported with the first one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QDropEvent

from taskmon.bridge import text
from taskmon.bridge.jobs import JobType, ParameterKind
from taskmon.core.errors import TaskmonError

if TYPE_CHECKING:
    from taskmon.ui.window import MainWindow


def drop(window: MainWindow, job: JobType | None, event: QDropEvent) -> None:
    """Ask how to run a program that was dropped; start `job` with anything else, or say why not."""
    # Whether they are folders is for the job to find out: asking a dead network mount would freeze the window.
    paths = tuple(url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile())
    scripts = [path for path in paths if path.lower().endswith((".py", ".pyw", ".pyz"))]
    if scripts and window.programs is not None:  # a drop alone runs nobody's code
        event.acceptProposedAction()
        window.ask_for_program(scripts[0])
        return
    if job is None or not paths:
        error = TaskmonError(
            text.tr("Nothing was started"), text.tr("Drop folders or Python programs of this computer here.")
        )
        window.show_error(error)
        return
    event.acceptProposedAction()
    folders = next(parameter for parameter in job.parameters if parameter.kind is ParameterKind.FOLDERS)
    window.start_job(job, {folders.name: paths})
