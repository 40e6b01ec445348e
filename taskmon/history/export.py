"""The history as a file for other programs: CSV for spreadsheets, JSON for everything else.

Names and messages are somebody else's text. A spreadsheet takes a cell that begins with an equals sign for a formula,
and a formula can run programs: such cells get an apostrophe in front. Numbers are written as numbers.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from taskmon.core.base.files import write_atomically
from taskmon.history.reader import Entry

#: The columns: names that stay the same whatever the language of the window.
FIELDS: Final = (
    "id", "name", "group", "program", "pid", "state", "attempt", "created", "started", "ended", "seconds", "done",
    "total", "unit", "message", "reason", "reason_by", "reason_text", "consequence", "error", "job",
)  # fmt: skip
_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_AT_ONCE: Final = 200


def write_csv(path: str, entries: Iterable[Entry]) -> None:
    """Write `entries` as CSV, in UTF-8 with the mark by which spreadsheets know it. Blocks.

    Raises:
        TaskmonError: it could not be written; an old file of that name is unchanged.
    """
    write_atomically(path, _csv_blocks(entries))


def write_json(path: str, entries: Iterable[Entry]) -> None:
    """Write `entries` as a JSON list of objects. Blocks. Raises as `write_csv`."""
    write_atomically(path, _json_blocks(entries))


def defused(value: object) -> object:
    """Return what a cell of a spreadsheet may hold: text that is no formula, numbers as they are."""
    if isinstance(value, str) and value.startswith(_DANGEROUS):
        return "'" + value
    return "" if value is None else value


def _csv_blocks(entries: Iterable[Entry]) -> Iterator[bytes]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(FIELDS)
    yield b"\xef\xbb\xbf"
    for number, entry in enumerate(entries):
        writer.writerow([defused(value) for value in _values(entry)])
        if number % _AT_ONCE == 0:
            yield _take(buffer)
    yield _take(buffer)


def _json_blocks(entries: Iterable[Entry]) -> Iterator[bytes]:
    before = "[\n"
    for entry in entries:
        told = json.dumps(dict(zip(FIELDS, _values(entry), strict=True)), ensure_ascii=False, allow_nan=False)
        yield f"{before}{told}".encode()
        before = ",\n"
    yield b"[]\n" if before == "[\n" else b"\n]\n"


def _take(buffer: io.StringIO) -> bytes:
    told = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return told


def _values(entry: Entry) -> tuple[Any, ...]:
    return (
        entry.id, entry.name, entry.group, entry.program, entry.pid, entry.state_name, entry.attempt,
        _moment(entry.created), _moment(entry.started), _moment(entry.ended), entry.elapsed, entry.done, entry.total,
        entry.unit, entry.message, entry.reason_kind, entry.reason_by, entry.reason_text, entry.consequence,
        entry.error, entry.job,
    )  # fmt: skip


def _moment(value: float | None) -> str | None:
    """A moment as ISO 8601, with the offset from UTC."""
    if value is None:
        return None
    try:
        return datetime.fromtimestamp(value).astimezone().isoformat(timespec="milliseconds")
    except (ValueError, OverflowError, OSError):  # no year of ours
        return None
