"""Writing the timeline to files: in the background, under their final names only when they are whole."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from taskmon.bridge.background import BackgroundTasks
from taskmon.bridge.timeline.recorder import Recorder
from taskmon.bridge.timeline.trace import capture, trace
from taskmon.core.base.errors import TaskmonError, summarize_error
from taskmon.core.base.files import write_atomically


class TimelineSaver(QObject):
    """Belongs to the UI thread.

    Signals:
        saved(str): a file is written; its path.
        failed(TaskmonError): it could not be.
    """

    saved = Signal(object)
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = BackgroundTasks(self)

    def save_picture(self, path: str, picture: bytes) -> None:
        """Write a picture of what is shown."""
        self._run(path, lambda: write_atomically(path, [picture]))

    def save_trace(self, path: str, recorder: Recorder) -> None:
        """Write all that is recorded of the lanes that are shown, for Perfetto."""
        record = recorder.record
        if record is None:
            self.failed.emit(
                TaskmonError(self.tr("The timeline was not exported"), self.tr("Nothing is recorded yet."))
            )
            return
        captured = capture(record, recorder.lanes(), recorder.looked_at)
        self._run(path, lambda: write_atomically(path, trace(captured)))

    def _run(self, path: str, work: Callable[[], object]) -> None:
        def then(_: object) -> None:
            self.saved.emit(path)

        self._background.run(work, then, self._fail)

    def _fail(self, error: Exception) -> None:
        words = error.message if isinstance(error, TaskmonError) else summarize_error(error)
        self.failed.emit(TaskmonError(self.tr("The timeline was not exported"), words))

    def wait_idle(self, timeout: float | None = None) -> bool:
        """Wait until all is written; return whether it is."""
        return self._background.wait_idle(timeout)
