"""What the keys and menus of a table do with the selected tasks; the window's own commands are in `menus`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from taskmon.bridge.table import cells, text
from taskmon.bridge.table.categories import Category
from taskmon.bridge.table.rows import RowAction, TaskColumn, TaskRow, is_internal, is_program
from taskmon.core.base.text import format_count, format_duration, plain
from taskmon.core.task.state import TaskState
from taskmon.ui.widgets.actions import ActionBook, Section

if TYPE_CHECKING:
    from taskmon.bridge.controller import TaskController, Undoable
    from taskmon.bridge.table.ending import WayOut
    from taskmon.ui.table.view import TaskView

#: Cancelling more tasks than this at once is asked about first.
ASK_ABOVE: Final = 5
#: So is cancelling work of this length, in seconds, that was on its way to an end.
ASK_AFTER: Final = 600
#: Of which nothing can be asked: so many are named.
_NAMED: Final = 4
#: A cancel of waiting tasks can be undone for so long, in seconds.
UNDO_SECONDS: Final = 8


class TableCommands(QObject):
    """The actions on the tasks of one table, and what they do.

    Signals:
        undo_offered(str): waiting tasks were cancelled; `undo` brings them back for `UNDO_SECONDS`.
        undo_withdrawn(): that time is over, or it was done.
        said(str): what has come of a command, where the rows alone do not show it.
    """

    undo_offered = Signal(object)
    undo_withdrawn = Signal()
    said = Signal(object)

    def __init__(self, controller: TaskController, view: TaskView, parent: QWidget) -> None:
        super().__init__(parent)
        self._controller = controller
        self._view = view
        self._panel = parent
        self.asks_about_many: Callable[[], bool] = lambda: True
        """Whether the user wants to be asked before many tasks, or long work, are cancelled."""
        self.use_limit: Callable[[int], object] = lambda limit: setattr(controller, "max_at_once", limit)
        """Lets so many tasks run at once. More start now; of those that run, none is stopped."""
        self.report_of: Callable[[TaskRow], str] = _in_short
        """Makes the report on a task that is copied."""
        self.way_to_run_again: Callable[[TaskRow], Callable[[], object] | None] = lambda _row: None
        """Returns what starts the program of an ended row once more; None for what was not started from here."""
        self.way_to_detach: Callable[[TaskRow], Callable[[], object] | None] = lambda _row: None
        """Returns what lets the program of a row go on without taskmon; None for what was not attached to."""
        self._undoable: list[Undoable] = []
        self._undo_ends = QTimer(self, singleShot=True)
        self._undo_ends.timeout.connect(self._withdraw_undo)
        self.book = ActionBook(parent)
        add, task = self.book.add, Section.TASK
        copy = QKeySequence.StandardKey.Copy
        self.cancel = add(task, self.tr("&Cancel"), self.cancel_selected, "Del", within=view)
        self.after_item = add(
            task, self.tr("&Finish current item, then stop"), self.cancel_selected_after_item, "Shift+Del", within=view
        )
        self.pause = add(task, self.tr("&Pause"), self.pause_or_resume_selected, "P", within=view)
        self.retry = add(task, self.tr("&Retry"), self.retry_selected, "R", within=view)
        self.retry_failed = add(task, self.tr("Retry all &failed"), self._retry_failed, "Shift+R", within=view)
        self.open = add(task, self.tr("&Open result"), self.open_selected, "O", within=view)
        self.move_up = add(task, self.tr("Move &up in the queue"), self._move_up, "Alt+Up", within=view)
        self.move_to_top = add(
            task, self.tr("Move to the &top of the queue"), self._move_to_top, "Alt+Home", within=view
        )
        self.process = add(task, self.tr("Run as a proce&ss"), self.run_selected_as_process)
        self.detach = add(task, self.tr("&Detach"), self.detach_selected)
        self.detach.setStatusTip(self.tr("Lets the program go on without taskmon; it can be attached to again"))
        self.undo = add(task, self.tr("Und&o cancel"), self.undo_cancel, "Ctrl+Z", within=parent)
        self.at_once = add(task, self.tr("Run at o&nce…"), self.ask_how_many_at_once)
        self.copy_name = add(task, self.tr("Cop&y name"), self.copy_names, copy, within=view)
        self.copy_report = add(task, self.tr("Copy r&eport"), self.copy_reports, "Ctrl+Shift+C", within=view)
        self.clear = add(
            task, self.tr("C&lear finished"), self._controller.clear_finished, "Ctrl+Shift+L", within=parent
        )
        self.clear_selected = add(task, self.tr("Clear fro&m the table"), self._clear_selected)
        self._selective = (
            self.cancel, self.after_item, self.pause, self.retry, self.open, self.move_up, self.move_to_top,
            self.process, self.detach, self.copy_name, self.copy_report, self.clear_selected, self.clear,
            self.retry_failed,
        )  # fmt: skip
        self.undo.setEnabled(False)

    # -- cancelling -------------------------------------------------------------------------------

    @Slot()
    def cancel_selected(self) -> None:
        """Ask the selected tasks to stop."""
        self.cancel_tasks([row.id for row in self._view.selected_rows()])

    def cancel_tasks(self, task_ids: Sequence[int]) -> None:
        """Ask tasks to stop; ask the user first if that stops others as well, or many, or long work.

        One task is one, be it a program of many: that its button ends them all, the row says before the click.
        """
        rows = [row for task_id in task_ids if (row := self._controller.model.row(task_id)) is not None]
        live = [row for row in rows if row.action is RowAction.CANCEL]
        if len(rows) == 1 and not live:
            self.said.emit(_on(rows[0], text.action_hint(rows[0])))
            return
        left = _left_alone(rows, live)
        ids = [row.id for row in live]  # those that a question is about, not those that live when it is answered
        others = _stopped_along(live)
        long = [row for row in live if _is_long_work(row)]
        many = len(ids) > 1 and len(set(ids).union(*map(_live_beneath, live))) > ASK_ABOVE
        if not others and (not (many or long) or not self.asks_about_many()):
            self._cancel_now(ids, left)
            return
        from taskmon.ui.widgets.messages import LONGEST_NAME, ask_before_cancelling

        worked = [f"{text.name(row)} ({format_duration(row.snapshot.elapsed)})" for row in long]
        chosen_ids = set(ids)
        names = [_with_means(row, LONGEST_NAME) for row in live if not _is_beneath(row, chosen_ids)]
        button = ask_before_cancelling(
            self._panel, len(ids), names, others=others, worked=worked, left=list(map(text.name, left))
        )
        button.clicked.connect(lambda: self._cancel_now(ids, left))

    def _cancel_now(self, task_ids: Sequence[int], left: Sequence[TaskRow]) -> None:
        undoable = self._controller.undoable(task_ids)
        self._controller.cancel_many(task_ids)
        for task_id in task_ids:
            self._controller.model.thaw(task_id)
        if undoable:
            self._offer_undo(undoable)
        if left:
            self.said.emit(_words_on_those_left(len(task_ids), left))

    def take_way_out(self, way: WayOut) -> None:
        """End a program by what ends it as things are; ask the user first, as everywhere."""
        program, offer = way.program, way.offer
        if offer is None:
            self.cancel_tasks([program])
            return
        from taskmon.ui.widgets.messages import ask_about_signal

        yes = ask_about_signal(self._panel, way.name, way.signal)
        yes.clicked.connect(lambda: self._controller.use_offer(program, offer))

    @Slot()
    def cancel_selected_after_item(self) -> None:
        """Ask the selected tasks to finish what they are at, and stop then; those that know no items, to stop."""
        rows = self._view.selected_rows()
        plain = [row.id for row in rows if not self._controller.cancel_after_item(row.id)]
        self.cancel_tasks(plain)

    # -- undoing ----------------------------------------------------------------------------------

    def _offer_undo(self, undoable: list[Undoable]) -> None:
        self._undoable += undoable
        self._undo_ends.start(UNDO_SECONDS * 1000)
        self.undo.setEnabled(True)
        if len(self._undoable) == 1:
            row = self._controller.model.row(self._undoable[0].task_id)
            name = text.name(row) if row is not None else ""
            words = self.tr("“{name}” was cancelled before it started").format(name=name)
        else:
            words = self.tr("{n} waiting tasks were cancelled").format(n=len(self._undoable))
        self.undo_offered.emit(words)

    @Slot()
    def undo_cancel(self) -> None:
        """Put the waiting tasks that were cancelled last back in line."""
        undoable = self._undoable
        self._withdraw_undo()
        restored = self._controller.restore(undoable)
        if restored:
            self._view.select_task(restored[0].id)

    @Slot()
    def _withdraw_undo(self) -> None:
        self._undoable = []
        self._undo_ends.stop()
        self.undo.setEnabled(False)
        self.undo_withdrawn.emit()

    def let_go(self) -> None:
        """The table is hidden: nothing can be undone from now on."""
        if self._undo_ends.isActive():
            self._withdraw_undo()

    # -- the other commands -----------------------------------------------------------------------

    @Slot()
    def pause_or_resume_selected(self) -> None:
        """Pause the selected tasks; resume them if none of them can be paused."""
        rows = self._view.selected_rows()
        ids = [row.id for row in rows]
        done = sum(map(self._controller.pause, ids)) or sum(map(self._controller.resume, ids))
        if rows and not done:
            self.said.emit(_on(rows[0], self.tr("Only jobs, tasks of the library and progress bars can be paused.")))
        for task_id in ids:
            self._controller.model.thaw(task_id)

    @Slot()
    def retry_selected(self) -> None:
        """Start the work of the selected ended tasks anew, and programs that were started here."""
        rows = self._view.selected_rows()
        started = False
        for row in rows:
            run_again = self.way_to_run_again(row)
            if run_again is not None:
                run_again()
                started = True
            elif self._controller.retry(row.id) is not None:
                started = True
        if rows and not started:
            self.said.emit(_on(rows[0], self.tr("Only what was started from this window, and has ended, runs again.")))

    @Slot()
    def _retry_failed(self) -> None:
        if not self._controller.retry_failed():
            self.said.emit(self.tr("Nothing to retry: what has failed is part of other work, or was retried already."))

    @Slot()
    def open_selected(self) -> None:
        """Show what the selected tasks have made."""
        for row in self._view.selected_rows():
            self.open_result(row)

    def open_result(self, row: TaskRow) -> None:
        """Show what a task of this program has made, in the program that the desktop has for it."""
        if row.action is RowAction.OPEN:
            from taskmon.ui.widgets.messages import open_file

            open_file(row.snapshot.result_path, self._view)

    @Slot()
    def _move_up(self) -> None:
        self._controller.move_up([row.id for row in self._view.selected_rows()])

    @Slot()
    def _move_to_top(self) -> None:
        self._controller.move_to_top([row.id for row in self._view.selected_rows()])

    @Slot()
    def run_selected_as_process(self) -> None:
        """Start the work of the selected task anew in a process of its own; cancel it first if it runs."""
        for row in self._view.selected_rows():
            self._controller.run_as_process(row.id)

    @Slot()
    def detach_selected(self) -> None:
        """Let the programs of the selected rows go on without taskmon, those that were attached to."""
        rows = self._view.selected_rows()
        ways = self._ways_to_detach(rows)
        for let_go in ways:
            let_go()
        if rows and not ways:
            self.said.emit(_on(rows[0], self.tr("Only a program that was attached to when it ran can be let go.")))

    def _ways_to_detach(self, rows: Sequence[TaskRow]) -> list[Callable[[], object]]:
        programs = {each.id: each for each in map(_root_of, rows)}
        return [way for each in programs.values() if (way := self.way_to_detach(each)) is not None]

    @Slot()
    def ask_how_many_at_once(self) -> None:
        """Let the user change how many tasks run at once."""
        from taskmon.ui.widgets.messages import ask_for_limit

        ask_for_limit(self._panel, self._controller.max_at_once, self.use_limit)

    @Slot()
    def copy_names(self) -> None:
        """Copy the names of the selected tasks."""
        _copy("\n".join(text.name(row) for row in self._view.selected_rows()))

    @Slot()
    def copy_reports(self) -> None:
        """Copy all that is known of the selected tasks, for a bug report."""
        _copy("\n\n".join(self.report_of(row) for row in self._view.selected_rows()))

    @Slot()
    def _clear_selected(self) -> None:
        rows = self._view.selected_rows()
        self._controller.clear([each.id for row in rows for each in (row.children if row.is_fold else [row])])

    # -- menus ------------------------------------------------------------------------------------

    def menu_for(self, rows: list[TaskRow], parent: QWidget) -> QMenu:
        """The menu on rows, its texts and what they act on fixed at the moment it opens."""
        menu = QMenu(parent)
        self.fit_to(rows)
        menu.addActions([self.cancel, self.after_item, self.pause, self.retry])
        if self.open.isEnabled():
            menu.addAction(self.open)
        if self.move_up.isEnabled():
            menu.addSeparator()
            menu.addActions([self.move_up, self.move_to_top])
        if self.process.isEnabled():
            menu.addAction(self.process)
        if self.detach.isEnabled():
            menu.addAction(self.detach)
        menu.addSeparator()
        menu.addActions([self.copy_name, self.copy_report, self.clear_selected, self.clear])
        menu.aboutToHide.connect(self.enable_all)
        return menu

    def fit_to(self, rows: list[TaskRow]) -> None:
        """Say and enable what can be done with `rows`, while a menu is open. A disabled action has no shortcut."""
        states = {row.snapshot.state for row in rows}
        live = any(not state.is_final for state in states)
        waiting = bool(states) and states <= {TaskState.QUEUED}
        pausable = any(row.snapshot.state in (TaskState.RUNNING, TaskState.QUEUED) for row in rows)
        pause = self.tr("&Hold") if waiting else self.tr("&Pause")
        self.pause.setText(pause if pausable or not live else self.tr("&Resume"))
        self.pause.setEnabled(live and any(row.snapshot.pausable for row in rows))
        self.cancel.setEnabled(any(row.action is RowAction.CANCEL for row in rows))
        self.after_item.setEnabled(any(row.snapshot.item_wise and row.action is RowAction.CANCEL for row in rows))
        programs = any(self.way_to_run_again(row) is not None for row in rows)
        self.retry.setText(self.tr("&Run again") if programs else self.tr("&Retry"))
        self.retry.setEnabled(programs or any(row.can_retry for row in rows))
        self.open.setEnabled(any(row.action is RowAction.OPEN for row in rows))
        for action in (self.move_up, self.move_to_top):
            action.setEnabled(any(self._controller.can_move(row) for row in rows))
        self.process.setEnabled(len(rows) == 1 and self._controller.can_run_as_process(rows[0].id))
        if self.process.isEnabled():
            ended = rows[0].snapshot.state.is_final
            self.process.setText(
                self.tr("Run again as a process") if ended else self.tr("Cancel, then run as a process")
            )
        self.detach.setEnabled(bool(self._ways_to_detach(rows)))
        for action in (self.copy_name, self.copy_report):
            action.setEnabled(bool(rows))
        self.clear_selected.setEnabled(bool(rows) and all(row.has_ended for row in rows))
        self.retry_failed.setEnabled(bool(self._controller.failed_to_retry()))
        self.clear.setEnabled(any(map(self._controller.model.count, (Category.FINISHED, Category.FAILED))))

    @Slot()
    def enable_all(self) -> None:
        """The menu is gone: the shortcuts work again, and look at what is selected when they are pressed."""
        for action in self._selective:
            action.setEnabled(True)

    def cancel_group(self, heading: TaskRow) -> QAction:
        """An action that cancels all tasks beneath a heading, those of this moment."""
        members = getattr(heading, "members", [])
        ids = [row.id for row in members if row.action is RowAction.CANCEL]
        action = QAction(self.tr("Cancel all of the group ({n})").format(n=len(ids)), self)
        action.setEnabled(bool(ids))
        action.triggered.connect(lambda _checked=False: self.cancel_tasks(ids))
        return action


def _in_short(row: TaskRow) -> str:
    columns = (column for column in TaskColumn if column is not TaskColumn.ACTION and cells.cell(row, column))
    return "\n".join(f"{cells.label(column)}: {cells.cell(row, column)}" for column in columns)


def _stopped_along(rows: Sequence[TaskRow]) -> list[str]:
    """The names of those that the flags of these stop as well, and that are not among them. Several may have one."""
    chosen = Counter((_pid_of(row), row.snapshot.name) for row in rows)
    found = Counter[tuple[int, str]]()
    for row in rows:
        pid, means = _pid_of(row), row.snapshot.stop_means
        along = Counter(means.shared_with) if means is not None else {}
        for name, count in along.items():
            others = count - chosen[pid, name] + (name == row.snapshot.name)
            found[pid, name] = max(found[pid, name], others)
    return [name for _, name in found.elements()]


def _pid_of(row: TaskRow) -> int:
    return row.snapshot.origin.pid if row.snapshot.origin is not None else 0


def _live_beneath(row: TaskRow) -> Iterator[int]:
    """The live tasks beneath a row, which end with it."""
    for child in row.children:
        if not child.snapshot.state.is_final:
            yield child.id
        yield from _live_beneath(child)


def _with_means(row: TaskRow, longest: int) -> str:
    """Its name, cut to so many characters, how many are beneath it, and of a program what is done to it."""
    name, count = plain(text.name(row), longest), len(set(_live_beneath(row)))
    if count:
        name += " " + text.tr("(with {n} beneath it)").format(n=format_count(count))
    means = text.means_line(row.snapshot) if is_program(row.snapshot) else ""
    return text.tr("{name}: {means}").format(name=name, means=means) if means else name


def _on(row: TaskRow, words: str) -> str:
    return f"{text.name(row)}: {words}" if words else ""


def _is_long_work(row: TaskRow) -> bool:
    """Whether a cancel may lose much. What counts towards no end, such as a server, is at none it could lose."""
    snapshot = row.snapshot
    return snapshot.progress.total is not None and snapshot.elapsed >= ASK_AFTER


def _left_alone(rows: Sequence[TaskRow], asked: Sequence[TaskRow]) -> list[TaskRow]:
    """Of those that were to stop: those without a way. What is beneath one that is asked goes with it."""
    ids = {row.id for row in asked}
    return [
        row
        for row in rows
        if row.action is RowAction.LOCKED and not _is_beneath(row, ids) and not is_internal(row.snapshot)
    ]


def _root_of(row: TaskRow) -> TaskRow:
    """What it stands beneath in the end, such as its program."""
    while row.parent is not None:
        row = row.parent
    return row


def _is_beneath(row: TaskRow, ids: set[int]) -> bool:
    above = row.parent
    while above is not None and above.id not in ids:
        above = above.parent
    return above is not None


def _words_on_those_left(asked: int, left: Sequence[TaskRow]) -> str:
    names = text.tr(", ").join(map(text.name, left[:_NAMED]))
    if len(left) > _NAMED:
        names = text.tr("{names} and {n} more").format(names=names, n=format_count(len(left) - _NAMED))
    if not asked:
        return text.tr("Nothing was asked to stop: no way was found for {names}.").format(names=names)
    return text.tr("{n} asked to stop. No way to stop was found for {names}.").format(
        n=format_count(asked), names=names
    )


def _copy(words: str) -> None:
    from PySide6.QtGui import QGuiApplication

    QGuiApplication.clipboard().setText(words)
