"""The history as a Qt model: pages of rows that are found in the background, newest first.

Every override is a total function over the rows that are here. What is not here is asked for when a view comes near.
"""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal, Slot

from taskmon.bridge.history import text
from taskmon.bridge.history.history import Entry, History, Query
from taskmon.bridge.history.text import HistoryColumn
from taskmon.bridge.table.text import as_html, tr
from taskmon.history.reader import Reader

AnyIndex = QModelIndex | QPersistentModelIndex

_DISPLAY: Final = int(Qt.ItemDataRole.DisplayRole)
_TOOLTIP: Final = int(Qt.ItemDataRole.ToolTipRole)
_ALIGNMENT: Final = int(Qt.ItemDataRole.TextAlignmentRole)
_ACCESSIBLE_TEXT: Final = int(Qt.ItemDataRole.AccessibleTextRole)
_LEFT: Final = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT: Final = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
RIGHT_COLUMNS: Final = frozenset({HistoryColumn.TOOK, HistoryColumn.AMOUNT})
_COLUMNS: Final = tuple(HistoryColumn)
_NO_INDEX: Final = QModelIndex()
_PAGE: Final = 200
#: News is taken in no more often than this, in milliseconds.
_REFRESH_MS: Final = 500
_MOST_NEWS: Final = 1_000


def _ignore(_: object) -> None:
    return


