"""Which rows are shown, in which order: filter, sort and tree over plain lists. No Qt.

A `QSortFilterProxyModel` over a Python model calls back into Python for every comparison: seventy times slower than
`sorted` at ten thousand rows, and by the second at a hundred thousand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, groupby
from operator import eq, itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from taskmon.bridge.table import cells
from taskmon.bridge.table.categories import Category
from taskmon.bridge.table.rows import CATEGORY_OF, TaskColumn, TaskRow, is_program, is_watched

if TYPE_CHECKING:
    from taskmon.bridge.table.folding import Folds
    from taskmon.bridge.table.grouping import GroupRow, Groups

Run = tuple[int, int]
"""The first and the last of neighbouring places."""


class RowOrder:
    """All rows, and the list of those that are shown."""

    def __init__(self) -> None:
        self.rows: dict[int, TaskRow] = {}
        self.shown: list[TaskRow] = []
        self._roots: list[TaskRow] = []
        self._placed = True  # whether each of the shown rows knows its place
        self._sequence = 0
        self.nested = False
        """Whether some row has ever had rows beneath it."""
        self.text = ""
        self.category = Category.ALL
        self.rule: SortRule | None = None
        self.previous_rule: SortRule | None = None
        """What the rows were sorted by before: it orders those that are equal by `rule`."""
        self.groups: Groups | None = None
        self.folds: Folds | None = None
        """Rows that stand for several, once there is a watched program."""
        self._programs = False  # whether some root has been a watched program
        self._standing: dict[int, int] = {}  # of the programs that were there at the user's last sort: their places
        self.failures_first = False
        """Whether failures that nobody has looked at come before everything else."""

    def add(self, row: TaskRow) -> None:
        """Take a row in, beneath its parent if that is known. Shown only after `arranged` was applied."""
        self.rows[row.id] = row
        row.sequence = self._sequence
        self._sequence += 1
        parent_id = row.snapshot.parent_id
        parent = self.rows.get(parent_id) if parent_id is not None else None
        is_foreign = row.snapshot.origin is not None
        if is_foreign and self.folds is None and is_watched(row.snapshot):
            from taskmon.bridge.table.folding import Folds  # most windows show none

            self.folds = Folds()
        if parent is None:
            self._roots.append(row)
            self._programs = self._programs or (is_foreign and is_program(row.snapshot))
        else:
            parent.add_child(row)
            self.nested = True

    def remove_ended(self) -> list[TaskRow]:
        """Drop the roots that have ended with all beneath them; return every row dropped."""
        ended = [root for root in self._roots if root.has_ended]
        if not ended:
            return []
        self._roots = [root for root in self._roots if not root.has_ended]
        dropped = [row for root in ended for row in _with_descendants(root)]
        for row in dropped:
            del self.rows[row.id]
        if self.folds is not None:
            self.folds.forget({row.id for row in dropped})
        return dropped

    def remove(self, row_ids: Iterable[int]) -> list[TaskRow]:
        """Drop rows that have ended with all beneath them; return every row dropped."""
        ended = [row for row_id in row_ids if (row := self.rows.get(row_id)) is not None and row.has_ended]
        dropped = {each.id: each for row in ended for each in _with_descendants(row)}
        for row_id in dropped:
            del self.rows[row_id]
        self._roots = [root for root in self._roots if root.id not in dropped]
        for parent in {id(row.parent): row.parent for row in ended if row.parent is not None}.values():
            parent.children = [child for child in parent.children if child.id not in dropped]
            parent.part_changed()
        if self.folds is not None:
            self.folds.forget(set(dropped))
        return list(dropped.values())

    def show(self, rows: list[TaskRow]) -> None:
        """Make `rows` the shown ones."""
        self.shown = rows
        self._placed = False

    def append(self, rows: list[TaskRow]) -> None:
        """Show `rows` below all others, without looking at those."""
        for place, row in enumerate(rows, len(self.shown)):
            row.place = place
        self.shown.extend(rows)

    def position(self, row_id: int) -> int | None:
        """The place of a row among the shown ones, or None."""
        row = self.rows.get(row_id)
        for others in (self.folds, self.groups):
            if row is None and others is not None:
                row = others.rows.get(row_id)
        if row is None:
            return None
        if not self._placed:
            for place, each in enumerate(self.shown):
                each.place = place
            self._placed = True
        # One that is hidden does not know that it is.
        return row.place if row.place < len(self.shown) and self.shown[row.place] is row else None

    @property
    def is_plain(self) -> bool:
        """Whether the rows are shown as they came: no sort, no filter. New roots then belong at the end."""
        sorted_or_so = self.rule is not None or self.groups is not None or self.failures_first or self._programs
        return not sorted_or_so and not self.filtered

    @property
    def filtered(self) -> bool:
        """Whether some rows may be hidden by a filter."""
        return bool(self.text) or self.category is not Category.ALL

    def arranged(self) -> list[TaskRow]:
        """Return the rows that belong on the screen, in order, for the present filter, sort and groups."""
        wanted: set[int] | None = None
        roots = self._roots
        if self.filtered and self.nested:
            wanted = self._wanted()
            roots = [row for row in roots if row.id in wanted]
        elif self.filtered:
            roots = self._in_category(self._with_text(roots))
        roots = self._sorted(roots)
        if self._programs and (self.rule is None or cells.COLUMNS[self.rule.column].moves):
            roots.sort(key=self._program_place)
        if self.groups is None:
            return self._with_branches(roots, wanted)
        shown: list[TaskRow] = []
        for heading in self.groups.divide(roots):
            shown.append(heading)
            if heading.expanded or self.filtered:
                shown += self._with_branches(heading.members, wanted)
        return shown

    def place_programs(self) -> None:
        """Have the programs stand as the rule sorts them now, for as long as it is in force.

        By figures that change, only what is in a program is sorted again and again: where whole programs changed their
        places, a hand that sets out for one would come to another.
        """
        programs = [row for row in self._roots if is_program(row.snapshot)] if self.rule is not None else []
        arranged = sort_rows(programs, self.rule, self.previous_rule)
        self._standing = {row.id: place for place, row in enumerate(arranged)}

    def _program_place(self, row: TaskRow) -> tuple[bool, int, int]:
        """Programs that run come first, the newest on top; everything else stays as it is."""
        if not is_program(row.snapshot) or row.snapshot.state.is_final:
            return True, 0, 0
        return False, self._standing.get(row.id, -1), -row.sequence

    def heading_of(self, row: TaskRow) -> GroupRow | None:
        """The heading that a row stands under, if rows are grouped."""
        if self.groups is None:
            return None
        while row.parent is not None:
            row = row.parent
        return self.groups.of(row)

    def follow_queue(self, task_ids: Iterable[int]) -> None:
        """Let the waiting roots among each other stand in the order in which they will start."""
        queue = [row for task_id in task_ids if (row := self.rows.get(task_id)) is not None and row.parent is None]
        waiting = {row.id for row in queue}
        line = iter(queue)
        self._roots = [next(line) if row.id in waiting else row for row in self._roots]

    def replace(self, old_id: int, row: TaskRow) -> None:
        """Put a row that is the last root now in the place of another root, which goes."""
        old = self.rows.pop(old_id)
        self._roots.remove(row)
        self._roots[self._roots.index(old)] = row

    def _with_branches(self, roots: list[TaskRow], wanted: set[int] | None) -> list[TaskRow]:
        if not self.nested:
            return roots
        shown: list[TaskRow] = []
        stack = [iter(roots)]
        while stack:
            for row in stack[-1]:
                if wanted is not None and row.id not in wanted:
                    continue
                row.depth = len(stack) - 1  # in a fold, one more than beneath its parent
                shown.append(row)
                # While filtering, a match must not hide in a closed branch.
                if row.children and (row.expanded or wanted is not None):
                    stack.append(iter(self._beneath(row, folded=wanted is None)))
                    break
            else:
                stack.pop()
        return shown

    def _beneath(self, row: TaskRow, *, folded: bool) -> list[TaskRow]:
        children = self._sorted(row.children)
        if self.folds is None or row.is_fold or not folded:
            return children
        return self.folds.arrange(row, children, by_state=self.rule is None)

    def reveal(self, row: TaskRow) -> None:
        """Open whatever hides a row, but a filter."""
        above: TaskRow | None = row
        while above is not None:
            fold = self.folds.around(above) if self.folds is not None else None
            if fold is not None:
                fold.expanded = True
            above = above.parent
            if above is not None:
                above.expanded = True

    def _wanted(self) -> set[int]:
        """The rows that match, and those above them. Where nothing beneath one matches by itself, all of that does."""
        rows: Iterable[TaskRow] = self.rows.values()
        if self.text:
            found = self._with_text(rows)
            context = _above(found)
            branches = (_with_descendants(row) for row in found if row.id not in context)
            rows = {row.id: row for row in chain(found, *branches)}.values()
        matching = self._in_category(rows)
        return _above(matching).union(row.id for row in matching)

    def _in_category(self, rows: Iterable[TaskRow]) -> list[TaskRow]:
        category = self.category
        if category is Category.STUCK:
            return [row for row in rows if row.is_stuck]
        if category is Category.ALL:
            return list(rows)
        return [row for row in rows if CATEGORY_OF[row.snapshot.state] is category]

    def _with_text(self, rows: Iterable[TaskRow]) -> list[TaskRow]:
        """The rows that have the filter's words. In one piece: a call for each of many costs more than the look."""
        text = self.text
        if not text:
            return list(rows)
        return [
            row
            for row in rows
            if text in row.folded
            or text in row.source
            or ((message := row.snapshot.progress.message) and text in message.casefold())
        ]

    def _sorted(self, rows: Iterable[TaskRow]) -> list[TaskRow]:
        arranged = sort_rows(rows, self.rule, self.previous_rule)
        if self.failures_first and any(row.unseen for row in arranged):
            arranged.sort(key=_seen)
        return arranged


