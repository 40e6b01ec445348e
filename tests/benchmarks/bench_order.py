"""Row 9: sort and filter under a view, without the painting, beside QSortFilterProxyModel over the same values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QTableView

from taskmon.bridge.table.categories import Category
from taskmon.bridge.table.model import TaskTableModel
from taskmon.bridge.table.rows import TaskColumn
from taskmon.ui.table.view import TaskView
from tests.benchmarks import samples, stage
from tests.benchmarks.measure import Claim, Reading, Readings, Row, Settings, Step, at_most, ratio
from tests.benchmarks.programs import timed

_WORDS: Final = "of kind 3"
_ASCENDING: Final = Qt.SortOrder.AscendingOrder
_DISPLAY: Final = int(Qt.ItemDataRole.DisplayRole)
_NO_INDEX: Final = QModelIndex()


class _Plain(QAbstractTableModel):
    """The leanest model in Python there can be: a name and a share for each row."""

    def __init__(self, rows: list[tuple[str, int]]) -> None:
        super().__init__()
        self._rows = rows

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex | QPersistentModelIndex = _NO_INDEX) -> int:
        return 0 if parent.isValid() else 2

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = _DISPLAY) -> Any:
        return self._rows[index.row()][index.column()] if role == _DISPLAY else None


#: What is done, in this order. A table that people have sorted stays sorted while they filter it.
_STEPS: Final = ("number", "text", "filter", "clear", "unsorted", "filter unsorted", "clear unsorted")


def _order(settings: Settings, *, count: int) -> Readings:
    del settings
    stage.application()
    pairs = list(samples.pictures(samples.ended_task(), count))
    rows = [(shot.name, shot.progress.done or 0) for _, shot in pairs]
    sides = {"ours": _ours(pairs), "proxy": _proxy(_Plain(rows)), "items": _proxy(_items(rows))}
    readings: dict[str, Reading] = {}
    for what in _STEPS:
        for who, (view, works) in sides.items():
            readings[f"{who} {what}"] = timed(works[what]) * 1000
            view.viewport().repaint()
    return readings


Side = tuple[QTableView, Mapping[str, Callable[[], object]]]


def _ours(pairs: list[Any]) -> Side:
    model = TaskTableModel()
    model.add(pairs)
    view = TaskView(model)
    _prepare(view)
    return view, _works(
        number=lambda: model.sort(TaskColumn.PROGRESS, _ASCENDING),
        text=lambda: model.sort(TaskColumn.NAME, _ASCENDING),
        unsorted=lambda: model.sort(-1, _ASCENDING),
        filter_=lambda: model.set_filter(_WORDS, Category.ALL),
        clear=lambda: model.set_filter("", Category.ALL),
    )


def _items(rows: list[tuple[str, int]]) -> QStandardItemModel:
    """The same in Qt's own model: all of it is C++."""
    model = QStandardItemModel(len(rows), 2)
    for place, (name, share) in enumerate(rows):
        number = QStandardItem()
        number.setData(share, _DISPLAY)
        model.setItem(place, 0, QStandardItem(name))
        model.setItem(place, 1, number)
    return model


def _proxy(source: QAbstractItemModel) -> Side:
    proxy = QSortFilterProxyModel()
    proxy.setSourceModel(source)
    view = QTableView()
    view.setModel(proxy)
    source.setParent(view)
    _prepare(view)
    return view, _works(
        number=lambda: proxy.sort(1, _ASCENDING),
        text=lambda: proxy.sort(0, _ASCENDING),
        unsorted=lambda: proxy.sort(-1, _ASCENDING),
        filter_=lambda: proxy.setFilterFixedString(_WORDS),
        clear=lambda: proxy.setFilterFixedString(""),
    )


def _works(
    *,
    number: Callable[[], object],
    text: Callable[[], object],
    unsorted: Callable[[], object],
    filter_: Callable[[], object],
    clear: Callable[[], object],
) -> Mapping[str, Callable[[], object]]:
    return dict(zip(_STEPS, (number, text, filter_, clear, unsorted, filter_, clear), strict=True))


def _prepare(view: QTableView) -> None:
    view.resize(*stage.SIZE)
    view.show()
    stage.settle(0.1)


_PROXY: Final = "QSortFilterProxyModel over a model in Python"
_ITEMS: Final = "QSortFilterProxyModel over Qt's item model"


def _claims(step: str, rows: str) -> list[Claim]:
    def claim(label: str, what: str, limit: float | None = None, *, caption: str = "") -> Claim:
        formula = ratio(f"{step}.ours {what}", f"{step}.proxy {what}")
        target = None if limit is None else at_most(limit)
        return Claim(f"{rows}: {label}", formula, target, _PROXY, caption=caption)

    return [
        claim("sort by a number", "number", 0.03),
        claim("sort by name", "text", 0.03, caption="Sort 10 000 rows by name" if step == "10k" else ""),
        claim("filter, sorted by name", "filter", 0.1),
        claim("clear the filter, sorted", "clear", 0.1),
        claim("filter, unsorted", "filter unsorted", 0.1),
        claim("clear the filter, unsorted", "clear unsorted"),  # the one thing in which a proxy asks Python nothing
        *(
            Claim(f"{rows}: {label}", ratio(f"{step}.ours {what}", f"{step}.items {what}"), anchor=_ITEMS)
            for label, what in (("sort by a number", "number"), ("sort by name", "text"), ("filter, sorted", "filter"))
        ),
    ]


ROW: Final = Row(
    9,
    "order",
    "Sort and filter",
    [
        Step("10k", partial(_order, count=10_000), seldom=True),
        Step("100k", partial(_order, count=100_000), thorough=True, once=True),
    ],
    [*_claims("10k", "10 000"), *_claims("100k", "100 000")],
)
