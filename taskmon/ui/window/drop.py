"""What becomes of folders and programs that are dropped on the window."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtGui import QDropEvent

from taskmon.bridge.controller import JobType, ParameterKind
from taskmon.bridge.language import tr
from taskmon.core.base.text import plain


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
        paths = tuple(url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile())
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