def _above(rows: Iterable[TaskRow]) -> set[int]:
    """The ids of all that some of these rows stand beneath."""
    found: set[int] = set()
    for row in rows:
        above = row.parent
        while above is not None and above.id not in found:
            found.add(above.id)
            above = above.parent
    return found


def _seen(row: TaskRow) -> bool:
    return not row.unseen


def _with_descendants(row: TaskRow) -> Iterator[TaskRow]:
    yield row
    for child in row.children:
        yield from _with_descendants(child)


def differences(old: list[TaskRow], new: list[TaskRow]) -> tuple[list[Run], list[Run], list[TaskRow]]:
    """Return the places in `old` that go, the places in `new` that come, and what stays, in its new order."""
    wanted = {row.id for row in new}
    known = {row.id for row in old}
    gone = _runs([place for place, row in enumerate(old) if row.id not in wanted])
    come = _runs([place for place, row in enumerate(new) if row.id not in known])
    return gone, come, [row for row in new if row.id in known]


def _runs(places: list[int]) -> list[Run]:
    """Join neighbouring numbers; `places` is ascending."""
    found: list[Run] = []
    for place in places:
        if found and found[-1][1] == place - 1:
            found[-1] = (found[-1][0], place)
        else:
            found.append((place, place))
    return found


class SortRule(NamedTuple):
    """By which column, and in which direction."""

    column: TaskColumn
    descending: bool = False


