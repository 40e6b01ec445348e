"""Showing the threads of ``threading``."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from taskmon.core.stop.reason import StopKind
from taskmon.watch.ownership import code_of, is_own_file, is_work, name_of, unwrap
from taskmon.watch.rows.stoppable_task import StoppableTask
from taskmon.watch.thread_fields import fields_of, has_started, ident_of, is_a
from taskmon.watch.thread_fields import name_of as name_of_thread

if TYPE_CHECKING:
    from taskmon.watch.hooks.threads import ThreadHook, ThreadRecord
    from taskmon.watch.rows.program import ProgramRow
    from taskmon.watch.rows.watched_task import Board, WatchedTask

#: Threads that came and went between two looks are told of, but not more than this many a look.
_MOST_BRIEF: Final = 50
#: Functions without a leading underscore that the standard library starts threads with.
_MACHINERY: Final = frozenset({"process_request_thread", "worker"})
LIBRARY_THREAD: Final = "it belongs to a library, which may rely on it"


class ThreadRow(StoppableTask):
    """A `threading.Thread`."""

    kind = "thread"

    def __init__(self, board: Board, record: ThreadRecord, parent: WatchedTask, *, library: bool) -> None:
        thread = record.thread()
        self.is_timer = is_a(thread, threading.Timer)
        interval: Any = fields_of(thread).get("interval") if self.is_timer else 0.0
        self._interval = float(interval) if type(interval) in (int, float) else 0.0
        if self.is_timer:
            self.kind = "timer"
        super().__init__(board, _name_of(record, thread), parent, queued=self.is_timer, at=record.began)
        self.record = record
        self.library = library
        self.thread_name = record.name
        if library:
            self.why_not = LIBRARY_THREAD

    def _target(self) -> Any:
        thread = self.record.thread()
        if thread is None or self.library:
            return None
        from taskmon.watch.flags import Target

        target = Target.of_thread(thread)
        function, args, kwargs = unwrap(target.function, target.args, target.kwargs)
        return target._replace(function=function, args=args, kwargs=kwargs)

    def look(self, thread: threading.Thread) -> None:
        """It is there: see what it does."""
        self.thread_id = ident_of(thread)
        if self.is_timer and self.state.value == "queued" and _has_fired(thread):
            self.begin(self.thread_id, name_of_thread(thread))
            self.finding, self._looked = None, 0

    def finish(self) -> None:
        """Its thread has ended."""
        record = self.record
        if self.is_timer and self.state.value == "queued":
            cancelled = self.stop_requested or (time.monotonic() - record.began < self._interval)
            if cancelled:
                self.finding = None
                self.end(cancelled=True)
                return
            self.begin(None, record.name)
        if record.cancelled:
            self.note_stop("what it ran was cancelled", StopKind.REQUEST)
        self.finding = None  # it refers to the thread and its arguments
        self.end(error=record.error, details=record.details)


class ThreadLook:
    """Keeps the rows of threads. In the agent's thread."""

    def __init__(self, hook: ThreadHook, board: Board, program: ProgramRow, *, library: bool) -> None:
        self._hook = hook
        self._board = board
        self._program = program
        self._library = library
        self._live: dict[ThreadRecord, ThreadRow | None] = {}
        self._internal: dict[ThreadRecord, str] = {}

    def internal(self) -> list[str]:
        """The names of the threads that libraries run for themselves, but for those of pools."""
        return list(self._internal.values())

    def rows_by_thread(self) -> dict[int, StoppableTask]:
        """The rows of the threads that run, by thread."""
        return {row.thread_id: row for row in self._live.values() if row is not None and row.thread_id is not None}

    def look(self) -> None:
        """See which threads have come and gone."""
        new = self._hook.new
        brief = 0
        for _ in range(len(new)):
            record = new.popleft()
            if _ended(record):
                brief += 1
                if brief > _MOST_BRIEF or not (record.error or is_work(record.creator)):
                    continue
            try:
                self._live[record] = self._make(record)
            except BaseException as error:  # of an object of the program's: it is passed over, and no other
                self._live[record] = None
                self._program.tell_trouble(f"The thread “{record.name}” cannot be shown", error)
        for record, row in list(self._live.items()):
            try:
                self._look_at(record, row)
            except BaseException as error:
                self._live[record] = None
                self._program.tell_trouble(f"The thread “{record.name}” is not followed any more", error)
                if row is not None:
                    row.end(consequence="What becomes of it cannot be seen.")

    def _look_at(self, record: ThreadRecord, row: ThreadRow | None) -> None:
        thread = record.thread()
        if thread is None or _ended(record):
            del self._live[record]
            self._internal.pop(record, None)
            if row is not None:
                row.finish()
        elif row is not None:
            row.look(thread)

    def _make(self, record: ThreadRecord) -> ThreadRow | None:
        thread = record.thread()
        library = not is_work(record.creator) and not is_work(_code_of(thread))
        if record.earlier and thread is not None:
            library = library and is_machinery(thread)
        if library and not self._library:
            if thread is not None and not _is_of_a_pool(thread):
                self._internal[record] = _name_of(record, thread)
            return None
        row = ThreadRow(self._board, record, self._program, library=library)
        if thread is not None:
            row.thread_id = ident_of(thread)
        row.look_for_flag()
        if row.finding is not None:
            row.tell_means(())
        self._board.show(row)
        return row


