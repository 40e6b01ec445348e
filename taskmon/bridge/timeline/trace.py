"""A record as a trace in Chrome's format, which Perfetto and chrome://tracing open. No Qt; any thread.

Each lane is a thread of its program. What it did is a slice, the calls of a pool's thread are slices around those, and
a stop that was asked for is an instant. Moments are microseconds since the record was begun.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple

from PySide6.QtCore import QObject, Signal

from taskmon.bridge.table.kinds import WAITS, Kind
from taskmon.bridge.timeline.record import UNSEEN, Lane, Moment, Record
from taskmon.bridge.timeline.recorder import LaneRow, Recorder
from taskmon.bridge.timeline.sentences import calls_of, lane_name, thread_name, words_of
from taskmon.bridge.ui_queue import BackgroundTasks
from taskmon.core.base.error_text import summarize_error
from taskmon.core.base.errors import TaskmonError
from taskmon.core.base.files import write_atomically

_CATEGORIES: Final = {kind: kind.name.lower() for kind in Kind}

Event = dict[str, Any]


class Captured(NamedTuple):
    """A record at one moment, which goes on without it."""

    lanes: list[tuple[Lane, str, str, int]]
    """Each lane, its name, and the name and number of its program."""
    moments: list[Moment | None]
    kinds: bytes
    begins: float
    taken_at: float


def capture(record: Record, lanes: Iterable[LaneRow], now: float) -> Captured:
    """Take what is to be written. In the thread of the record; some milliseconds for megabytes."""
    taken = []
    for shown in lanes:
        origin = shown.row.snapshot.origin
        program, pid = (origin.program, origin.pid) if origin is not None else ("taskmon", os.getpid())
        name = (thread_name(shown) if shown.lane.calls else "") or lane_name(shown)  # its calls are told within it
        taken.append((shown.lane.copy(), name, program, pid))
    return Captured(taken, record.moments(), bytes(record.kinds), record.begins, now)


def trace(captured: Captured) -> Iterator[bytes]:
    """The file, piece by piece."""
    began = time.time() - (time.monotonic() - captured.begins)
    about = {
        "recorded by": "taskmon",
        "begins": time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(began)),
    }
    yield b'{"displayTimeUnit":"ms","otherData":' + _encode(about) + b',"traceEvents":[\n'
    first = True
    for event in events(captured):
        yield (b"" if first else b",\n") + _encode(event)
        first = False
    yield b"\n]}\n"


def events(captured: Captured) -> Iterator[Event]:
    """Names of programs and lanes, then what these did."""
    told: set[int] = set()
    for number, (lane, name, program, pid) in enumerate(captured.lanes, 1):
        if pid not in told:
            told.add(pid)
            yield {"ph": "M", "name": "process_name", "pid": pid, "tid": 0, "args": {"name": program}}
        place = {"pid": pid, "tid": number}
        yield {"ph": "M", "name": "thread_name", **place, "args": {"name": name}}
        yield {"ph": "M", "name": "thread_sort_index", **place, "args": {"sort_index": number}}
        yield from _slices(captured, lane, place)
        for moment in lane.stops:
            yield {"ph": "i", "s": "t", "name": "Stop asked", "cat": "stop", "ts": _ts(captured, moment), **place}


def _slices(captured: Captured, lane: Lane, place: Event) -> Iterator[Event]:
    """What a lane did; in each of its calls, if it has such."""
    begin, end = captured.begins, captured.taken_at
    calls = iter(lane.calls)
    call = next(calls, None)
    open_call: tuple[str, float] | None = None
    last = begin
    held: Event | None = None
    for run in lane.runs(begin, end):
        while call is not None and call.begin <= run.begin + 0.005:
            if held is not None:
                yield held
                held = None
            if open_call is not None and last > open_call[1]:
                yield _slice(captured, open_call[0], "call", (open_call[1], min(last, call.begin)), place)
            open_call, call = (call.name, max(begin, call.begin)), next(calls, None)
        moment = captured.moments[run.code]
        if moment is None and run.code != UNSEEN and open_call is not None:  # between calls
            if held is not None:
                yield held
                held = None
            if last > open_call[1]:
                yield _slice(captured, open_call[0], "call", (open_call[1], last), place)
            open_call = None
        if moment is not None:
            words, where = words_of(moment), calls_of(moment)
            ts = _ts(captured, run.begin)
            kind = Kind(captured.kinds[run.code])
            goes_on = held is not None and held["name"] == words and held["ts"] + held["dur"] == ts
            if held is not None and goes_on and kind not in WAITS:
                held["dur"] = _ts(captured, run.end) - held["ts"]
            else:
                if held is not None:
                    yield held
                held = _slice(captured, words, _CATEGORIES[kind], (run.begin, run.end), place)
                held["args"] = {key: value for key, value in (("where", where), ("cpu", run.cpu)) if value}
        last = run.end
    if held is not None:
        yield held
    if open_call is not None and last > open_call[1]:
        yield _slice(captured, open_call[0], "call", (open_call[1], last), place)


def _slice(captured: Captured, name: str, category: str, within: tuple[float, float], place: Event) -> Event:
    begin, end = within
    ts = _ts(captured, begin)
    return {"ph": "X", "name": name, "cat": category, "ts": ts, "dur": _ts(captured, end) - ts, **place}


def _ts(captured: Captured, moment: float) -> int:
    return max(0, round((moment - captured.begins) * 1e6))


def _encode(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="backslashreplace")


class TimelineSaver(QObject):
    """Writes the timeline to files, in the background, under their final names only when they are whole.

    Belongs to the UI thread.

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
