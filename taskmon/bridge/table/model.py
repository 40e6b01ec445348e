"""The rows as a Qt model: what news of tasks and wishes of the user make of them. In the UI thread only.

Every override is a total function over plain rows: PySide turns an exception in `rowCount` into a crash. Views that
paint read `row_at`, not `data`: one call instead of twenty a row. They are not told of what `sample` finds by a signal
either, which costs hand-overs of the interpreter: they get its result. Only if somebody else listens to `dataChanged`,
such as what serves a screen reader, it tells of that as well.

News of tasks may have to wait: while the pointer is on a button nothing moves beneath it (`hold`), and a frozen
picture keeps its values, too (`freeze`). What the user asks for happens at once.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QAbstractTableModel, QMetaMethod, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from taskmon.bridge.table import cells, text
from taskmon.bridge.table.categories import Category
from taskmon.bridge.table.order import RowOrder, SortRule, differences
from taskmon.bridge.table.rows import (
    CATEGORY_OF,
    Change,
    Grouping,
    TaskColumn,
    TaskRow,
    is_pool,
    is_program,
    is_watched,
)
from taskmon.core.task.handle import TaskHandle
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import TaskState

if TYPE_CHECKING:
    from taskmon.bridge.table.ending import DeadlockRows

AnyIndex = QModelIndex | QPersistentModelIndex

# Plain integers: comparing with the members of Qt's enums costs a Python call each.
DISPLAY: Final = int(Qt.ItemDataRole.DisplayRole)
TOOLTIP: Final = int(Qt.ItemDataRole.ToolTipRole)
_ALIGNMENT: Final = int(Qt.ItemDataRole.TextAlignmentRole)
ACCESSIBLE_TEXT: Final = int(Qt.ItemDataRole.AccessibleTextRole)
_ACCESSIBLE_DESCRIPTION: Final = int(Qt.ItemDataRole.AccessibleDescriptionRole)
TASK_ID_ROLE: Final = int(Qt.ItemDataRole.UserRole)
"""`data()` with this role gives the id of the row's task; of a heading, a number below zero."""

_LEFT: Final = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT: Final = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
COLUMNS: Final = tuple(TaskColumn)
NO_INDEX: Final = QModelIndex()
_PAUSABLE: Final = frozenset({TaskState.RUNNING, TaskState.QUEUED})
_FIRST_FIGURE: Final = min(column for column, each in cells.COLUMNS.items() if each.moves)
_LAST_FIGURE: Final = max(column for column, each in cells.COLUMNS.items() if each.moves)
_FIGURE_ROLES: Final = [DISPLAY, ACCESSIBLE_TEXT, TOOLTIP]

#: Changing more stretches of rows than this at once, or rows, is told to the views as a reset.
_MOST_RUNS: Final = 64
_MOST_ROWS: Final = 1_000
#: Rows that are not on the screen are looked at this often, in seconds, while there are less than two hundred …
_HIDDEN_INTERVAL: Final = 0.5
#: … and so many of them in one frame at most: with thousands at work, a frame takes no longer.
_HIDDEN_AT_ONCE: Final = 12


class _Batch:
    """What is to be told to the views when a batch of changes is over."""

    def __init__(self) -> None:
        self.changed: set[int] = set()
        self.counts = False
        self.deadlock = False
        self.rearrange = False


