"""What the details pane shows: one task, looked at a few times a second while somebody can see it."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal, Slot

from taskmon import __version__
from taskmon.bridge.controller import TaskController
from taskmon.bridge.details import sentences, thread
from taskmon.bridge.details.advice import headline, is_stuck, ways_out
from taskmon.bridge.details.frames import TraceFrame
from taskmon.bridge.details.frames import with_source as read_source
from taskmon.bridge.table import text
from taskmon.bridge.table.ending import program_of, way_to_end
from taskmon.bridge.table.rows import TaskRow, is_program
from taskmon.bridge.table.text import tr
from taskmon.bridge.ui_queue import BackgroundTasks
from taskmon.core.base.error_text import summarize_error
from taskmon.core.base.errors import TaskmonError
from taskmon.core.base.text import plain
from taskmon.core.stacks.sampler import StackSample
from taskmon.core.task.snapshot import TaskSnapshot

#: Milliseconds between two looks at a task that lives.
LOOK_MS: Final = 250
#: Lines of source that are kept.
_MOST_SOURCES: Final = 1_000


class TaskDetails(QObject):
    """Follows one task by its id. Belongs to the UI thread.

    Nothing ticks unless the pane is on the screen and the task lives.

    Signals:
        task_changed(): another task is shown, or none.
        refreshed(): the task's picture is a newer one.
        failed(TaskmonError): something the user asked for could not be done.
        row_wanted(int): the user wants to see another task.
    """

    row_wanted = Signal(object)
    task_changed = Signal()
    refreshed = Signal()
    failed = Signal(object)

    def __init__(self, controller: TaskController, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.controller = controller
        # They outlive this object: what comes back when it has gone must find somebody, or nobody.
        self.background, self._programs = (BackgroundTasks(QCoreApplication.instance()) for _ in range(2))
        for tasks in (self.background, self._programs):
            self.destroyed.connect(tasks.close)
            self.destroyed.connect(tasks.deleteLater)
        self.task_id: int | None = None
        self.cancel: Callable[[int], object] = controller.cancel
        """Asks a task to stop. Who has questions to ask before that puts them in front."""
        self.way_to_detach: Callable[[TaskRow], Callable[[], object] | None] = lambda _row: None
        """Returns what lets the program of a row go on without taskmon; None for what was not attached to."""
        self.editor_template: Callable[[], str] = str
        """Gives the command that opens files, such as ``code -g {file}:{line}``; empty for the user's usual editor."""
        self._watched = False
        self._sources: dict[tuple[str, int], str] = {}
        self._looks = QTimer(self, interval=LOOK_MS)
        self._looks.timeout.connect(self._look)
        controller.state_changed.connect(self._on_state_changed)
        for signal in (controller.model.rowsRemoved, controller.model.modelReset):
            signal.connect(self._on_rows_gone)

    @property
    def row(self) -> TaskRow | None:
        """The row of the task, or None."""
        return None if self.task_id is None else self.controller.model.row(self.task_id)

    @property
    def parent_row(self) -> TaskRow | None:
        """The row of the task that it is a part of, or None."""
        row = self.row
        parent = None if row is None else row.snapshot.parent_id
        return None if parent is None else self.controller.model.row(parent)

    def follow(self, task_id: int | None) -> None:
        """Show another task, or none."""
        if task_id != self.task_id:
            self.task_id = task_id
            self.task_changed.emit()
        self._tick_if_needed()

    def set_watched(self, watched: bool) -> None:
        """Say whether anybody can see the details."""
        self._watched = watched
        self.controller.look_every(LOOK_MS / 1000 if watched else 0, f"details {id(self)}")
        self._tick_if_needed()

    @property
    def ticking(self) -> bool:
        """Whether it looks at the task by itself."""
        return self._looks.isActive()

    def stack(self) -> StackSample | None:
        """Where the task's thread is. Asking keeps the answer fresh."""
        row = self.row
        return None if row is None or not row.snapshot.state.has_thread else row.task.stack()

    def with_source(self, frames: Sequence[TraceFrame]) -> list[TraceFrame]:
        """Return `frames` with their lines of source as far as they have been read; `refreshed` tells of more.

        A disk may take its time, so they are read in the background.
        """
        unread = [frame for frame in frames if (frame.file, frame.line) not in self._sources]
        if unread:
            for frame in unread:
                self._sources[frame.file, frame.line] = ""  # asked for once
            self.background.run(lambda: read_source(unread), self._take_sources)
        return [frame._replace(source=self._sources[frame.file, frame.line]) for frame in frames]

    def _take_sources(self, frames: list[TraceFrame]) -> None:
        if len(self._sources) > _MOST_SOURCES:
            self._sources.clear()
        self._sources.update({(frame.file, frame.line): frame.source for frame in frames})
        self.refreshed.emit()

    def report(self) -> str:
        """Everything on the task as text; empty if there is none."""
        row = self.row
        return "" if row is None else report(row, self.parent_row, self.controller.model.rows(), self.stack())

    def ways_out(self) -> list[str]:
        """What would let the task stop, and what ends it as things are; see `taskmon.bridge.details.advice`."""
        row = self.row
        return [] if row is None else ways_out(row, self.controller.model.rows(), self.stack())

    @property
    def program(self) -> TaskRow | None:
        """The row of the program to be ended, if only that ends the task; None otherwise."""
        row = self.row
        program = program_of(row) if row is not None and is_stuck(row.snapshot) else None
        return program if program is not None and way_to_end(program) else None

    def open_file(self, file: str, line: int) -> None:
        """Open a file at a line in the user's editor; `failed` tells if that did not go."""
        from taskmon.bridge.details.editor import open_in_editor

        template = self.editor_template()
        # Not among the other work: a slow editor must not hold up the lines of source.
        self._programs.run(lambda: open_in_editor(file, line, template), failed=self._on_failure)

    def save_log(self, path: str) -> None:
        """Write the kept lines of the task's log to a file."""
        row = self.row
        if row is None:
            return
        lines = row.task.log_lines()[1]
        title = self.tr("The log was not saved")

        def write() -> None:
            from taskmon.core.base.files import write_atomically

            try:
                write_atomically(path, (f"{line}\n".encode(errors="backslashreplace") for line in lines))
            except TaskmonError as error:
                raise TaskmonError(title, error.message) from error

        self.background.run(write, failed=self._on_failure)

    def _on_failure(self, error: Exception) -> None:
        explained = isinstance(error, TaskmonError)
        self.failed.emit(error if explained else TaskmonError(self.tr("That did not work"), summarize_error(error)))

    def _tick_if_needed(self) -> None:
        row = self.row
        wanted = self._watched and row is not None and not row.snapshot.state.is_final
        if wanted != self._looks.isActive():
            if wanted:
                self._looks.start()
            else:
                self._looks.stop()

    @Slot()
    def _look(self) -> None:
        if self.task_id is not None:
            self.controller.model.refresh(self.task_id)
        self.refreshed.emit()

    @Slot(object)
    def _on_state_changed(self, snapshot: TaskSnapshot) -> None:
        if snapshot.id == self.task_id:
            self._tick_if_needed()
            if self._watched:
                self.refreshed.emit()

    @Slot()
    def _on_rows_gone(self) -> None:
        if self.task_id is not None and self.row is None:
            self.follow(None)