class HistoryModel(QAbstractTableModel):
    """Tasks of the past as rows; see `HistoryColumn` for the columns. Belongs to the UI thread.

    Signals:
        found(): the first page of a query is here; nothing was found if there are no rows.
        counted(int): how many tasks the query has in all; some time after `found`.
        failed(TaskmonError): the history could not be read.
    """

    found = Signal()
    counted = Signal(object)
    failed = Signal(object)

    def __init__(self, history: History, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._history = history
        self._entries: list[Entry] = []
        self._query = Query()
        self._turn = 0  # grows with each query: answers to an older one are late
        self._fetching = False
        self._complete = False
        self.loaded = False
        """Whether the first page is here."""
        self._due = QTimer(self, singleShot=True, interval=_REFRESH_MS)
        self._due.timeout.connect(self.refresh)
        history.changed.connect(self._on_changed)

    # -- asking -----------------------------------------------------------------------------------------

    @property
    def query(self) -> Query:
        return self._query

    def show(self, query: Query) -> None:
        """Show other tasks. The old ones stay until the first of the new are here."""
        self._query = query
        self._turn += 1
        self._fetching = True
        turn = self._turn
        self._history.ask_instead(
            lambda reader: reader.page(query, None, _PAGE) if turn == self._turn else [],
            lambda page: self._replace(turn, page),
            lambda error: self._fail(turn, error),
        )
        self._count()

    def close(self) -> None:
        """Take in no more news."""
        self._turn += 1
        self._due.stop()
        self._history.changed.disconnect(self._on_changed)

    @Slot()
    def refresh(self) -> None:
        """Take in tasks that are newer than those shown, and what has become of those that had not ended."""
        if self._fetching:
            self._due.start()
            return
        turn, query = self._turn, self._query
        newest = self._entries[0].id if self._entries else 0
        unsure = [entry.id for entry in self._entries if entry.open]

        def look(reader: Reader) -> tuple[list[Entry], list[Entry], bool]:
            newer = reader.newer(query, newest, _MOST_NEWS)
            other = len(newer) == _MOST_NEWS or (bool(newest) and not reader.again([newest]))
            return newer, reader.again(unsure), other

        self._history.ask(look, lambda news: self._take_news(turn, *news), _ignore)
        self._count()

    def _count(self) -> None:
        turn, query = self._turn, self._query

        def tell(count: int) -> None:
            if turn == self._turn:
                self.counted.emit(count)

        self._history.ask(lambda reader: reader.count(query) if turn == self._turn else 0, tell, _ignore)

    @Slot()
    def _on_changed(self) -> None:
        if self.loaded and not self._due.isActive():
            self._due.start()

    # -- answers ----------------------------------------------------------------------------------------

    def _replace(self, turn: int, page: list[Entry]) -> None:
        if turn != self._turn:
            return
        self._complete = len(page) < _PAGE
        self.beginResetModel()
        self._entries = page
        self.loaded = True
        self._fetching = False  # not before the rows are here: a view may ask for more at any signal
        self.endResetModel()
        self.found.emit()

    def _append(self, turn: int, page: list[Entry]) -> None:
        if turn != self._turn:
            return
        self._complete = len(page) < _PAGE
        if not page:
            self._fetching = False
            return
        first = len(self._entries)
        self.beginInsertRows(_NO_INDEX, first, first + len(page) - 1)
        self._entries.extend(page)
        self._fetching = False
        self.endInsertRows()

    def _take_news(self, turn: int, newer: list[Entry], again: list[Entry], other: bool) -> None:
        if turn != self._turn:
            return
        if other:  # too much is new, or what was shown has been deleted
            self.show(self._query)
            return
        places = {entry.id: place for place, entry in enumerate(self._entries)}
        for entry in again:
            place = places.get(entry.id)
            if place is not None and entry != self._entries[place]:
                self._entries[place] = entry
                self.dataChanged.emit(self.index(place, 0), self.index(place, len(_COLUMNS) - 1))
        newer = [entry for entry in newer if entry.id not in places]
        if newer:
            self.beginInsertRows(_NO_INDEX, 0, len(newer) - 1)
            self._entries[:0] = newer
            self.endInsertRows()
            if len(self._entries) == len(newer):
                self.found.emit()

    def _fail(self, turn: int, error: Exception) -> None:
        if turn == self._turn:
            self._fetching = False
            self._complete = True
            self.failed.emit(self._history.explain(error))

    # -- Qt's questions -----------------------------------------------------------------------------------

    def entry_at(self, place: int) -> Entry | None:
        """The task shown at `place`, or None."""
        return self._entries[place] if 0 <= place < len(self._entries) else None

    def rowCount(self, parent: AnyIndex = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._entries)

    def columnCount(self, parent: AnyIndex = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(_COLUMNS)

    def canFetchMore(self, parent: AnyIndex) -> bool:
        return not parent.isValid() and not self._complete and not self._fetching and bool(self._entries)

    def fetchMore(self, parent: AnyIndex) -> None:
        if not self.canFetchMore(parent):
            return
        self._fetching = True
        turn, query, last = self._turn, self._query, self._entries[-1].id
        self._history.ask(
            lambda reader: reader.page(query, last, _PAGE),
            lambda page: self._append(turn, page),
            lambda error: self._fail(turn, error),
        )

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(_COLUMNS):
            return None
        if role == _DISPLAY:
            return tr(text.COLUMN_LABELS[_COLUMNS[section]])
        if role == _ALIGNMENT:
            return _RIGHT if _COLUMNS[section] in RIGHT_COLUMNS else _LEFT
        return None

    def data(self, index: AnyIndex, role: int = _DISPLAY) -> Any:
        entry = self.entry_at(index.row()) if index.isValid() else None
        if entry is None or not 0 <= index.column() < len(_COLUMNS):
            return None
        column = _COLUMNS[index.column()]
        if role == _DISPLAY:
            return text.cell(entry, column)
        if role == _ALIGNMENT:
            return _RIGHT if column in RIGHT_COLUMNS else _LEFT
        if role in (_ACCESSIBLE_TEXT, _TOOLTIP):
            words = text.cell(entry, column)
            line = text.second_line(entry) if column is HistoryColumn.NAME else ""
            if role == _TOOLTIP:
                return as_html(f"{words}\n{line}" if line else words) if words else None
            return f"{words}, {line}" if line else words
        return None