class TaskTableModel(QAbstractTableModel):
    """Tasks as rows; see `TaskColumn` for the columns.

    Signals:
        counts_changed(): the number of tasks in some state changed, or of those that do not respond.
        rearranging(), rearranged(): before and after rows come, go or move, in however many steps.
        freeze_changed(): `is_frozen` did.
        filled_changed(): `filled` did.
        deadlock_changed(): `deadlock` may be another.
    """

    counts_changed = Signal()
    rearranging = Signal()
    rearranged = Signal()
    freeze_changed = Signal()
    filled_changed = Signal()
    deadlock_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._order = RowOrder()
        self._active: dict[int, TaskRow] = {}  # those with a thread: the only ones that change by themselves
        self._rota: Iterator[int] = iter(())  # of those, to be looked at although they are not on the screen
        self._counts: Counter[Category] = Counter()
        self.states: Counter[str] = Counter()
        """How many tasks are in which, by `TaskSnapshot.state_name`. For reading."""
        self._frozen: dict[int, TaskRow] | None = None
        self._batch: _Batch | None = None
        self.filled: set[TaskColumn] = set()
        """Of CPU, progress, rate, time left and the worker on a cluster, which stands where that of another program has
        its thread: the columns in which something has stood since the table was empty."""
        self.is_whole: list[Callable[[TaskRow, TaskColumn], bool]] = []
        """Of the views that paint from rows: whether they show all that a tooltip would say of a cell."""
        self._holders: set[int] = set()
        self._stuck: dict[int, bool] = {}  # whether that is a deadlock
        self._pausable: set[int] = set()
        self._paints_from_rows = False
        self._marks: list[Callable[[int, int], object]] = []  # of the views that paint from rows
        self._has_listener = False
        self._held = False
        self._waiting = False  # to be rearranged, once that is allowed again

    # -- reading ----------------------------------------------------------------------------------

    def row_at(self, place: int) -> TaskRow | None:
        """What is shown at `place`: a row, a heading, a frozen copy of a row, or None."""
        shown = self._order.shown
        if not 0 <= place < len(shown):
            return None
        row = shown[place]
        return row if self._frozen is None else self._frozen.get(row.id, row)

    def row(self, task_id: int) -> TaskRow | None:
        """The row of a task as it is now, shown or not."""
        return self._order.rows.get(task_id)

    def any_row(self, row_id: int) -> TaskRow | None:
        """The row of a task, or one that stands for several."""
        folds = self._order.folds
        return self._order.rows.get(row_id) or (folds.rows.get(row_id) if folds is not None else None)

    def rows(self) -> list[TaskRow]:
        """All rows, shown or not, in the order in which they came."""
        return list(self._order.rows.values())

    def place_of(self, task_id: int) -> int | None:
        """Where a task is shown, or None."""
        return self._order.position(task_id)

    def count(self, category: Category) -> int:
        """How many tasks are in `category`."""
        if category is Category.STUCK:
            return len(self._stuck)
        return len(self._order.rows) if category is Category.ALL else self._counts[category]

    @property
    def is_stuck_in_deadlock(self) -> bool:
        """Whether there is something that is stuck, and all of it waits for each other."""
        return bool(self._stuck) and all(self._stuck.values())

    @property
    def overdue(self) -> frozenset[int]:
        """The ids of those that were asked to stop, and go on for so long that somebody should look."""
        return frozenset(task_id for task_id, in_deadlock in self._stuck.items() if not in_deadlock)

    @property
    def can_pause(self) -> bool:
        """Whether a task is left that can be paused or held."""
        return bool(self._pausable)

    @property
    def filtered(self) -> bool:
        """Whether a filter is in force."""
        return self._order.filtered

    @property
    def has_branches(self) -> bool:
        """Whether there are headings, or some task has, or had, subtasks: names are then indented."""
        return self._order.nested or self._order.groups is not None

    @property
    def is_grouped(self) -> bool:
        """Whether tasks stand under headings."""
        return self._order.groups is not None

    @property
    def is_frozen(self) -> bool:
        """Whether the picture is held, see `freeze`."""
        return self._frozen is not None

    @property
    def sort_rule(self) -> SortRule | None:
        """What the rows are sorted by; None while they stand in the order in which they came."""
        return self._order.rule

    @property
    def grouping(self) -> Grouping:
        groups = self._order.groups
        return Grouping.NONE if groups is None else groups.grouping

    @property
    def failures_first(self) -> bool:
        """Whether failures that nobody has looked at come first."""
        return self._order.failures_first

    @property
    def has_active(self) -> bool:
        """Whether some task has a thread, so that its row may change by itself."""
        return bool(self._active)

    def active_rows(self) -> list[TaskRow]:
        return list(self._active.values())

    # -- Qt's questions ---------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._order.shown)

    def columnCount(self, parent: AnyIndex = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = DISPLAY) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(COLUMNS):
            return None
        column = COLUMNS[section]
        if role == DISPLAY and column is TaskColumn.THREAD and column in self.filled:
            return text.tr("Worker")
        if role == DISPLAY:
            return text.tr(cells.COLUMNS[column].label) if cells.COLUMNS[column].label else ""
        if role == _ALIGNMENT:
            return _RIGHT if cells.COLUMNS[column].to_the_right else _LEFT
        if role == Qt.ItemDataRole.InitialSortOrderRole:  # of a figure, most is what one looks for
            return Qt.SortOrder.DescendingOrder if cells.COLUMNS[column].moves else Qt.SortOrder.AscendingOrder
        if role == ACCESSIBLE_TEXT and column is TaskColumn.ACTION:
            return text.tr("Action")
        return None

    def data(self, index: AnyIndex, role: int = DISPLAY) -> Any:
        row = self.row_at(index.row()) if index.isValid() else None
        if row is None or not 0 <= index.column() < len(COLUMNS):
            return None
        column = COLUMNS[index.column()]
        if role == DISPLAY:
            return cells.cell(row, column)
        if role == TASK_ID_ROLE:
            return row.id
        if role == _ALIGNMENT:
            return _RIGHT if cells.COLUMNS[column].to_the_right else _LEFT
        if role == ACCESSIBLE_TEXT:
            return cells.spoken(row, column)
        if role == _ACCESSIBLE_DESCRIPTION:
            return cells.described(row, column)
        if role == TOOLTIP:
            is_said = column in cells.SAID_WHOLE and not (column is TaskColumn.STATE and cells.meaning(row))
            if is_said and self.is_whole and all(shown(row, column) for shown in self.is_whole):
                return None
            hint = cells.tooltip(row, column)
            return text.as_html(hint) if hint else None
        return None

    # -- changes that come from the runner ----------------------------------------------------------

    def add(self, tasks: Iterable[tuple[TaskHandle, TaskSnapshot]]) -> None:
        """Take in new tasks; those that are known already are ignored."""
        order = self._order
        added: list[TaskRow] = []
        for task, snapshot in tasks:
            if snapshot.id in order.rows:
                continue
            row = TaskRow(task, snapshot, 0)
            order.add(row)
            added.append(row)
            self._note_activity(row)
            self._note_pausable(row)
        if not added:
            return
        for row in added:
            self._count(row.snapshot, 1)
        if order.is_plain and self._frozen is None and all(row.parent is None for row in added):
            first = len(order.shown)
            self.beginInsertRows(NO_INDEX, first, first + len(added) - 1)
            order.append(added)
            self.endInsertRows()
        else:
            self._rearrange()
        with self.batch():  # hundreds may wait for each other in a program that has run for long
            for row in added:
                self._note_filled(row)
                self._note_stuck(row)
            self._counts_changed()

    def update(self, snapshot: TaskSnapshot) -> bool:
        """Show a newer picture of a task; return whether its row changed."""
        row = self._order.rows.get(snapshot.id)
        if row is None:
            return False
        before, unseen = row.category, row.unseen
        old = row.snapshot
        changed = bool(row.update(snapshot))
        self._note_activity(row)
        if changed:
            self._note_filled(row)
        counts = self._note_pausable(row)
        if row.snapshot.state is not old.state:
            self._count(old, -1)
            self._count(row.snapshot, 1)
            self._recount_heading(row)
            if row.parent is not None and is_watched(row.snapshot):
                self._recount(row.parent)
            counts = True
        if counts:
            self._counts_changed()
        self._note_stuck(row)
        order = self._order
        moves = order.category is not Category.ALL and row.category is not before
        if order.folds is not None and row.snapshot.state is not old.state and is_watched(row.snapshot):
            moves = True  # among those that run, wait or have ended
        if moves or (order.failures_first and row.unseen is not unseen):
            self._rearrange_soon()
        if changed:
            self.repaint_rows([row])
        return changed

    def sample(self, first: int, last: int, *others: tuple[int, int]) -> list[tuple[TaskRow, Change]]:
        """Look at the running tasks: those shown from `first` to `last`, between `others` of that kind, and a few more.

        Return the rows whose picture changed, and how much.
        """
        found: list[tuple[TaskRow, Change]] = []
        seen: set[int] = set()
        with self.batch():
            for begin, end in ((first, last), *others):
                for row in reversed(self._order.shown[max(0, begin) : end + 1]):  # the whole after its parts
                    if row.id not in seen:
                        seen.add(row.id)
                        if row.id in self._active:
                            self._look_at(row, found)
            self._look_at_hidden(seen, found)
        if self._has_listener:
            self._tell_of(found)
        return found

    def refresh(self, task_id: int) -> None:
        """Look at one task, if that has not been done lately: somebody reads about it, wherever its row is."""
        row = self._active.get(task_id)
        if row is None or time.monotonic() - row.snapshot.taken_at < _HIDDEN_INTERVAL:
            return
        found: list[tuple[TaskRow, Change]] = []
        self._look_at(row, found)
        self.repaint_rows(row for row, _ in found)

    def _look_at(self, row: TaskRow, found: list[tuple[TaskRow, Change]]) -> None:
        old, snapshot = row.snapshot, row.task.snapshot()
        if snapshot.revision != old.revision:
            return  # a change of state is on its way, in order, with its event
        change = row.update(snapshot)
        if change is Change.NOTHING:
            return
        found.append((row, change))
        self._note_filled(row)
        if change is Change.ROW:
            self._note_stuck(row)
            if is_pool(snapshot):
                self._recount(row)
            if (
                self._has_deadlock
                and is_program(snapshot)
                and (snapshot.stop_means != old.stop_means or int(snapshot.stopping_for) != int(old.stopping_for))
            ):
                self._deadlock_changed()  # it ends by something else now

    def _look_at_hidden(self, seen: set[int], found: list[tuple[TaskRow, Change]]) -> None:
        now = time.monotonic()
        for _ in range(_HIDDEN_AT_ONCE):
            task_id = next(self._rota, None)
            if task_id is None:
                self._rota = iter(tuple(self._active))
                return
            row = self._active.get(task_id)
            if row is not None and task_id not in seen and now - row.snapshot.taken_at >= _HIDDEN_INTERVAL:
                self._look_at(row, found)

    def _tell_of(self, found: list[tuple[TaskRow, Change]]) -> None:
        """One `dataChanged` for all of them that are shown and not frozen."""
        frozen = self._frozen or {}
        places = {
            place: change
            for row, change in found
            if row.id not in frozen and (place := self._order.position(row.id)) is not None
        }
        if not places:
            return
        lowest, highest = min(places), max(places)
        if max(places.values()) is Change.ROW:
            self._rows_changed(lowest, highest)
        else:
            first, last = self.createIndex(lowest, _FIRST_FIGURE), self.createIndex(highest, _LAST_FIGURE)
            self.dataChanged.emit(first, last, _FIGURE_ROLES)

    def remove_ended(self, row_ids: Iterable[int] | None = None) -> int:
        """Forget the tasks that have ended, of these or of all; return how many."""
        dropped = self._order.remove_ended() if row_ids is None else self._order.remove(row_ids)
        for row in dropped:
            self._count(row.snapshot, -1)
            self._active.pop(row.id, None)
        if dropped:
            self._rearrange_now()
            self._counts_changed()
            if self.filled and not self._order.rows:
                self.filled.clear()
                self.filled_changed.emit()
        return len(dropped)

    def replace(self, old_id: int, task: TaskHandle) -> None:
        """Show a task in the place of another, which was cancelled before it started and goes."""
        old = self._order.rows.get(old_id)
        self.add([(task, task.snapshot())])
        row = self._order.rows.get(task.id)
        if old is None or row is None or old.parent is not None or old.children:
            return
        self._count(old.snapshot, -1)
        self._pausable.discard(old_id)
        self._order.replace(old_id, row)
        self._rearrange_now()
        self._counts_changed()

    def follow_queue(self, task_ids: Iterable[int]) -> None:
        """Show the waiting tasks in the order in which they will start, as far as the rows are not sorted otherwise."""
        self._order.follow_queue(task_ids)
        self._rearrange_now()

    # -- changes that come from the user --------------------------------------------------------------

    def set_filter(self, words: str, category: Category) -> None:
        """Show only tasks whose name, message, group or thread has `words`, and that are in `category`.

        What stands above them is shown as well; and all that stands beneath one that is the only match there, such as a
        program that is found by its name.
        """
        order = self._order
        words = words.strip().casefold()
        if (words, category) != (order.text, order.category):
            order.text, order.category = words, category
            self._rearrange_now()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column, ties by the column before; -1 goes back to the order in which the tasks came."""
        rule: SortRule | None = None
        if 0 <= column < len(COLUMNS) and COLUMNS[column] is not TaskColumn.ACTION:
            rule = SortRule(COLUMNS[column], order is Qt.SortOrder.DescendingOrder)
        mine = self._order
        if rule is None or mine.rule is None:
            mine.previous_rule = None
        elif rule.column is not mine.rule.column:
            mine.previous_rule = mine.rule
        mine.rule = rule
        mine.place_programs()
        self._rearrange_now()

    def resort(self) -> None:
        """Sort again, after values have changed. Called every few seconds at most."""
        if self._order.rule is not None:
            self._rearrange()

    def group_by(self, grouping: Grouping) -> None:
        """Put the rows under headings, or do without."""
        if grouping is self.grouping:
            return
        if grouping is Grouping.NONE:
            self._order.groups = None
        else:
            from taskmon.bridge.table.grouping import Groups  # most windows never group

            self._order.groups = Groups(grouping)
        self._rearrange_now()

    def put_failures_first(self, wanted: bool) -> None:
        """Let failures that nobody has looked at come before everything else, or not."""
        self._order.failures_first = wanted
        self._rearrange_now()

    def mark_seen(self, task_id: int) -> None:
        """Somebody has looked at a task. It keeps its place till the rows are arranged next."""
        row = self._order.rows.get(task_id)
        if row is not None and row.unseen:
            row.unseen = False
            self.repaint_rows([row])

    def toggle(self, row_id: int) -> None:
        """Open or close the branch beneath a task or a heading."""
        groups = self._order.groups
        row = self.any_row(row_id) or (groups.rows.get(row_id) if groups is not None else None)
        if row is not None and (row.children or row.is_group):
            row.expanded = not row.expanded
            self._rearrange_now()
            place = self._order.position(row_id)
            if place is not None:
                self._rows_changed(place, place)

    def reveal(self, task_id: int) -> None:
        """Open the branches and folds that hide a task; one that a filter hides stays hidden."""
        row = self._order.rows.get(task_id)
        if row is not None and self._order.position(task_id) is None:
            self._order.reveal(row)
            self._rearrange_now()

    # -- standing still ---------------------------------------------------------------------------------

    def hold(self, held: bool) -> None:
        """Let no row move for what tasks do, or no longer. Rows that come at the end move none."""
        self._held = held
        self._catch_up()

    def freeze(self, frozen: bool) -> None:
        """Hold the picture, values and order, or let it go on. Counts go on."""
        if frozen is self.is_frozen:
            return
        if frozen:
            from taskmon.bridge.table.rows import freeze  # most windows never do

            self._frozen = freeze(self._order.shown)
        else:
            self._frozen = None
        self._catch_up()
        if not frozen and self._order.shown:
            self._rows_changed(0, len(self._order.shown) - 1)
        self.freeze_changed.emit()

    def thaw(self, task_id: int) -> None:
        """Show one task as it is, although the picture is frozen: the user has asked something of it."""
        row = self._order.rows.get(task_id)
        if self._frozen is not None and row is not None and self._frozen.pop(task_id, None) is not None:
            self.repaint_rows([row])

    def _catch_up(self) -> None:
        if self._waiting and not self._held and self._frozen is None:
            self._rearrange()

    # -- telling the views ----------------------------------------------------------------------------

    @contextmanager
    def painted_from_rows(self, mark: Callable[[int, int], object]) -> Iterator[None]:
        """A view that is connected meanwhile paints what `sample` returns: it need not be told by signal.

        That other rows look different it is told by ``mark(first, last)``, until `not_painted_from_rows`.
        """
        self._marks.append(mark)
        self._paints_from_rows = True
        try:
            yield
        finally:
            self._paints_from_rows = False

    def not_painted_from_rows(self, mark: Callable[[int, int], object]) -> None:
        """The view that `mark` belongs to is gone."""
        self._marks.remove(mark)

    def connectNotify(self, signal: QMetaMethod) -> None:
        """Qt tells of a new listener."""
        if not self._paints_from_rows and signal.name().data() == b"dataChanged":
            self._has_listener = True

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Tell the views of the changes made inside as of one: ten thousand short tasks are ten thousand changes."""
        if self._batch is not None:
            yield
            return
        batch = self._batch = _Batch()
        try:
            yield
        finally:
            self._batch = None
            if batch.rearrange:
                self._rearrange()
            places = [place for task_id in batch.changed if (place := self._order.position(task_id)) is not None]
            if places:
                self._rows_changed(min(places), max(places), places if len(places) <= _MOST_RUNS else ())
            if batch.deadlock:
                self.deadlock_changed.emit()
            if batch.counts:
                self.counts_changed.emit()

    def repaint_rows(self, rows: Iterable[TaskRow]) -> None:
        """Tell the views that something about these rows has changed."""
        for row in rows:
            if self._batch is not None:
                self._batch.changed.add(row.id)
                continue
            place = self._order.position(row.id)
            if place is not None:
                self._rows_changed(place, place)

    def note_holders(self) -> None:
        """Note on each row for which of its locks others wait, by what those tell. Called about once a second."""
        active = self._active.values()
        held: dict[int, dict[str, list[TaskRow]]] = {}
        if any((facts := row.snapshot.facts) is not None and facts.holder for row in active):
            from taskmon.bridge.table.ending import locks_held

            held = locks_held(active)
        for row_id in self._holders.union(held):
            row = self._order.rows.get(row_id)
            holds = tuple((name, len(waiting)) for name, waiting in held.get(row_id, {}).items())
            if row is not None and row.holds != holds:
                row.holds = holds
                self.repaint_rows([row])
        self._holders = set(held)

    def _note_stuck(self, row: TaskRow) -> None:
        """Count a row among those that somebody should look at, or no longer, and tell if that changes a deadlock."""
        stuck = row.in_deadlock if row.is_stuck else None
        before = self._stuck.get(row.id)
        if stuck is before:
            return
        if stuck is None:
            del self._stuck[row.id]
        else:
            self._stuck[row.id] = stuck
        if stuck or before:
            self._deadlock_changed()
        self._counts_changed()
        if stuck is not None and before is not None:
            return  # it was listed there before
        if self._order.category is Category.STUCK:
            self._rearrange_soon()

    @property
    def _has_deadlock(self) -> bool:
        return any(self._stuck.values())

    def deadlock(self) -> DeadlockRows | None:
        """Some threads that wait for each other, if there are any."""
        if not self._has_deadlock:
            return None
        from taskmon.bridge.table.ending import find_deadlock

        return find_deadlock(self._active.values())

    def _note_filled(self, row: TaskRow) -> None:
        filled = self.filled
        before = len(filled)
        if row.snapshot.facts is not None and is_watched(row.snapshot):
            filled.add(TaskColumn.CPU)
        if row.meter is not None:
            if TaskColumn.RATE not in filled and row.rate is not None:
                filled.add(TaskColumn.RATE)
            if TaskColumn.LEFT not in filled and (row.seconds_left is not None or row.stalled_for):
                filled.add(TaskColumn.LEFT)
        if TaskColumn.PROGRESS not in filled and row.shows_progress:
            filled.add(TaskColumn.PROGRESS)
        origin = row.snapshot.origin
        if origin is not None and origin.thread and not origin.pid:
            filled.add(TaskColumn.THREAD)
        if len(filled) != before:
            self.filled_changed.emit()

    def _note_activity(self, row: TaskRow) -> None:
        if row.snapshot.state.has_thread:
            self._active[row.id] = row
        else:
            self._active.pop(row.id, None)

    def _note_pausable(self, row: TaskRow) -> bool:
        pausable = row.snapshot.pausable and row.snapshot.state in _PAUSABLE
        if pausable is (row.id in self._pausable):
            return False
        (self._pausable.add if pausable else self._pausable.discard)(row.id)
        return True

    def _recount_heading(self, row: TaskRow) -> None:
        heading = self._order.heading_of(row)
        if heading is not None:
            heading.recount()
            self.repaint_rows([heading])

    def _recount(self, row: TaskRow) -> None:
        """What is beneath a row of a watched program has changed: its pool tells how many run, its folds as well."""
        folds = self._order.folds
        self.repaint_rows([row] if is_pool(row.snapshot) else [])
        self.repaint_rows(folds.beneath(row) if folds is not None else [])

    def _count(self, snapshot: TaskSnapshot, change: int) -> None:
        self.states[snapshot.state_name] += change
        self._counts[CATEGORY_OF[snapshot.state]] += change

    def _counts_changed(self) -> None:
        if self._batch is not None:
            self._batch.counts = True
        else:
            self.counts_changed.emit()

    def _deadlock_changed(self) -> None:
        if self._batch is not None:
            self._batch.deadlock = True
        else:
            self.deadlock_changed.emit()

    def _rows_changed(self, first: int, last: int, only: Sequence[int] = ()) -> None:
        """Tell that the rows from `first` to `last` look different, or `only` these: one that has ended, and that for
        which it has made room, may be far from each other.
        """
        runs = [(place, place) for place in only] or [(first, last)]
        for mark in self._marks:
            for run in runs:
                mark(*run)
        if self._has_listener:
            # Not `index`, which asks the overrides above whether there is such a cell.
            self.dataChanged.emit(self.createIndex(first, 0), self.createIndex(last, len(COLUMNS) - 1))

    def _rearrange_soon(self) -> None:
        if self._batch is not None:
            self._batch.rearrange = True
        else:
            self._rearrange()

    def _rearrange_now(self) -> None:
        """Rearrange for the user, whose wish ends a freeze: they want to see what is."""
        if self._frozen is not None:
            self._waiting = False
            self.freeze(False)
        self._rearrange(forced=True)

    def _rearrange(self, *, forced: bool = False) -> None:
        """Go from the rows that are shown to those that should be, so that selection and scrolling survive."""
        if not forced and (self._held or self._frozen is not None):
            self._waiting = True
            return
        self._waiting = False
        order = self._order
        old, new = order.shown, order.arranged()
        if order.folds is not None:
            self.repaint_rows(list(order.folds.rows.values()))  # they count, wherever they stand
        if old == new:
            return
        self.rearranging.emit()
        many = abs(len(old) - len(new)) > _MOST_ROWS
        gone, come, kept = differences(old, new) if not many else ([], [], [])
        if many or len(gone) + len(come) > _MOST_RUNS:
            self.beginResetModel()
            order.show(new)
            self.endResetModel()
        else:
            for first, last in reversed(gone):
                self.beginRemoveRows(NO_INDEX, first, last)
                order.show(order.shown[:first] + order.shown[last + 1 :])
                self.endRemoveRows()
            if kept != order.shown:
                self._permute(kept)
            for first, last in come:
                self.beginInsertRows(NO_INDEX, first, last)
                order.show(order.shown[:first] + new[first : last + 1] + order.shown[first:])
                self.endInsertRows()
        self.rearranged.emit()

    def _permute(self, rows: list[TaskRow]) -> None:
        order = self._order
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        ids = [order.shown[index.row()].id for index in before]
        order.show(rows)
        after = [
            self.index(place if (place := order.position(task_id)) is not None else -1, index.column())
            for task_id, index in zip(ids, before, strict=True)
        ]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()