# Everything that is known of a task, as plain text for a bug report.


#: Lines of the log that a report ends with.
LOG_LINES = 200


def report(row: TaskRow, parent: TaskRow | None, rows: Iterable[TaskRow], stack: StackSample | None = None) -> str:
    """Return the report on a task, one of `rows`. Newlines of the task's own texts cannot forge lines of it."""
    snapshot = row.snapshot
    head = tr("{name} (task {id})").format(name=text.name(row), id=snapshot.id)
    parts = [head, "=" * min(len(head), 78), tr("State: {state}").format(state=text.state_label(row))]
    rows = list(rows)
    parts += [f"- {line}" for line in (*sentences.overview(row), *thread.holds(row, rows))]
    parts += [f"- {fact.label}: {fact.value}" for fact in sentences.facts(row, parent)]
    parts += [f"- {line}" for paragraph in ways_out(row, rows, stack) for line in paragraph.splitlines()]
    means = snapshot.stop_means
    if means is not None:
        parts += [tr("- Offered: {what}").format(what=text.told(offer, 200)) for offer in means.offers]
    if stack is not None and stack.frames:
        parts += ["", tr("Stack (innermost call last)"), headline(stack, snapshot)]
        parts += [
            f"  {plain(frame.file, 300)}:{frame.line} in {plain(frame.function, 200)}"
            + (f"  [{plain(frame.call, 100)}]" if frame.call else "")
            for frame in stack.frames
        ]
    of_a_way = bool(snapshot.why_not_cancellable) and not snapshot.state.is_final and not is_program(snapshot)
    if snapshot.details and not of_a_way:  # else it is among the ways out
        parts += ["", tr("Error") if snapshot.error else tr("Details")]
        parts += [f"  {plain(line, 500)}" for line in snapshot.details.splitlines()]
    count, lines = row.task.log_lines(max(0, snapshot.log_lines - LOG_LINES))
    if lines:
        parts += ["", tr("Log (the last {n} of {count} lines)").format(n=len(lines[-LOG_LINES:]), count=count)]
        parts += [f"  {plain(line, 500)}" for line in lines[-LOG_LINES:]]
    parts += ["", versions()]
    return "\n".join(parts) + "\n"


def versions() -> str:
    """What it runs on, in one line."""
    import PySide6.QtCore

    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    python = f"Python {platform.python_version()} ({os.path.basename(sys.executable or 'frozen')})"
    return f"taskmon {__version__}, {python}, PySide6 {PySide6.__version__}, Qt {PySide6.QtCore.qVersion()}, {system}"