def is_machinery(thread: threading.Thread) -> bool:
    """Whether a thread that nobody saw start is one that libraries start for themselves, as far as its code tells.

    In doubt it is the user's: ``Thread(target=server.serve_forever)`` is, though the function is a library's.
    """
    for kind in type(thread).__mro__:
        if kind in (threading.Timer, threading.Thread):
            break
        return not is_own_file(str(getattr(sys.modules.get(kind.__module__), "__file__", "<string>")))
    target = thread.function if isinstance(thread, threading.Timer) else getattr(thread, "_target", None)
    name = getattr(code_of(target), "co_name", "")
    return name.startswith("_") or name in _MACHINERY


def _ended(record: ThreadRecord) -> bool:
    thread = record.thread()
    if thread is None:
        return True
    if not has_started(thread):
        # The system may have refused it.
        return thread not in threading._limbo and time.monotonic() - record.began > 1.0  # type: ignore[attr-defined]
    return threading._active.get(ident_of(thread)) is not thread  # type: ignore[attr-defined]


def _code_of(thread: threading.Thread | None) -> Any:
    if thread is None:
        return None
    fields = fields_of(thread)
    if is_a(thread, threading.Timer):
        return code_of(fields.get("function"))
    target = fields.get("_target")
    if type(thread).run is not threading.Thread.run or target is None:
        return code_of(type(thread).run)
    return code_of(unwrap(target, tuple(fields.get("_args") or ()), fields.get("_kwargs") or {})[0])


#: Where the standard library has the functions that the threads of its pools run: the pool itself is shown.
_POOLS: Final = (os.path.join("concurrent", "futures", "thread.py"), os.path.join("multiprocessing", "pool.py"))


def _is_of_a_pool(thread: threading.Thread) -> bool:
    code = _code_of(thread)
    return code is not None and code.co_filename.endswith(_POOLS)


def _name_of(record: ThreadRecord, thread: threading.Thread | None) -> str:
    """Its name; where Python made that up, along with what it runs."""
    name = name_of_thread(thread) if thread is not None else record.name
    if not name.startswith("Thread-"):
        return name
    fields = fields_of(thread)
    target = fields.get("_target")
    if is_a(thread, threading.Timer):
        return f"{name} ({name_of(fields.get('function'))})"
    if thread is not None and type(thread) is not threading.Thread:
        return f"{name} ({type(thread).__name__})"
    return name if target is None or name.endswith(")") else f"{name} ({name_of(target)})"


def _has_fired(thread: threading.Thread) -> bool:
    """Whether a Timer is through with waiting, and was not cancelled."""
    frame = sys._current_frames().get(ident_of(thread) or 0)
    inner = None
    while frame is not None and frame.f_code is not threading.Timer.run.__code__:
        inner, frame = frame, frame.f_back
    if frame is None or inner is None:
        return False
    return inner.f_code is not threading.Event.wait.__code__ and inner.f_code is not threading.Event.is_set.__code__