def sort_rows(rows: Iterable[TaskRow], rule: SortRule | None, previous: SortRule | None = None) -> list[TaskRow]:
    """Return `rows` sorted: ties by the rule before, and then as they came, in either direction."""
    if rule is None:
        return list(rows)
    key = cells.COLUMNS[rule.column].key
    rows = list(rows)
    values = [key(row) for row in rows]
    unknown: list[TaskRow] = []
    known = list(zip(values, rows, strict=True))
    if None in values:
        unknown = [row for value, row in known if value is None]
        known = [pair for pair in known if pair[0] is not None]
    known.sort(key=_value, reverse=rule.descending)  # stable in both directions
    if previous is None:
        return [row for _, row in known] + unknown
    return _break_ties(known, previous) + sort_rows(unknown, previous)


def _break_ties(known: list[tuple[Any, TaskRow]], rule: SortRule) -> list[TaskRow]:
    """Sort each run of equal values anew: most columns have few, and sorting all rows twice would cost double."""
    values = [value for value, _ in known]
    if not any(map(eq, values, values[1:])):
        return [row for _, row in known]
    broken: list[TaskRow] = []
    for _, run in groupby(known, _value):
        rows = [row for _, row in run]
        broken += rows if len(rows) == 1 else sort_rows(rows, rule)
    return broken


_value: Final = itemgetter(0)
