"""Rows under headings: by the group that tasks were given, or by the program that they belong to. No Qt.

A heading is a row of its own with an id below zero. It has no task: commands pass over it, unless they are for all
of its members.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from taskmon.bridge.table.categories import Category
from taskmon.bridge.table.rows import Grouping, RowAction, TaskRow
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import TaskState

#: A heading is found by its own id only, in no table of tasks: nothing asks it for one.
_NO_TASK: Final[Any] = None


class GroupRow(TaskRow):
    """A heading. Belongs to the UI thread, as every row."""

    __slots__ = ("_counts", "grouping", "members")

    is_group = True

    def __init__(self, number: int, name: str, grouping: Grouping) -> None:
        super().__init__(_NO_TASK, TaskSnapshot(-number, name, TaskState.QUEUED, 0, 0.0, 0.0), number)
        self.grouping = grouping
        self.members: list[TaskRow] = []
        """The rows right beneath it that are shown when it is open."""
        self._counts: Counter[Category] | None = None

    def set_members(self, members: list[TaskRow]) -> None:
        """Change who is beneath it."""
        self.members = members
        self._counts = None

    def recount(self) -> None:
        """Some member has changed its state."""
        self._counts = None

    def count(self, category: Category) -> int:
        """How many of the members are in `category`."""
        if category is Category.ALL:
            return len(self.members)
        if self._counts is None:
            self._counts = Counter(row.category for row in self.members)
        return self._counts[category]

    @property
    def action(self) -> RowAction:
        """Nothing: to cancel a whole group takes more than one slip of the hand."""
        return RowAction.NONE

    @property
    def can_retry(self) -> bool:
        return False


class Groups:
    """The headings that there have been, so that one keeps its id, and whether it is open."""

    def __init__(self, grouping: Grouping) -> None:
        self.grouping = grouping
        self.rows: dict[int, GroupRow] = {}
        self._by_key: dict[object, GroupRow] = {}

    def of(self, root: TaskRow) -> GroupRow:
        """The heading that a row without parent stands under."""
        if self.grouping is Grouping.GROUP:
            key: object = root.snapshot.group
            name = root.snapshot.group
        else:
            origin = root.snapshot.origin
            key = (origin.program, origin.pid) if origin is not None else None
            name = f"{origin.program} ({origin.pid})" if origin is not None else ""
        found = self._by_key.get(key)
        if found is None:
            found = self._by_key[key] = GroupRow(len(self._by_key) + 1, name, self.grouping)
            self.rows[found.id] = found
        return found

    def divide(self, roots: list[TaskRow]) -> list[GroupRow]:
        """Give each heading its members, in their order; return the headings that have some, the nameless one last."""
        members: dict[int, list[TaskRow]] = {}
        for root in roots:
            members.setdefault(self.of(root).id, []).append(root)
        headings = [self.rows[number] for number in members]
        for heading in headings:
            heading.set_members(members[heading.id])
        headings.sort(key=_place)
        return headings


def _place(heading: GroupRow) -> tuple[bool, str, int]:
    return (not heading.snapshot.name, heading.folded, heading.sequence)
